"""How to train: one object of plain values, nested in an estimator, so that a search can set `training__lr`."""

import math
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import torch
from skbase.base import BaseObject

from tsattn._checks import check_fraction, check_int, check_one_of, check_positive, plain
from tsattn._settings import undisturbed
from tsattn.training.augment import ChannelDrop, Crop, Jitter, Mixup, Scaling, Shift, TimeWarp
from tsattn.training.augment_images import Flip, Translate
from tsattn.training.data import Batch
from tsattn.training.schedule import OPTIMIZERS, SCHEDULES

AUTO_STEPS, AUTO_EPOCHS = 3000, (20, 200)
STANDARD = (TimeWarp(0.2, stretch=0.12), Crop(0.9), Scaling(0.1), Jitter(0.1), ChannelDrop(0.05))
STRONG = (TimeWarp(0.2, stretch=0.12), Crop(0.9), Scaling(0.3), Shift(1.0), Jitter(0.1), ChannelDrop(0.05))
STRATEGIES = ("auto", "ddp", "fsdp")
RECIPES = {"standard": STANDARD, "strong": STRONG}
AXES: dict[type, int] = {  # of what it changes
    **dict.fromkeys((Jitter, Scaling, Shift, TimeWarp, Crop, ChannelDrop, Mixup), 3), Flip: 5, Translate: 5}


class Training(BaseObject):
    """How a network is trained. Values are stored as they are given, and checked when fit begins, before data are read.

    Parameters
    ----------
    epochs : int or "auto", default="auto"
        Passes over the training series. "auto" makes as many as take 3000 steps of the optimiser, but 20 at least and
        200 at most: a small set needs more of them.
    batch_size : int, default=16
        Most series in a batch; the batches of an epoch differ in size by one at most.
    optimizer : {"adamw", "adam", "rmsprop", "sgd"}, default="adamw"
        RMSprop with rho 0.9 and epsilon 1e-7; "sgd" with a Nesterov momentum of 0.9.
    lr : float, default=5e-3
        Learning rate, at the schedule's peak.
    weight_decay : float, default=0.05
        Decay of weights; biases and scales do not decay. Decoupled from the gradient in "adamw" only.
    schedule : {"one-cycle", "cosine", "constant"}, default="one-cycle"
        Course of the learning rate, as a function of the step.
    warmup : float, default=0.2
        Part of training during which the learning rate rises; no meaning for "constant".
    clip : float or None, default=1.0
        Greatest norm of the gradient over all weights; None for no limit.
    label_smoothing : float, default=0.1
        Share of the target that is spread over all classes; for classes only.
    averaging : float, "tail" or None, default=None
        Use averaged weights: a number is the decay of an exponential moving average over steps (0.99, say); "tail" is
        the mean over the ends of the last quarter of the epochs.
    augment : {"standard", "strong"} or tuple, default="standard"
        Changes to each training batch, applied in order: `Jitter`, `Scaling`, `Shift`, `TimeWarp`, `Crop`,
        `ChannelDrop`, `Mixup`, or any function of (batch, generator) that returns a `Batch`; () for none. "standard"
        (`tsattn.training.STANDARD`) varies time, length and, a little, sizes, and adds noise. "strong" (`STRONG`)
        varies sizes much and shifts each channel's level by a standard deviation: for sensors whose level and size
        tell persons or sessions apart rather than classes, as in gestures. Where levels tell, it does harm. Images
        have changes of their own, and to `ImageClassifier` both words mean these.
    validation : float or tuple of int, default=0.0
        Series held out of training to choose the epoch: a fraction (at random in each class; of values the last
        ones, in the order of X), or positions. With 0 nothing is held out, and the last epoch's weights are the result.
    groups : mapping, function or None, default=None
        From a series' id to its group (a person, a session). Whole groups are then held out: no group stands on both
        sides. Needs series with ids, such as the instances of a pd-multiindex; those of arrays and lists have none,
        for in each fold of a cross-validation they are numbered anew.
    patience : int or None, default=None
        Stop after so many epochs without improvement. Needs a validation part.
    monitor : {"loss", "accuracy"}, default="loss"
        What improvement is measured on, on the validation part; the best epoch's weights are the result.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        "auto" computes in bfloat16 on a GPU that has it, and in float32 elsewhere. Weights are always float32.
    device : str, default="auto"
        "cpu", "cuda", "cuda:1"...; "auto" takes a GPU where there is one.
    devices : int, default=1
        How many devices to train on: that many GPUs of this machine, or processes on the CPU. More than 1 needs
        Lightning (`pip install tsattn[devices]`); see the notes.
    strategy : {"auto", "ddp", "fsdp"}, default="auto"
        How several devices share a network: with "ddp", and with "auto", each has all of it; with "fsdp" each has a
        part of every weight, of its gradient, of the optimiser's state and of averages, for networks that are too
        big for one device in training. A pass through the network gathers all its weights for as long as it takes.
    checkpoint : str, path or None, default=None
        File to write progress to, and to go on from if it is there: a killed training that is started again with the
        same data and parameters ends with the same weights, bit by bit, as one that was never stopped (on a CPU). The
        file is deleted when training ends well; it belongs to one training, and another one refuses it. Ctrl-C and
        SIGTERM then wait for the batch to end and the last epoch's state to be written (on one device); SIGTERM ends
        the process with code 143, where the caller has set nothing else. A second signal acts at once.
    checkpoint_every : int, default=1
        Epochs between two writings.
    verbose : int, default=0
        1 shows a progress bar, where the output is a terminal.

    Notes
    -----
    Weights that are judged on the validation part, or kept, have statistics of batch normalisation of their own: means
    over up to 50 batches, changed as in training, without dropout. What training itself leaves are means over the last
    ten batches or so, each of other weights, which after a few steps of a deep network fit the last weights badly. For
    a network with batch normalisation a validation part so costs a pass without gradients over these batches in each
    epoch. Changes with a state of their own see them too.

    With several devices, `fit` starts a process for each and ends them: a script must keep what it does under
    ``if __name__ == "__main__":``, for each process reads it. They take some seconds to start, and need a loss and
    changes that stand at the top of a module. Prediction afterwards is on one device.

    Every process takes its share of each batch, and steps are those of the mean over the whole batch, batch
    normalisation's statistics included: the weights are those of one process on the CPU up to rounding, also with
    `augment`. What differs is dropout, which each process draws for its share; and torch's own layers of batch
    normalisation, in networks of images and in yours, see their share alone. Batches are cut and changed on the CPU,
    and what a network solves for in closed form is solved there once, before the processes start.

    Examples
    --------
    >>> from tsattn.training import Training
    >>> Training(epochs=5).set_params(lr=1e-2).get_params()["lr"]
    0.01
    """

    def __init__(self, epochs: int | str = "auto", batch_size: int = 16, optimizer: str = "adamw",
                 lr: float = 5e-3, weight_decay: float = 0.05, schedule: str = "one-cycle", warmup: float = 0.2,
                 clip: float | None = 1.0, label_smoothing: float = 0.1, averaging: float | str | None = None,
                 augment: str | tuple[Any, ...] = "standard",
                 validation: float | tuple[int, ...] = 0.0,
                 groups: Mapping[Any, Any] | Callable[[Any], Any] | None = None, patience: int | None = None,
                 monitor: str = "loss", precision: str = "auto", device: str = "auto", devices: int = 1,
                 strategy: str = "auto",
                 checkpoint: str | Path | None = None, checkpoint_every: int = 1, verbose: int = 0):
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.lr = lr
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.warmup = warmup
        self.clip = clip
        self.label_smoothing = label_smoothing
        self.averaging = averaging
        self.augment = augment
        self.validation = validation
        self.groups = groups
        self.patience = patience
        self.monitor = monitor
        self.precision = precision
        self.device = device
        self.devices = devices
        self.strategy = strategy
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self.verbose = verbose
        super().__init__()

    @classmethod
    def paper(cls, epochs: int) -> "Training":
        """The plain recipe of the published comparisons.

        RMSprop at a constant 1e-3, batches of 32, nothing held out; no decay, clipping, smoothing or augmentation.
        """
        return cls(epochs=epochs, batch_size=32, optimizer="rmsprop", lr=1e-3, weight_decay=0.0, schedule="constant",
                   clip=None, label_smoothing=0.0, augment=())

    def changes(self) -> tuple[Any, ...]:
        """The augmentations that `augment` stands for."""
        return RECIPES[self.augment] if isinstance(self.augment, str) else self.augment

    def n_epochs(self, n_batches: int) -> int:
        """The number of epochs that `epochs` stands for, where an epoch has so many batches."""
        if not isinstance(self.epochs, str):
            return self.epochs
        return min(max(math.ceil(AUTO_STEPS / n_batches), AUTO_EPOCHS[0]), AUTO_EPOCHS[1])

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:  # noqa: ARG003
        """Parameters for tests."""
        return [{"epochs": 2}, {"epochs": 3, "optimizer": "rmsprop", "validation": 0.25, "averaging": 0.9}]


def check_device(device: Any) -> torch.device | None:
    """The device of that name, whether it is there or not; None for "auto". Raise ValueError on any other name."""
    if isinstance(device, str) and device == "auto":
        return None
    found = None
    with suppress(RuntimeError, TypeError):
        found = torch.device(device)
    if found is None or found.type not in ("cpu", "cuda"):
        raise ValueError(f"device must be 'auto', 'cpu', 'cuda' or 'cuda:<number>', got {device!r}")
    return found


def check_training(training: Training) -> None:
    """Raise, naming the parameter, unless every parameter of `training` makes sense.

    Examples
    --------
    >>> check_training(Training(patience=3))
    Traceback (most recent call last):
    ValueError: patience needs a validation part, got validation=0.0; hold out a fraction, 0.2 say
    """
    if not isinstance(training, Training):
        raise TypeError(f"training must be a Training, got {training!r}")
    for name in ["batch_size", "checkpoint_every", "devices"]:
        check_int(name, getattr(training, name))
    if isinstance(training.epochs, str):
        check_one_of("epochs", training.epochs, ["auto"])
    else:
        check_int("epochs", training.epochs)
    check_int("verbose", training.verbose, minimum=0)
    check_device(training.device)
    check_positive("lr", training.lr)
    check_positive("weight_decay", training.weight_decay, zero=True)
    check_fraction("warmup", training.warmup)
    check_fraction("label_smoothing", training.label_smoothing)
    check_one_of("optimizer", training.optimizer, OPTIMIZERS)
    check_one_of("schedule", training.schedule, SCHEDULES)
    check_one_of("monitor", training.monitor, ["loss", "accuracy"])
    check_one_of("precision", training.precision, ["auto", "float32", "bfloat16"])
    check_one_of("strategy", training.strategy, STRATEGIES)
    if training.devices == 1 and training.strategy != "auto":
        raise ValueError(f"a strategy needs devices of at least 2, got strategy={training.strategy!r} and devices=1")
    if training.clip is not None:
        check_positive("clip", training.clip)
    if training.checkpoint is not None and not (
            isinstance(training.checkpoint, str | os.PathLike) and os.fspath(training.checkpoint)):
        raise TypeError(f"checkpoint must be None or the path of a file, got {training.checkpoint!r}")
    _check_decay(training.averaging)
    _check_changes(training.augment)
    _check_validation(training)


@undisturbed
def _check_changes(augment: Any) -> None:
    """Raise unless these are changes, and those of this package have parameters that make sense: each is tried once."""
    if isinstance(augment, str):
        check_one_of("augment", augment, RECIPES)
        return
    if not isinstance(augment, tuple | list):
        raise TypeError(f"augment must be a tuple of functions of (batch, generator), 'standard' or 'strong', got "
                        f"{augment!r}")
    for change in augment:
        if isinstance(change, type) or not callable(change):
            raise TypeError(f"augment must hold functions of (batch, generator), got {change!r}")
        if type(change) in AXES:
            some = torch.zeros(2, *[1] * (AXES[type(change)] - 1), dtype=torch.float32)
            change(Batch((some,), torch.ones(2, dtype=torch.int64), torch.tensor([0, 1]), n_classes=2),
                   torch.Generator())


def _check_decay(averaging: Any) -> None:
    if averaging is None or (isinstance(averaging, str) and averaging == "tail"):
        return
    if isinstance(averaging, bool) or not isinstance(averaging, Real) or not 0 < float(averaging) < 1:
        raise ValueError(f'averaging must be None, "tail" or a decay in (0, 1), got {plain(averaging)!r}')


def _check_validation(training: Training) -> None:
    validation, fraction = training.validation, 0.0
    if isinstance(validation, Real):
        fraction = check_fraction("validation", validation)
    elif not isinstance(validation, tuple) or not all(
            isinstance(position, Integral) and not isinstance(position, bool) for position in validation):
        raise TypeError(f"validation must be a fraction or a tuple of positions, got {plain(validation)!r}")
    elif not validation or min(validation) < 0:
        raise ValueError(f"validation must be a fraction or positions from 0, got {plain(validation)!r}")
    if training.groups is not None:
        if not fraction:
            raise ValueError(f"groups need a validation fraction above 0, got validation={plain(validation)!r}")
        if not isinstance(training.groups, Mapping) and not callable(training.groups):
            raise TypeError(f"groups must be a mapping or a function from id to group, got {training.groups!r}")
    if training.patience is not None:
        check_int("patience", training.patience)
        if not isinstance(validation, tuple) and not fraction:
            raise ValueError("patience needs a validation part, got validation=0.0; hold out a fraction, 0.2 say")
