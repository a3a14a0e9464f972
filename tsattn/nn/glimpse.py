"""Recurrent attention (RAN): an LSTM that chooses, from what it said a step before, what it reads of the next step.

Mnih, Heess, Graves & Kavukcuoglu, "Recurrent models of visual attention", NIPS 2014: at each step a recurrent network
reads a glimpse, the part of its input that it chose from its last state, and learns the choice by reinforcement. Garg,
"On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, compares with it on
series: as what learns the subset of the input features at t from the output at t - 1. It says no more.

Differs: this is our reading of that sentence. The glimpse is soft, so that the loss trains it; with h the states,

    g_t = sigmoid(W h_{t-1} + b),  h_0 = 0        the share of each channel that is looked at
    h_t, c_t = LSTM cell(g_t * x_t, h_{t-1}, c_{t-1})

The states come one after another in a Python loop: the choice stands between two steps, and no compiled LSTM has it.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn._checks import check_int
from tsattn.nn.padding import zero_padding


class GlimpseLSTM(nn.Module):
    """One LSTM layer over the time axis that looks at a part of each step.

    Parameters
    ----------
    n_inputs, n_features : int
        Channels in, and features out.

    Examples
    --------
    >>> import torch
    >>> GlimpseLSTM(3, 8)(torch.zeros(2, 11, 3), torch.tensor([11, 4])).shape
    torch.Size([2, 11, 8])
    """

    def __init__(self, n_inputs: int, n_features: int) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(check_int("n_inputs", n_inputs), check_int("n_features", n_features))
        self.glimpse = nn.Linear(n_features, n_inputs)

    def forward(self, x: Float[Tensor, "b t c"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b t h"]:
        """Return the hidden state at every step; zeros beyond the lengths."""
        hidden = memory = x.new_zeros(len(x), self.cell.hidden_size)  # b h
        states = []
        for step in zero_padding(x, lengths).unbind(1):
            hidden, memory = self.cell(self.glimpse(hidden).sigmoid() * step, (hidden, memory))
            states.append(hidden)
        return zero_padding(torch.stack(states, 1), lengths)
