"""What arrays of images are: their axes, what a last one of channels means, and where a value is none.

SIFT and RACKNet's features take them alike, in grey; to a network every channel is one, opacity too. Pictures of PIL
are read here alone, and known by what they can do: the library is not needed, and is not imported.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from tsattn._checks import check_unmasked, warn_user
from tsattn.scalespace._arrays import is_torch

LUMA = (0.299, 0.587, 0.114)  # of red, green, blue: ITU-R BT.601
OPACITY = (2, 4)  # so many channels end in one that says how solid a pixel is
MOST_CHANNELS = 4  # of an image whose axes could be mistaken
FLOAT32_MAX = float(np.finfo(np.float32).max)


KEPT = ("1", "L", "LA", "RGB", "RGBA", "I", "F")  # modes of PIL, beside 16 bits, whose numbers are brightness already
CONVERTED = {"PA": "RGBA", "RGBa": "RGBA", "La": "LA"}  # what others become that are not made RGB
TURNED = 0x0112  # the tag of EXIF that says how a picture is to be turned; 1 for not at all
READ = "a file is read by numpy.asarray(PIL.Image.open(path).convert('RGB'))"


def as_array(name: str, images: Any) -> Any:
    """Return a tensor as it is, and anything else as a NumPy array; raise if it is none.

    Pictures of PIL are converted as PIL does: those of a palette, of YCbCr, HSV, LAB or CMYK to RGB.
    """
    if isinstance(images, str | bytes | os.PathLike):
        raise TypeError(f"{name} must be an array of pixels, got {images!r}; {READ}")
    if is_torch(images):
        return _dense(name, images)
    if isinstance(images, list | tuple):
        return _stacked(name, images)
    found = np.asarray(_pixels(name, images))
    if found.dtype == object and found.ndim == 1 and len(found) and (_has_pixels(found[0]) or _is_file(found[0])):
        return _stacked(name, found.tolist())  # a column of a table, say
    if found.dtype.kind == "O" and found.ndim == 0:
        raise TypeError(f"{name} must be an array of pixels, got {images if images is None else type(images).__name__}")
    return found


def _stacked(name: str, images: Sequence[Any]) -> np.ndarray:
    """A list of images as one array."""
    files = [one for one in images if _is_file(one)]
    if files:
        raise TypeError(f"{name} must be arrays of pixels, got {files[0]!r}; {READ}")
    parts = [_pixels(name, one) for one in images]
    if len({_meaning(part) for part in parts if hasattr(part, "dtype")}) > 1:
        kinds = sorted({str(part.dtype) for part in parts if hasattr(part, "dtype")})
        raise TypeError(f"{name} must be of one type, as it says what white is, got {' and '.join(kinds)}; "
                        "convert them to one, and to one unit")
    try:
        return np.asarray(parts)
    except ValueError as error:
        shapes = list(dict.fromkeys(str(np.shape(part)) for part in parts if hasattr(part, "shape")))
        told = f" of shapes {shapes[0]} and {shapes[1]}" if len(shapes) > 1 else ""
        raise ValueError(f"{name} must have one size each, got {len(images)} of several{told}; bring them to one, or "
                         "give one at a time") from error


def _is_file(one: Any) -> bool:
    return isinstance(one, str | bytes | os.PathLike)


def _is_picture(one: Any) -> bool:
    """Whether it is one of PIL."""
    return isinstance(getattr(one, "mode", None), str) and callable(getattr(one, "convert", None)) \
        and callable(getattr(one, "getbands", None))


def _has_pixels(one: Any) -> bool:
    return isinstance(one, np.ndarray) or is_torch(one) or _is_picture(one)


def _meaning(part: Any) -> str:
    """What a type says of white: the same for numbers of any precision."""
    return str(part.dtype.name if part.dtype.name in ("bool", "uint8", "uint16") else part.dtype.kind.replace("u", "i"))


def _pixels(name: str, one: Any) -> Any:
    """One of a list, or all images: what has pixels as an array, anything else as it is."""
    check_unmasked(name, one)
    if is_torch(one):
        return as_numpy(_dense(name, one))
    return _array_of(name, one) if _is_picture(one) else one


def _array_of(name: str, picture: Any) -> np.ndarray:
    """A picture of PIL as an array: the frame that it stands at, and its rows as they are stored."""
    mode, turned = picture.mode, 1
    try:
        picture.load()
        if mode not in KEPT and not mode.startswith("I;16"):
            picture = picture.convert(CONVERTED.get(mode, "RGB"))
        found = np.asarray(picture)
    except Exception as error:  # whatever a damaged file runs into, or a mode that PIL cannot convert
        raise ValueError(f"{name} must be pictures that PIL can read and convert to RGB, got one of mode {mode!r}: "
                         f"{error}") from error
    with suppress(Exception):  # no such tag, or a damaged one, is none
        turned = picture.getexif().get(TURNED, 1)
    if turned != 1:
        warn_user(f"{name} hold a picture that is to be turned before it is shown (EXIF orientation {turned}), and is "
                  "read as it is stored; PIL.ImageOps.exif_transpose(picture) turns it")
    return found


def _dense(name: str, images: Any) -> Any:
    """A tensor whose values are there to be computed with."""
    kind = str(images.dtype).rpartition(".")[2]
    if images.is_nested:
        raise TypeError(f"{name} must be a dense tensor of values, got one that is nested; give a list of its "
                        "images, of one size")
    if images.is_meta or images.is_quantized or str(images.layout) != "torch.strided":
        what = "without values" if images.is_meta else "quantised" if images.is_quantized else "sparse"
        cure = "" if images.is_meta else "; use dequantize()" if images.is_quantized else "; use to_dense()"
        raise TypeError(f"{name} must be a dense tensor of values, got one that is {what}{cure}")
    return images.float() if kind.startswith("float8") else images


def as_numpy(images: Any) -> np.ndarray:
    """Return a tensor's values, without what gradients need, and an array as it is."""
    if not is_torch(images):
        return np.asarray(images)
    half = str(images.dtype) == "torch.bfloat16"  # which NumPy has not
    found: np.ndarray = (images.float() if half else images).detach().cpu().resolve_conj().resolve_neg().numpy()
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
