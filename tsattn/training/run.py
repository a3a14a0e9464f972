"""One training under way: everything that changes while it lasts, and what it stands on."""

import math
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from tsattn.nn.dropout import bind
from tsattn.nn.initialise import build
from tsattn.training.averaging import Average, live, overwrite
from tsattn.training.config import Training, check_device
from tsattn.training.data import Batch, Sequences, sorted_batches
from tsattn.training.interruptions import Interruptions
from tsattn.training.processes import Alone
from tsattn.training.schedule import make_optimizer
from tsattn.training.split import hold_out

RESIDENT = 2 * 2**30  # bytes of inputs that are moved to the device once, and not batch by batch
EVALUATION = 256  # series in a batch where nothing is learned


@dataclass(frozen=True)
class Objective:
    """What is lowered and what is watched; see `tsattn.training.losses`."""

    loss: Callable[..., Tensor]
    metric: Callable[..., Tensor] | None = None


@dataclass
class Fitted:
    """A trained network.

    Attributes
    ----------
    network : nn.Module
        On the CPU, in evaluation mode, with finite weights.
    history : list of dict
        One an epoch: epoch, train_loss, validation_loss and validation_<metric> where a part is held out, lr (at the
        epoch's end), seconds.
    best_epoch : int
        The epoch, from 1, whose weights these are; 0 for the initial ones.

    Examples
    --------
    The weights are those of the epoch that was best on the series held out:

    >>> import numpy as np
    >>> from torch import nn
    >>> from tsattn.training import Sequences, Training, fit_network, squared_error
    >>> class Level(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.head = nn.Linear(1, 1)
    ...     def forward(self, x, lengths):
    ...         return self.head(x[:, 0])
    >>> data = Sequences([np.array([[1.0], [2.0], [3.0]])], [1, 1, 1], target=np.array([1.0, 2.0, 3.0]))
    >>> training = Training(epochs=7, validation=(1,), lr=0.5, augment=())
    >>> fitted = fit_network(Level, data, training, loss=squared_error, seed=0)
    >>> best = min(fitted.history, key=lambda row: row["validation_loss"])
    >>> len(fitted.history), fitted.best_epoch == best["epoch"]
    (7, True)
    """

    network: nn.Module
    history: list[dict[str, Any]]
    best_epoch: int


@dataclass
class Run:
    """A training under way."""

    training: Training
    objective: Objective
    data: Sequences
    learned: Sequences  # the same series with what is left for the network to learn of their target
    device: torch.device
    seed: int
    generators: list[torch.Generator]  # for order and weights, on the CPU; for dropout and changes, where series are
    train: Tensor
    validation: Tensor
    network: nn.Module
    optimizer: torch.optim.Optimizer
    average: Average
    initial: dict[str, Tensor]
    best: dict[str, Tensor]
    best_epoch: int = 0
    best_score: list[float] = field(default_factory=list)  # lower is better, first number first; empty before any
    first_loss: float | None = None  # of the very first batch: what a loss that explodes is measured against
    history: list[dict[str, Any]] = field(default_factory=list)
    processes: Alone = field(default_factory=Alone)  # this one, or several
    interruptions: Interruptions = field(default_factory=Interruptions)  # signals, which take effect after a batch
    fingerprint: dict[str, str] = field(default_factory=dict)  # what its checkpoint is known by, where it has one

    @property
    def home(self) -> torch.device:
        """Where batches are cut and changed, before they are shared out."""
        return self.generators[-1].device

    @property
    def epoch(self) -> int:
        """Epochs that are done."""
        return len(self.history)

    @property
    def epochs(self) -> int:
        """Epochs that are wanted."""
        return self.training.n_epochs(math.ceil(self.data.n_drawn(len(self.train)) / self.training.batch_size))

    @property
    def over(self) -> bool:
        """Whether all epochs are done, or too many have passed without improvement."""
        patience = self.training.patience
        stale = patience is not None and self.epoch - self.best_epoch >= patience
        return self.epoch >= self.epochs or stale

    def keep(self, score: list[float]) -> None:
        """Remember the network's present weights, those of the epoch under way, as the best, with their score."""
        self.best = snapshot(self.network)
        self.best_epoch = self.epoch + 1
        self.best_score = score

    def finish(self) -> Fitted:
        """Put the best weights in place, let a network with a `weigh` judge itself, let go of everything else."""
        network = self.network
        overwrite(live(network), self.best)
        bind(network, None)
        for parameter in network.parameters():
            parameter.grad = None
        network.eval()
        weigh = getattr(network, "weigh", None)
        if weigh is not None and len(self.validation):
            places = self.validation, torch.arange(len(self.data))
            weigh(*(partial(as_they_are, self.data, part, self.device) for part in places))
        return Fitted(network.to("cpu"), self.history, self.best_epoch)


def start(make: Callable[[], nn.Module], data: Sequences, training: Training, objective: Objective, *,
          seed: int | None, strata: Any) -> Run:
    """Draw the validation part and the network, in this order, from one generator.

    What of the network is solved for and not trained, by its method `settle`, is solved for on the training part. Where
    targets are values, and the method returns what it says of each series without having seen it, the rest is learned.
    At the end, its method `weigh` is shown the validation part, where there is one, and all series.
    """
    seed = secrets.randbits(63) if seed is None else int(seed)
    device = pick_device(training.device if training.devices == 1 else "cpu")  # from where processes take their shares
    generator = torch.Generator().manual_seed(seed)
    train, validation = hold_out(data, training, strata, generator)
    network = build(make, generator).to(device)
    generators = [generator]
    if device.type != "cpu":
        drawn = int(torch.randint(2**62, (), generator=generator))
        generators.append(torch.Generator(device).manual_seed(drawn))
    bind(network, generators[-1])
    if device.type != "cpu" and data.n_bytes <= RESIDENT:
        data = data.to(device)
    settle = getattr(network, "settle", None)
    learned = data
    if settle is not None:
        known = settle(lambda: as_they_are(data, train, device))
        if known is not None and data.target is not None and data.target.is_floating_point():
            learned = data.with_target(_rest(data.target, torch.cat(alike(data, train)), known))
    initial = snapshot(network)
    return Run(training, objective, data, learned, device, seed, generators, train, validation, network,
               make_optimizer(training.optimizer, network, training.lr, training.weight_decay),
               Average(network, training.averaging), initial, best=snapshot(network))


def as_they_are(data: Sequences, positions: Tensor, device: torch.device) -> Iterator[Batch]:
    """These series in batches, unchanged, of like lengths."""
    for part in alike(data, positions):
        yield data.batch(part, device)


def alike(data: Sequences, positions: Tensor) -> list[Tensor]:
    """These positions in batches of series of like lengths."""
    return [positions[order] for order in sorted_batches(data.lengths[positions], EVALUATION)]


def changed(run: Run, positions: Tensor, generator: torch.Generator) -> Batch:
    """This process's share of the batch of these series, changed as the training asks."""
    batch = run.learned.batch(positions, run.home)
    for change in run.training.changes():
        batch = change(batch, generator)
    return run.processes.share(batch)


def forward(run: Run, batch: Batch) -> Tensor:
    """What the network says of this process's share of a batch, in the precision asked for."""
    with _autocast(run.training.precision, run.device):
        output: Tensor = run.network(*batch.inputs, lengths=batch.lengths)
    return output.float()


def _autocast(precision: str, device: torch.device) -> AbstractContextManager[Any]:
    """The context in which a network computes; nothing at all where it computes in float32."""
    low = precision == "bfloat16" or (
        precision == "auto" and device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False))
    return torch.autocast(device.type, dtype=torch.bfloat16) if low else nullcontext()


def _rest(target: Tensor, positions: Tensor, known: Tensor) -> Tensor:
    """The target less what is known of the series at these positions."""
    rest, there = target.clone(), positions.to(target.device)
    rest[there] -= known.to(target).view_as(rest[there])
    return rest


def snapshot(network: nn.Module) -> dict[str, Tensor]:
    """A copy of a network's state."""
    return {name: value.clone() for name, value in live(network).items()}


def on_device(network: nn.Module, name: str) -> tuple[nn.Module, torch.device]:
    """The network itself on the CPU, or a copy of it on the device of that name; and the device."""
    where = pick_device(name)
    return (network if where.type == "cpu" else deepcopy(network).to(where)), where


def pick_device(name: str) -> torch.device:
    """The device of that name; "auto" is a GPU where there is one. Raise ValueError where that device is not there."""
    device = check_device(name)
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    n_there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device.type == "cuda" and (device.index or 0) >= n_there:
        raise ValueError(f"device must be there, and of {n_there} GPUs that torch can use none is {name!r}: "
                         "use 'auto' or 'cpu'")
    return device
