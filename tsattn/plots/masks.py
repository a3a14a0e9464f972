"""What attention lets through of an image, feature by feature."""

import math

import numpy as np
from matplotlib.axes import Axes

from tsattn._checks import check_int
from tsattn.plots._series import axes_of

TILE = 0.8  # inches


def plot_masks(masks: np.ndarray, *, columns: int | None = None, ax: Axes | None = None) -> Axes:
    """Draw the mask of each feature of a layer as a tile, all of them between black for 0 and white for 1.

    As the source of scale-space attention shows it (Garg, dissertation, Arizona State University, 2020, figure 5.8):
    how diverse the tiles are, and how fine. A block that has one mask for all features has equal tiles.

    Parameters
    ----------
    masks : array, (height, width, features) or (height, width)
        Of one image, as ``ImageClassifier(...).fit(X, y).masks(X)[0]`` gives them: from 0 to 1.
    columns : int, optional
        Tiles in a row; as many as make about a square by default.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        The given one, or that of a new figure, which is ``ax.figure``; see `plot_events`.

    Raises
    ------
    ValueError
        There is another number of axes, nothing to draw, or a value that is not from 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from tsattn.plots import plot_masks
    >>> ax = plot_masks(np.linspace(0, 1, 5 * 7 * 6).reshape(5, 7, 6))
    >>> ax.images[0].get_array().shape  # 2 x 3 tiles, and lines between them
    (11, 23)
    """
    masks = np.asarray(masks, dtype=np.float64)
    masks = masks[..., None] if masks.ndim == 2 else masks
    if masks.ndim != 3 or masks.size == 0:
        raise ValueError(f"masks must have shape (height, width, features), those of one image, got {masks.shape}")
    if not ((masks >= 0) & (masks <= 1)).all():
        raise ValueError(f"masks must lie from 0 to 1, got values from {masks.min()} to {masks.max()}")
    height, width, n = masks.shape
    n_columns = min(n, math.ceil(math.sqrt(n)) if columns is None else check_int("columns", columns))
    n_rows = math.ceil(n / n_columns)
    sheet = np.full((n_rows * (height + 1) - 1, n_columns * (width + 1) - 1), np.nan)
    for number in range(n):
        top, left = number // n_columns * (height + 1), number % n_columns * (width + 1)
        sheet[top : top + height, left : left + width] = masks[..., number]
    ax = axes_of(ax, TILE * n_columns, TILE * n_rows)
    ax.imshow(np.ma.masked_invalid(sheet), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set_axis_off()
    return ax
