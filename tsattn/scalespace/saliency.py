"""Saliency series: the events of a series drawn back on its time axis.

After the saliency-driven mutual attention of multivariate series (events weighted by their amplitude): event i adds
``S_i(t) = a_i exp(-(t - t_i)^2 / (2 sigma_i^2))``, a Gaussian scaled to peak 1 times an amplitude, and the saliency
of the series is the sum over its events; a series without events has zero.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsattn._checks import check_one_of
from tsattn.scalespace._arrays import is_torch, restore
from tsattn.scalespace.events import SCOPE, check_same_series, scope_means, scope_samples, series_rows
from tsattn.scalespace.gaussian import MODES, convolve, half_kernel
from tsattn.scalespace.keypoints import Keypoints

AMPLITUDES = ("average", "center", "unit", "scale-space")
CELLS = 1 << 22  # entries of event x time that the torch path holds at a time


def saliency_series(
    x: Any,
    events: Keypoints,
    *,
    axes: Sequence[int] = (-1,),
    amplitude: str = "average",
    cut: bool = False,
    mode: str = "reflect",
    kernel: str = "discrete",
    truncate: float = 4.0,
) -> Any:
    """Return the saliency of each series, the sum of its events' masks.

    Parameters
    ----------
    x : array or tensor, any shape
        The observed series along the one axis named by `axes`.
    events : Events or Keypoints
        Of the same series; only their place and sigma count.
    axes : sequence of one int, default (-1,)
    amplitude : {"average", "center", "unit", "scale-space"}, default "average"
        What a mask is multiplied by: the mean of x within 3 sigma; x at the centre, interpolated linearly; 1; or, in
        place of a mask, x smoothed at the event's sigma.
    cut : bool, default False
        Whether an event adds nothing beyond 3 sigma.
    mode, kernel, truncate
        The smoothing of "scale-space", as in `blur`.

    Returns
    -------
    array or tensor of the shape and type of x; on tensors differentiable in x, events being held fixed

    Raises
    ------
    TypeError, ValueError
        As `events`; also for an unknown amplitude.

    Examples
    --------
    >>> import numpy as np
    >>> from tsattn.scalespace import events
    >>> x = np.exp(-0.5 * ((np.arange(101) - 50) / 2) ** 2)
    >>> saliency_series(x, events(x, polarity="bump"), amplitude="unit")[[45, 50, 55]].round(3).tolist()
    [0.144, 1.0, 0.144]
    """
    check_one_of("amplitude", amplitude, AMPLITUDES)
    check_one_of("mode", mode, MODES)
    rows, order = series_rows(x, axes)
    check_same_series(rows, events)
    if amplitude == "scale-space":

        def smooth(some: Any, sigma: float) -> Any:
            return convolve(some, half_kernel(sigma, kernel, truncate, rows.shape[-1:], mode), 1, mode)

        out = _smoothed(rows, events, cut, smooth)
    elif is_torch(rows):
        out = _masks_torch(rows, events, _weights(rows, events, amplitude), cut)
    else:
        from tsattn.scalespace import _masks

        weight = np.asarray(_weights(rows, events, amplitude), np.float64)
        columns = (events.offsets, events.position[:, 0], events.sigma, weight)
        out = _masks.masks(rows.shape, *columns, cut).astype(rows.dtype)
    lead = [n for k, n in enumerate(x.shape if hasattr(x, "shape") else np.shape(x)) if k != order[0]]
    return restore(out.reshape(*lead, rows.shape[-1]), order)


def _weights(rows: Any, events: Keypoints, amplitude: str) -> Any:
    """The amplitude of each event, (n,)."""
    if amplitude == "average":
        return scope_means(rows, events)
    centre, series = events.position[:, 0], events.series
    if amplitude == "unit":
        return centre * 0 + 1
    if is_torch(centre):
        left = centre.floor().long().clamp(max=max(rows.shape[-1] - 2, 0))
        right = (left + 1).clamp(max=rows.shape[-1] - 1)
    else:
        left = np.floor(centre).astype(np.int64).clip(max=max(rows.shape[-1] - 2, 0))
        right = (left + 1).clip(max=rows.shape[-1] - 1)
    share = centre - left
    before = rows[series, left]
    return before + (rows[series, right] - before) * share


def _masks_torch(rows: Any, events: Keypoints, weight: Any, cut: bool) -> Any:
    """The direct sum over events and samples, a few events at a time."""
    import torch

    t = torch.arange(rows.shape[-1], device=rows.device, dtype=torch.float64)
    out = torch.zeros_like(rows, dtype=torch.float64)
    series, step = events.series, max(CELLS // rows.shape[-1], 1)
    for first in range(0, len(events), step):
        some = slice(first, first + step)
        distance = (t - events.position[some]) / events.sigma[some, None]
        mask = torch.exp(-0.5 * distance**2)
        if cut:
            mask = mask * (distance.abs() <= SCOPE)
        out = out.index_add(0, series[some], weight[some, None].double() * mask)
    return out.to(rows.dtype)


def _smoothed(rows: Any, events: Keypoints, cut: bool, smooth: Any) -> Any:
    """The series smoothed at each event's sigma, summed over its events: one smoothing a distinct sigma."""
    out = rows * 0
    low, high = scope_samples(events, rows.shape[-1] - 1)
    series = events.series
    sigmas = events.sigma.unique() if is_torch(rows) else np.unique(events.sigma)
    for sigma in sigmas:
        here = events.sigma == sigma
        owners = series[here].unique() if is_torch(rows) else np.unique(series[here])
        place = (owners[None] == series[here][:, None]).nonzero()
        place = place[:, 1] if is_torch(rows) else place[1]
        counts = _coverage(rows, place, len(owners), (low[here], high[here]) if cut else None)
        added = smooth(rows[owners], float(sigma)) * counts
        if is_torch(rows):
            out = out.index_add(0, owners, added)
        else:
            out[owners] += added
    return out


def _coverage(rows: Any, place: Any, n: int, scopes: tuple[Any, Any] | None) -> Any:
    """How many events cover each sample of n rows, (n, T), or (n, 1) if events cover all."""
    width = rows.shape[-1] + 1
    ends = [(0, 1), (width - 1, -1)] if scopes is None else [(scopes[0], 1), (scopes[1] + 1, -1)]
    if is_torch(rows):
        count = rows.new_zeros(n, width)
        for at, sign in ends:
            at = at if scopes is not None else place * 0 + at
            count = count.index_put((place, at), (place * 0 + sign).to(rows.dtype), accumulate=True)
    else:
        count = np.zeros((n, width), rows.dtype)
        for at, sign in ends:
            np.add.at(count, (place, at), sign)
    return count.cumsum(-1)[:, :-1]
