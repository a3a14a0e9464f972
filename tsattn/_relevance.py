"""How much each value of a series counts for what a network says about it: integrated gradients.

Sundararajan, Taly & Yan, "Axiomatic attribution for deep networks", ICML 2017, eq. 1 and 3; the integral by the
midpoint rule. Differs: of several inputs that move together along the path, all counts for the first where the others
are linear in it, and else only the first is read off; what speaks against the network's choice is left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn.nn.mask import valid_steps
from tsattn.training import Sequences
from tsattn.training.data import runs

Score = Callable[..., Tensor]
STEPS = 32  # of the path; 8 move the shares on planted events by about 0.01, and a ridge has steep steps
EXPLAINED_AT_ONCE = 64  # series in a backward pass, or fewer where they are long


def margin(outputs: Float[Tensor, "b k"], chosen: Int[Tensor, " b"]) -> Float[Tensor, " b"]:
    """How far each row's chosen output stands above the mean of the others; the output itself where it is alone."""
    own = outputs.gather(1, chosen.unsqueeze(1)).squeeze(1)
    return own - (outputs.sum(1) - own) / max(outputs.shape[1] - 1, 1)


def integrated_gradients(score: Score, inputs: Sequence[Tensor], baselines: Sequence[Tensor]) -> list[Tensor]:
    """Return (x - x_0) * mean over the path from x_0 to x of dscore/dx, for each of the inputs.

    Parameters
    ----------
    score : callable
        `score(*inputs)` returns (batch,); a series' score reads that series alone.
    inputs, baselines : sequences of Tensor, each (batch, ...)
        Where the path ends, and where it begins.

    Returns
    -------
    list of Tensor, as the inputs
        Together they sum to score(x) - score(x_0), up to the error of the midpoint rule.

    Examples
    --------
    >>> import torch
    >>> x, y = torch.tensor([[2.0]]), torch.tensor([[3.0]])
    >>> integrated_gradients(lambda x, y: (x * y).sum(1), [x, y], [0 * x, 0 * y])
    [tensor([[3.]]), tensor([[3.]])]
    """
    slopes = mean_slopes(score, inputs, baselines)
    return [(x - x0) * slope for x, x0, slope in zip(inputs, baselines, slopes, strict=True)]


def mean_slopes(score: Score, inputs: Sequence[Tensor], baselines: Sequence[Tensor]) -> list[Tensor]:
    """Return the mean over the path of dscore/dx, for each of the inputs."""
    change = [x - x0 for x, x0 in zip(inputs, baselines, strict=True)]
    slopes = [torch.zeros_like(x) for x in inputs]
    for step in range(STEPS):
        part = (step + 0.5) / STEPS
        here = [(x0 + part * d).requires_grad_() for x0, d in zip(baselines, change, strict=True)]
        found = torch.autograd.grad(score(*here).sum(), here, materialize_grads=True)  # one may not be read
        slopes = [total + slope / STEPS for total, slope in zip(slopes, found, strict=True)]
    return slopes


@dataclass(frozen=True)
class Following:
    """A second input that is linear in the first.

    Attributes
    ----------
    start : Tensor, shape (n, channels)
        Its value in each series where the first input is 0, the same at every step.
    pull_back : callable
        From slopes with respect to it, (rows, channels), to those with respect to the first input, (rows, columns).
    """

    start: Float[Tensor, "n c"]
    pull_back: Callable[[np.ndarray], np.ndarray]


def relevance(network: nn.Module, data: Sequences, n_columns: int, following: Following | None = None) -> np.ndarray:
    """What speaks for the highest output of a network, or for its only one; (rows, n_columns), sum 1 over each series.

    What speaks against the output counts 0; where nothing speaks for it, all values of the series count alike.
    """
    speaks = attribution(network, data, n_columns, following).clip(min=0)
    lengths = data.lengths.numpy()
    total = np.add.reduceat(speaks.sum(axis=1), np.cumsum(lengths) - lengths)
    nothing = total == 0
    share = speaks / np.where(nothing, 1, total).repeat(lengths)[:, None]
    return share + (nothing / (lengths * n_columns)).repeat(lengths)[:, None]


def attribution(network: nn.Module, data: Sequences, n_columns: int, following: Following | None = None) -> np.ndarray:
    """What each value adds to how far the highest output stands above the others; float64, (rows, n_columns).

    An only output is a value: what each adds to how far it has moved, up or down. The path ends in the series and
    begins in 0, for every input but the channels beyond `n_columns` of the first: those say where a value was observed,
    and stay. With `following`, the second input goes along as the first has it go, and what it adds is carried back to
    the first: then the sum over a series is the change of what is explained.
    """
    values, slopes, others = [], [], []
    for positions in torch.arange(len(data)).split(runs(data.lengths, EXPLAINED_AT_ONCE)):
        batch = data.batch(positions)
        valid = valid_steps(batch.lengths, batch.inputs[0].shape[1])
        origin = _origin(batch.inputs, n_columns)
        if following is not None:
            origin[1] = following.start[positions].unsqueeze(1) * valid.unsqueeze(-1)
        found = mean_slopes(_score(network, batch.lengths, batch.inputs, origin), batch.inputs, origin)
        values.append(batch.inputs[0][valid][:, :n_columns])
        slopes.append(found[0][valid][:, :n_columns])
        if following is not None:
            others.append(found[1][valid])
    slope = torch.cat(slopes).double().numpy()
    if following is not None:
        slope = slope + following.pull_back(torch.cat(others).double().numpy())
    return torch.cat(values).double().numpy() * slope


@torch.no_grad()
def _score(network: nn.Module, lengths: Tensor, inputs: Sequence[Tensor], origin: Sequence[Tensor]) -> Score:
    """What is explained: the lead of the output that is highest at the path's end, or the way of the only one."""
    outputs = network(*inputs, lengths=lengths)
    if outputs.shape[1] > 1:
        chosen = outputs.argmax(1)
        return lambda *here: margin(network(*here, lengths=lengths), chosen)
    way = torch.where(outputs < network(*origin, lengths=lengths), -1.0, 1.0)
    return lambda *here: (way * network(*here, lengths=lengths)).squeeze(1)


def _origin(inputs: Sequence[Tensor], n_columns: int) -> list[Tensor]:
    """Where the path begins: 0, with the first input's channels from `n_columns` on as they are."""
    series = inputs[0].clone()
    series[..., :n_columns] = 0
    return [series, *(torch.zeros_like(x) for x in inputs[1:])]
