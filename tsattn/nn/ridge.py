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
from tsattn.nn._standardised import Standardised

PENALTY = 0.1
PENALTIES = (1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5)  # that are looked among for values
PARTS = 8  # of the series, in their order, of which each is left out in turn to choose, or to tell an error by
DOUBT = 1e-3  # share of the target for other classes when logits are scaled: outputs that make no mistake stay finite
SCALES = (-3.0, 6.0)  # natural logarithms of the factors that are looked among
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
    y = target.double()
    w = y.new_ones(len(y)) if weight is None else weight.double() / weight.double().mean()
    share = (w / w.sum()).unsqueeze(-1)
    x, mean = Standardised(features, share), (share * y).sum(0)
    y = y - mean
    parts = _parts(len(x), n_parts) if n_parts < len(x) else ()  # none: each series by itself, which is quicker
    for found, missed in (_dual if x.shape[0] <= x.shape[1] else _primal)(x, y, w, penalties, parts):
        coefficients = found / x.size.unsqueeze(-1)  # p k
        yield Solution(coefficients.T, mean - x.middle @ coefficients, y - missed + mean)


def _dual(rows: Standardised, y: Tensor, w: Tensor, penalties: Sequence[float], parts: Sequence[Tensor]
          ) -> Iterator[tuple[Tensor, Tensor]]:
    """Coefficients, and each target less its output by the others, through the n x n system."""
    x = rows[:]
    gram = x @ x.T
    for penalty in penalties:
        inverse = _inverse(gram, penalty * (1 / w))
        dual = inverse @ y
        if not parts:
            rest = inverse.diagonal() - w.square() / (w.sum() * penalty)
            yield x.T @ dual, dual / rest.clamp(min=TINY).unsqueeze(-1)
        else:
            scale = (penalty / w).unsqueeze(-1)
            yield x.T @ dual, _without(parts, scale * dual, partial(_own_dual, scale * inverse), w)


def _primal(x: Standardised, y: Tensor, w: Tensor, penalties: Sequence[float], parts: Sequence[Tensor]
            ) -> Iterator[tuple[Tensor, Tensor]]:
    """The same through the p x p system."""
    gram, cross = y.new_zeros(x.shape[1], x.shape[1]), y.new_zeros(x.shape[1], y.shape[1])
    for block in x.blocks():
        part = x[block]
        weighted = _weighed(part, w[block])
        gram += weighted.T @ part
        cross += weighted.T @ y[block]
    del part, weighted
    for penalty in penalties:
        inverse = _inverse(gram, penalty)
        found = inverse @ cross
        missed = y - torch.cat([x[block] @ found for block in x.blocks()])
        if not parts:
            yield found, missed / (1 - _pull(x, inverse, w)).clamp(min=TINY).unsqueeze(-1)
        elif len(parts[0]) > x.shape[1]:
            yield found, _by_others(x, y, w, (gram, cross, penalty), parts)
        else:
            turned = None if x.whole is None else x.whole @ inverse
            yield found, _without(parts, missed, partial(_own_primal, x, inverse, turned, w), w)


def _inverse(gram: Tensor, ridge: Tensor | float) -> Tensor:
    """The inverse of a system with so much added to its diagonal."""
    system = gram.clone()
    system.diagonal().add_(ridge)
    root = torch.linalg.cholesky(system)
    del system  # of many features each of these takes a GiB
    return torch.cholesky_inverse(root)


def _pull(x: Standardised, inverse: Tensor, w: Tensor) -> Tensor:
    """How much of its own target is in each output."""
    pulls = [(_weighed(x[block], w[block]) @ inverse).mul_(x[block]).sum(1) for block in x.blocks()]
    return torch.cat(pulls) + w / w.sum()


def _weighed(x: Tensor, w: Tensor) -> Tensor:
    """Rows times their weights: themselves, and no copy, where all are 1."""
    return x if bool((w == 1).all()) else x * w.unsqueeze(-1)


def _own_dual(scaled: Tensor, part: Tensor) -> Tensor:
    return scaled[part][:, part]


def _own_primal(x: Standardised, inverse: Tensor, turned: Tensor | None, w: Tensor, part: Tensor) -> Tensor:
    own = x[part] @ inverse if turned is None else turned[part]
    weighted = x[part] * w[part].unsqueeze(-1)
    return torch.eye(len(part), dtype=own.dtype, device=own.device) - own @ weighted.T


def _without(parts: Sequence[Tensor], missed: Tensor, kept: Callable[[Tensor], Tensor], w: Tensor) -> Tensor:
    """What the other parts miss of each: what all miss, through how much of that is not the part's own doing."""
    found = torch.empty_like(missed)
    for part in parts:
        found[part] = torch.linalg.solve(kept(part) - (w[part] / w.sum()).unsqueeze(0), missed[part])
    return found


def _by_others(x: Standardised, y: Tensor, w: Tensor, system: tuple[Tensor, Tensor, float], parts: Sequence[Tensor]
               ) -> Tensor:
    """The same where parts have more series than there are features: each is told by a solution of the others' sums.

    `system` is the p x p one of all, what it is to be equal to, and the penalty.
    """
    gram, cross, penalty = system
    penalised, found = gram.clone(), torch.empty_like(y)
    penalised.diagonal().add_(penalty)
    for part in parts:
        rows = x[part]
        own, count = rows * w[part].unsqueeze(-1), w.sum() - w[part].sum()
        middle, mean = -own.sum(0) / count, -(w[part].unsqueeze(-1) * y[part]).sum(0) / count  # all together have 0
        others = penalised - own.T @ rows - count * torch.outer(middle, middle)
        solved = torch.linalg.solve(others, cross - own.T @ y[part] - count * torch.outer(middle, mean))
        found[part] = y[part] - (rows - middle) @ solved - mean
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
