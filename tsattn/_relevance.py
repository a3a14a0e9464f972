"""How much each value of a series counts for what a network says about it: integrated gradients.

Sundararajan, Taly & Yan, "Axiomatic attribution for deep networks", ICML 2017, eq. 1 and 3; the integral by the
midpoint rule. Differs: of several inputs that move together along the path, only the first is read off, and what
speaks against the network's choice is left out.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn.nn.mask import valid_steps
from tsattn.training import Sequences

Score = Callable[..., Tensor]
STEPS = 16  # of the path; 8 or 32 move the shares on planted events by about 0.01
EXPLAINED_AT_ONCE = 64  # series in a backward pass


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
    change = [x - x0 for x, x0 in zip(inputs, baselines, strict=True)]
    slopes = [torch.zeros_like(x) for x in inputs]
    for step in range(STEPS):
        part = (step + 0.5) / STEPS
        here = [(x0 + part * d).requires_grad_() for x0, d in zip(baselines, change, strict=True)]
        found = torch.autograd.grad(score(*here).sum(), here)
        slopes = [total + slope / STEPS for total, slope in zip(slopes, found, strict=True)]
    return [d * slope for d, slope in zip(change, slopes, strict=True)]


def relevance(network: nn.Module, data: Sequences, n_columns: int) -> np.ndarray:
    """What speaks for the highest output of a network, with sum 1 over each series; (rows, n_columns).

    The path ends in the series and begins in 0, for every input but the channels beyond `n_columns` of the first: those
    say where a value was observed, and stay. What speaks against the output counts 0; where nothing speaks for it, all
    values of the series count alike.
    """
    blocks = []
    for positions in torch.arange(len(data)).split(EXPLAINED_AT_ONCE):
        batch = data.batch(positions)
        with torch.no_grad():
            chosen = network(*batch.inputs, lengths=batch.lengths).argmax(1)
        found = integrated_gradients(
            lambda *inputs, chosen=chosen, lengths=batch.lengths: margin(network(*inputs, lengths=lengths), chosen),
            batch.inputs, _origin(batch.inputs, n_columns))
        speaks = found[0][..., :n_columns].clamp(min=0).double()  # b t v
        total = speaks.sum((1, 2), keepdim=True)
        even = 1 / (batch.lengths.double() * n_columns).view(-1, 1, 1)
        blocks.append(torch.where(total > 0, speaks / total, even)[valid_steps(batch.lengths, speaks.shape[1])].numpy())
    return np.concatenate(blocks)


def _origin(inputs: Sequence[Tensor], n_columns: int) -> list[Tensor]:
    """Where the path begins: 0, with the first input's channels from `n_columns` on as they are."""
    series = inputs[0].clone()
    series[..., :n_columns] = 0
    return [series, *(torch.zeros_like(x) for x in inputs[1:])]
