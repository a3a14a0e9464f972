"""Events of a series: its keypoints with their scope and the mean of what was observed there.

Candan et al., "sDTW", PVLDB 5(11), 2012: the scope of a keypoint at t is [t - 3 sigma, t + 3 sigma], cut at the ends
of the series; 99.7 % of what a Gaussian of that sigma gathers comes from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from tsattn._checks import plain
from tsattn.scalespace._arrays import is_torch, prepare
from tsattn.scalespace.extrema import detect
from tsattn.scalespace.keypoints import Keypoints

SCOPE = 3.0  # radius in sigmas


@dataclass(frozen=True)
class Events(Keypoints):
    """Keypoints of series with their scope; see `Keypoints` for the other columns.

    Attributes
    ----------
    amplitude : (n,) float, the mean of the observed samples in the scope, in the type of the input
    start, end : (n,) float64, the scope in input samples, within [0, T - 1]

    Examples
    --------
    The scope of a bump at step 4 is cut at the start of the series; after it, it reaches as far as 3 sigma:

    >>> import numpy as np
    >>> found = events(np.exp(-0.5 * ((np.arange(101) - 4) / 2) ** 2), polarity="bump")
    >>> found.center.tolist(), found.start.tolist(), ((found.end - found.center) / found.sigma).round(6).tolist()
    ([4.0], [0.0], [3.0])
    """

    amplitude: Any
    start: Any
    end: Any

    @property
    def center(self) -> Any:
        """The position as one column, (n,)."""
        return self.position[:, 0]


def events(x: Any, keypoints: Keypoints | None = None, *, axes: Sequence[int] = (-1,), **options: Any) -> Events:
    """Return the events of each series of `x`.

    Parameters
    ----------
    x : array or tensor, any shape
        Series along the one axis named by `axes`.
    keypoints : Keypoints, optional
        Those of the same series; found by `detect` if not given.
    axes : sequence of one int, default (-1,)
    **options
        Passed to `detect`.

    Returns
    -------
    Events
        Columns as `detect` returns them, and the scope. The mean of a tensor's scope is differentiable in x.

    Raises
    ------
    TypeError, ValueError
        As `detect`; also if keypoints come with options, or belong to other series.

    Examples
    --------
    >>> import numpy as np
    >>> t = np.arange(101)
    >>> found = events(np.exp(-0.5 * ((t - 50) / 2) ** 2), polarity="bump")
    >>> found.amplitude.round(3).tolist(), found.start.round(1).tolist(), found.end.round(1).tolist()
    ([0.334], [42.4], [57.6])
    """
    rows, _ = series_rows(x, axes)
    if keypoints is None:
        if is_torch(x):
            with _no_grad():
                keypoints = detect(x, axes=axes, **options)
        else:
            keypoints = detect(x, axes=axes, **options)
    elif options:
        raise TypeError(f"options are for detection, which keypoints replace; got both, with {sorted(options)}")
    check_same_series(rows, keypoints)
    last = rows.shape[-1] - 1
    start, end = scope(keypoints, last)
    columns = {f.name: getattr(keypoints, f.name) for f in fields(Keypoints)}
    return Events(**columns, amplitude=scope_means(rows, keypoints), start=start, end=end)


def _no_grad() -> Any:
    import torch

    return torch.no_grad()


def series_rows(x: Any, axes: Sequence[int]) -> tuple[Any, tuple[int, ...]]:
    """`x` as (series, T), and where its time axis stood."""
    x, order = prepare(x, axes)
    if len(order) != 1:
        raise ValueError(f"a series has one axis, got axes {plain(tuple(axes))}")
    return x.reshape(-1, x.shape[-1]), order


def check_same_series(rows: Any, keypoints: Keypoints) -> None:
    """Raise unless the keypoints belong to as many series, have one axis, and lie inside."""
    if keypoints.n_series != len(rows) or keypoints.position.shape[1] != 1:
        raise ValueError(
            f"keypoints must be of the same {len(rows)} series, got {keypoints.n_series} "
            f"with positions of {keypoints.position.shape[1]} axes"
        )
    if is_torch(rows) != is_torch(keypoints.offsets):
        raise TypeError("x and keypoints must both be NumPy arrays or both torch tensors; see Keypoints.to_numpy")
    at = keypoints.position[:, 0]
    if len(keypoints) and (float(at.min()) < 0 or float(at.max()) > rows.shape[-1] - 1):
        raise ValueError(f"positions must lie in [0, {rows.shape[-1] - 1}], got up to {float(abs(at).max())}")


def scope(keypoints: Keypoints, last: int) -> tuple[Any, Any]:
    """Start and end of each scope, within [0, last]."""
    at, radius = keypoints.position[:, 0], SCOPE * keypoints.sigma
    return (at - radius).clip(min=0.0), (at + radius).clip(max=float(last))


def scope_samples(keypoints: Keypoints, last: int) -> tuple[Any, Any]:
    """First and last whole sample of each scope; the nearest one where a scope falls between two."""
    return samples_within(keypoints.position[:, 0], keypoints.sigma, last)


def samples_within(centre: Any, sigma: Any, last: Any) -> tuple[Any, Any]:
    """First and last of the samples 0..last within 3 sigma of each centre, or the nearest one twice."""
    radius, near = SCOPE * sigma, nearest_sample(centre, last)
    start, end = (centre - radius).clip(0), centre + radius
    if is_torch(centre):
        import torch

        low, high = start.ceil().long(), end.floor().long().clip(max=last)
        return torch.where(high < low, near, low), torch.where(high < low, near, high)
    low, high = np.ceil(start).astype(np.int64), np.floor(end).astype(np.int64).clip(max=last)
    return np.where(high < low, near, low), np.where(high < low, near, high)


def nearest_sample(position: Any, last: Any) -> Any:
    """The sample of 0..last nearest to each position, the later one of two."""
    if is_torch(position):
        return (position + 0.5).floor().long().clip(0, last)
    return np.floor(position + 0.5).astype(np.int64).clip(0, last)


def scope_means(rows: Any, keypoints: Keypoints) -> Any:
    """The mean of the samples of each scope, (n,), in the type of `rows` (series, T)."""
    low, high = scope_samples(keypoints, rows.shape[-1] - 1)
    if not is_torch(rows):
        from tsattn.scalespace import _masks

        return _masks.means(rows, keypoints.offsets, low, high).astype(rows.dtype)
    import torch

    centred = rows.double()
    mean = centred.mean(-1, keepdim=True)  # sums of what is left stay small, and so does their rounding
    sums = torch.nn.functional.pad((centred - mean).cumsum(-1), (1, 0))
    series = keypoints.series
    total = sums[series, high + 1] - sums[series, low]
    return (total / (high + 1 - low) + mean[series, 0]).to(rows.dtype)
