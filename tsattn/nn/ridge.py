"""Ridge regression in closed form, with what each series would be told by all others: no training, no learning rate.

Hoerl & Kennard, "Ridge regression", Technometrics 1970. With A the n x p features, standardised and divided by the
square root of p, Y the n x k targets less their means, w the weights of the series and a the penalty:

    C = (A A^T + a diag(1/w))^-1 Y = (1/a) w (Y - A (A^T diag(w) A + a)^-1 A^T diag(w) Y)      B = A^T C

of which the smaller system is solved. Without series i, whose part in all means is s_i = w_i / sum(w), its output is
y_i - c_i / (M_ii - s_i w_i / a), M the inverse. By these outputs, which have not seen the series but for the deviations
that features are divided by, logits are put into the scale in which their cross entropy is least.

Of values, the penalty is chosen by such outputs, as by cross-validation (Golub, Heath & Wahba, Technometrics 1979), and
what comes after the ridge learns the rest of them. There, series are left out by parts of the order in which they come:
windows of a longer series resemble their neighbours, which would tell their targets. Without the series of a part P the
outputs are y_P - (a diag(1/w) M - 1 s^T)_PP^-1 a diag(1/w)_P C_P.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from scipy.optimize import minimize_scalar
from torch import Tensor, nn

from tsattn._checks import check_positive

PENALTY = 0.1
PENALTIES = (1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5)  # that are looked among for values
PARTS = 8  # of the series, in their order, of which each is left out in turn to choose, or to tell an error by
DOUBT = 1e-3  # share of the target for other classes when logits are scaled: outputs that make no mistake stay finite
SCALES = (-3.0, 6.0)  # natural logarithms of the factors that are looked among
STILL = 1e-6  # standard deviation of a feature that counts as constant
TINY = 1e-12  # stands for 0 where there is no other series: a series alone is answered with its target


class Solution(NamedTuple):
    """What `ridge` returns: outputs are `features @ weight.T + bias`."""

    weight: Float[Tensor, "k p"]
    bias: Float[Tensor, " k"]
    left_out: Float[Tensor, "n k"]  # each series' outputs by the solution of all others, or of all other parts


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
    return next(_solutions(features, target, weight, [check_positive("penalty", penalty)], len(features)))


@torch.no_grad()
def best_ridge(features: Float[Tensor, "n p"], target: Float[Tensor, "n k"], weight: Float[Tensor, " n"] | None = None,
               penalties: Sequence[float] = PENALTIES) -> Solution:
    """Return the `ridge` with that penalty by which parts of the series left out have the least squared error.

    They are left out in eight parts of neighbours, and so are they in the solution's `left_out`. Where it is not better
    than the mean of the target by more than a standard error over the parts (Breiman, Friedman, Olshen & Stone,
    "Classification and regression trees", 1984, 3.4.3), that mean is the answer, and all weights are 0.

    Examples
    --------
    >>> import torch
    >>> x = torch.arange(7.0).unsqueeze(1)
    >>> bool((best_ridge(x, 3 * x - 1).left_out - (3 * x - 1)).abs().max() < 0.02)
    True
    """
    w = (torch.ones(len(target)) if weight is None else weight).to(target).double()
    parts = _parts(len(target), PARTS)
    none = _mean_alone(target.double(), w, parts, features.shape[1])

    def errors(found: Solution) -> Float[Tensor, " parts"]:
        each = squares(found.left_out, target, w)
        return torch.stack([each[part].sum() for part in parts])

    best = min(_solutions(features, target, weight, penalties, PARTS), key=lambda found: float(errors(found).sum()))
    gain = errors(none) - errors(best)
    return best if len(gain) > 1 and gain.mean() > gain.std() / len(gain) ** 0.5 else none


def squares(said: Float[Tensor, "n k"], target: Float[Tensor, "n k"], weight: Float[Tensor, " n"] | None
            ) -> Float[Tensor, " n"]:
    """The square by which the answer for each series misses its target, times its weight."""
    each = (said - target).square().sum(1)
    return each if weight is None else weight * each


def _mean_alone(target: Tensor, w: Tensor, parts: Sequence[Tensor], n_features: int) -> Solution:
    """The solution of an infinite penalty."""
    total, count = (w.unsqueeze(-1) * target).sum(0), w.sum()
    mean, left_out = total / count, target.clone()
    for part in parts if len(parts) > 1 else ():
        own = w[part]
        left_out[part] = (total - (own.unsqueeze(-1) * target[part]).sum(0)) / (count - own.sum())
    return Solution(target.new_zeros(target.shape[1], n_features), mean, left_out)


def _parts(n: int, most: int) -> tuple[Tensor, ...]:
    """So many parts of neighbours, or each by itself where there are no more."""
    return torch.arange(n).tensor_split(max(1, min(most, n)))


def _solutions(features: Tensor, target: Tensor, weight: Tensor | None, penalties: Sequence[float], n_parts: int
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
    parts = _parts(len(x), n_parts) if n_parts < len(x) else ()  # none: each series by itself, which is quicker
    for found, missed in (_dual if len(x) <= x.shape[1] else _primal)(x, y, w, penalties, parts):
        coefficients = found / size.unsqueeze(-1)  # p k
        yield Solution(coefficients.T, mean - middle @ coefficients, y - missed + mean)


def _dual(x: Tensor, y: Tensor, w: Tensor, penalties: Sequence[float], parts: Sequence[Tensor]
          ) -> Iterator[tuple[Tensor, Tensor]]:
    """Coefficients, and each target less its output by the others, through the n x n system."""
    gram = x @ x.T
    for penalty in penalties:
        inverse = torch.cholesky_inverse(torch.linalg.cholesky(gram + penalty * torch.diag(1 / w)))
        dual = inverse @ y
        if not parts:
            rest = inverse.diagonal() - w.square() / (w.sum() * penalty)
            yield x.T @ dual, dual / rest.clamp(min=TINY).unsqueeze(-1)
        else:
            scale = (penalty / w).unsqueeze(-1)
            yield x.T @ dual, _without(parts, scale * dual, partial(_own_dual, scale * inverse), w)


def _primal(x: Tensor, y: Tensor, w: Tensor, penalties: Sequence[float], parts: Sequence[Tensor]
            ) -> Iterator[tuple[Tensor, Tensor]]:
    """The same through the p x p system."""
    weighted = x * w.unsqueeze(-1)
    gram = weighted.T @ x
    for penalty in penalties:
        penalised = gram.clone()
        penalised.diagonal().add_(penalty)
        inverse = torch.cholesky_inverse(torch.linalg.cholesky(penalised))
        found = inverse @ (weighted.T @ y)
        if not parts:
            pull = ((weighted @ inverse) * x).sum(1) + w / w.sum()  # how much of its own target is in an output
            yield found, (y - x @ found) / (1 - pull).clamp(min=TINY).unsqueeze(-1)
        elif len(parts[0]) > x.shape[1]:
            yield found, _by_others(x, y, w, penalised, parts)
        else:
            yield found, _without(parts, y - x @ found, partial(_own_primal, x @ inverse, weighted), w)


def _own_dual(scaled: Tensor, part: Tensor) -> Tensor:
    return scaled[part][:, part]


def _own_primal(turned: Tensor, weighted: Tensor, part: Tensor) -> Tensor:
    return torch.eye(len(part), dtype=turned.dtype, device=turned.device) - turned[part] @ weighted[part].T


def _without(parts: Sequence[Tensor], missed: Tensor, kept: Callable[[Tensor], Tensor], w: Tensor) -> Tensor:
    """What the other parts miss of each: what all miss, through how much of that is not the part's own doing."""
    found = torch.empty_like(missed)
    for part in parts:
        found[part] = torch.linalg.solve(kept(part) - (w[part] / w.sum()).unsqueeze(0), missed[part])
    return found


def _by_others(x: Tensor, y: Tensor, w: Tensor, penalised: Tensor, parts: Sequence[Tensor]) -> Tensor:
    """The same where parts have more series than there are features: each is told by a solution of the others' sums.

    `penalised` is the p x p system of all.
    """
    weighted = x * w.unsqueeze(-1)
    cross, found = weighted.T @ y, torch.empty_like(y)
    for part in parts:
        own, count = weighted[part], w.sum() - w[part].sum()
        middle, mean = -own.sum(0) / count, -(w[part].unsqueeze(-1) * y[part]).sum(0) / count  # all together have 0
        others = penalised - own.T @ x[part] - count * torch.outer(middle, middle)
        solved = torch.linalg.solve(others, cross - own.T @ y[part] - count * torch.outer(middle, mean))
        found[part] = y[part] - (x[part] - middle) @ solved - mean
    return found


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
