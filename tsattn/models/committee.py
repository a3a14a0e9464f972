"""A trained network and layers solved in closed form that answer together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor, nn


class Committee(nn.Module):
    """A network that is trained alone, and whose outputs are added to those of another one once it is.

    Of classes, outputs are logits, and their sum is the product of probabilities (Hinton, "Training products of experts
    by minimizing contrastive divergence", Neural Computation 2002), except that each is trained by itself: neither
    leans on the other, and what both get wrong alike is what is left. Of values, the network learns what the other one
    leaves (Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 2001), except
    that each series is answered for by a solution that has not seen it: on new series no less is left.

    A validation part is answered by both: its loss, and the epoch that is best by it, are those of the sum, where the
    training loss is the network's own.

    Parameters
    ----------
    network : nn.Module
        Trained; `network(*inputs, lengths=lengths)` returns outputs.
    adviser : nn.Module
        Called alike; not trained, but settled on the training series by its `settle`, as `ProportionRidge` is.

    Examples
    --------
    >>> import torch
    >>> from tsattn.models.pooled import Pooled
    >>> from tsattn.models.sdma import SDMA
    >>> from tsattn.nn.ridge_head import ProportionRidge
    >>> network = Committee(Pooled(SDMA(3, 3), 6, 5), ProportionRidge(3, 5, n_mixtures=7))
    >>> network(torch.zeros(2, 11, 3), torch.zeros(2, 11, 3), lengths=torch.tensor([11, 4])).shape
    torch.Size([2, 5])
    """

    def __init__(self, network: nn.Module, adviser: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.adviser = adviser

    def settle(self, batches: Callable[[], Iterable[Any]]) -> Float[Tensor, "n *k"] | None:
        """Let the adviser learn from the training series; see its own `settle`."""
        return self.adviser.settle(batches)  # type: ignore[operator, no-any-return] # a module's attribute

    def forward(self, *inputs: Float[Tensor, "b t _"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b k"]:
        """Return the network's outputs in training mode, those of both added in evaluation."""
        outputs: Tensor = self.network(*inputs, lengths=lengths)
        return outputs if self.training else outputs + self.adviser(*inputs, lengths=lengths)


class InTurn(nn.Module):
    """Layers solved in closed form, each for what those before it leave of a value; their answers are added.

    The first is the one that answers best for series that its solution has not seen; what it leaves of each, by such
    answers, is the value for the next. That one has seen a series in what the first says of others.

    Parameters
    ----------
    advisers : sequence of nn.Module
        With a `settle` each, as `tsattn.nn.ridge_head.RidgeHead` has it.

    Examples
    --------
    >>> import torch
    >>> from tsattn.nn.ridge_head import ProportionRidge, StepRidge
    >>> both = InTurn([StepRidge(3, 1), ProportionRidge(3, 1, n_mixtures=7)])
    >>> both(torch.zeros(2, 11, 3), lengths=torch.tensor([11, 4])).shape
    torch.Size([2, 1])
    """

    def __init__(self, advisers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.advisers = nn.ModuleList(advisers)

    def settle(self, batches: Callable[[], Iterable[Any]]) -> Float[Tensor, "n k"]:
        """Let each learn from the training series; return what all say of each series by solutions without it."""
        waiting, rest = list(self.advisers), batches
        known: Tensor | None = None
        while waiting:
            said = [adviser.settle(rest) for adviser in waiting]  # type: ignore[operator] # a module's attribute
            best = min(range(len(said)), key=[_missed(one, rest()) for one in said].__getitem__)
            known = said[best] if known is None else known + said[best]
            del waiting[best]
            rest = partial(_with_rest, batches, known)
        assert known is not None
        return known

    def forward(self, *inputs: Float[Tensor, "b t _"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b k"]:
        """Return the sum of the answers."""
        found: list[Tensor] = [adviser(*inputs, lengths=lengths) for adviser in self.advisers]
        return sum(found[1:], start=found[0])


def _with_rest(batches: Callable[[], Iterable[Any]], known: Float[Tensor, "n k"]) -> Iterator[Any]:
    """The batches, their targets less what is known of them, in this order."""
    for batch, said in _beside(batches(), known):
        yield replace(batch, target=batch.target - said)


def _missed(said: Float[Tensor, "n k"], batches: Iterable[Any]) -> float:
    """The sum of squares by which answers miss the targets, by the series' weights."""
    total = 0.0
    for batch, own in _beside(batches, said):
        missed = (batch.target - own).square().view(len(own), -1).sum(1)
        total += float(missed.sum() if batch.weight is None else (batch.weight * missed).sum())
    return total


def _beside(batches: Iterable[Any], said: Float[Tensor, "n k"]) -> Iterator[tuple[Any, Tensor]]:
    """Each batch with what is said of its series, in the shape of its target."""
    at = 0
    for batch in batches:
        n = len(batch.target)
        yield batch, said[at : at + n].to(batch.target).view_as(batch.target)
        at += n
