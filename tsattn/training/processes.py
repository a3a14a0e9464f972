"""What a process of a training does together with the others; alone, nothing of it.

Every process draws the same batches and changes them alike, and then takes its own share of the series of each: with
gradients that are means over the whole batch, each step is that of one process, up to rounding.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tsattn.nn.convolution import BatchNorm
from tsattn.nn.dropout import bind
from tsattn.training.data import Batch


class Alone:
    """A training in one process."""

    first = True  # whether this process writes and shows, of which one is enough

    def begin_epoch(self, seed: int, epoch: int) -> None:
        """Draw what is drawn by each process for itself from here on as this epoch has it."""

    def share(self, batch: Batch) -> Batch:
        """The series of a batch that are this process's."""
        return batch

    def mean(self, losses: Tensor, weight: Tensor | None) -> tuple[Tensor, Tensor]:
        """What to go down for the mean of the losses of the whole batch, and that mean."""
        if weight is None:
            loss = losses.mean()
        else:
            # a batch may hold nothing but series of weight 0: its loss is then 0, not 0 / 0
            loss = (losses * weight).sum() / at_least_tiny(weight.sum())
        return loss, loss.detach()

    def backward(self, loss: Tensor) -> None:
        """Compute the gradient, the same in all processes."""
        loss.backward()

    def after_step(self) -> None:
        """Make the same in all processes what a step has left different."""

    def total(self, values: list[float]) -> list[float]:
        """The sums of numbers over all processes."""
        return values


class Together(Alone):
    """A training in one of several processes.

    Parameters
    ----------
    fabric : lightning.fabric.Fabric
        Launched.
    network : nn.Module
        Its dropout is made to draw from a generator of this process, its batch normalisation to see the whole batch.
    """

    def __init__(self, fabric: Any, network: nn.Module) -> None:
        self.fabric = fabric
        self.first = fabric.global_rank == 0
        self.dropout = torch.Generator(fabric.device)
        bind(network, self.dropout)
        for module in network.modules():
            if isinstance(module, BatchNorm):
                module.over_all = self.over_all
        self.others = [module for module in network.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]

    def begin_epoch(self, seed: int, epoch: int) -> None:
        """Seed dropout by the process and the epoch: a checkpoint then need not hold where each process stood."""
        drawn = np.random.SeedSequence([seed, epoch, self.fabric.global_rank]).generate_state(1, np.uint64)
        self.dropout.manual_seed(int(drawn[0]) >> 1)

    def share(self, batch: Batch) -> Batch:
        """The series of a batch that are this process's, on its device, with weights.

        All processes must take part in each batch: one without a share takes a series, of weight 0. That is for what
        is only measured; in training there is a share for everyone.
        """
        n, rank, device = len(batch.lengths), self.fabric.global_rank, self.fabric.device
        cut = slice(n * rank // self.fabric.world_size, n * (rank + 1) // self.fabric.world_size)
        weight = torch.ones(n, dtype=torch.float32) if batch.weight is None else batch.weight
        if cut.start == cut.stop:
            cut, weight = slice(0, 1), torch.zeros(n, dtype=torch.float32)
        return replace(batch, inputs=tuple(x[cut].to(device) for x in batch.inputs),
                       lengths=batch.lengths[cut].to(device), weight=weight[cut].to(device),
                       target=None if batch.target is None else batch.target[cut].to(device))

    def mean(self, losses: Tensor, weight: Tensor | None) -> tuple[Tensor, Tensor]:
        """What to go down for the mean of the losses of the whole batch, and that mean.

        Gradients become the mean over the processes, however many series each has: its losses are divided by the weight
        of all series, and multiplied by the number of processes.
        """
        assert weight is not None  # of a share
        own = (losses * weight).sum()
        loss, whole = self.over_all(torch.stack([own.detach(), weight.sum()]))
        whole = at_least_tiny(whole)
        return self.fabric.world_size * own / whole, loss / whole

    def backward(self, loss: Tensor) -> None:
        """Compute the gradient, the mean over the processes."""
        self.fabric.backward(loss)

    @torch.no_grad()
    def after_step(self) -> None:
        """Average the running statistics of torch's own batch normalisation, which sees the share alone."""
        for module in self.others:
            for value in (module.running_mean, module.running_var):
                if value is not None:
                    value.copy_(self.fabric.all_reduce(value.clone(), reduce_op="mean"))

    def total(self, values: list[float]) -> list[float]:
        """The sums of numbers over all processes."""
        return self.over_all(torch.tensor(values, dtype=torch.float64, device=self.fabric.device)).tolist()

    def over_all(self, values: Tensor) -> Tensor:
        """The sum of a tensor over all processes."""
        total: Tensor = self.fabric.all_reduce(values.clone(), reduce_op="sum")  # in place
        return total


def at_least_tiny(total: Tensor) -> Tensor:
    """A sum of weights to divide by."""
    return total.clamp_min(torch.finfo(total.dtype).tiny)


def own_part(value: Tensor) -> Tensor:
    """Of a tensor that is sharded over processes this one's part, in place; any other as it is."""
    return value.to_local() if hasattr(value, "to_local") else value


def whole(value: Tensor, like: Any) -> Tensor:
    """The whole of a tensor of which each process gives its part, where `like` is sharded; else the tensor.

    All processes must call it.
    """
    if not hasattr(like, "to_local"):
        return value
    from torch.distributed.tensor import DTensor  # here, as few need it

    parts = DTensor.from_local(value, like.device_mesh, like.placements, shape=like.shape, stride=like.stride())
    full: Tensor = parts.full_tensor()
    return full


def sharded(value: Tensor, like: Any) -> Tensor:
    """A whole tensor, which every process has, sharded as `like` is; where it is not, the tensor."""
    if not hasattr(like, "to_local"):
        return value
    from torch.distributed.tensor import distribute_tensor

    parts: Tensor = distribute_tensor(value.to(like.device), like.device_mesh, like.placements, src_data_rank=None)
    return parts
