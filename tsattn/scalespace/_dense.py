"""Whole arrays through the compiled kernels: one axis at a time, rows shared between threads."""

from typing import Any

import numpy as np

from tsattn.scalespace import _kernels
from tsattn.scalespace._pool import over_rows

MODE = {"reflect": _kernels.REFLECT, "nearest": _kernels.NEAREST, "constant": _kernels.CONSTANT}


def aligned(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Zeros that begin on a cache line: what lies beyond a border may be read, if only to be weighted by zero."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    room = np.zeros(size + 64, np.uint8)
    first = -room.ctypes.data % 64
    numbers: np.ndarray = room[first : first + size].view(dtype)
    return numbers.reshape(shape)


def convolve_axes(x: np.ndarray, taps: np.ndarray, n_axes: int, mode: str) -> np.ndarray:
    """Convolve the last `n_axes` axes of `x` with the symmetric kernel `taps` (0..r)."""
    x, radius = np.ascontiguousarray(x), len(taps) - 1
    kernel = np.zeros(1 + _kernels.whole(radius, _kernels.PAIRS), x.dtype)
    kernel[: radius + 1] = taps
    for axis in range(x.ndim - n_axes, x.ndim):
        outer, inner = int(np.prod(x.shape[:axis], dtype=int)), int(np.prod(x.shape[axis + 1 :], dtype=int))
        x = _convolve(x.reshape(outer, x.shape[axis], inner), (radius, kernel), MODE[mode]).reshape(x.shape)
    return x


def _convolve(x: np.ndarray, taps: tuple[int, np.ndarray], mode: int) -> np.ndarray:
    out = np.empty(x.shape, x.dtype)
    n, inner = x.shape[1:]
    room = 2 * (_kernels.whole(n, _kernels.ROWS) + len(taps[1]) - 1) * _kernels.LANES

    def rows(first: int, last: int) -> None:
        some, result = x[first:last].reshape(-1), out[first:last].reshape(-1)
        _kernels.smooth_axis(some, result, aligned((room,), x.dtype), (last - first, n, inner), taps, mode)

    over_rows(rows, len(x), x.size, align=_kernels.LANES if inner == 1 else 1)
    return out
