"""Local features of a set of series or images, as columns: how large each is, how complex, and what it looks like.

Garg & Candan, "RACKNet: Robust allocation of convolutional kernels in neural network for image classification", ICMR
2019; Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, 3.4.4.1. The
complexity of a feature F is the entropy of the amplitudes a within its scope, 3 sigma to either side of its centre:

    E(F) = -sum_a P(a) log2 P(a)

Features are keypoints of the difference-of-Gaussians scale space, whether of images (SIFT) or of series (the same with
one axis less). Differs: amplitudes are told apart by 256 levels over the range of the whole set, so that series have
entropies too; the logarithm is that of bits; the least contrast is that of `tsattn.image.sift`, 0.04 / 3 of the range
of all images, and of series that of `tsattn.scalespace.detect`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tsattn._threads import over_rows
from tsattn.design._stopwatch import Stopwatch
from tsattn.image._arrays import as_array, as_numpy, check_channels_last, check_finite, grey, without_opacity
from tsattn.scalespace import Keypoints, describe, detect
from tsattn.scalespace._ladder import LEAST_SAMPLES
from tsattn.scalespace.events import samples_within

N_LEVELS = 256
SERIES_AT_ONCE = 1 << 21  # samples
IMAGES_AT_ONCE = 1 << 23  # pixels
COLUMNS = ("octave", "sigma", "entropy", "descriptor", "instance")
ROUNDING = 1e-12  # share of its values by which a constant varies


@dataclass(frozen=True, eq=False)
class Features:
    """Local features of a set of series or images, in units of input samples.

    Attributes
    ----------
    octave : (n,) int64, -1 for those of the doubled image
    sigma : (n,) float64, in input samples; the scope reaches 3 sigma to either side
    entropy : (n,) float64, in bits
    descriptor : (n, length) float32, of unit norm, or 0 where the scope is flat
    instance : (n,) int64, the series or image that each is of
    seconds : dict, what "features" and their "entropy" took, where it was measured

    Raises
    ------
    ValueError
        Columns differ in length.

    Examples
    --------
    >>> import numpy as np
    >>> found = Features(np.array([0, 1]), np.array([2.0, 4.0]), np.array([3.1, 4.2]), np.eye(2), np.array([0, 0]))
    >>> len(found), len(found.take(found.octave == 1))
    (2, 1)
    """

    octave: np.ndarray
    sigma: np.ndarray
    entropy: np.ndarray
    descriptor: np.ndarray
    instance: np.ndarray
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes = {name: len(getattr(self, name)) for name in COLUMNS}
        if len(set(sizes.values())) > 1:
            raise ValueError(f"columns must be of one length, got {sizes}")

    def __len__(self) -> int:
        return len(self.octave)

    def take(self, which: np.ndarray) -> "Features":
        """Return the features at these positions, or where a mask holds."""
        return replace(self, **{name: getattr(self, name)[which] for name in COLUMNS})


def series_features(values: np.ndarray, lengths: np.ndarray, **options: Any) -> Features:
    """Find the features of series of any lengths, each of their variates by itself.

    Each variate is first scaled to mean 0 and variance 1 over all series; a constant one has no features.

    Parameters
    ----------
    values : ndarray, shape (rows, variates)
        All series one after another; finite.
    lengths : ndarray of int, shape (series,)
        Rows of each.
    **options
        Of `tsattn.scalespace.detect`: `n_octaves`, `sigma0`, `contrast` and the like. With `n_octaves="auto"` each
        series is searched over as many octaves as leave 8 of its own samples.

    Returns
    -------
    Features
        Descriptors have 16 columns; see `tsattn.scalespace.describe`.

    Raises
    ------
    ValueError
        Lengths do not sum to the rows, or there are none; a value is missing or infinite; or as `detect`.

    Examples
    --------
    >>> import numpy as np
    >>> wave = np.sin(np.arange(200) / 3)[:, None]
    >>> found = series_features(wave, np.array([120, 80]))
    >>> found.descriptor.shape, np.bincount(found.instance).tolist(), bool((found.entropy > 3).all())
    ((20, 16), [12, 8], True)
    """
    values, lengths = np.asarray(values, np.float64), np.asarray(lengths)
    if lengths.dtype.kind not in "iu" or (lengths < 0).any():
        raise ValueError(f"lengths must be whole numbers from 0 up, got {lengths!r}")
    if values.ndim != 2 or lengths.sum() != len(values):
        raise ValueError(f"lengths must sum to the rows of values (rows, variates), got {lengths.sum()} for "
                         f"{values.shape}")
    if values.size == 0:
        raise ValueError(f"values must have one row and one variate at least, got shape {values.shape}")
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, variate = map(int, bad[0])
        series = int(np.searchsorted(np.cumsum(lengths), row, side="right"))
        raise ValueError(f"values must be finite, got {values[row, variate]} in series {series}, step "
                         f"{row - lengths[:series].sum()}, variate {variate}")
    scaled, levels = _standardised(values), quantised(values)
    watch, parts = Stopwatch(), []
    for positions, rows in _blocks(lengths):
        with watch.stage("features"):
            x = np.ascontiguousarray(scaled[rows].transpose(0, 2, 1))  # series variates time
            keypoints = detect(x, **options)
            descriptors = describe(x, keypoints)
        instance = positions[keypoints.series // x.shape[1]]
        own = levels[rows].transpose(0, 2, 1).reshape(-1, 1, x.shape[2])
        parts.append(_columns(keypoints, own, descriptors, instance, watch))
    return joined(parts, 16, watch)


def image_features(images: np.ndarray, **options: Any) -> Features:
    """Find the SIFT features of images of one size.

    Parameters
    ----------
    images : ndarray, shape (n, height, width) or (n, height, width, channels)
        Of any real dtype: they are scaled to reach from 0 to 1 over all images. Features are those of the images in
        grey: three channels are red, green and blue; of others the mean counts, and the last of 2 or 4, which says how
        solid a pixel is, does not.
    **options
        Of `tsattn.image.sift.detect_and_describe`.

    Returns
    -------
    Features
        Descriptors have 128 columns.

    Raises
    ------
    TypeError
        They are complex, or no numbers, or masked.
    ValueError
        Images have other axes or differ in size, or have their channels first, or there are none; a value is missing or
        infinite; or as `detect_and_describe`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(32) - 15
    >>> blob = np.exp(-(x[:, None] ** 2 + x**2) / 18)
    >>> found = image_features(np.stack([blob, 0 * blob]))
    >>> found.descriptor.shape[1], found.instance.max().item()
    (128, 0)
    """
    from tsattn.image.sift import detect_and_describe

    images = _checked_images(images)
    colours = images if images.ndim == 3 else without_opacity(images)
    low, high = float(colours.min()), float(colours.max())
    width = high - low if high > low else 1.0
    at_once = max(1, IMAGES_AT_ONCE // int(np.prod(images.shape[1:3])))
    watch, parts = Stopwatch(), []
    for first in range(0, len(images), at_once):
        some = (colours[first : first + at_once].astype(np.float64) - low) / width  # float32 would not hold far ones
        pictures = (some if some.ndim == 3 else grey(some)).clip(0, 1).astype(np.float32)
        with watch.stage("features"):  # a last axis of one channel: else narrow images would be colours
            keypoints, descriptors = detect_and_describe(pictures[..., None], **options)
        parts.append(_columns(keypoints, quantised(pictures, 0.0, 1.0), descriptors, keypoints.series + first, watch))
    return joined(parts, 128, watch)


def _checked_images(images: Any) -> np.ndarray:
    """Images as an array; raise unless they are."""
    x = as_numpy(as_array("images", images))
    if x.dtype.kind not in "biuf":
        raise TypeError(f"images must be real numbers, got {x.dtype}")
    if x.ndim not in (3, 4) or x.size == 0:
        raise ValueError("images must have shape (n, height, width) or (n, height, width, channels), and one pixel at "
                         f"least, got {x.shape}")
    check_channels_last("images", x.shape)
    check_finite("images", x if x.ndim == 3 else without_opacity(x), ("image", "row", "column", "channel")[: x.ndim])
    return x


def joined(parts: list[Features], width: int, watch: Stopwatch) -> Features:
    """Several features as one, sorted by instance; none, with descriptors of this width, where there are none."""
    whole, reals = np.empty(0, np.int64), np.empty(0)
    nothing = Features(whole, reals, reals, np.empty((0, width), np.float32), whole)
    columns = {name: np.concatenate([getattr(one, name) for one in [nothing, *parts]]) for name in COLUMNS}
    order = np.argsort(columns["instance"], kind="stable")
    return Features(**{name: column[order] for name, column in columns.items()}, seconds=watch.seconds)


def _blocks(lengths: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions of series of one length, and their rows (series, time); those too short for an octave are left out."""
    offsets = np.cumsum(lengths) - lengths
    for length in np.unique(lengths[lengths >= LEAST_SAMPLES]):
        group = np.flatnonzero(lengths == length)
        size = max(1, SERIES_AT_ONCE // int(length))
        for start in range(0, len(group), size):
            positions = group[start : start + size]
            yield positions, offsets[positions][:, None] + np.arange(length)


def _columns(keypoints: Keypoints, levels: np.ndarray, descriptors: np.ndarray, instance: np.ndarray,
             watch: Stopwatch) -> Features:
    with watch.stage("entropy"):
        entropy = entropies(levels, keypoints)
    return Features(np.asarray(keypoints.octave), keypoints.sigma, entropy, descriptors.astype(np.float32, copy=False),
                    instance)


def _standardised(values: np.ndarray) -> np.ndarray:
    """Columns of mean 0 and variance 1; constant ones become 0."""
    centred = values - values.mean(0)
    sd = np.sqrt((centred**2).mean(0))
    constant = sd <= ROUNDING * np.abs(values).max(0)
    return np.where(constant, 0.0, centred / np.where(constant, 1.0, sd))


def quantised(x: np.ndarray, low: Any = None, high: Any = None) -> np.ndarray:
    """The level, 0 to 255, of each value in the range from `low` to `high`; by default that of each column.

    Examples
    --------
    >>> import numpy as np
    >>> quantised(np.array([[0.0], [0.5], [1.0]])).ravel().tolist()
    [0, 128, 255]
    """
    low = x.min(0) if low is None else low
    width = (x.max(0) if high is None else high) - low
    level: np.ndarray = (x - low) * (N_LEVELS / np.where(width > 0, width, 1.0))
    return level.clip(0, N_LEVELS - 1).astype(np.uint8)


def entropies(levels: np.ndarray, keypoints: Keypoints) -> np.ndarray:
    """Bits of the distribution of levels within each keypoint's scope.

    Parameters
    ----------
    levels : ndarray of uint8, shape (series, height, width)
        A series has a height of 1.
    keypoints : Keypoints
        Of the same series or images.

    Returns
    -------
    ndarray of float64, shape (keypoints,)
    """
    from tsattn.design import _kernels

    if keypoints.n_series != len(levels):  # compiled code would read what is not there
        raise ValueError(f"keypoints must be of these {len(levels)} series, got those of {keypoints.n_series}")
    first = samples_within(keypoints.position[:, 0], keypoints.sigma, levels.shape[1 if _is_2d(keypoints) else 2] - 1)
    if _is_2d(keypoints):
        rows, columns = first, samples_within(keypoints.position[:, 1], keypoints.sigma, levels.shape[2] - 1)
    else:
        rows, columns = (np.zeros_like(first[0]), np.zeros_like(first[0])), first
    boxes = np.stack([*rows, *columns], 1).astype(np.int64)
    out, levels = np.empty(len(boxes)), np.ascontiguousarray(levels)
    cost = int(((boxes[:, 1] - boxes[:, 0] + 1) * (boxes[:, 3] - boxes[:, 2] + 1)).sum())
    work: Callable[[int, int], None] = lambda start, end: _kernels.entropies(  # noqa: E731 - a closure of one line
        levels[start:end], keypoints.offsets[start : end + 1], boxes, out)
    over_rows(work, len(levels), cost)
    return out


def _is_2d(keypoints: Keypoints) -> bool:
    return bool(keypoints.position.shape[1] == 2)
