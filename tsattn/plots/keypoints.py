"""An image with its keypoints: where each lies, how large it is, which way it points."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection, LineCollection

from tsattn._checks import check_int
from tsattn.image._arrays import LUMA, as_array, as_numpy, grey, without_opacity
from tsattn.image._grey import as_shares, check_pixels, kind_of, space_of
from tsattn.image.sift import ImageKeypoints
from tsattn.plots._series import BLUE, ORANGE, WIDTH, axes_of

SIDES = {1: (ORANGE, "solid"), -1: (BLUE, (0, (3, 1.5)))}  # the lines say in print what the colours say


def plot_keypoints(image: Any, keypoints: Any, *, strongest: int | None = 300, ax: Axes | None = None) -> Axes:
    """Draw keypoints on their image: a circle of three sigma about each, and a line from its centre along its angle.

    Bumps, brighter than what is around them, are orange circles; dips are blue and dashed.

    Parameters
    ----------
    image : array or tensor, (height, width) or (height, width, channel)
        One image, as `tsattn.image.sift.detect` takes them.
    keypoints : ImageKeypoints
        Of that image alone, as `tsattn.image.sift.detect` gives them; of a batch, those of one image:
        ``keypoints.take(keypoints.series == 2)``.
    strongest : int or None, default=300
        Draw no more than so many, those of the greatest difference; None draws all.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        The given one, or that of a new figure, which is ``ax.figure``; see `plot_events`.

    Raises
    ------
    TypeError, ValueError
        `tsattn.image.sift.detect` would not take the image, or it is a batch; there are no keypoints of images, or they
        are of several, or lie outside this one.

    Examples
    --------
    >>> import numpy as np
    >>> from tsattn.image import sift
    >>> from tsattn.plots import plot_keypoints
    >>> rows, columns = np.indices((64, 64))
    >>> blob = np.exp(-0.5 * ((rows - 40) ** 2 + (columns - 20) ** 2) / 3**2)
    >>> ax = plot_keypoints(blob, sift.detect(blob))
    >>> len(ax.collections[0].get_offsets())
    1
    """
    image = _checked(image)
    if not isinstance(keypoints, ImageKeypoints):
        raise TypeError("keypoints must be ImageKeypoints, as tsattn.image.sift.detect gives them, got "
                        f"{type(keypoints).__name__}")
    found = keypoints.to_numpy()
    if not (found.position <= image.shape[:2]).all():
        raise ValueError(f"keypoints must lie in the image, of {image.shape[0]} x {image.shape[1]} pixels, got one at "
                         f"row and column {found.position.max(0).round(1).tolist()}: are they of another image?")
    of = np.unique(found.series)
    if len(of) > 1:
        raise ValueError(f"keypoints must be of one image, got those of {len(of)}; take those of the first, say: "
                         "keypoints.take(keypoints.series == 0)")
    order = np.argsort(-abs(found.value), kind="stable")
    order = order if strongest is None else order[: check_int("strongest", strongest)]
    ax = axes_of(ax, WIDTH, WIDTH * image.shape[0] / image.shape[1])
    ax.imshow(_shown(image), cmap="gray")  # which colours do without
    for polarity, (colour, style) in SIDES.items():
        some = order[found.polarity[order] == polarity]
        if len(some) == 0:
            continue
        centre, radius, angle = found.position[some, ::-1], 3 * found.sigma[some], found.angle[some]
        ax.add_collection(EllipseCollection(2 * radius, 2 * radius, np.zeros(len(some)), units="xy", offsets=centre,
                                            offset_transform=ax.transData, facecolors="none", edgecolors=colour,
                                            linestyles=style, linewidths=0.9))
        ends = centre + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
        ax.add_collection(LineCollection(list(np.stack([centre, ends], axis=1)), colors=colour, linewidths=0.9))
    ax.set_axis_off()
    return ax


def _checked(image: Any) -> np.ndarray:
    """One image as an array; raise unless it is one that could be searched."""
    image = as_numpy(as_array("image", image))
    kind, (_, axes) = kind_of(image), space_of(image.shape)
    if axes[0] == "image":
        raise ValueError(f"image must have shape (height, width) or (height, width, channel), got {image.shape}")
    check_pixels(image, kind, axes)
    return image


def _shown(image: np.ndarray) -> np.ndarray:
    """Grey or colours as matplotlib has them: real numbers from 0 to 1, without opacity."""
    shares: np.ndarray = as_shares(image, image.dtype.name)
    if image.ndim == 2:
        return shares
    colours = without_opacity(shares)
    return colours if colours.shape[-1] == len(LUMA) else grey(colours)
