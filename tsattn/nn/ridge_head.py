"""Layers that are solved for by ridge regression, on proportions of a series' channels, or on its latest steps.

The proportions are those of Dempster, Petitjean & Webb, "ROCKET", DMKD 2020, of mixtures of scale-space channels: see
`tsattn.nn.proportions`; the solution is that of `tsattn.nn.ridge`.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, count, takewhile
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn._checks import check_int, check_positive
from tsattn._memory import check_room
from tsattn.nn._standardised import needed
from tsattn.nn.mask import valid_steps
from tsattn.nn.proportions import Proportions
from tsattn.nn.ridge import PENALTY, Solution, best_ridge, solve_classes, squares

STEPS = 4096  # of the training series, from which thresholds are taken: quantiles to within a hundredth
GOLDEN = (5**0.5 - 1) / 2
LATEST, MOST = 96, 2048  # steps that a line is drawn through, and numbers in all of them


class RidgeHead(nn.Module):
    """A linear layer on features that are not learned, solved for by ridge regression.

    Parameters
    ----------
    n_features, n_outputs : int
        Of the layer; outputs are class logits, or values.
    penalty : float, default=0.1
        See `ridge`. For classes; of values, see `best_ridge`.
    """

    def __init__(self, n_features: int, n_outputs: int, *, penalty: float = PENALTY) -> None:
        super().__init__()
        self.penalty = check_positive("penalty", penalty)
        self.head = nn.Linear(n_features, check_int("n_outputs", n_outputs)).requires_grad_(False)

    def reset(self, generator: torch.Generator) -> None:  # noqa: ARG002 - the protocol of all layers; none is drawn
        """Set the weights to 0: until they are solved for, all outputs are 0."""
        self.head.weight.zero_()
        self.head.bias.zero_()

    def prepare(self, batches: Callable[[], Iterable[Any]]) -> None:
        """Learn what the features need; nothing, unless a class says so."""

    def features(self, inputs: Sequence[Tensor], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b p"]:
        """What the layer reads of series."""
        raise NotImplementedError

    @torch.no_grad()
    def settle(self, batches: Callable[[], Iterable[Any]]) -> Float[Tensor, "n k"]:
        """Solve for the weights.

        Parameters
        ----------
        batches : callable
            Returns the training series, in batches with inputs, lengths, target (codes of classes, if integers; else
            values) and weight; called three times. A series of weight 0 is not learned from.

        Returns
        -------
        Tensor, (n, n_outputs)
            What the others say of each series, in the order of the batches.
        """
        self.prepare(batches)
        features, target, weight = self._read(batches)
        if weight is None or bool((weight > 0).all()):  # features are not copied then
            here: slice | Tensor = slice(None)
        else:
            here = weight > 0
        kept = None if weight is None else weight[here]
        if target.is_floating_point():
            solution = self.solve_values(features[here], target[here].view(-1, self.head.out_features), kept)
        else:
            solution = solve_classes(features[here], target[here], self.head.out_features, kept, self.penalty)
        self.head.weight.copy_(solution.weight)
        self.head.bias.copy_(solution.bias)
        if isinstance(here, slice):
            return solution.left_out
        said = nn.functional.linear(features.double(), solution.weight, solution.bias)
        said[here] = solution.left_out
        return said

    def _read(self, batches: Callable[[], Iterable[Any]]) -> tuple[Tensor, Tensor, Tensor | None]:
        """Features, targets and weights of all series, if there is room for what solving takes."""
        n, p = sum(len(batch.lengths) for batch in batches()), self.head.in_features
        check_room(needed(n, p), f"{n} series of {p} features", "take fewer series, or fewer `proportions`",
                   self.head.weight.device)
        features, first = torch.empty(0), 0
        targets, weights = [], []
        for batch in batches():
            part = self.features(batch.inputs, batch.lengths)
            features = features if first else part.new_empty(n, p)  # not joined in the end, which would take it twice
            features[first : first + len(part)] = part
            first += len(part)
            targets.append(batch.target)
            weights += [] if batch.weight is None else [batch.weight]
        return features, torch.cat(targets), torch.cat(weights) if weights else None

    def solve_values(self, features: Float[Tensor, "n p"], target: Float[Tensor, "n k"],
                     weight: Float[Tensor, " n"] | None) -> Solution:
        """What the layer's weights are, of values."""
        return best_ridge(features, target, weight)

    def learn_again(self, batches: Callable[[], Iterable[Any]]) -> None:
        """Solve for the weights, from these series instead."""
        self.settle(batches)

    def forward(self, *inputs: Float[Tensor, "b t _"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b k"]:
        """Return the outputs; thousands of terms are summed in float64, or company would show in the last digits."""
        features = self.features(inputs, lengths)
        outputs = nn.functional.linear(features.double(), self.head.weight.double(), self.head.bias.double())
        return outputs.to(features.dtype)


class ProportionRidge(RidgeHead):
    """Class logits, or values, from proportions of the last input's channels, by ridge regression.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Channels of the last input; classes, or values.
    n_mixtures : int, default=2500
        See `tsattn.nn.proportions.Proportions`.
    penalty : float, default=0.1
        As for `RidgeHead`.

    Examples
    --------
    >>> import torch
    >>> ProportionRidge(3, 5, n_mixtures=7)(torch.zeros(2, 11, 3), lengths=torch.tensor([11, 4])).shape
    torch.Size([2, 5])
    """

    def __init__(self, n_inputs: int, n_outputs: int, *, n_mixtures: int = 2500, penalty: float = PENALTY) -> None:
        proportions = Proportions(n_inputs, n_mixtures=n_mixtures)
        super().__init__(proportions.n_features, n_outputs, penalty=penalty)
        self.proportions = proportions

    def prepare(self, batches: Callable[[], Iterable[Any]]) -> None:
        """Take the thresholds from the training series."""
        self.proportions.settle(_steps(batches()))

    def features(self, inputs: Sequence[Tensor], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b p"]:
        """Return the proportions of the last input."""
        found: Tensor = self.proportions(inputs[-1], lengths)
        return found


class StepRidge(RidgeHead):
    """Values from the latest steps of the first input, by ridge regression: what is linear in a series' end.

    Proportions of time above thresholds do not go on beyond the values that were learned from, and a straight line
    does. How many steps it is drawn through, 1, 2, 4 and so on or all of `latest`, is chosen as a penalty is: many
    steps of many channels say much that the next months will not. Of a series that has fewer steps, the first one
    stands for those before it.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Channels of the first input, and values.

    Examples
    --------
    >>> import torch
    >>> layer = StepRidge(1, 1)
    >>> layer.features([torch.tensor([[[5.0], [7.0], [0.0]]])], torch.tensor([2]))[0, -3:].tolist()
    [5.0, 5.0, 7.0]
    """

    def __init__(self, n_inputs: int, n_outputs: int) -> None:
        latest = max(min(LATEST, MOST // check_int("n_inputs", n_inputs)), 1)
        super().__init__(latest * n_inputs, n_outputs)
        self.latest, self.n_inputs = latest, n_inputs
        self._longest = latest  # steps of the longest series that was learned from, or `latest`

    def prepare(self, batches: Callable[[], Iterable[Any]]) -> None:
        """See how long series are: beyond all of them there is nothing to read."""
        self._longest = min(self.latest, max(int(batch.lengths.max()) for batch in batches()))

    def features(self, inputs: Sequence[Tensor], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b p"]:
        """Return the latest steps, one after another."""
        steps = lengths.unsqueeze(1) + torch.arange(-self.latest, 0, device=lengths.device)  # b t
        series = inputs[0]
        return series.gather(1, steps.clamp(min=0).unsqueeze(-1).expand(-1, -1, series.shape[2])).flatten(1)

    def solve_values(self, features: Float[Tensor, "n p"], target: Float[Tensor, "n k"],
                     weight: Float[Tensor, " n"] | None) -> Solution:
        """Solve for each number of latest steps; the best for parts of the series left out has all the weights."""
        spans = [*takewhile(lambda span: span < self._longest, (2**power for power in count())), self._longest]
        found = [best_ridge(features[:, -span * self.n_inputs :], target, weight) for span in spans]
        best = min(found, key=lambda one: float(squares(one.left_out, target, weight).sum()))
        earlier = features.shape[1] - best.weight.shape[1]
        return best._replace(weight=nn.functional.pad(best.weight, (earlier, 0)))


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
