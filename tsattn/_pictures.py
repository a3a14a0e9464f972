"""From an array of images to what a network reads: checked, channels first, standardised.

The scale is learned from the training images once, and applied to any other as it was learned.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tsattn._checks import warn_user
from tsattn.image._arrays import as_array, as_numpy, check_channels_last, check_finite
from tsattn.training import Sequences

SHAPES = "(n, height, width) or (n, height, width, channel)"
AT_ONCE = 2**22  # values looked at in one go: sums in float64 take little memory, whatever the array
BEYOND = 3  # ranges of the training images that others may reach beyond them, before they seem to be in another unit
NARROW = 100  # times as much as others vary that the training images vary, from where on they seem so too


def check_images(X: Any, channels: int | None = None) -> np.ndarray:
    """Return images as (n, height, width, channel) of whatever real dtype they have; raise unless they are images.

    Raises
    ------
    ValueError
        There are no images, or no pixels; the axes are other ones, or look like others; a value is missing or infinite,
        also as float32; a number is complex or no number.
    TypeError
        They are sparse or masked, of several types, or times, records or files.
    """
    from scipy.sparse import issparse
    from sklearn.utils import check_array

    X = X if issparse(X) else as_numpy(as_array("X", X))
    if X.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: X must be real numbers, got {X.dtype}")
    if X.dtype.kind in "mMV":
        raise TypeError(f"X must be real numbers, got {X.dtype}")
    X = check_array(X, dtype="numeric", allow_nd=True, ensure_2d=False, ensure_all_finite=False, input_name="X",
                    ensure_min_samples=0)
    if X.ndim not in (3, 4):
        raise ValueError(f"X must have shape {SHAPES}, got {X.shape}; X.reshape(n, height, width) makes images of rows "
                         "of pixels, X[np.newaxis] makes an array of one image, and images of different sizes must be "
                         "brought to one first")
    shape = X.shape
    X = X[..., np.newaxis] if X.ndim == 3 else X
    if 0 in shape:
        raise ValueError(f"X must hold 1 image and 1 pixel at least: found array with {shape[0]} sample(s) "
                         f"(shape={shape}) while a minimum of 1 is required.")
    check_channels_last("X", shape, channels)
    done = 0
    for part in _in_parts(X):
        check_finite("X", part, ("image", "row", "column", "channel"), done)
        done += len(part)
    return X


def _in_parts(X: np.ndarray) -> Iterator[np.ndarray]:
    """Some images at a time."""
    step = max(1, AT_ONCE // X[0].size)
    return (X[first : first + step] for first in range(0, len(X), step))


def _reach(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and largest value of each channel."""
    return X.min((0, 1, 2)).astype(np.float64), X.max((0, 1, 2)).astype(np.float64)


@dataclass(frozen=True)
class Pictures:
    """What fit learned about images.

    Attributes
    ----------
    shape : (int, int, int)
        Height, width, channels.
    mean, scale : ndarray of float64, (channels,)
        Of each channel over all training pixels; a constant channel has its value and 1, so that it becomes 0.
    low, high : ndarray of float64, (channels,), or None
        Least and largest value of each channel; None where they are not known, as of older files.
    """

    shape: tuple[int, int, int]
    mean: np.ndarray
    scale: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None

    @classmethod
    def learn(cls, X: np.ndarray) -> "Pictures":
        """Measure images, (n, height, width, channel)."""
        count = X[..., 0].size
        mean = sum(part.sum((0, 1, 2), dtype=np.float64) for part in _in_parts(X)) / count
        squares = sum(np.square(part - mean).sum((0, 1, 2)) for part in _in_parts(X))
        scale = np.sqrt(squares / count)
        constant = scale <= np.finfo(np.float64).eps * np.abs(mean) * 8
        height, width, channels = (int(length) for length in X.shape[1:])
        return cls((height, width, channels), mean, np.where(constant, 1.0, scale), *_reach(X))

    @property
    def n_channels(self) -> int:
        """Channels of an image."""
        return self.shape[2]

    @property
    def first_axes(self) -> tuple[int, int, int]:
        """Channels, height and width: the shape in which a network has an image."""
        return self.shape[2], *self.shape[:2]

    def __call__(self, X: Any, **labels: Any) -> Sequences:
        """Return checked images as the training loop has them: series of one step, (n, channel, height, width).

        Warns where they seem to be in another unit than those learned from.

        Raises
        ------
        ValueError
            As `check_images`; or they have another size or another number of channels than those learned from, or
            values so far from theirs that float32 does not hold them on their scale.
        """
        X = check_images(X, self.n_channels)
        if X.shape[1:] != self.shape:
            cure = "; X[np.newaxis] makes an array of one image" if X.shape[:3] == self.shape else ""
            raise ValueError(f"X must have images as they were in fit, {self._told(self.shape)}, got "
                             f"{self._told(X.shape[1:])}{cure}")
        data = self.scaled(X, **labels)
        self._compare(X)
        return data

    def _compare(self, X: np.ndarray) -> None:
        """Warn where values lie far beyond those of the training images, or hardly vary beside them."""
        if self.low is None or self.high is None:
            return
        width = np.where(self.high > self.low, self.high - self.low, self.scale)
        low, high = _reach(X)
        far = (low < self.low - BEYOND * width) | (high > self.high + BEYOND * width)
        extent = 1.0 if X.dtype.kind == "b" else high - low
        if X.dtype.kind in "iu":
            extent = float(np.iinfo(X.dtype).max)  # dark images of a type are dark, and no other unit
        narrow = (extent < width / NARROW) & (extent > 0)
        if far.any() or narrow.all():
            learned = f"{self.low.min():.4g} to {self.high.max():.4g}"
            warn_user(f"X should be in the unit of the training images, whose values reach from {learned}, got "
                      f"{low.min():.4g} to {high.max():.4g}: predictions may be of no use; convert X to that unit")

    def scaled(self, X: np.ndarray, **labels: Any) -> Sequences:
        """Return images that were checked, (n, height, width, channel), as the training loop has them."""
        with np.errstate(over="ignore"):
            scaled = ((part - self.mean) / self.scale for part in _in_parts(X))
            parts = [part.transpose(0, 3, 1, 2).astype(np.float32) for part in scaled]
        if not all(bool(np.isfinite(part).all()) for part in parts):
            raise ValueError("X must stay in the range of float32 on the scale of the training images, whose standard "
                             f"deviations are {self.scale.tolist()}")
        return Sequences([np.concatenate(parts)], np.ones(len(X), dtype=np.int64), **labels)

    @staticmethod
    def _told(shape: tuple[int, ...]) -> str:
        height, width, channels = shape
        return f"{height} x {width} pixels of {channels} channel{'s' * (channels != 1)}"
