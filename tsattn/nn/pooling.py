"""From a sequence of features to one vector a series, over valid steps only.

A *pooling* is what builds a pooling layer: `pooling(n_inputs) -> layer`; the layer maps `(batch, time, channel)` and
lengths to `(batch, layer.n_features)`.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn._checks import check_int
from tsattn.nn.mask import around, valid_steps
from tsattn.nn.padding import zero_padding

Pooling = Callable[[int], nn.Module]


def last_step(x: Float[Tensor, "b t h"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b h"]:
    """Return the features at each series' own last step."""
    return x[torch.arange(len(x), device=x.device), lengths - 1]


def mean_step(x: Float[Tensor, "b t h"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b h"]:
    """Return the mean over each series' steps."""
    return zero_padding(x, lengths).sum(1) / lengths.unsqueeze(-1)


def largest_step(x: Float[Tensor, "b t h"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b h"]:
    """Return the largest value of each feature over each series' steps."""
    return x.masked_fill(~valid_steps(lengths, x.shape[1]).unsqueeze(-1), -torch.inf).amax(1)


def at_places(x: Float[Tensor, "b t h"], lengths: Int[Tensor, " b"], n_places: int) -> Float[Tensor, "b p h"]:
    """Return the features at places evenly spaced from each series' first step to its last, between steps linear."""
    place = torch.linspace(0, 1, n_places, dtype=torch.float64, device=x.device) * (lengths - 1).unsqueeze(-1)  # b p
    before, after, between = around(place, lengths)
    first, second = (x.gather(1, steps.unsqueeze(-1).expand(-1, -1, x.shape[2])) for steps in (before, after))
    return first + between.to(x.dtype).unsqueeze(-1) * (second - first)


class Last(nn.Module):
    """The last valid step: the published head."""

    def __init__(self, n_inputs: int) -> None:
        super().__init__()
        self.n_features = n_inputs

    def forward(self, x: Float[Tensor, "b t h"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b f"]:
        """Return (batch, n_inputs)."""
        return last_step(x, lengths)


class MeanMax(nn.Module):
    """Mean and maximum over the valid steps, side by side."""

    def __init__(self, n_inputs: int) -> None:
        super().__init__()
        self.n_features = 2 * n_inputs

    def forward(self, x: Float[Tensor, "b t h"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b f"]:
        """Return (batch, 2 * n_inputs)."""
        return torch.cat([mean_step(x, lengths), largest_step(x, lengths)], -1)


class Attention(nn.Module):
    """Mean over the valid steps, weighted by a learned score of each step.

    Yang et al., "Hierarchical attention networks for document classification", NAACL 2016, eq. 5-7:
    `u_t = tanh(W x_t + b)`, `a = softmax_t(u_t . v)`, the output `sum_t a_t x_t`.

    Parameters
    ----------
    n_inputs : int
        Features in and out, and of the hidden `u`.
    """

    def __init__(self, n_inputs: int) -> None:
        super().__init__()
        self.n_features = n_inputs
        self.hidden = nn.Linear(n_inputs, n_inputs)
        self.score = nn.Linear(n_inputs, 1, bias=False)

    def weights(self, x: Float[Tensor, "b t h"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b t"]:
        """Return the weight of each step: they sum to 1 over the valid steps and are 0 beyond them."""
        scores: Tensor = self.score(self.hidden(zero_padding(x, lengths)).tanh()).squeeze(-1)  # b t
        return scores.masked_fill(~valid_steps(lengths, x.shape[1]), -torch.inf).softmax(-1)

    def forward(self, x: Float[Tensor, "b t h"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b f"]:
        """Return (batch, n_inputs)."""
        return torch.einsum("bt,bth->bh", self.weights(x, lengths), zero_padding(x, lengths))


class Flatten(nn.Module):
    """All steps side by side, where series have `n_steps`; else as many places, evenly spaced over each series.

    Parameters
    ----------
    n_inputs : int
        Features of a step.
    n_steps : int, default=50
        Places.
    """

    def __init__(self, n_inputs: int, *, n_steps: int = 50) -> None:
        super().__init__()
        self.n_steps = check_int("n_steps", n_steps, minimum=2)
        self.n_features = n_steps * n_inputs

    def forward(self, x: Float[Tensor, "b t h"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b f"]:
        """Return (batch, n_steps * n_inputs), the features of the first place first."""
        return at_places(x, lengths, self.n_steps).flatten(1)
