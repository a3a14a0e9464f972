"""Averages of a network's weights over training; statistics of batch normalisation are averaged too, and replaced.

Exponential: Polyak & Juditsky, SIAM J. Control Optim. 1992, in its forgetting form. Tail: Izmailov et al., "Averaging
weights leads to wider optima", UAI 2018, with equal shares.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from tsattn.training.processes import own_part

TAIL = 0.75  # of the epochs pass before the tail begins


class Average:
    """A running average of the floating-point state of a network.

    Parameters
    ----------
    network : nn.Module
        Its parameters are changed in place by training, and stay where they are.
    kind : float, "tail" or None
        Decay of an exponential average, one update a step; equal shares, one update an epoch; or no average.
    """

    def __init__(self, network: nn.Module, kind: float | str | None):
        self.kind = kind if kind is None or isinstance(kind, str) else float(kind)
        self.count = 0
        state = live(network)  # made once: it is slow to make
        self.live = {name: value for name, value in state.items() if kind is not None and value.is_floating_point()}
        self.values = {name: value.clone() for name, value in self.live.items()}

    @torch.no_grad()
    def after_step(self) -> None:
        """Take in the weights after an optimiser's step, if this is an exponential average."""
        if isinstance(self.kind, float):
            # a short memory at first, or the random initial weights would stay in the average for long
            self._blend(1 - min(self.kind, (1 + self.count) / (10 + self.count)))

    @torch.no_grad()
    def after_epoch(self, epoch: int, epochs: int) -> None:
        """Take in the weights after epoch number `epoch` (from 0) of `epochs`, if this is a tail average."""
        if self.kind == "tail" and epoch >= int(TAIL * epochs):
            self._blend(1 / (self.count + 1))

    def _blend(self, share: float) -> None:
        torch._foreach_lerp_(list(self.values.values()), list(self.live.values()), share)
        self.count += 1

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Within, the network has the averaged weights, if there are any yet; afterwards its own, bit by bit."""
        if self.count == 0:
            yield
            return
        own = {name: value.clone() for name, value in self.live.items()}
        overwrite(self.live, self.values)
        try:
            yield
        finally:
            overwrite(self.live, own)


def live(network: nn.Module) -> dict[str, Tensor]:
    """A network's state, the tensors themselves; of one that is sharded over processes, this one's parts."""
    return {name: own_part(value) for name, value in network.state_dict().items()}


@torch.no_grad()
def overwrite(state: dict[str, Tensor], values: dict[str, Tensor]) -> None:
    """Copy `values` into the tensors of `state`, in place."""
    for name, tensor in state.items():
        tensor.copy_(values[name])
