"""Windows of long series, cut when a batch is made: none is ever stored, however many there are."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from tsattn._checks import check_int
from tsattn.training.data import Batch, Sequences


class Reading(NamedTuple):
    """What is made of a batch of windows: a network's inputs, and the unit of its outputs.

    A forecast is `base + unit * output`.
    """

    inputs: tuple[Tensor, ...]  # each (batch, steps, channels)
    base: Tensor  # (batch, ahead, targets): the forecast without the network
    unit: Tensor  # the same shape, or one that spreads over it

    @property
    def lengths(self) -> Tensor:
        """Steps of each of the inputs: all of them."""
        n, steps, _ = self.inputs[0].shape
        return torch.full((n,), steps, device=self.inputs[0].device)


class Windows(Sequences):
    """Windows of series that stand end to end, with the steps that come after each as its target.

    Parameters
    ----------
    rows : array, (rows, channel)
        The series one after another; the first channels are the targets, the last ones what is known of the future.
    starts : array of int, (n,)
        First row of each window.
    look_back : int
        Rows of a window.
    ahead : sequence of int, increasing
        Which steps after a window are its target: 1 is the next one.
    n_targets, n_known : int
        How many channels are targets, and of how many the future is known.
    read : callable
        `read(series, known) -> Reading`, from windows (batch, look_back, channel) and what is known of their future
        (batch, max(ahead), n_known).
    with_future : bool, default=True
        Whether the rows hold the targets; without them a batch has none.
    per_epoch : int, optional
        As for `Sequences`.

    Raises
    ------
    ValueError
        A window, or what comes after it, reaches beyond the rows.

    Examples
    --------
    >>> import numpy as np, torch
    >>> def plain(series, known):
    ...     return Reading((series,), base=series[:, -1:], unit=torch.ones(1))
    >>> windows = Windows(np.arange(7.0)[:, None] ** 2, [0, 2], 3, [1, 2], n_targets=1, n_known=0, read=plain)
    >>> batch = windows.batch(torch.tensor([1]))
    >>> batch.inputs[0].flatten().tolist(), batch.target.tolist()
    ([4.0, 9.0, 16.0], [[9.0, 20.0]])
    """

    def __init__(self, rows: Any, starts: Any, look_back: int, ahead: Sequence[int], *, n_targets: int, n_known: int,
                 read: Callable[[Tensor, Tensor], Reading], with_future: bool = True, per_epoch: int | None = None):
        lengths = [check_int("look_back", look_back)] * len(starts)
        super().__init__([rows], lengths, offsets=starts, per_epoch=per_epoch)
        self.ahead = torch.tensor(list(ahead), dtype=torch.int64)
        self.n_targets, self.n_known = n_targets, n_known
        self.read = read
        self.look_back = look_back
        self.with_future = with_future
        n_more = int(self.ahead.max()) if with_future or n_known else 0
        n_rows = len(self.rows[0]) - 1
        if int(self.offsets.max()) + look_back + n_more > n_rows:
            raise ValueError(f"windows of {look_back} rows and {n_more} after them must lie within the {n_rows} rows, "
                             f"and the last begins at {int(self.offsets.max())}")
        # what training asks of a target before it cuts a batch: that there is one for each window
        self.target = self.offsets if with_future else None

    def cut(self, positions: Tensor, device: torch.device | None = None) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return windows, what is known of their future, and their future (batch, ahead, targets) if there is one."""
        block = self.rows[0]
        device = device or block.device
        first = self.offsets[positions].unsqueeze(1)
        series = block[(first + torch.arange(self.look_back)).to(block.device)]
        after = first + self.look_back - 1
        known = block.new_zeros(len(positions), int(self.ahead.max()), 0)
        if self.n_known:
            steps = torch.arange(1, int(self.ahead.max()) + 1)
            known = block[(after + steps).to(block.device)][..., block.shape[1] - self.n_known :]
        future = None
        if self.with_future:
            future = block[(after + self.ahead).to(block.device)][..., : self.n_targets].to(device)
        return series.to(device), known.to(device), future

    def batch(self, positions: Tensor, device: torch.device | None = None) -> Batch:
        """Cut out the windows at `positions`; the target is what a network's output must be, (batch, outputs)."""
        series, known, future = self.cut(positions, device)
        reading = self.read(series, known)
        batch = Batch(reading.inputs, reading.lengths)
        if future is None:
            return batch
        return replace(batch, target=((future - reading.base) / reading.unit).flatten(1))
