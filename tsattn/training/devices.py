"""Training on several devices of one machine, a process each, by Lightning Fabric.

The processes begin with what this one has prepared, held out and solved for (or read from a checkpoint), and end by
handing back what it goes on with: it is the same training as on one device, shared out.
"""

import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from multiprocessing import current_process
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor, nn

from tsattn._checks import DivergenceError
from tsattn.nn.dropout import bind
from tsattn.training.averaging import Average, overwrite
from tsattn.training.checkpoint import hand_over, take_over
from tsattn.training.config import Training
from tsattn.training.processes import Together, own_part, sharded
from tsattn.training.run import Objective, Run, pick_device, snapshot
from tsattn.training.schedule import make_optimizer

SET = ("MASTER_PORT", "PYTORCH_NVML_BASED_CUDA_CHECK")  # variables of the environment that Fabric sets


def check_devices(training: Training, objective: Objective) -> None:
    """Raise unless the devices are there, and other processes can be told how to train.

    Raises
    ------
    ValueError
        There are not so many; or the device is one of them by its number.
    TypeError
        A change, the loss or the metric cannot be handed to another process.
    ImportError
        Lightning is not installed.
    RuntimeError
        This process is itself one of several of a training, or is about to be and reads the script that starts it.
    """
    asked, kind = f"devices={training.devices}", pick_device(training.device).type
    if ":" in training.device:
        raise ValueError(f"several devices are counted from the first one, got {asked} and device={training.device!r}: "
                         f"use device={kind!r}")
    if kind == "cuda" and training.devices > torch.cuda.device_count():
        raise ValueError(f"devices must be at most the {torch.cuda.device_count()} GPUs that torch can use, got "
                         f"{training.devices}; device='cpu' takes any number of processes")
    for name, thing in [("augment", training.augment), ("the loss", objective.loss), ("the metric", objective.metric)]:
        check_known(name, thing, asked)
    if find_spec("lightning") is None:
        raise ImportError(f"{asked} needs Lightning Fabric, which is not installed: pip install 'tsattn[devices]', or "
                          "use devices=1")
    if "LOCAL_RANK" in os.environ:
        raise RuntimeError(f"{asked} starts its processes itself, and this one was started as one of several "
                           f"(LOCAL_RANK={os.environ['LOCAL_RANK']}): start the script by python alone")
    if getattr(current_process(), "_inheriting", False):
        raise RuntimeError(f"{asked} starts processes that read the script again: put what it does under "
                           "if __name__ == '__main__':")


def check_known(name: str, thing: Any, asked: str) -> None:
    """Raise TypeError if a thing cannot be handed to another process, or could not be found again there."""
    try:
        sent = bytes(ForkingPickler.dumps(thing))
        if b"__main__" in sent and not hasattr(sys.modules["__main__"], "__file__"):
            raise AttributeError("it is of a session, which other processes cannot read")
    except Exception as error:  # whatever an object's own rule runs into
        shown = type(thing).__name__ if isinstance(thing, nn.Module) else repr(thing)
        raise TypeError(f"{name} must be known to other processes for {asked}, got {shown} ({error}): use functions "
                        "and classes that stand at the top of a module's file, or devices=1") from error


def train_on_devices(run: Run, train: Callable[[Run], None]) -> None:
    """Let several processes train; the run is then as if it had trained here.

    Parameters
    ----------
    run : Run
        On the CPU.
    train : callable
        Trains a run to its end; a function that can be imported by its name.

    Raises
    ------
    DivergenceError
        As `train` raises it; the run has the last good weights.
    ValueError
        There are batches with fewer series than devices.
    """
    n = run.data.n_drawn(len(run.train))
    least = n // math.ceil(n / run.training.batch_size)
    if least < run.training.devices:
        raise ValueError(f"each batch must have a series for each device, got devices={run.training.devices} and "
                         f"batches of {least}: use fewer devices, or a greater batch_size")
    training = run.training.clone().set_params(groups=None)  # which have done their work, and may be any function
    bind(run.network, None)  # generators do not travel, and their states do
    sent = replace(run, training=training, generators=[])
    check_known("the network", run.network, f"devices={training.devices}")
    with TemporaryDirectory() as folder, _own_environment():
        path = Path(folder) / "result"
        from tsattn.training.fabric import make_fabric  # here, as Lightning takes seconds to import

        fabric = make_fabric(pick_device(training.device).type, training.devices, training.strategy)
        state = run.generators[0].get_state()
        diverged = fabric.launch(partial(_take_part, run=sent, state=state, train=train, path=path))
        take_over(run, path)
    if diverged:
        raise DivergenceError(diverged)


def _take_part(fabric: Any, **parameters: Any) -> str | None:
    """What each process does."""
    from tsattn.training.fabric import leave

    said = _train(fabric, **parameters)
    leave(fabric)
    return said


def _train(fabric: Any, *, run: Run, state: Tensor, train: Callable[[Run], None], path: Path) -> str | None:
    """Train, and write what the run is to go on with; says how training diverged, if it did."""
    run = _shared_out(run, fabric)
    run.generators = [torch.Generator().set_state(state)]
    said = None
    try:
        train(run)
    except DivergenceError as error:  # of all processes alike
        said = str(error)
    hand_over(run, path)
    return said


def _shared_out(run: Run, fabric: Any) -> Run:
    """The same run, with what changes made anew for this process: what it was sent, all processes see."""
    network = deepcopy(run.network)
    processes = Together(fabric, network)
    network = fabric.setup_module(network)
    optimizer = make_optimizer(run.training.optimizer, network, run.training.lr, run.training.weight_decay)
    like = network.state_dict()

    def parted(state: dict[str, Any]) -> dict[str, Any]:
        return {name: own_part(sharded(value, like[name])) for name, value in state.items()}

    state = run.optimizer.state_dict()
    parameters = [parameter for part in optimizer.param_groups for parameter in part["params"]]
    state["state"] = {number: {name: sharded(value.clone(), parameters[number]) if value.ndim else value.clone()
                               for name, value in values.items()} for number, values in state["state"].items()}
    optimizer.load_state_dict(state)
    average = Average(network, run.training.averaging)
    overwrite(average.values, parted(run.average.values))
    average.count = run.average.count
    shared = replace(run, device=fabric.device, processes=processes, network=network, optimizer=optimizer,
                     average=average, initial=snapshot(network), best=snapshot(network))
    overwrite(shared.initial, parted(run.initial))
    overwrite(shared.best, parted(run.best))
    return shared


@contextmanager
def _own_environment() -> Iterator[None]:
    """Within it, Fabric may set variables of the environment; afterwards they are as before."""
    before = {name: os.environ[name] for name in SET if name in os.environ}
    try:
        yield
    finally:
        for name in SET:
            os.environ.pop(name, None)
        os.environ.update(before)
