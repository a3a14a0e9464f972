"""Descriptors of a series' keypoints: how it rises and falls along the scope.

Candan et al., "sDTW", PVLDB 5(11), 2012, the one-dimensional analogue of Lowe's descriptor: the scope, 6 sigma long,
is cut into cells, and each cell sums the magnitudes of the gradient apart by its sign. The gradient is that of the
series smoothed at the keypoint's sigma, taken in units of sigma, so a stretched series has the same descriptor.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsattn._checks import check_int, check_one_of
from tsattn.scalespace._arrays import is_torch
from tsattn.scalespace.events import SCOPE, check_same_series, series_rows
from tsattn.scalespace.gaussian import MODES, convolve, half_kernel
from tsattn.scalespace.keypoints import Keypoints

PER_CELL = 4  # differences a cell sums


def describe(
    x: Any,
    keypoints: Keypoints,
    *,
    n_cells: int = 8,
    axes: Sequence[int] = (-1,),
    mode: str = "reflect",
    kernel: str = "discrete",
    truncate: float = 4.0,
) -> Any:
    """Return a descriptor of unit norm for each keypoint.

    The scope [t - 3 sigma, t + 3 sigma] has ``n_cells`` cells of equal length. The smoothed series is read at their
    ends and at three places between, interpolated linearly; beyond its own ends the series stays as it ends. Column
    2 c holds the sum of the rises in cell c, column 2 c + 1 that of the falls.

    Parameters
    ----------
    x : array or tensor, any shape
        The series along the one axis named by `axes`.
    keypoints : Keypoints or Events
        Of the same series.
    n_cells : int, default 8
    axes : sequence of one int, default (-1,)
    mode, kernel, truncate
        The smoothing, as in `blur`.

    Returns
    -------
    array or tensor, (n, 2 * n_cells), in the type of x; zero where the scope is flat

    Raises
    ------
    TypeError, ValueError
        As `events`; also if n_cells is not at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> from tsattn.scalespace import detect
    >>> x = np.exp(-0.5 * ((np.arange(101) - 50) / 2) ** 2)
    >>> describe(x, detect(x, polarity="bump"), n_cells=2).round(3).tolist()
    [[0.707, 0.0, 0.0, 0.707]]
    """
    check_int("n_cells", n_cells)
    check_one_of("mode", mode, MODES)
    rows, _ = series_rows(x, axes)
    check_same_series(rows, keypoints)
    centre, sigma, series = keypoints.position[:, 0], keypoints.sigma, keypoints.series
    grid: Any = np.linspace(-SCOPE, SCOPE, n_cells * PER_CELL + 1)
    if is_torch(rows):
        import torch

        grid = torch.from_numpy(grid).to(rows.device)
    place = (centre[:, None] + sigma[:, None] * grid).clip(0, rows.shape[-1] - 1)
    values = rows.new_zeros(place.shape) if is_torch(rows) else np.zeros(place.shape, rows.dtype)
    for one in sigma.unique() if is_torch(sigma) else np.unique(sigma):
        here = sigma == one
        owners = series[here].unique() if is_torch(sigma) else np.unique(series[here])
        taps = half_kernel(float(one), kernel, truncate, rows.shape[-1:], mode)
        level = convolve(rows[owners], taps, 1, mode)
        own = (owners[None] < series[here][:, None]).sum(1)
        values[here] = _read(level, own[:, None], place[here])
    return _cells(values, n_cells)


def _read(level: Any, row: Any, place: Any) -> Any:
    """`level` (rows, T) at fractional places, (n, points)."""
    last = level.shape[-1] - 1
    left = place.floor().long() if is_torch(place) else np.floor(place).astype(np.int64)
    right = (left + 1).clip(max=last)
    share = place - left
    if is_torch(level):
        share = share.to(level.dtype)
    before = level[row, left]
    return before + (level[row, right] - before) * share  # exact where both are equal


def _cells(values: Any, n_cells: int) -> Any:
    """Sums of the rises and of the falls in each cell, of unit norm."""
    change = (values[:, 1:] - values[:, :-1]).reshape(len(values), n_cells, PER_CELL)
    pair: Any = (change.clip(min=0).sum(2), (-change).clip(min=0).sum(2))
    if is_torch(values):
        import torch

        rises_and_falls = torch.stack(pair, 2).reshape(len(values), 2 * n_cells)
        power = rises_and_falls.pow(2).sum(1, keepdim=True)
        return rises_and_falls / torch.where(power > 0, power, torch.ones_like(power)).sqrt()
    found = np.stack(pair, 2).reshape(len(values), 2 * n_cells)
    norm = np.sqrt((found**2).sum(1, keepdims=True))
    return found / np.where(norm > 0, norm, 1)
