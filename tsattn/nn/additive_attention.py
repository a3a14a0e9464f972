"""Additive attention: what a state looks for among the steps of a series.

Bahdanau, Cho & Bengio, "Neural machine translation by jointly learning to align and translate", ICLR 2015, equations 5
and 6 and appendix A.1.2. With s the state and h_j the features at step j of a series of T steps:

    r_j = v . tanh(W s + U h_j)                      the alignment model a(s, h_j)
    w_j = exp(r_j) / sum_k exp(r_k)                  over the valid steps
    c   = sum_j w_j h_j                              the context

U h is computed once for all the states that look at the same features. tanh(z) is computed as 2 sigmoid(2 z) - 1, whose
-1 adds the same to every score and so falls out of the softmax: torch takes 0.08 ms for the sigmoid of 32 x 96 x 64
values, and 0.51 ms for their tanh (`benchmarks/seq2seq.py`).
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from tsattn._checks import check_int
from tsattn.nn.mask import valid_steps
from tsattn.nn.padding import zero_padding


class Memory(NamedTuple):
    """What a state looks at, with all of it that no state changes.

    Parameters
    ----------
    features : Tensor, (batch, time, n_features)
        Zero beyond the lengths.
    keys : Tensor, (batch, time, n_units)
        2 U h, as in the file's head.
    beyond : Tensor of bool, (batch, time)
        Whether a step lies beyond its series' end.
    """

    features: Float[Tensor, "b t h"]
    keys: Float[Tensor, "b t u"]
    beyond: Bool[Tensor, "b t"]


class AdditiveAttention(nn.Module):
    """The mean of the features over the valid steps, weighted by how well each step fits a state.

    Parameters
    ----------
    n_states, n_features : int
        Entries of the state; channels of the features.
    n_units : int, optional
        Units of the alignment model's hidden layer; as many as the state by default.

    Raises
    ------
    ValueError
        A size is below 1.

    Examples
    --------
    >>> import torch
    >>> attention = AdditiveAttention(3, 5)
    >>> context, weights = attention(torch.zeros(2, 3), torch.zeros(2, 4, 5), torch.tensor([4, 2]))
    >>> context.shape
    torch.Size([2, 5])
    >>> weights
    tensor([[0.2500, 0.2500, 0.2500, 0.2500],
            [0.5000, 0.5000, 0.0000, 0.0000]], grad_fn=<SoftmaxBackward0>)

    Many states, one after another, that look at the same features:

    >>> memory = attention.memory(torch.zeros(2, 4, 5), torch.tensor([4, 2]))
    >>> contexts = [attention.look(state, memory)[0] for state in torch.zeros(7, 2, 3)]
    """

    def __init__(self, n_states: int, n_features: int, *, n_units: int | None = None) -> None:
        super().__init__()
        n_states, n_features = check_int("n_states", n_states), check_int("n_features", n_features)
        n_units = n_states if n_units is None else check_int("n_units", n_units)
        self.state = nn.Linear(n_states, n_units, bias=False)
        self.feature = nn.Linear(n_features, n_units, bias=False)
        self.score = nn.Linear(n_units, 1, bias=False)

    def memory(self, features: Float[Tensor, "b t h"], lengths: Int[Tensor, " b"]) -> Memory:
        """Prepare features to be looked at; the padding may hold anything."""
        features = zero_padding(features, lengths)
        return Memory(features, 2 * self.feature(features), ~valid_steps(lengths, features.shape[1]))

    def look(
        self, state: Float[Tensor, "b s"], memory: Memory
    ) -> tuple[Float[Tensor, "b h"], Float[Tensor, "b t"]]:
        """Return the context and the weight of each step, which sum to 1 over the valid steps and are 0 beyond."""
        units = (2 * self.state(state).unsqueeze(1) + memory.keys).sigmoid()  # b t u: (tanh + 1) / 2
        scores = units @ (2 * self.score.weight[0])  # b t
        weights = scores.masked_fill(memory.beyond, -torch.inf).softmax(-1)
        return torch.bmm(weights.unsqueeze(1), memory.features).squeeze(1), weights

    def forward(
        self, state: Float[Tensor, "b s"], features: Float[Tensor, "b t h"], lengths: Int[Tensor, " b"]
    ) -> tuple[Float[Tensor, "b h"], Float[Tensor, "b t"]]:
        """Return the context of one state, and its weights; see `look`."""
        return self.look(state, self.memory(features, lengths))
