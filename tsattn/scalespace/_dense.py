"""Whole arrays through the compiled kernels, rows shared between threads."""

from typing import Any

import numpy as np

from tsattn._threads import Threads, over_rows
from tsattn.scalespace import _kernels, _rows_kernel

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
    x = np.ascontiguousarray(x)
    if n_axes == 1:
        return _series(x.reshape(-1, x.shape[-1]), taps, MODE[mode]).reshape(x.shape)
    for axis in range(x.ndim - n_axes, x.ndim - 1):
        size, out = int(np.prod(x.shape[axis:])), np.empty(x.shape, x.dtype)
        places = (x.reshape(-1), 0, size), (out.reshape(-1), 0, size), (_none(x), 0, 0)
        shape = x.shape[axis], size // x.shape[axis], axis == x.ndim - 2  # the last two axes go together
        _images(places, x.size // size, shape, (taps, mode))
        x = out
    return x


def image_levels(base: np.ndarray, taps: list[np.ndarray], mode: str, threads: Threads) -> tuple[Any, Any]:
    """The levels (images, levels, height, width) of an octave, one from another, and the differences between them.

    `taps` are those that lead to each level, from the one before, or from the base; [1.0] where it is there already.
    """
    n, height, width = base.shape
    levels = np.empty((n, len(taps), height, width), base.dtype)
    dogs = np.empty((n, len(taps) - 1, height, width), base.dtype)
    size, flat, changes = height * width, levels.reshape(-1), dogs.reshape(-1)
    for s, some in enumerate(taps):
        if len(some) == 1:  # of the first level alone: the others are each smoother
            levels[:, 0] = base
            continue
        src = (flat, (s - 1) * size, len(taps) * size) if s else (np.ascontiguousarray(base).reshape(-1), 0, size)
        change = (changes, (s - 1) * size, (len(taps) - 1) * size) if s else (_none(base), 0, 0)
        _images((src, (flat, s * size, len(taps) * size), change), n, (height, width, True), (some, mode), threads)
    return levels, dogs


def enlarge_images(x: np.ndarray, threads: Threads) -> np.ndarray:
    """Images (n, height, width) of twice the height and width; see `octaves.enlarge`."""
    x = np.ascontiguousarray(x)
    n, height, width = x.shape
    out = np.empty((n, 2 * height, 2 * width), x.dtype)
    src, dst = x.reshape(-1), out.reshape(-1)

    def rows(first: int, last: int) -> None:
        _rows_kernel.enlarge_rows(src, dst, np.empty(width + 2, x.dtype), (height, width), (first, last))

    over_rows(rows, 2 * n * height, out.size, threads=threads)
    return out


def _none(like: np.ndarray) -> np.ndarray:
    return np.empty(0, like.dtype)


def _series(x: np.ndarray, taps: np.ndarray, mode: int) -> np.ndarray:
    kernel = _filled(taps, _kernels.PAIRS, x.dtype)
    out, n = np.empty(x.shape, x.dtype), x.shape[1]
    room = 2 * (_kernels.whole(n, _kernels.ROWS) + len(kernel) - 1) * _kernels.LANES

    def rows(first: int, last: int) -> None:
        some, result = x[first:last].reshape(-1), out[first:last].reshape(-1)
        _kernels.smooth_series(some, result, aligned((room,), x.dtype), n, (len(taps) - 1, kernel), mode)

    over_rows(rows, len(x), x.size, align=_kernels.LANES)
    return out


def _images(places: Any, n: int, shape: tuple[int, int, bool], taps: tuple[np.ndarray, str],
            threads: Threads = None) -> None:
    """Smooth n images of a shape, from one place to another; see `_rows_kernel.smooth_rows`."""
    dtype, (height, width, _) = places[0][0].dtype, shape
    kernel = _filled(taps[0], _rows_kernel.TRIPLE, dtype)

    def rows(first: int, last: int) -> None:
        work = np.empty(width + 2 * (len(kernel) - 1), dtype)
        src, dst, change = places
        _rows_kernel.smooth_rows(src, dst, change, work, shape, (kernel, MODE[taps[1]]), (first, last))

    over_rows(rows, n * height, n * height * width, threads=threads)


def _filled(taps: np.ndarray, unit: int, dtype: Any) -> np.ndarray:
    """The taps in the type of the data, filled up with zeros: one, and whole `unit`s."""
    kernel = np.zeros(1 + _kernels.whole(len(taps) - 1, unit), dtype)
    kernel[: len(taps)] = taps
    return kernel
