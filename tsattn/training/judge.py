"""What a network under way says without learning: how good its weights are, and whether they hold up.

Where there are several processes, each does all of it alike, with its share of each batch.
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from tsattn._checks import DivergenceError
from tsattn.training.averaging import live, overwrite
from tsattn.training.data import Batch, shuffled_batches
from tsattn.training.run import Run, as_they_are, changed, forward, snapshot
from tsattn.training.statistics import ENOUGH, in_training_but_for_draws, means_over_calls

EXPLODED = 1e3  # an epoch's mean loss over (1 + the first batch's) that no healthy training comes near


def outputs(run: Run, positions: Tensor) -> Iterator[tuple[Batch, Tensor]]:
    """This process's share of these series, as they are, with the network's outputs; the caller turns gradients off."""
    run.network.eval()
    for batch in as_they_are(run.data, positions, run.home):
        batch = run.processes.share(batch)
        yield batch, forward(run, batch)
        run.interruptions.act_on_signal()


@torch.no_grad()
def take_statistics(run: Run) -> None:
    """Let batch normalisation have the statistics of the network's present weights, over batches as in training.

    They are the same batches each time, and nothing is drawn from the generators of the training. They are changed as
    in training: statistics of the series as they are fit values that the next layers did not learn from, and where
    changes are strong accuracy suffered.
    """
    norms = in_training_but_for_draws(run.network)
    if not norms:
        return
    order = torch.Generator().manual_seed(run.seed)
    changes = order if run.home.type == "cpu" else torch.Generator(run.home).manual_seed(run.seed)
    drawn = run.data.draw(run.train, order)
    with means_over_calls(norms):
        for positions in shuffled_batches(drawn, run.data.lengths, run.training.batch_size, order)[:ENOUGH]:
            forward(run, changed(run, positions, changes))
            run.processes.after_step()


@torch.no_grad()
def evaluate(run: Run) -> dict[str, float]:
    """Loss, without label smoothing, and metric on the validation part."""
    totals: dict[str, float] = {}
    total_weight = 0.0
    for batch, output in outputs(run, run.validation):
        weight = batch.weight
        if weight is None:
            weight = torch.ones(len(output), device=run.device, dtype=torch.float32)
        measured = {"validation_loss": run.objective.loss(output, batch.target, 0.0)}
        if run.objective.metric is not None:
            measured[f"validation_{run.objective.metric.__name__}"] = run.objective.metric(output, batch.target)
        for name, values in measured.items():
            totals[name] = totals.get(name, 0.0) + float((values * weight).sum())
        total_weight += float(weight.sum())
    total_weight, *sums = run.processes.total([total_weight, *totals.values()])
    means = {name: total / max(total_weight, 1e-30) for name, total in zip(totals, sums, strict=True)}
    if not math.isfinite(means["validation_loss"]):
        raise diverged(run, f"validation loss is {means['validation_loss']} at the end of epoch {run.epoch + 1}")
    return means


@torch.no_grad()
def settle(run: Run) -> None:
    """Put the best weights in place, with statistics of their own; those of training stay where these are not finite.

    Weights that were judged on a validation part have had theirs since.
    """
    overwrite(live(run.network), run.best)
    if len(run.validation) and run.best_epoch:
        return
    take_statistics(run)
    if all_finite(run):
        run.best = snapshot(run.network)
    else:  # a change of batches that makes not-a-number does not take the weights with it
        overwrite(live(run.network), run.best)


@torch.no_grad()
def holds_up(run: Run) -> bool:
    """Whether the loss of the weights in place is finite on the training series, and has not exploded."""
    limit = EXPLODED * (1 + (run.first_loss or 0.0))
    means = [float(run.objective.loss(output, batch.target, 0.0).mean()) for batch, output in outputs(run, run.train)]
    return in_all(run, all(mean <= limit for mean in means))


def all_finite(run: Run) -> bool:
    """Whether all of the network's state is finite, in all processes."""
    return in_all(run, all(bool(value.isfinite().all()) for value in live(run.network).values()))


def in_all(run: Run, true: bool) -> bool:
    """Whether something is true in all processes, which then go on alike."""
    return run.processes.total([float(not true)]) == [0.0]


def diverged(run: Run, what: str) -> DivergenceError:
    """The error that says so, once the run has the last good weights for its best."""
    settle(run)
    if not holds_up(run):  # the weights after an epoch are proved by the next one's losses, which never came
        run.best, run.best_epoch = run.initial, 0
    return DivergenceError(f"{what}; the last good weights are those of epoch {run.best_epoch}: lower lr "
                           f"({run.training.lr!r}), or set clip, or look for extreme values in the series")
