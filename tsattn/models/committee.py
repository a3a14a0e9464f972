"""A trained network and layers solved in closed form that answer together."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn.nn.ridge import squares
from tsattn.nn.share import surely


class Committee(nn.Module):
    """A network that is trained alone, and whose outputs are added to those of another one once it is.

    Of classes, outputs are logits, and their sum is the product of probabilities (Hinton, "Training products of experts
    by minimizing contrastive divergence", Neural Computation 2002), except that each is trained by itself: neither
    leans on the other, and what both get wrong alike is what is left. Of values, the network learns what the other one
    leaves (Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 2001), except
    that each series is answered for by a solution that has not seen it: on new series no less is left.

    A validation part is answered by both: its loss, and the epoch that is best by it, are those of the sum, where the
    training loss is the network's own. Of values, `weigh` then measures on it what share of the network's outputs is
    likely to be worth adding.

    Parameters
    ----------
    network : nn.Module
        Trained; `network(*inputs, lengths=lengths)` returns outputs.
    adviser : nn.Module
        Called alike; not trained, but settled on the training series by its `settle`, and of values later on all series
        by its `learn_again`, as `ProportionRidge` is.

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

    share: Tensor

    def __init__(self, network: nn.Module, adviser: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.adviser = adviser
        self.register_buffer("share", torch.tensor(1.0))

    def settle(self, batches: Callable[[], Iterable[Any]]) -> Float[Tensor, "n *k"] | None:
        """Let the adviser learn from the training series; see its own `settle`."""
        return self.adviser.settle(batches)  # type: ignore[operator, no-any-return] # a module's attribute

    @torch.no_grad()
    def weigh(self, held: Callable[[], Iterable[Any]], everything: Callable[[], Iterable[Any]]) -> None:
        """Keep the share of the network that series held out speak for; then let the adviser learn from them too.

        Of values only: of classes both keep what they have learned. A single series held out says nothing of the share,
        and the network stays whole. The share is that of the least squared error, whatever the network was trained by.

        Parameters
        ----------
        held, everything : callable
            Return series that neither has learned from, and all, in batches as for `settle`.
        """
        missing, added = [], []
        for batch in held():
            if not batch.target.is_floating_point():
                return
            own: Tensor = self.network(*batch.inputs, lengths=batch.lengths)
            left = batch.target.view_as(own) - self.adviser(*batch.inputs, lengths=batch.lengths)
            root = 1.0 if batch.weight is None else batch.weight.sqrt().unsqueeze(1)
            missing.append((root * left).double())
            added.append((root * own).double())
        rest, own = (torch.cat(parts).unsqueeze(-1) for parts in (missing, added))
        if len(own) > 1:  # outputs have one share together, as steps of one target have
            self.share.copy_(surely(rest, own).squeeze().nan_to_num(0.0))
        self.adviser.learn_again(everything)  # type: ignore[operator]

    def forward(self, *inputs: Float[Tensor, "b t _"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b k"]:
        """Return the network's outputs in training mode; in evaluation their share and the adviser's, added."""
        if self.training:
            return self.network(*inputs, lengths=lengths)  # type: ignore[no-any-return]
        advice: Tensor = self.adviser(*inputs, lengths=lengths)
        return advice if self.share == 0 else self.share * self.network(*inputs, lengths=lengths) + advice


class BestOf(nn.Module):
    """Layers solved in closed form, of which the one answers that is best for series that its solution has not seen.

    Parameters
    ----------
    advisers : sequence of nn.Module
        With a `settle` and a `learn_again` each, as `tsattn.nn.ridge_head.RidgeHead` has them, of values.

    Examples
    --------
    >>> import torch
    >>> from tsattn.nn.ridge_head import ProportionRidge, StepRidge
    >>> either = BestOf([StepRidge(3, 1), ProportionRidge(3, 1, n_mixtures=7)])
    >>> either(torch.zeros(2, 11, 3), lengths=torch.tensor([11, 4])).shape
    torch.Size([2, 1])
    """

    chosen: Tensor

    def __init__(self, advisers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.advisers = nn.ModuleList(advisers)
        self.register_buffer("chosen", torch.tensor(0))
        self.register_load_state_dict_post_hook(_check_chosen)

    def settle(self, batches: Callable[[], Iterable[Any]]) -> Float[Tensor, "n k"]:
        """Let each learn from the training series, and choose; return what the best says of series without them."""
        said: list[Tensor] = [adviser.settle(batches)  # type: ignore[operator] # a module's attribute
                              for adviser in self.advisers]
        errors = [_missed(one, batches()) for one in said]
        best = min(range(len(said)), key=errors.__getitem__)
        self.chosen.fill_(best)
        return said[best]

    def learn_again(self, batches: Callable[[], Iterable[Any]]) -> None:
        """Let the one that was chosen learn from these series instead."""
        chosen: Any = self.advisers[int(self.chosen)]
        chosen.learn_again(batches)

    def forward(self, *inputs: Float[Tensor, "b t _"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b k"]:
        """Return the answers of the one that was chosen."""
        found: Tensor = self.advisers[int(self.chosen)](*inputs, lengths=lengths)
        return found


def _missed(said: Float[Tensor, "n k"], batches: Iterable[Any]) -> float:
    """The sum of squares by which answers, in the order of the batches, miss the targets, by the series' weights."""
    at, total = 0, 0.0
    for batch in batches:
        n = len(batch.target)
        total += float(squares(said[at : at + n], batch.target.view(n, -1), batch.weight).sum())
        at += n
    return total


def _check_chosen(best: "BestOf", _: object) -> None:
    """Raise unless the one that a file says was chosen is there."""
    if not 0 <= int(best.chosen) < len(best.advisers):
        raise ValueError(f"the adviser that was chosen must be one of {len(best.advisers)}, got {int(best.chosen)}")
