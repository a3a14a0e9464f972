"""Localisation between samples, and the edge test, for torch tensors; `_refine_kernel.py` is the same compiled.

Brown & Lowe, "Invariant features from interest point groups", BMVC 2002; Lowe, IJCV 2004, section 4. A quadratic is
fitted to an extremum and its neighbours; if its own extremum lies more than 0.6 samples away along any unknown,
the fit moves to the sample nearest to it, at most 5 times. Unknowns come in the order: scale, then the space axes.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import torch

from tsattn.scalespace.criteria import FAR, MOST_MOVES, Criteria


@dataclass(frozen=True)
class Places:
    """Samples of a stack of differences (series, S + 2, *space): one row each of (series, level, *position)."""

    dogs: Any
    index: Any

    def read(self, **shifts: int) -> Any:
        """The values, float64, `u0=1` being one sample further along the first unknown."""
        columns = list(self.index.T)
        for name, shift in shifts.items():
            unknown = int(name[1:]) + 1
            columns[unknown] = columns[unknown] + shift
        return self.dogs[tuple(columns)].double()

    def gradient(self) -> Any:
        """Central differences, (n, unknowns)."""
        n = self.index.shape[1] - 1
        return torch.stack([(self.read(**{f"u{k}": 1}) - self.read(**{f"u{k}": -1})) / 2 for k in range(n)], 1)

    def hessian(self) -> Any:
        """Second differences, (n, unknowns, unknowns)."""
        n = self.index.shape[1] - 1
        out = self.dogs.new_zeros(len(self.index), n, n, dtype=torch.float64)
        for k in range(n):
            out[:, k, k] = self.read(**{f"u{k}": 1}) + self.read(**{f"u{k}": -1}) - 2 * self.read()
        for j, k in combinations(range(n), 2):
            same = self.read(**{f"u{j}": 1, f"u{k}": 1}) + self.read(**{f"u{j}": -1, f"u{k}": -1})
            other = self.read(**{f"u{j}": 1, f"u{k}": -1}) + self.read(**{f"u{j}": -1, f"u{k}": 1})
            out[:, j, k] = out[:, k, j] = (same - other) / 4
        return out

    def inside(self) -> Any:
        """Whether each has neighbours on every side, (n,)."""
        last = torch.tensor(self.dogs.shape[1:], device=self.index.device) - 2
        return ((self.index[:, 1:] >= 1) & (self.index[:, 1:] <= last)).all(1)


def localise(dogs: Any, index: Any, criteria: Criteria) -> tuple[Any, Any, Any]:
    """Refine the extrema `index` (n, 2 + axes) of `dogs`: index, shift (n, 1 + axes) and value of those that stay."""
    kind = dogs[tuple(index.T)].sign()
    shift = dogs.new_zeros(len(index), index.shape[1] - 1, dtype=torch.float64)
    if criteria.refine:
        index, shift, stay = _settle(dogs, index)
        index, shift, kind = index[stay], shift[stay], kind[stay]
    place = Places(dogs, index)
    value = dogs[tuple(index.T)]
    stay = ~_edges(place, criteria.edge_limit(dogs.ndim - 2))
    if criteria.refine:
        value = (value + ((place.gradient() * shift).sum(1) / 2)).to(dogs.dtype)
        stay = stay & (value * kind > 0) & (value.abs() >= criteria.contrast)
    return index[stay], shift[stay], value[stay]


def _settle(dogs: Any, index: Any) -> tuple[Any, Any, Any]:
    """Move until the fitted extremum is within 0.6 samples; the last value says where that came about."""
    shift = dogs.new_zeros(len(index), index.shape[1] - 1, dtype=torch.float64)
    stay = torch.zeros(len(index), dtype=torch.bool, device=dogs.device)
    open_ = torch.arange(len(index), device=dogs.device)
    index = index.clone()
    for _ in range(MOST_MOVES + 1):
        place = Places(dogs.detach(), index[open_])
        step, info = torch.linalg.solve_ex(place.hessian(), -place.gradient())
        solved = (info == 0) & step.isfinite().all(1)
        near = solved & (step.abs() <= FAR).all(1)
        shift[open_[near]], stay[open_[near]] = step[near], True
        open_, step = open_[solved & ~near], step[solved & ~near].clamp(-1e6, 1e6)
        index[open_, 1:] += step.round().long()
        open_ = open_[Places(dogs, index[open_]).inside()]
    return index, shift, stay


def _edges(place: Places, limit: float) -> Any:
    """Whether an image's extremum lies on an edge: principal curvatures of unlike sign, or too unlike in size."""
    if limit <= 0:
        return torch.zeros(len(place.index), dtype=torch.bool, device=place.index.device)
    space = place.hessian()[:, 1:, 1:]
    determinant = space[:, 0, 0] * space[:, 1, 1] - space[:, 0, 1] ** 2
    trace = space[:, 0, 0] + space[:, 1, 1]
    return trace**2 >= limit * determinant  # holds too where Det <= 0: a product, not a quotient
