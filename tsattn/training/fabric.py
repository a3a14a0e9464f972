"""Strategies of Lightning Fabric in processes that a training starts, and that end with it.

Fabric's own sharded strategies, and its "ddp", run the caller's script again in each process, which a `fit` in the
middle of a search or a notebook cannot want. Imported only where there are several devices.
"""

import gc
import logging
from typing import Any

import torch.distributed
import torch.distributed.nn.functional  # its functions keep the group of processes there is when it is imported
from lightning.fabric import Fabric
from lightning.fabric.plugins.environments import LightningEnvironment
from lightning.fabric.strategies import DDPStrategy, ModelParallelStrategy
from lightning.fabric.strategies.launchers.multiprocessing import _MultiProcessingLauncher
from torch import nn
from torch.distributed.fsdp import fully_shard


class Launcher(_MultiProcessingLauncher):
    """Starts processes that import what they run, and so have no use for the session that a notebook holds."""

    @property
    def is_interactive_compatible(self) -> bool:
        """Whether notebooks may use it."""
        return True


class Spawned:
    """A strategy whose processes are started by a launcher, quietly; to be mixed in before one of Fabric's."""

    def _configure_launcher(self) -> None:
        self._launcher: Any = Launcher(self, start_method="spawn")  # type: ignore[arg-type] # mixed in

    def setup_environment(self) -> None:
        """Join the other processes; says nothing of it."""
        for name in ("lightning.fabric", "lightning.pytorch"):  # in a process that only trains
            logging.getLogger(name).setLevel(logging.WARNING)
        super().setup_environment()  # type: ignore[misc] # Fabric's

    def let_go(self) -> None:
        """Hold nothing any more that joins the processes."""


class DataParallel(Spawned, DDPStrategy):
    """Every process has the whole network."""


class Sharded(Spawned, ModelParallelStrategy):
    """Every process has a part of each weight, of its gradient and of the optimiser's state."""

    def let_go(self) -> None:
        """Hold nothing any more that joins the processes: meshes of devices hold their group."""
        from torch.distributed.tensor.debug import _clear_sharding_prop_cache  # not public: only where it is needed

        self._device_mesh = None
        _clear_sharding_prop_cache()


def shard(network: nn.Module, mesh: Any) -> nn.Module:
    """Shard a network over all processes, as one unit.

    Layers are not units of their own: some of ours read the weights of others directly, which only a forward pass of
    these would gather.
    """
    fully_shard(network, mesh=mesh["data_parallel"], reshard_after_forward=True)  # weights are exchanged between passes
    return network


def make_fabric(accelerator: str, devices: int, strategy: str) -> Fabric:
    """Make a Fabric that has not been launched."""
    made: Any = DataParallel(start_method="spawn")
    if strategy == "fsdp":
        made = Sharded(shard, data_parallel_size=devices, tensor_parallel_size=1)
    return Fabric(accelerator=accelerator, devices=devices, strategy=made, plugins=[LightningEnvironment()])


def leave(fabric: Any) -> None:
    """Close what joins this process to the others; to be called by all of them when nothing of a training is left.

    A process that ends while threads of torch still serve its group is aborted now and then.
    """
    fabric.barrier()
    fabric.strategy.let_go()
    gc.collect()  # networks that are shared out hold the group, and themselves
    torch.distributed.destroy_process_group()
