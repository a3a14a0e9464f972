"""Detection on torch tensors, on their device: the whole pyramid at once, a few million samples at a time."""

from itertools import product
from typing import Any

import torch

from tsattn.scalespace._ladder import Ladder
from tsattn.scalespace.extrema import Criteria
from tsattn.scalespace.keypoints import BUMP, DIP, Keypoints
from tsattn.scalespace.octaves import Octave, make_octaves
from tsattn.scalespace.refine import localise

AT_ONCE = 1 << 22  # samples; a pyramid holds about thirty times as many numbers


def find(x: Any, ladder: Ladder, criteria: Criteria) -> Keypoints:
    """Find the keypoints of `x`, (series, *space)."""
    n_axes = x.ndim - 1
    step = max(AT_ONCE // x[0].numel(), 1)
    columns = [_empty(x, n_axes)]
    for first in range(0, len(x), step):
        for octave in make_octaves(x[first : first + step], n_axes, ladder):
            series, *rest = _find_octave(octave, criteria, ladder.scales_per_octave)
            columns.append((series + first, *rest))
    series, position, sigma, octaves, scale, value = (torch.cat(c) for c in zip(*columns, strict=True))
    order = _order(series, octaves, scale, position)
    counts = torch.bincount(series, minlength=len(x))
    offsets = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
    polarity = torch.where(value < 0, BUMP, DIP).to(torch.int8)
    return Keypoints(
        position=position[order],
        sigma=sigma[order],
        octave=octaves[order],
        scale=scale[order],
        value=value[order],
        polarity=polarity[order],
        offsets=offsets,
    )


def _empty(x: Any, n_axes: int) -> tuple[Any, ...]:
    whole = torch.zeros(0, dtype=torch.int64, device=x.device)
    real = torch.zeros(0, dtype=torch.float64, device=x.device)
    return whole, real.reshape(0, n_axes), real, whole, whole, x.new_zeros(0)


def _find_octave(octave: Octave, criteria: Criteria, n_scales: int) -> tuple[Any, ...]:
    """Series, position, sigma, octave, scale and value of the keypoints of one octave."""
    dogs = octave.differences
    index = extrema(dogs.detach(), criteria).nonzero()
    index[:, 1:] += 1
    index, shift, value = localise(dogs, index, criteria)
    position = (index[:, 2:] + shift[:, 1:]) * octave.step + octave.offset
    sigma = float(octave.sigmas[0]) * 2.0 ** ((index[:, 1] + shift[:, 0]) / n_scales)
    return index[:, 0], position, sigma, torch.full_like(index[:, 0], octave.index), index[:, 1], value


def extrema(dogs: Any, criteria: Criteria) -> Any:
    """Which inner samples of (series, S + 2, *space) beat all their neighbours; boolean, two smaller along each."""
    inner = [slice(1, n - 1) for n in dogs.shape[1:]]
    middle = dogs[(slice(None), *inner)]
    sign, size = middle.sign(), middle.abs()
    good = size >= (0.0 if criteria.refine else criteria.contrast)  # zero fails below: it exceeds nothing
    if criteria.polarity != "both":
        good &= sign == (-1 if criteria.polarity == "bump" else 1)
    for shifts in product((-1, 0, 1), repeat=dogs.ndim - 1):
        if any(shifts):
            there = [slice(1 + d, n - 1 + d) for d, n in zip(shifts, dogs.shape[1:], strict=True)]
            good &= size > criteria.threshold * (sign * dogs[(slice(None), *there)])
    return good


def _order(series: Any, octave: Any, scale: Any, position: Any) -> Any:
    """What sorts by series, octave, scale, position."""
    order = torch.arange(len(series), device=series.device)
    for column in (*position.T.flip(0), scale, octave, series):
        order = order[column[order].argsort(stable=True)]
    return order
