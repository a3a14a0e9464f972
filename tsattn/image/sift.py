"""SIFT: keypoints that keep their place when an image is turned, scaled or lit otherwise, and what they show.

Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 60(2), 2004. Composed of the package's one
scale space: `tsattn.scalespace.detect` with two axes, and `tsattn.scalespace.gradients`. As there, the image is doubled
first and taken to have a blur of 0.5 pixels, and octaves keep every second pixel. Differs: doubled pixels lie a quarter
of a pixel on either side of those that they stem from. Then all are smoothed alike, and more keypoints come back in
another view than from Lowe's grid, every second pixel of which is sharper. Positions are where things are: OpenCV,
whose grid is the same, reports them a quarter of a pixel further right and down. The eight directions of a cell go
round with the clock; OpenCV's go against it, so that descriptors compare once they are put in its order, as
`descriptors.reshape(-1, 4, 4, 8)[..., -numpy.arange(8)]`. The least contrast is OpenCV's, 0.04 / 3, where Lowe has
0.03, as `tsattn.scalespace.detect` does: an image has more keypoints then.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tsattn._checks import check_bool
from tsattn.image._grey import as_grey
from tsattn.scalespace._ladder import Ladder
from tsattn.scalespace._octavewise import Found, in_blocks, in_order
from tsattn.scalespace.criteria import Criteria
from tsattn.scalespace.gradients import describe_images, orient
from tsattn.scalespace.keypoints import Keypoints

BLUR = 0.5  # of a photograph, in pixels
EDGE_RATIO = 10.0
CONTRAST = 0.04 / 3


@dataclass(frozen=True, eq=False)
class ImageKeypoints(Keypoints):
    """Keypoints of images; `position` is (row, column) in pixels, `series` counts images.

    Attributes
    ----------
    angle : (n,) float64
        The direction, in radians from -pi up to pi, from the axis of columns to that of rows.
    """

    angle: Any = None


def detect(image: Any, *, n_octaves: int | str = "auto", scales_per_octave: int = 3, sigma0: float = 1.6,
           contrast: float = CONTRAST, edge_ratio: float | None = EDGE_RATIO, double: bool = True) -> ImageKeypoints:
    """Find the keypoints of an image, or of a batch of them.

    Parameters
    ----------
    image : array or tensor, (height, width), (height, width, channel), or a batch (n, height, width[, channel])
        Grey, or with 3 channels red, green, blue, or with one more that says how solid a pixel is, and is ignored. A
        last axis of 1 to 4 is one of channels, so give a batch of images as narrow as that one of 1; (3, height, width)
        are three grey images. Integers up to the largest of their type (uint8, uint16), booleans, or real numbers from
        0 to 1. Or a picture of PIL, or a list of them of one size, of which those with a palette and of YCbCr, HSV,
        LAB and CMYK are converted to RGB; the frame that it stands at is searched, with its rows as they are stored.
    n_octaves : int or "auto", default "auto"
        Octaves beside that of the image enlarged twice; "auto" are as many as leave 8 samples.
    scales_per_octave, sigma0
        The pyramid, as in `tsattn.scalespace.octaves`.
    contrast : float, default 0.04 / 3
        The least absolute difference of Gaussians; black to white is 1. OpenCV's default for three scales an octave.
    edge_ratio : float or None, default 10
        The largest ratio of principal curvatures.
    double : bool, default True
        Begin with octave -1, the image enlarged twice.

    Returns
    -------
    ImageKeypoints
        One keypoint a place, with its highest direction. An image of fewer than 8 pixels along an axis (4 if doubled)
        has none.

    Raises
    ------
    TypeError
        If the image is complex, of objects, of signed integers, masked, or the name of a file; if images of a list
        are of several types.
    ValueError
        If it has other axes than those, no pixel, NaN or infinity, or real numbers outside [0, 1]; if images of a
        batch differ in size; or a parameter is outside its range.
    MemoryError
        If the pyramid would need more than the memory there is, or than a container or `ulimit` leaves; what to do
        about it is said.

    Examples
    --------
    >>> import numpy as np
    >>> rows, columns = np.indices((64, 64))
    >>> blob = np.exp(-0.5 * ((rows - 40) ** 2 + (columns - 20) ** 2) / 3**2)
    >>> found = detect(blob)
    >>> found.position.round(1).tolist(), found.sigma.round(1).tolist()
    ([[40.0, 20.0]], [2.7])
    """
    pyramid = n_octaves, scales_per_octave, sigma0
    return ImageKeypoints(**_found(_pointed, image, double, contrast, edge_ratio, pyramid, angle=None))


def detect_and_describe(
    image: Any, *, n_octaves: int | str = "auto", scales_per_octave: int = 3, sigma0: float = 1.6,
    contrast: float = CONTRAST, edge_ratio: float | None = EDGE_RATIO, double: bool = True,
) -> tuple[ImageKeypoints, Any]:
    """Find the keypoints of images, and describe them.

    Parameters
    ----------
    image, n_octaves, scales_per_octave, sigma0, contrast, edge_ratio, double
        As in `detect`.

    Returns
    -------
    keypoints : ImageKeypoints
        A place with several directions has one keypoint for each.
    descriptors : array or tensor, (n, 128)
        Of unit norm (zero where all around is flat), in the type that is computed in: float64 for float64, else
        float32. Numbers 32 r + 8 c + d are of row r and column c of the cells, seen along the keypoint's direction,
        and of direction d.

    Raises
    ------
    TypeError, ValueError, MemoryError
        As `detect`.

    Examples
    --------
    A picture turned by a quarter is described alike:

    >>> import numpy as np
    >>> rows, columns = np.indices((65, 65))
    >>> shape = np.exp(-0.5 * ((rows - 32) ** 2 + (columns - 30) ** 2) / 3**2)
    >>> shape = shape + 0.5 * np.exp(-0.5 * ((rows - 27) ** 2 + (columns - 40) ** 2) / 2**2)
    >>> (one, here), (other, there) = (detect_and_describe(x / 2) for x in (shape, np.rot90(shape)))
    >>> bool(np.median((here @ there.T).max(axis=1)) > 0.99)
    True
    """
    pyramid = n_octaves, scales_per_octave, sigma0
    columns = _found(_described, image, double, contrast, edge_ratio, pyramid, angle=None, descriptors=128)
    descriptors = columns.pop("descriptors")
    return ImageKeypoints(**columns), descriptors


def _found(work: Callable[[Found], tuple[Any, ...]], images: Any, double: bool, contrast: float,
           edge_ratio: float | None, pyramid: tuple[int | str, int, float], **widths: int | None) -> dict[str, Any]:
    """Columns of all keypoints, as `work` makes them of those of an octave."""
    ladder = Ladder(*pyramid, "reflect", "discrete", 4.0, "auto", BLUR, check_bool("double", double))
    criteria = Criteria(1.0, contrast, "both", True, edge_ratio)
    grey = as_grey(images, ladder)
    return in_order(in_blocks(grey, ladder, criteria, work), grey, **widths)


def _pointed(found: Found) -> tuple[Any, ...]:
    which, angle = orient(found, every=False)
    return *(column[which] for column in found.columns()), angle


def _described(found: Found) -> tuple[Any, ...]:
    which, angle = orient(found)
    return *(column[which] for column in found.columns()), angle, describe_images(found, which, angle)
