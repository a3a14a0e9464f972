"""The one training loop.

Differs from the usual: all randomness comes from one generator, series are shuffled and yet batched by length, the
weights that come back are the best epoch's by a validation part held out of the training data (there is no way to pass
other data), and a loss that stops being finite stops training with the last good weights.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from tsattn._checks import DivergenceError, check_int
from tsattn._settings import undisturbed
from tsattn.training.checkpoint import discard, kept, resume, seed_of, write
from tsattn.training.config import Training, check_training
from tsattn.training.data import Batch, Sequences, shuffled_batches, sorted_batches
from tsattn.training.devices import check_devices, train_on_devices
from tsattn.training.judge import EXPLODED, all_finite, diverged, evaluate, holds_up, settle, take_statistics
from tsattn.training.losses import cross_entropy
from tsattn.training.run import EVALUATION, Fitted, Objective, Run, changed, forward, on_device, start
from tsattn.training.schedule import SCHEDULES


@undisturbed
def fit_network(make: Callable[[], nn.Module], data: Sequences, training: Training, *,
                loss: Callable[..., Tensor] = cross_entropy, metric: Callable[..., Tensor] | None = None,
                seed: int | None = None, strata: Any = None) -> Fitted:
    """Make a network and train it.

    Parameters
    ----------
    make : callable
        Makes the network; see `tsattn.nn.build`. The network is called as `network(*inputs, lengths=lengths)`, each
        input (batch, time, channel) and zero beyond its length, lengths (batch,).
    data : Sequences
        With a target.
    training : Training
    loss : callable, default=cross_entropy
        (output, target, label_smoothing) -> (batch,).
    metric : callable, optional
        (output, target) -> (batch,), greater is better; its name names its column in the history. `accuracy`, say;
        needed for `Training(monitor="accuracy")`.
    seed : int, optional
        None for another one each time, from the operating system. Global generators are neither used nor touched.
    strata : array, (n,), optional
        Class labels, for a stratified validation part; an error names them as they are here.

    Returns
    -------
    Fitted

    Raises
    ------
    ValueError
        A parameter makes no sense, or the validation part cannot be held out, or the checkpoint belongs to another
        training.
    ModelFileError
        The checkpoint is damaged.
    ImportError, TypeError, RuntimeError
        There are several devices, and Lightning is not installed; or other processes cannot be told how to train; or
        this one is itself one of several of a training.
    DivergenceError
        The loss stopped being finite, or exploded. The message names the epoch and the batch, counted from 1; the
        attribute `fitted` is a `Fitted` with the last good weights.

    Examples
    --------
    >>> import numpy as np
    >>> from torch import nn
    >>> class Mean(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.head = nn.Linear(1, 2)
    ...     def forward(self, x, lengths):
    ...         return self.head(x.sum(1) / lengths.unsqueeze(-1))
    >>> rows = np.array([-1.0, -2, -1, 2, 1, 3])[:, None]
    >>> data = Sequences([rows], [1, 2, 1, 2], target=[0, 0, 1, 1])
    >>> fitted = fit_network(Mean, data, Training(epochs=20, lr=0.1), seed=0)
    >>> predict_network(fitted.network, data).argmax(-1)
    tensor([0, 0, 1, 1])
    """
    check_training(training)
    if data.target is None:
        raise ValueError("the series to train on must have a target, got target=None")
    if training.monitor == "accuracy" and metric is None:
        raise ValueError("monitor='accuracy' needs classes, and there is no metric here: use monitor='loss'")
    seed = seed_of(training.checkpoint) if seed is None else seed
    objective = Objective(loss, metric)
    if training.devices > 1:
        check_devices(training, objective)
    run = start(make, data, training, objective, seed=seed, strata=strata)
    if not any(parameter.requires_grad for parameter in run.network.parameters()):
        return run.finish()  # all of it is solved for
    resume(run)
    try:
        if training.devices == 1:
            train(run)
        else:
            train_on_devices(run, train)
    except DivergenceError as error:
        error.fitted = run.finish()
        raise
    fitted = run.finish()
    discard(run)
    return fitted


def train(run: Run) -> None:
    """Train for all epochs that are left.

    Raises
    ------
    DivergenceError
        The loss stopped being finite, or exploded; the run then has the last good weights for its best.
    """
    with _progress(run) as advance, _saving_on_signal(run) as written:
        while not run.over:
            _one_epoch(run)
            advance(run.history[-1])
            if run.epoch % run.training.checkpoint_every == 0:
                write(run)
                written(True)
            else:
                written(False)
    settle(run)
    if not holds_up(run):  # a last step may ruin what the last loss could not see
        raise diverged(run, f"loss exploded at the end of epoch {run.epoch}, by its last batch")


@undisturbed
def predict_network(network: nn.Module, data: Sequences, *, batch_size: int = EVALUATION,
                    device: str = "auto") -> Tensor:
    """Apply a trained network to all series.

    The network is not changed. Series of like lengths are computed together, so batch size and company change a result
    by rounding only.

    Parameters
    ----------
    network : nn.Module
        In evaluation mode, on the CPU.
    data : Sequences
    batch_size : int, default=256
        Most series computed together; of series of more than 128 steps, fewer.
    device : str, default="auto"

    Returns
    -------
    Tensor, (n, ...)
        On the CPU, in the order of `data`.

    Examples
    --------
    >>> import numpy as np
    >>> from torch import nn
    >>> class Sum(nn.Module):
    ...     def forward(self, x, lengths):
    ...         return x.sum(1)
    >>> predict_network(Sum(), Sequences([np.array([[1.0], [2.0], [3.0]])], lengths=[2, 1]))
    tensor([[3.],
            [3.]])
    """
    network, where = on_device(network, device)
    outputs, order = [], sorted_batches(data.lengths, check_int("batch_size", batch_size))
    with torch.no_grad():
        for positions in order:
            batch = data.batch(positions, where)
            outputs.append(network(*batch.inputs, lengths=batch.lengths).float().cpu())
    result = torch.empty((len(data), *outputs[0].shape[1:]), dtype=torch.float32)
    result[torch.cat(order)] = torch.cat(outputs)
    return result


def _one_epoch(run: Run) -> None:
    """Train for one epoch, measure, and keep the weights if they are the best so far."""
    began = time.perf_counter()
    train_loss, lr = _train_epoch(run)
    run.average.after_epoch(run.epoch, run.epochs)
    row = {"epoch": run.epoch + 1, "train_loss": train_loss}
    with run.average.in_place():
        if not all_finite(run):
            raise diverged(run, f"weights are no longer finite at the end of epoch {run.epoch + 1}")
        if len(run.validation):
            take_statistics(run)
            row |= evaluate(run)
        score = _score(run, row)
        if not len(run.validation) or not run.best_score or score < run.best_score:
            run.keep(score)
    run.history.append({**row, "lr": lr, "seconds": time.perf_counter() - began})


def _score(run: Run, row: dict[str, Any]) -> list[float]:
    if not len(run.validation):
        return [row["train_loss"]]
    metric = run.objective.metric
    if run.training.monitor == "accuracy" and metric is not None:
        return [-row[f"validation_{metric.__name__}"], row["validation_loss"]]
    return [row["validation_loss"]]


def _train_epoch(run: Run) -> tuple[float, float]:
    """One pass over the training series: mean loss and the last learning rate."""
    training = run.training
    drawn = run.data.draw(run.train, run.generators[0])
    batches = shuffled_batches(drawn, run.data.lengths, training.batch_size, run.generators[0])
    run.network.train()
    run.processes.begin_epoch(run.seed, run.epoch)
    total, lr = 0.0, 0.0
    for number, positions in enumerate(batches):
        progress = (run.epoch * len(batches) + number) / (run.epochs * len(batches))
        lr = training.lr * SCHEDULES[training.schedule](progress, training.warmup)
        for group in run.optimizer.param_groups:
            group["lr"] = lr
        value = _step(run, changed(run, positions, run.generators[-1]))
        if not math.isfinite(value):
            raise diverged(run, f"loss is {value} in epoch {run.epoch + 1}, batch {number + 1} of {len(batches)}")
        run.first_loss = value if run.first_loss is None else run.first_loss
        run.interruptions.act_on_signal()
        run.average.after_step()
        total += value * len(positions)
    mean = total / len(drawn)
    if mean > EXPLODED * (1 + (run.first_loss or 0.0)):
        raise diverged(run, f"loss exploded to {mean:.3g} in epoch {run.epoch + 1}, by batch {len(batches)}, "
                             f"from {run.first_loss:.3g}")
    return mean, lr


def _step(run: Run, batch: Batch) -> float:
    """One step of the optimiser, by this process's share of a batch; the whole batch's loss before it."""
    losses = run.objective.loss(forward(run, batch), batch.target, run.training.label_smoothing)
    loss, value = run.processes.mean(losses, batch.weight)
    run.optimizer.zero_grad(set_to_none=True)
    run.processes.backward(loss)
    if run.training.clip is not None:
        nn.utils.clip_grad_norm_(run.network.parameters(), run.training.clip)
    run.optimizer.step()
    run.processes.after_step()
    return float(value)


@contextmanager
def _saving_on_signal(run: Run) -> Iterator[Callable[[bool], None]]:
    """Within it, signals that stop a training with a checkpoint wait until its last whole epoch is saved.

    The function that it gives is to be called after each epoch, with whether that epoch was written.
    """
    waits = run.training.checkpoint is not None and run.training.devices == 1

    def written(is_written: bool) -> None:
        if waits:
            run.interruptions.save = (lambda: None) if is_written else kept(run)

    written(run.epoch > 0)
    with run.interruptions:
        yield written


@contextmanager
def _progress(run: Run) -> Iterator[Callable[[dict[str, Any]], None]]:
    """A bar that a call with an epoch's row of the history moves on, if it is wanted and somebody can see it."""
    if not (run.training.verbose and run.processes.first):
        yield lambda _: None
        return
    from tqdm.auto import tqdm  # here, as few ask for it

    with tqdm(total=run.epochs, initial=run.epoch, unit="epoch", disable=None) as bar:
        def advance(row: dict[str, Any]) -> None:
            losses = {name: value for name, value in row.items() if name.endswith(("loss", "accuracy"))}
            bar.set_postfix(losses, refresh=False)
            bar.update()

        yield advance
