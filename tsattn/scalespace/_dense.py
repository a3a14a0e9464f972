"""Whole arrays through the compiled kernels: one axis at a time, rows shared between threads."""

from typing import Any

import numpy as np

from tsattn.scalespace import _kernels
from tsattn.scalespace._pool import over_rows

MODE = {"reflect": _kernels.REFLECT, "nearest": _kernels.NEAREST, "constant": _kernels.CONSTANT}
BLOCK = 8192  # samples of a block of short rows: it and its neighbours stay in the second cache
MOST_LANES = 128


def lanes_for(n: int) -> int:
    """How many rows of n samples share a loop; in eights where it can be, so that vectors lie on whole cache lines."""
    lanes = min(max(BLOCK // n, 1), MOST_LANES)
    return lanes if lanes < 8 else lanes // 8 * 8


def aligned(size: int, dtype: Any) -> np.ndarray:
    """Memory for `size` numbers that begins on a cache line."""
    room = np.empty(size * np.dtype(dtype).itemsize + 64, np.uint8)
    first = -room.ctypes.data % 64
    return room[first : first + size * np.dtype(dtype).itemsize].view(dtype)


def convolve_axes(x: np.ndarray, taps: np.ndarray, n_axes: int, mode: str) -> np.ndarray:
    """Convolve the last `n_axes` axes of `x` with the symmetric kernel `taps` (0..r)."""
    taps, x = taps.astype(x.dtype), np.ascontiguousarray(x)
    for axis in range(x.ndim - n_axes, x.ndim):
        outer, inner = int(np.prod(x.shape[:axis], dtype=int)), int(np.prod(x.shape[axis + 1 :], dtype=int))
        x = _convolve(x.reshape(outer, x.shape[axis], inner), taps, mode).reshape(x.shape)
    return x


def _convolve(x: np.ndarray, taps: np.ndarray, mode: str) -> np.ndarray:
    out = np.empty(x.shape, x.dtype)
    n, inner = x.shape[1:]

    def rows(first: int, last: int) -> Any:
        some, result = x[first:last].reshape(-1, n), out[first:last].reshape(-1, n)
        return _kernels.smooth_rows(some, result, taps, lanes_for(n), MODE[mode])

    def columns(first: int, last: int) -> Any:
        return _kernels.smooth_columns(x[first:last], out[first:last], taps, MODE[mode])

    over_rows(rows if inner == 1 else columns, len(x), x.size)
    return out
