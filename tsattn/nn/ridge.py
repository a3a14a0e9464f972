"""A linear layer on the proportions of a series' channels, solved in closed form: no training, no learning rate.

Hoerl & Kennard, "Ridge regression", Technometrics 1970. With A the n x p features, standardised and divided by the
square root of p, Y the n x k targets less their means, w the weights of the series and a the penalty:

    C = (A A^T + a diag(1/w))^-1 Y = (1/a) w (Y - A (A^T diag(w) A + a)^-1 A^T diag(w) Y)      B = A^T C

of which the smaller system is solved. Without series i, whose part in all means is s_i = w_i / sum(w), its output is
y_i - c_i / (M_ii - s_i w_i / a), M the inverse. By these outputs, which have not seen the series but for the deviations
that features are divided by, logits are put into the scale in which their cross entropy is least. Of values, the
penalty is chosen by them, as by cross-validation (Golub, Heath & Wahba, Technometrics 1979), and a network beside the
ridge learns the rest of them.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from scipy.optimize import minimize_scalar
from torch import Tensor, nn

from tsattn._checks import check_int, check_positive
from tsattn.nn.mask import valid_steps
from tsattn.nn.proportions import Proportions

PENALTY = 0.1
PENALTIES = (1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0, 1000.0)  # that are looked among for values
DOUBT = 1e-3  # share of the target for other classes when logits are scaled: outputs that make no mistake stay finite
SCALES = (-3.0, 6.0)  # natural logarithms of the factors that are looked among
STEPS = 4096  # of the training series, from which thresholds are taken: quantiles to within a hundredth
GOLDEN = (5**0.5 - 1) / 2
STILL = 1e-6  # standard deviation of a feature that counts as constant
TINY = 1e-12  # stands for 0 where there is no other series: a series alone is answered with its target


class Solution(NamedTuple):
    """What `ridge` returns: outputs are `features @ weight.T + bias`."""

    weight: Float[Tensor, "k p"]
    bias: Float[Tensor, " k"]
    left_out: Float[Tensor, "n k"]  # each series' outputs by the solution of all others


@torch.no_grad()
def ridge(features: Float[Tensor, "n p"], target: Float[Tensor, "n k"], weight: Float[Tensor, " n"] | None = None,
          penalty: float = PENALTY) -> Solution:
    """Solve for the linear layer with the least penalised squared error, in float64.

    Standard deviations are those of the features as they are here, also for the series that is left out.

    Parameters
    ----------
    features : Tensor, (n, p)
        Constant ones get the weight 0.
    target : Tensor, (n, k)
    weight : Tensor, (n,), optional
        Of each series, above 0; 1 by default.
    penalty : float, default=0.1
        Added to the sum over series, so that it weighs less the more there are; features are divided by the root of
        their number, so that it does not depend on that.

    Returns
    -------
    Solution

    Raises
    ------
    ValueError
        The penalty is not above 0.

    Examples
    --------
    >>> import torch
    >>> x = torch.tensor([[1.0], [2.0], [4.0]], dtype=torch.float64)
    >>> found = ridge(x, 3 * x - 1, penalty=1e-9)
    >>> bool((x @ found.weight.T + found.bias).sub(3 * x - 1).abs().max() < 1e-5)
    True
    """
    return next(_solutions(features, target, weight, [check_positive("penalty", penalty)]))


@torch.no_grad()
def best_ridge(features: Float[Tensor, "n p"], target: Float[Tensor, "n k"], weight: Float[Tensor, " n"] | None = None,
               penalties: Sequence[float] = PENALTIES) -> Solution:
    """Return the `ridge` with that penalty by which series left out have the least squared error.

    Features that tell nothing of the target get a penalty by which hardly more than its mean is left of the answer.

    Examples
    --------
    >>> import torch
    >>> x = torch.arange(7.0).unsqueeze(1)
    >>> bool((best_ridge(x, 3 * x - 1).left_out - (3 * x - 1)).abs().max() < 0.01)
    True
    """
    w = torch.ones(len(target)) if weight is None else weight
    found = _solutions(features, target, weight, penalties)
    return min(found, key=lambda one: float((w.to(target).unsqueeze(-1) * (one.left_out - target).square()).sum()))


def _solutions(features: Tensor, target: Tensor, weight: Tensor | None, penalties: Sequence[float]
               ) -> Iterator[Solution]:
    """The solution with each penalty, one after another."""
    x, y = features.double(), target.double()
    w = x.new_ones(len(x)) if weight is None else weight.double() / weight.double().mean()
    share = (w / w.sum()).unsqueeze(-1)
    middle, mean = (share * x).sum(0), (share * y).sum(0)
    x = x - middle
    size = (share * x.square()).sum(0).sqrt()
    size = torch.where(size > STILL, size * x.shape[1] ** 0.5, torch.inf)
    x, y = x / size, y - mean
    for found, missed in (_dual if len(x) <= x.shape[1] else _primal)(x, y, w, penalties):
        coefficients = found / size.unsqueeze(-1)  # p k
        yield Solution(coefficients.T, mean - middle @ coefficients, y - missed + mean)


def _dual(x: Tensor, y: Tensor, w: Tensor, penalties: Sequence[float]) -> Iterator[tuple[Tensor, Tensor]]:
    """Coefficients, and each target less its output by the others, through the n x n system."""
    gram = x @ x.T
    for penalty in penalties:
        inverse = torch.cholesky_inverse(torch.linalg.cholesky(gram + penalty * torch.diag(1 / w)))
        dual = inverse @ y
        rest = inverse.diagonal() - w.square() / (w.sum() * penalty)
        yield x.T @ dual, dual / rest.clamp(min=TINY).unsqueeze(-1)


def _primal(x: Tensor, y: Tensor, w: Tensor, penalties: Sequence[float]) -> Iterator[tuple[Tensor, Tensor]]:
    """The same through the p x p system."""
    weighted = x * w.unsqueeze(-1)
    gram = weighted.T @ x
    for penalty in penalties:
        penalised = gram.clone()
        penalised.diagonal().add_(penalty)
        inverse = torch.cholesky_inverse(torch.linalg.cholesky(penalised))
        found = inverse @ (weighted.T @ y)
        pull = ((weighted @ inverse) * x).sum(1) + w / w.sum()  # how much of its own target is in a series' output
        yield found, (y - x @ found) / (1 - pull).clamp(min=TINY).unsqueeze(-1)


def sharpness(outputs: Float[Tensor, "n k"], target: Int[Tensor, " n"], weight: Float[Tensor, " n"] | None = None
              ) -> float:
    """Return the factor by which outputs, as logits, have the least cross entropy (Guo et al., ICML 2017).

    A thousandth of each target is spread over all classes, without which outputs that are always right would get an
    infinite one.
    """
    w = None if weight is None else weight / weight.sum()

    def loss(log_factor: float) -> float:
        each = nn.functional.cross_entropy(
            outputs * math.exp(log_factor), target, label_smoothing=DOUBT, reduction="none")
        return float(each.mean() if w is None else (each * w).sum())

    return math.exp(minimize_scalar(loss, bounds=SCALES, method="bounded").x)


def solve_classes(features: Float[Tensor, "n p"], target: Int[Tensor, " n"], n_classes: int,
                  weight: Float[Tensor, " n"] | None, penalty: float) -> Solution:
    """Solve for logits: an output a class, 1 for its series and 0 for others, times the outputs' `sharpness`."""
    classes = nn.functional.one_hot(target, n_classes).to(features.dtype)
    solution = ridge(features, classes, weight, penalty)
    factor = sharpness(solution.left_out, target, weight)
    return Solution(*(factor * part for part in solution))


class ProportionRidge(nn.Module):
    """Class logits, or values, from proportions of the last input's channels, by ridge regression.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Channels of the last input; classes, or values.
    n_mixtures : int, default=2500
        See `tsattn.nn.proportions.Proportions`.
    penalty : float, default=0.1
        See `ridge`. For classes; of values, see `best_ridge`.

    Examples
    --------
    >>> import torch
    >>> ProportionRidge(3, 5, n_mixtures=7)(torch.zeros(2, 11, 3), lengths=torch.tensor([11, 4])).shape
    torch.Size([2, 5])
    """

    def __init__(self, n_inputs: int, n_outputs: int, *, n_mixtures: int = 2500, penalty: float = PENALTY) -> None:
        super().__init__()
        self.proportions = Proportions(n_inputs, n_mixtures=n_mixtures)
        self.penalty = check_positive("penalty", penalty)
        self.head = nn.Linear(self.proportions.n_features, check_int("n_outputs", n_outputs)).requires_grad_(False)

    def reset(self, generator: torch.Generator) -> None:  # noqa: ARG002 - the protocol of all layers; none is drawn
        """Set the weights to 0: until they are solved for, all outputs are 0."""
        self.head.weight.zero_()
        self.head.bias.zero_()

    @torch.no_grad()
    def settle(self, batches: Callable[[], Iterable[Any]]) -> Float[Tensor, "n k"]:
        """Solve for the weights.

        Parameters
        ----------
        batches : callable
            Returns the training series, in batches with inputs, lengths, target (codes of classes, if integers; else
            values) and weight; called twice. A series of weight 0 is not learned from.

        Returns
        -------
        Tensor, (n, n_outputs)
            What the others say of each series, in the order of the batches.
        """
        self.proportions.settle(_steps(batches()))
        found = [(self.proportions(batch.inputs[-1], batch.lengths), batch.target, batch.weight) for batch in batches()]
        features, target = torch.cat([part[0] for part in found]), torch.cat([part[1] for part in found])
        weight = None if found[0][2] is None else torch.cat([part[2] for part in found])
        here = slice(None) if weight is None else weight > 0
        kept = None if weight is None else weight[here]
        if target.is_floating_point():
            solution = best_ridge(features[here], target[here].view(-1, self.head.out_features), kept)
        else:
            solution = solve_classes(features[here], target[here], self.head.out_features, kept, self.penalty)
        self.head.weight.copy_(solution.weight)
        self.head.bias.copy_(solution.bias)
        if weight is None:
            return solution.left_out
        said = nn.functional.linear(features.double(), solution.weight, solution.bias)
        said[here] = solution.left_out
        return said

    def forward(self, *inputs: Float[Tensor, "b t _"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b k"]:
        """Return the outputs; thousands of terms are summed in float64, or company would show in the last digits."""
        features = self.proportions(inputs[-1], lengths)
        outputs = nn.functional.linear(features.double(), self.head.weight.double(), self.head.bias.double())
        return outputs.to(features.dtype)


def _steps(batches: Iterable[Any]) -> Float[Tensor, "n c"]:
    """Steps of all series: every one, or about `STEPS` of them.

    Which ones goes by multiples of the golden section, and not by every so many: these would fall on the same few times
    of series of one length.
    """
    rows = [batch.inputs[-1][valid_steps(batch.lengths, batch.inputs[-1].shape[1])] for batch in batches]
    ends = list(accumulate(map(len, rows)))
    if ends[-1] <= STEPS:
        return torch.cat(rows)
    chosen = (torch.arange(STEPS, dtype=torch.float64) * GOLDEN % 1 * ends[-1]).long()
    found = [part[chosen[(chosen >= end - len(part)) & (chosen < end)].to(part.device) - (end - len(part))]
             for part, end in zip(rows, ends, strict=True)]
    return torch.cat(found)
