"""The pyramid of smoothed copies, and the full-length bands.

Witkin 1983; Lowe, IJCV 2004, section 3. One grid for all answers: index i of an octave lies at
``i * step + offset`` in input samples, step = 2^o. Averaging pairs moves the grid: offset = (2^o - 1) / 2. So does the
enlargement of the input, by -1 / 4, where it is doubled first.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from tsattn._checks import check_one_of
from tsattn._threads import Threads
from tsattn.scalespace._arrays import is_torch, prepare
from tsattn.scalespace._ladder import Ladder, Rung
from tsattn.scalespace.gaussian import KERNELS, MODES, border_index, check_sigma, convolve, half_kernel

MOST_SCALES = 1000  # of a ladder


@dataclass(frozen=True)
class Octave:
    """The levels of one octave.

    Attributes
    ----------
    levels : ``(..., S + 3, *space)``
    sigmas : (S + 3,) absolute blur of each level, in input samples
    index : int, the octave; 0 is the input's own grid, -1 the doubled one
    step, offset : float, sample i lies at ``i * step + offset`` in input samples
    n_axes : int, how many space axes end `levels`

    Examples
    --------
    A ramp smoothed is itself, so that each sample says where it lies, and differences vanish (away from the ends):

    >>> import numpy as np
    >>> second = octaves(np.arange(256.0))[1]
    >>> second.levels[:, 64].round(6).tolist(), 64 * second.step + second.offset
    ([128.5, 128.5, 128.5, 128.5, 128.5, 128.5], 128.5)
    >>> bool((abs(second.differences[:, 64]) < 1e-6).all())
    True
    """

    levels: Any
    sigmas: np.ndarray
    index: int
    step: float
    offset: float
    n_axes: int

    @property
    def differences(self) -> Any:
        """Differences of Gaussians, ``(..., S + 2, *space)``: the next level less this one, negative on a bump."""
        axis = self.levels.ndim - self.n_axes - 1
        front = (slice(None),) * axis
        return self.levels[(*front, slice(1, None))] - self.levels[(*front, slice(None, -1))]


def octaves(
    x: Any,
    *,
    axes: Sequence[int] = (-1,),
    n_octaves: int | str = 3,
    scales_per_octave: int = 3,
    sigma0: float = 1.6,
    mode: str = "reflect",
    kernel: str = "discrete",
    truncate: float = 4.0,
    reduce: str | None = "auto",
    assumed_blur: float = 0.0,
    double: bool = False,
) -> list[Octave]:
    """Return the octaves of `x`, each with S + 3 levels of absolute blur ``sigma0 * 2^(o + s / S)``, s = 0..S+2.

    Parameters
    ----------
    x : array or tensor, any shape
        Real numbers, all finite.
    axes : sequence of int, default (-1,)
        The space axes; every other axis is a batch of independent series or images.
    n_octaves : int or "auto", default 3
        Octaves in which fewer than 8 samples would be left are not made; "auto" makes all others. Octave -1, see
        `double`, is not counted.
    scales_per_octave : int, default 3
        S: the blur doubles every S levels.
    sigma0 : float, default 1.6
        Blur of level 0 of octave 0, in samples.
    mode, kernel, truncate
        As in `blur`.
    reduce : {"auto", "average", "decimate", None}, default "auto"
        How level S becomes the next octave: means of pairs (an odd last sample is left out), every second sample
        (the first is kept), or no reduction. "auto" is None below sigma0 = 1, where any reduction aliases; otherwise
        "average" for one space axis and "decimate" for more, as Lowe has it.
    assumed_blur : float, default 0.0
        Blur that x already has, in samples; 0.5 is customary for photographs.
    double : bool, default False
        Begin with octave -1, the input enlarged twice by linear interpolation and taken to have twice its blur. Its
        sample i lies at i / 2 - 1 / 4.

    Returns
    -------
    list of Octave, empty if x has fewer than 8 samples along an axis

    Raises
    ------
    TypeError, ValueError
        As `blur`; also if sigma0 is below the blur of the input, or too small to average pairs.

    Examples
    --------
    >>> import numpy as np
    >>> [(o.levels.shape, o.step, o.offset) for o in octaves(np.zeros((2, 33)))]
    [((2, 6, 33), 1.0, 0.0), ((2, 6, 16), 2.0, 0.5), ((2, 6, 8), 4.0, 1.5)]
    """
    ladder = Ladder(n_octaves, scales_per_octave, sigma0, mode, kernel, truncate, reduce, assumed_blur, double)
    x, order = prepare(x, axes)
    n_axes = len(order)
    front, sizes = x.shape[: x.ndim - n_axes], x.shape[x.ndim - n_axes :]
    made = [octave for octave, _ in each_octave(x.reshape(-1, *sizes), n_axes, ladder)]
    return [replace(octave, levels=octave.levels.reshape(*front, *octave.levels.shape[1:])) for octave in made]


def each_octave(x: Any, n_axes: int, ladder: Ladder, threads: Threads = None) -> Iterator[tuple[Octave, Any]]:
    """The octaves of a prepared `x` (series, *space), one after another, each with its differences."""
    rungs = ladder.rungs(tuple(x.shape[1:]))
    base = enlarge(x, n_axes, threads) if ladder.double and rungs else x
    for rung in rungs:
        levels, dogs = _levels(base, rung, n_axes, ladder.mode, threads)
        octave = Octave(levels, rung.sigmas, rung.index, rung.step, rung.offset, n_axes)
        yield octave, octave.differences if dogs is None else dogs
        if rung is not rungs[-1]:
            base = _next_base(levels, rung, n_axes, ladder)


def _levels(base: Any, rung: Rung, n_axes: int, mode: str, threads: Threads) -> tuple[Any, Any]:
    """The levels (series, S + 3, *space) of an octave; where they come along with them, the differences, else None."""
    shared = [taps for taps in rung.taps if not isinstance(taps, tuple)]  # by both axes
    if n_axes == 2 and not is_torch(base) and len(shared) == len(rung.taps):
        from tsattn.scalespace._dense import image_levels  # compiled: loaded when first needed

        return image_levels(base, shared, mode, threads)
    levels = [convolve(base, rung.taps[0], n_axes, mode)]
    for taps in rung.taps[1:]:
        levels.append(convolve(levels[-1], taps, n_axes, mode))
    return _stack(levels, 1), None


def _next_base(levels: Any, rung: Rung, n_axes: int, ladder: Ladder) -> Any:
    reduce = ladder.reducer_for(n_axes)
    if reduce != "average":
        base = levels[:, ladder.scales_per_octave]
        return base if reduce is None else base[(..., *[slice(None, None, 2)] * n_axes)]
    base = convolve(levels[:, ladder.source()], rung.reducer, n_axes, ladder.mode)
    for axis in range(base.ndim - n_axes, base.ndim):
        front = (slice(None),) * axis
        even = base.shape[axis] // 2 * 2
        base = (base[(*front, slice(0, even, 2))] + base[(*front, slice(1, even, 2))]) * 0.5
    return base


def enlarge(x: Any, n_axes: int, threads: Threads = None) -> Any:
    """Twice the samples along the last `n_axes` axes, by linear interpolation at i / 2 - 1 / 4.

    Not at i / 2, where every second sample would be as sharp as before, and those between smoothed: their differences
    are taken for keypoints, which do not come back.
    """
    if n_axes == 2 and not is_torch(x):
        from tsattn.scalespace._dense import enlarge_images  # compiled: loaded when first needed

        return enlarge_images(x, threads)
    for axis in range(x.ndim - n_axes, x.ndim):
        n, front = x.shape[axis], (slice(None),) * axis
        padded = x[(*front, border_index(n, 1, "nearest"))]
        sizes = (*x.shape[:axis], 2 * n, *x.shape[axis + 1 :])
        x = x.new_empty(sizes) if is_torch(x) else np.empty(sizes, x.dtype)
        before, here, after = (padded[(*front, slice(k, k + n))] for k in range(3))
        x[(*front, slice(0, None, 2))] = before * 0.25 + here * 0.75
        x[(*front, slice(1, None, 2))] = here * 0.75 + after * 0.25
    return x


def _stack(levels: list[Any], axis: int) -> Any:
    if is_torch(levels[0]):
        import torch

        return torch.stack(levels, axis)
    return np.stack(levels, axis)


def check_ladder(sigmas: Iterable[float]) -> tuple[float, ...]:
    """Return `sigmas` as floats; raise unless they are two to a thousand increasing numbers from 0 to a million."""
    scales = tuple(check_sigma("each of sigmas", sigma) for sigma in sigmas)
    if len(scales) > MOST_SCALES:
        raise ValueError(f"sigmas must be at most {MOST_SCALES}, got {len(scales)}")
    if len(scales) < 2 or any(b <= a for a, b in pairwise(scales)):
        raise ValueError(f"sigmas must be two or more increasing numbers, got {scales!r}")
    return scales


def bands(
    x: Any,
    sigmas: Iterable[float] = (0.0, 0.7, 1.1, 1.8, 2.8),
    *,
    axes: Sequence[int] = (-1,),
    mode: str = "reflect",
    kernel: str = "discrete",
    truncate: float = 4.0,
) -> Any:
    """Return the full-length differences between neighbouring scales: ``L(sigma_i) - L(sigma_i+1)``.

    With the first sigma 0 and the last level added back, the bands sum to x. A bump is positive.

    Parameters
    ----------
    x : array or tensor, any shape
    sigmas : increasing sequence of at least two floats, default (0, 0.7, 1.1, 1.8, 2.8)
        Absolute blur in samples; 0 is x itself.
    axes, mode, kernel, truncate
        As in `blur`.

    Returns
    -------
    array or tensor, ``(..., len(sigmas) - 1, *space)``: the space axes last, the bands before them.

    Raises
    ------
    TypeError, ValueError
        As `blur`; also if sigmas do not increase.

    Examples
    --------
    >>> import numpy as np
    >>> bands(np.eye(1, 9, 4), (0, 1.0)).round(2).tolist()
    [[[-0.0, -0.01, -0.05, -0.21, 0.53, -0.21, -0.05, -0.01, -0.0]]]
    """
    scales = check_ladder(sigmas)
    check_one_of("mode", mode, MODES)
    check_one_of("kernel", kernel, KERNELS)
    x, order = prepare(x, axes)
    level, found, before = x, [], 0.0
    for k, sigma in enumerate(scales):
        taps = half_kernel((sigma**2 - before**2) ** 0.5, kernel, truncate, x.shape[x.ndim - len(order) :], mode)
        upper = level if sigma == before else convolve(level, taps, len(order), mode)
        if k:
            found.append(level - upper)
        level, before = upper, sigma
    return _stack(found, x.ndim - len(order))
