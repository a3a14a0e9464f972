"""Extrema of one octave of torch tensors, on their device."""

from itertools import product
from typing import Any

from tsattn.scalespace.criteria import Criteria
from tsattn.scalespace.refine import localise


def search(dogs: Any, criteria: Criteria) -> tuple[Any, ...]:
    """Series, level, place and value of the extrema of (series, S + 2, *space); see `_octavewise.Found`."""
    index = extrema(dogs.detach(), criteria).nonzero()
    index[:, 1:] += 1
    index, shift, value = localise(dogs, index, criteria)
    return index[:, 0], index[:, 1], index[:, 1:] + shift, value


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
