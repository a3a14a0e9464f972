"""Series of any lengths, kept end to end, and the padded batches cut from them.

Batches of about equal lengths waste little work on padding, and stay random: the series are shuffled, sorted by length
only within pools of `POOL` batches, and the batches are shuffled again.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tsattn._checks import check_int

AT_ONCE = 2**15  # steps of a batch in which nothing is learned: 64 MB for 512 features
POOL = 16  # batches that are sorted by length together


@dataclass(frozen=True)
class Batch:
    """Series side by side, zero beyond their ends.

    Attributes
    ----------
    inputs : tuple of Tensor, each (batch, time, channel)
    lengths : Tensor of int64, (batch,)
    target : Tensor or None
        Classes as int64 (batch,), or shares of the classes (batch, n_classes), or real values (batch, ...).
    weight : Tensor or None, (batch,)
    n_classes : int or None
    columns, flags : tuple of Tensor or None, each (channel,)
        For each input, as in `Sequences`.

    Examples
    --------
    A function from a batch and a generator to a batch is an augmentation, as in `Training(augment=(upside_down,))`:

    >>> from dataclasses import replace
    >>> import torch
    >>> def upside_down(batch, generator):
    ...     return replace(batch, inputs=tuple(-x for x in batch.inputs))
    >>> batch = Batch((torch.tensor([[[1.0], [2.0]]]),), torch.tensor([2]))
    >>> upside_down(batch, None).inputs[0].flatten().tolist()
    [-1.0, -2.0]
    """

    inputs: tuple[Tensor, ...]
    lengths: Tensor
    target: Tensor | None = None
    weight: Tensor | None = None
    n_classes: int | None = None
    columns: tuple[Tensor, ...] | None = None
    flags: tuple[Tensor, ...] | None = None


class Sequences:
    """Series of any lengths, with one or several inputs each, all rows end to end.

    Parameters
    ----------
    inputs : sequence of array, each (rows, channel)
        The series one after another; several inputs (the series, their saliency) share their lengths. Further axes
        after the channel are let through.
    lengths : array of int, (n,)
        Rows of each series, at least 1.
    offsets : array of int, (n,), optional
        First row of each series, where they do not stand end to end: windows of one series may share rows.
    target : array, (n, ...), optional
        Class codes from 0, if integers; else real values.
    weight : array, (n,), optional
        Weights of the series in the loss, at least 0. A class's weight is the weight of each of its series.
    ids : sequence, (n,), optional
        Names of the series; `Training(groups=...)` goes by them.
    n_classes : int, optional
        Number of classes, where `target` holds class codes.
    columns : sequence of array of int, each (channel,), optional
        For each input, the number of the column that each channel stems from: what one sensor measured, what was
        derived from it, and whether it was observed. By default every channel of every input is a column of its own.
    flags : sequence of array of bool, each (channel,), optional
        For each input, which channels are no measurements: 1 where a value was observed, else 0. None by default.
    per_epoch : int, optional
        Most series in an epoch; where there are more, each epoch has others, at random.

    Raises
    ------
    ValueError
        The parts do not fit together, or there is no series, or an empty one.

    Examples
    --------
    >>> import numpy as np, torch
    >>> data = Sequences([np.arange(5.0)[:, None]], [2, 3])
    >>> data.batch(torch.tensor([1, 0])).inputs[0].squeeze(-1)
    tensor([[2., 3., 4.],
            [0., 1., 0.]])
    """

    def __init__(self, inputs: Sequence[Any], lengths: Any, *, offsets: Any = None, target: Any = None,
                 weight: Any = None, ids: Sequence[Any] | None = None, n_classes: int | None = None,
                 columns: Sequence[Any] | None = None, flags: Sequence[Any] | None = None,
                 per_epoch: int | None = None):
        self.lengths = torch.from_numpy(np.asarray(lengths).astype(np.int64))
        if self.lengths.ndim != 1 or len(self.lengths) == 0 or int(self.lengths.min()) < 1:
            raise ValueError(f"lengths must be one-dimensional, not empty, and at least 1, got {lengths!r}")
        rows = [np.asarray(block) for block in inputs]
        self.offsets = torch.cumsum(self.lengths, 0) - self.lengths
        n_rows = int(self.lengths.sum())
        if offsets is not None:
            self.offsets = torch.from_numpy(np.asarray(offsets).astype(np.int64))
            n_rows = max(map(len, rows))
            if len(self.offsets) != len(self) or int(self.offsets.min()) < 0 \
                    or int((self.offsets + self.lengths).max()) > n_rows:
                raise ValueError(f"offsets must give each of the {len(self)} series a first row such that all of it "
                                 f"lies within the {n_rows} rows, got {offsets!r}")
        wrong = [block.shape for block in rows if block.ndim < 2 or len(block) != n_rows]
        if wrong or not rows:
            raise ValueError(f"each input must have shape ({n_rows}, channels): the sum of the lengths; got {wrong}")
        # one row of zeros at the end, for the steps beyond a series' end to point to
        self.rows = tuple(torch.from_numpy(np.concatenate([block, np.zeros_like(block[:1])]).astype(np.float32))
                          for block in rows)
        self.target = _target(target)
        self.weight = None if weight is None else torch.from_numpy(np.asarray(weight).astype(np.float32))
        self.ids = ids
        self.n_classes = n_classes
        self.per_epoch = None if per_epoch is None else check_int("per_epoch", per_epoch)
        self.columns = self._of_channels("columns", columns, np.int64)
        self.flags = self._of_channels("flags", flags, np.bool_)
        for name, part in [("target", self.target), ("weight", self.weight), ("ids", ids)]:
            if part is not None and len(part) != len(self):
                raise ValueError(f"{name} must have one entry for each of the {len(self)} series, got {len(part)}")
        self.equal = offsets is None and bool((self.lengths == self.lengths[0]).all())

    def _of_channels(self, name: str, given: Sequence[Any] | None, dtype: Any) -> tuple[Tensor, ...] | None:
        """What is said of each channel of each input, checked."""
        if given is None:
            return None
        parts = [np.asarray(part).astype(dtype) for part in given]
        widths = [block.shape[1] for block in self.rows]
        if [part.shape for part in parts] != [(width,) for width in widths]:
            raise ValueError(f"{name} must have one entry for each channel of each input, {widths}; "
                             f"got {[part.shape for part in parts]}")
        return tuple(torch.from_numpy(part) for part in parts)

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def n_bytes(self) -> int:
        """Bytes of the inputs."""
        return sum(block.nbytes for block in self.rows)

    def to(self, device: torch.device) -> "Sequences":
        """The same series with inputs, target and weight on `device`; lengths stay on the CPU, which cuts batches."""
        if all(block.device == device for block in self.rows):
            return self
        moved = copy(self)
        moved.rows = tuple(block.to(device) for block in self.rows)
        moved.target = None if self.target is None else self.target.to(device)
        moved.weight = None if self.weight is None else self.weight.to(device)
        moved.columns, moved.flags = _on(self.columns, device), _on(self.flags, device)
        return moved

    def n_drawn(self, n: int) -> int:
        """How many of n series an epoch has."""
        return n if self.per_epoch is None else min(n, self.per_epoch)

    def draw(self, positions: Tensor, generator: torch.Generator) -> Tensor:
        """The series of an epoch: those at `positions`, or as many of them at random as an epoch has."""
        n = self.n_drawn(len(positions))
        return positions if n == len(positions) else positions[torch.randperm(len(positions), generator=generator)[:n]]

    def with_target(self, target: Tensor) -> "Sequences":
        """The same series with another target."""
        changed = copy(self)
        changed.target = target
        return changed

    def batch(self, positions: Tensor, device: torch.device | None = None) -> Batch:
        """Cut out the series at `positions` (int64, (batch,), on the CPU) as one padded batch on `device`."""
        home = self.rows[0].device
        device = device or home
        lengths = self.lengths[positions]
        there = positions.to(home)
        if self.equal:
            cut = [block[:-1].view(len(self), -1, *block.shape[1:]).index_select(0, there) for block in self.rows]
        else:
            index = self._row_numbers(positions, lengths).to(home)
            cut = [block.index_select(0, index.view(-1)).view(*index.shape, *block.shape[1:]) for block in self.rows]
        return Batch(
            tuple(block.to(device) for block in cut), lengths.to(device),
            None if self.target is None else self.target[there].to(device),
            None if self.weight is None else self.weight[there].to(device), self.n_classes,
            _on(self.columns, device), _on(self.flags, device))

    def _row_numbers(self, positions: Tensor, lengths: Tensor) -> Tensor:
        """Number of the row behind each step of a batch, (batch, time): the row of zeros beyond a series' end."""
        steps = torch.arange(int(lengths.max()))
        rows = self.offsets[positions].unsqueeze(-1) + steps
        return rows.masked_fill_(steps >= lengths.unsqueeze(-1), len(self.rows[0]) - 1)


def _on(parts: tuple[Tensor, ...] | None, device: torch.device) -> tuple[Tensor, ...] | None:
    return None if parts is None else tuple(part.to(device) for part in parts)


def _target(target: Any) -> Tensor | None:
    if target is None:
        return None
    array = np.asarray(target)
    return torch.from_numpy(array.astype(np.int64 if array.dtype.kind in "iub" else np.float32))


def shuffled_batches(positions: Tensor, lengths: Tensor, batch_size: int, generator: torch.Generator) -> list[Tensor]:
    """Deal `positions` into batches at random, series of like lengths together.

    The batches' sizes differ by one at most, and none exceeds `batch_size`: no small rest is left at the end, on which
    a batch normalisation would have little to stand.

    Parameters
    ----------
    positions : Tensor of int64, (n,)
    lengths : Tensor of int64
        Of all series: `lengths[positions]` are theirs.
    batch_size : int
    generator : torch.Generator

    Returns
    -------
    list of Tensor
    """
    order = positions[torch.randperm(len(positions), generator=generator)]
    n_batches = -(-len(order) // batch_size)
    cuts = [len(order) * number // n_batches for number in range(n_batches + 1)]
    sizes = [end - begin for begin, end in pairwise(cuts)]
    pools = [sum(sizes[first : first + POOL]) for first in range(0, n_batches, POOL)]
    order = torch.cat([pool[torch.argsort(lengths[pool], stable=True)] for pool in order.split(pools)])
    batches = order.split(sizes)
    return [batches[number] for number in torch.randperm(n_batches, generator=generator).tolist()]


def sorted_batches(lengths: Tensor, batch_size: int) -> list[Tensor]:
    """Deal all series into batches by length, for a pass in which order does not matter; see `runs`."""
    order = torch.argsort(lengths, stable=True)
    return list(order.split(runs(lengths[order], batch_size)))


def runs(lengths: Tensor, batch_size: int, *, n_steps: int = AT_ONCE) -> list[int]:
    """Cut series, in their order, into batches of at most `batch_size`, and of at most `n_steps` with their padding.

    A series that is longer by itself stands alone. Memory is then that of `n_steps`, or of the longest series.

    Examples
    --------
    >>> import torch
    >>> runs(torch.tensor([3, 3, 3, 7, 20, 2]), 2, n_steps=12)
    [2, 1, 1, 1, 1]
    """
    sizes, size, longest = [], 0, 0
    for length in lengths.tolist():
        longest = max(longest, length)
        if size and (size == batch_size or (size + 1) * longest > n_steps):
            sizes.append(size)
            size, longest = 0, length
        size += 1
    return [*sizes, size]
