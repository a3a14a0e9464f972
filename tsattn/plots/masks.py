"""What attention lets through of an image, feature by feature."""

import math

import numpy as np
from matplotlib.axes import Axes

from tsattn._checks import check_int
from tsattn.plots._series import axes_of

TILE = 0.8  # inches


def plot_masks(masks: np.ndarray, *, columns: int | None = None, ax: Axes | None = None) -> Axes:
    """Draw what each feature of a layer is multiplied by as a tile, all of them from black for 0 to white for 1.

    Where features are added to those that are masked, so that no value is below 1, black is 1 and white 2.

    As the source of scale-space attention shows it (Garg, dissertation, Arizona State University, 2020, figure 5.8):
    how diverse the tiles are, and how fine. A block that has one mask for all features has equal tiles.

    Parameters
    ----------
    masks : array, (height, width, features) or (height, width)
        Of one image, as ``ImageClassifier(...).fit(X, y).masks(X)[0]`` gives them: 0 or more.
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
        There is another number of axes, nothing to draw, or a value that is negative or not finite.

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
    if not ((masks >= 0) & np.isfinite(masks)).all():
        raise ValueError(f"masks must be finite and at least 0, got values from {masks.min()} to {masks.max()}")
    black = 1 if masks.min() >= 1 else 0
    height, width, n = masks.shape
    n_columns = min(n, math.ceil(math.sqrt(n)) if columns is None else check_int("columns", columns))
    n_rows = math.ceil(n / n_columns)
    sheet = np.full((n_rows * (height + 1) - 1, n_columns * (width + 1) - 1), np.nan)
    for number in range(n):
        top, left = number // n_columns * (height + 1), number % n_columns * (width + 1)
        sheet[top : top + height, left : left + width] = masks[..., number]
    ax = axes_of(ax, TILE * n_columns, TILE * n_rows)
    ax.imshow(np.ma.masked_invalid(sheet), cmap="gray", vmin=black, vmax=max(black + 1, masks.max()),
              interpolation="nearest")
    ax.set_axis_off()
    return ax
