"""The way in for arrays: what is taken, what it becomes, and where its space axes go.

NumPy arrays (and what `numpy.asarray` makes of lists) stay NumPy, torch tensors stay torch and on their device.
Nothing is scaled. Inside the room an array is contiguous, native, float32 or float64, with its space axes last.
"""

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from tsattn._checks import check_int, plain

ACCEPTED = "numpy arrays of real numbers, nested lists of them, or torch tensors"
CHUNK = 1 << 20  # samples looked at in one go: the check needs little memory, whatever the array


def is_torch(x: Any) -> bool:
    """Whether `x` is a torch tensor; torch is not imported to find out."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.Tensor)


def prepare(x: Any, axes: Sequence[int]) -> tuple[Any, tuple[int, ...]]:
    """Return `x` as (..., *space), contiguous and floating, and its `axes` counted from the front.

    Integers and booleans become float64, half precision becomes float32.
    """
    x = _torch_floats(x) if is_torch(x) else _numpy_floats(x)
    order = check_axes(axes, x.ndim)
    if 0 in x.shape:
        raise ValueError(f"x must hold at least one series and one sample, got shape {tuple(x.shape)}")
    last = tuple(range(x.ndim - len(order), x.ndim))
    if is_torch(x):
        x = x.movedim(order, last).contiguous()
    else:
        x = np.ascontiguousarray(np.moveaxis(x, order, last))
    check_finite(x)
    return x, order


def restore(y: Any, order: tuple[int, ...]) -> Any:
    """Put the space axes of `y` (..., *space) back where `prepare` found them."""
    last = tuple(range(y.ndim - len(order), y.ndim))
    return y.movedim(last, order) if is_torch(y) else np.moveaxis(y, last, order)


def check_axes(axes: Sequence[int], ndim: int) -> tuple[int, ...]:
    """Return `axes` counted from the front; raise unless they are distinct axes of an array of `ndim` axes."""
    found = []
    for axis in axes:
        axis = check_int("an axis", axis, minimum=-ndim)
        if axis >= ndim:
            raise ValueError(f"axes must lie in [-{ndim}, {ndim}) for an array of {ndim} axes, got "
                             f"{plain(tuple(axes))}")
        found.append(axis % ndim)
    if not found or len(set(found)) < len(found):
        raise ValueError(f"axes must be distinct and at least one, got {plain(tuple(axes))}")
    return tuple(found)


def _numpy_floats(x: Any) -> np.ndarray:
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"x must be one of {ACCEPTED}; got a masked array, fill it first")
    array = np.asarray(x)
    if array.dtype.kind in "iub":
        return array.astype(np.float64)
    if array.dtype.kind != "f":
        raise TypeError(f"x must be one of {ACCEPTED}, got {type(x).__name__} of dtype {array.dtype}")
    return array.astype(np.float32 if array.dtype.itemsize <= 4 else np.float64, copy=False)


def _torch_floats(x: Any) -> Any:
    import torch

    if x.is_complex():
        raise TypeError(f"x must be one of {ACCEPTED}, got a tensor of dtype {x.dtype}")
    if not x.is_floating_point():
        return x.double()
    return x if x.dtype in (torch.float32, torch.float64) else x.float()


def check_finite(x: Any) -> None:
    """Raise unless every value is finite and small enough that no sum of four overflows."""
    limit = float(np.finfo(str(x.dtype).rpartition(".")[2]).max) / 4
    flat = (x.detach() if is_torch(x) else x).reshape(-1)
    for start in range(0, flat.shape[0], CHUNK):
        chunk = flat[start : start + CHUNK]
        if not (float(chunk.min()) >= -limit and float(chunk.max()) <= limit):  # nor if either is NaN
            where = start + int((~(abs(chunk) <= limit)).nonzero()[0].reshape(-1)[0])
            value = float(flat[where])
            index = np.unravel_index(where, tuple(x.shape))
            rule = "x must be finite" if not np.isfinite(value) else f"x must stay below {limit:.3g}, lest it overflow"
            raise ValueError(f"{rule}, got {value} at flat position {where}, index {tuple(map(int, index))}")


def joined(parts: Sequence[Any]) -> Any:
    """Arrays one after another."""
    if is_torch(parts[0]):
        import torch

        return torch.cat(tuple(parts))
    return np.concatenate(parts)


def order_by(*columns: Any) -> Any:
    """What sorts by the first column, then by the next, and so on; what is alike in all keeps its order."""
    if not is_torch(columns[0]):
        return np.lexsort(columns[::-1])
    import torch

    order = torch.arange(len(columns[0]), device=columns[0].device)
    for column in columns[::-1]:
        order = order[column[order].argsort(stable=True)]
    return order


def distinct(*columns: Any) -> Any:
    """Which rows to keep that each is there once, sorted by the columns."""
    order = order_by(*columns)
    new = order[1:] < 0
    for column in columns:
        rows = column[order]
        new = new | (rows[1:] != rows[:-1])
    return joined([order[:1], order[1:][new]])


def offsets_of(series: Any, n_series: int) -> Any:
    """Where the rows of each series begin, (n_series + 1,), once they are sorted; `series` says whose each is."""
    if is_torch(series):
        return joined([series.new_zeros(1), series.bincount(minlength=n_series).cumsum(0)])
    return np.concatenate([[0], np.bincount(series, minlength=n_series).cumsum()])
