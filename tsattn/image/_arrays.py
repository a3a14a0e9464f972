"""What arrays of images are: their axes, what a last one of channels means, and where a value is none.

SIFT and RACKNet's features take them alike, in grey; to a network every channel is one, opacity too.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tsattn._checks import check_unmasked
from tsattn.scalespace._arrays import is_torch

LUMA = (0.299, 0.587, 0.114)  # of red, green, blue: ITU-R BT.601
OPACITY = (2, 4)  # so many channels end in one that says how solid a pixel is
MOST_CHANNELS = 4  # of an image whose axes could be mistaken
FLOAT32_MAX = float(np.finfo(np.float32).max)


def as_array(name: str, images: Any) -> Any:
    """Return a tensor as it is, and anything else as a NumPy array; raise if it is none."""
    if is_torch(images):
        return images
    for one in (images, *images) if isinstance(images, list | tuple) else (images,):
        check_unmasked(name, one)
    if isinstance(images, str | bytes | os.PathLike):
        raise TypeError(f"{name} must be an array of pixels, got {images!r}; a file is read by "
                        "numpy.asarray(PIL.Image.open(path))")
    try:
        return np.asarray(images)
    except ValueError as error:
        raise ValueError(f"{name} must have one size each, got {len(images)} of several; bring them to one, or give "
                         "one at a time") from error


def as_numpy(images: Any) -> np.ndarray:
    """Return a tensor's values, without what gradients need, and an array as it is."""
    if not is_torch(images):
        return np.asarray(images)
    half = str(images.dtype) == "torch.bfloat16"  # which NumPy has not
    found: np.ndarray = (images.float() if half else images).detach().cpu().numpy()
    return found


def check_channels_last(name: str, shape: Sequence[int], known: int | None = None) -> None:
    """Raise where four axes look as if channels, of which there are as many as `known`, came before the height."""
    if len(shape) == 4 and (shape[1] <= MOST_CHANNELS < shape[3] or known == shape[1] != shape[3]):
        raise ValueError(f"{name} must have the channels last, got shape {tuple(shape)}; move them there, as by "
                         "numpy.moveaxis(images, 1, -1)")


def check_finite(name: str, x: Any, axes: Sequence[str], first: int = 0) -> None:
    """Raise where a value is missing, infinite, or too large for float32; name its place.

    `axes` are what those of `x` count, as "image", "row", "column", "channel"; the first of them counts from `first`.
    """
    if not (x.is_floating_point() if is_torch(x) else x.dtype.kind == "f"):
        return
    seen = x.detach() if is_torch(x) else x
    if abs(float(seen.min())) <= FLOAT32_MAX and abs(float(seen.max())) <= FLOAT32_MAX:  # neither holds if one is NaN
        return
    values = as_numpy(x).astype(np.float64)
    place = np.argwhere(~(abs(values) <= FLOAT32_MAX))[0]
    value = float(values[tuple(place)])
    what = "NaN" if np.isnan(value) else "infinity" if np.isinf(value) else "a value too large for float32"
    place[0] += first
    told = ", ".join(f"{axis} {number}" for axis, number in zip(axes, place, strict=True))
    raise ValueError(f"{name} must not hold {what}, found {value} in {told}")


def without_opacity(x: Any) -> Any:
    """Images (..., channel) without the channel that says how solid a pixel is: the last of 2 or 4."""
    n = x.shape[-1]
    return x[..., : n - (n in OPACITY)]


def grey(x: Any, convert: Callable[[Any], Any] = lambda channel: channel) -> Any:
    """What images (..., channel) are in grey; of other than three channels the mean, and opacity does not count.

    `convert` is done to each channel first.
    """
    x = without_opacity(x)
    n = x.shape[-1]
    shares = LUMA if n == len(LUMA) else (1 / n,) * n
    return sum(share * convert(x[..., k]) for k, share in enumerate(shares))
