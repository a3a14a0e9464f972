"""Gaussian smoothing along any axes.

Witkin, "Scale-space filtering", IJCAI 1983; Lindeberg, "Scale-space for discrete signals", IEEE TPAMI 12(3), 1990,
eq. 3: the discrete Gaussian T(n; t) = exp(-t) I_n(t), t = sigma^2, whose variances add exactly, so that smoothing
by a and then by b is smoothing by sqrt(a^2 + b^2) at every sigma. The sampled Gaussian fails below sigma of 0.7.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import ive

from tsattn._checks import check_one_of, check_positive, plain
from tsattn.scalespace._arrays import is_torch, prepare, restore

KERNELS = ("discrete", "sampled")
MODES = ("reflect", "nearest", "constant")
WIDEST_DISCRETE = 30_000.0  # beyond 2^15 scipy's `ive` is NaN; here the sampled one differs by 1.5e-10 of the peak
LEAST_RADIUS = 3  # at sigma 0.5 a radius of 2 loses 2 % of the discrete Gaussian's variance, 3 loses 0.1 %
WIDEST = 1e6  # samples: a wider Gaussian takes its time, and says no more of any series than its mean
FAR = (4, 64)  # times an axis, and samples more: kernels of a larger radius are folded onto the axis
AT_ONCE = 1 << 16  # weights of such a kernel that are looked at together

Taps = np.ndarray | tuple[np.ndarray, ...]  # half a kernel for all axes, or one for each


def gaussian_kernel(sigma: float, *, kernel: str = "discrete", truncate: float = 4.0) -> np.ndarray:
    """Return the weights of a Gaussian at the integers -r..r, which sum to 1.

    Parameters
    ----------
    sigma : float
        Standard deviation in samples, at most a million; 0 gives the single weight 1.
    kernel : {"discrete", "sampled"}, default "discrete"
        Lindeberg's discrete Gaussian ``exp(-sigma^2) I_n(sigma^2)``, of variance sigma^2 at every sigma, or
        ``exp(-n^2 / (2 sigma^2))`` taken at the integers; above sigma 30000, where the two differ by less than 2e-10
        of the peak, always the latter.
    truncate : float, default 4.0
        The radius r is ``truncate * sigma`` rounded up, and never below 3.

    Returns
    -------
    numpy.ndarray, (2 r + 1,), float64

    Raises
    ------
    ValueError
        If sigma is negative or above a million, truncate not positive, or the kernel unknown.

    Examples
    --------
    >>> gaussian_kernel(1.0).round(3).tolist()
    [0.001, 0.008, 0.05, 0.208, 0.466, 0.208, 0.05, 0.008, 0.001]
    """
    radius, discrete = _extent(sigma, kernel, truncate)
    weights = _weights(np.abs(np.arange(-radius, radius + 1)), float(sigma), discrete)
    return np.asarray(weights / weights.sum())


def check_sigma(name: str, sigma: Any, *, zero: bool = True) -> float:
    """Return `sigma` as a float; raise unless it is a standard deviation that smoothing takes."""
    found = check_positive(name, sigma, zero=zero)
    if found > WIDEST:
        raise ValueError(f"{name} must be at most {WIDEST:.0f} samples, got {plain(sigma)!r}: use a series' mean "
                         "instead")
    return found


def _extent(sigma: float, kernel: str, truncate: float) -> tuple[int, bool]:
    """The radius of a kernel, and whether its weights are those of the discrete Gaussian; raise if there is none."""
    sigma = check_sigma("sigma", sigma)
    truncate = check_positive("truncate", truncate)
    check_one_of("kernel", kernel, KERNELS)
    if sigma == 0:
        return 0, False
    whole = 50 * sigma + 300  # beyond, float64 has no weights but 0
    return max(int(np.ceil(min(truncate * sigma, whole))), LEAST_RADIUS), kernel == "discrete" and \
        sigma <= WIDEST_DISCRETE


def _weights(n: np.ndarray, sigma: float, discrete: bool) -> np.ndarray:
    """What a kernel has at distances n, but for the factor that makes its sum 1."""
    if sigma == 0:
        return np.ones(len(n))
    weights: np.ndarray = ive(n, sigma * sigma) if discrete else np.exp(-0.5 * (n / sigma) ** 2)
    return weights


def half_kernel(sigma: float, kernel: str, truncate: float, sizes: Sequence[int], mode: str) -> Taps:
    """The weights at 0..r, as the kernel is symmetric, for axes of these sizes.

    A kernel that reaches much farther than all axes reads the same samples again and again beyond the borders: it is
    folded, for each axis by itself, into one that is no longer than the axis and gives the same.
    """
    radius, discrete = _extent(sigma, kernel, truncate)
    if radius > FAR[0] * max(sizes) + FAR[1]:
        folded = tuple(_folded(radius, float(sigma), discrete, size, mode) for size in sizes)
        return folded[0] if len(folded) == 1 else folded
    weights = gaussian_kernel(sigma, kernel=kernel, truncate=truncate)
    return np.ascontiguousarray(weights[len(weights) // 2 :])


def _folded(radius: int, sigma: float, discrete: bool, size: int, mode: str) -> np.ndarray:
    """A half kernel of any radius as one for an axis of `size` samples alone, at most that long."""
    taps, total = np.zeros(size + 1), 0.0
    for first in range(0, radius + 1, AT_ONCE):
        n = np.arange(first, min(first + AT_ONCE, radius + 1))
        weights = np.where(n == 0, 1.0, 2.0) * _weights(n, sigma, discrete)  # of both sides
        total += float(weights.sum())
        place = np.minimum(n, size)  # beyond the border stands the edge value, or nothing
        if mode == "reflect":  # or what stands at 2 size - n as well, and again after 2 size
            place = np.minimum(n % (2 * size), -n % (2 * size))
        taps += np.bincount(place, weights, minlength=size + 1)
    taps[1:] /= 2
    return taps / total


def blur(
    x: Any,
    sigma: float,
    *,
    axes: Sequence[int] = (-1,),
    mode: str = "reflect",
    kernel: str = "discrete",
    truncate: float = 4.0,
) -> Any:
    """Smooth `x` by a Gaussian of standard deviation `sigma` along each of `axes`.

    Parameters
    ----------
    x : array or tensor, any shape
        Real numbers, all finite. Integers are taken as float64, half precision as float32.
    sigma : float
        Standard deviation in samples, at most a million; 0 changes nothing. However large it is, what is computed is
        no more than what the axes ask for.
    axes : sequence of int, default (-1,)
        The axes smoothed; the others are independent.
    mode : {"reflect", "nearest", "constant"}, default "reflect"
        What stands beyond the border, as SciPy names it: ``d c b a | a b c d | d c b a``, the edge value, or 0.
    kernel, truncate
        As in `gaussian_kernel`.

    Returns
    -------
    array or tensor of the same shape; float32 is computed in float32, float64 in float64.

    Raises
    ------
    TypeError
        If x is complex, of objects, or masked.
    ValueError
        If x is empty, holds NaN or infinity, or a parameter is outside its range.

    Examples
    --------
    >>> import numpy as np
    >>> blur(np.array([0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]), 0.5).round(2).tolist()
    [0.0, 0.01, 0.1, 0.79, 0.1, 0.01, 0.0]
    """
    check_one_of("mode", mode, MODES)
    _extent(sigma, kernel, truncate)  # parameters are looked at before data
    x, order = prepare(x, axes)
    taps = half_kernel(sigma, kernel, truncate, x.shape[x.ndim - len(order) :], mode)
    return restore(convolve(x, taps, len(order), mode), order)


def convolve(x: Any, taps: Taps, n_axes: int, mode: str) -> Any:
    """Convolve the last `n_axes` axes of a prepared `x` with the symmetric kernel whose weights at 0..r are `taps`."""
    if isinstance(taps, tuple):  # one for each axis
        for axis, own in zip(range(x.ndim - n_axes, x.ndim), taps, strict=True):
            along = x.movedim(axis, -1) if is_torch(x) else np.moveaxis(x, axis, -1)
            x = convolve(along, own, 1, mode)
            x = x.movedim(-1, axis) if is_torch(x) else np.ascontiguousarray(np.moveaxis(x, -1, axis))
        return x
    if len(taps) == 1:
        return x.clone() if is_torch(x) else x.copy()
    if is_torch(x):
        for axis in range(x.ndim - n_axes, x.ndim):
            x = _convolve_torch(x, taps, axis, mode)
        return x
    from tsattn.scalespace._dense import convolve_axes  # compiled: loaded when first needed

    return convolve_axes(x, taps, n_axes, mode)


def _convolve_torch(x: Any, taps: np.ndarray, axis: int, mode: str) -> Any:
    """Sum of shifted slices: every sample sees the same operations in the same order, so equal inputs stay equal."""
    import torch

    radius, n = len(taps) - 1, x.shape[axis]
    index = torch.from_numpy(border_index(n, radius, mode)).to(x.device)
    padded = x.index_select(axis, index.clamp(min=0))
    if mode == "constant":
        shape = [1] * x.ndim
        shape[axis] = -1
        padded = padded * (index >= 0).to(x.dtype).view(shape)
    out = padded.narrow(axis, radius, n) * float(taps[0])
    for j in range(1, radius + 1):
        out = out + (padded.narrow(axis, radius - j, n) + padded.narrow(axis, radius + j, n)) * float(taps[j])
    return out


def border_index(n: int, radius: int, mode: str) -> np.ndarray:
    """Which of n samples stands at -radius..n-1+radius; -1 where there is none (mode "constant")."""
    i = np.arange(-radius, n + radius)
    if mode == "nearest":
        return i.clip(0, n - 1)
    if mode == "constant":
        return np.where((i >= 0) & (i < n), i, -1)
    i = i % (2 * n)  # radius may exceed n: the reflected series repeats with period 2 n
    return np.minimum(i, 2 * n - 1 - i)
