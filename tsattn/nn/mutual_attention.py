"""Mutual cross attention between a series and its saliency: the SDMA block.

Garg & Candan, "SDMA: Saliency Driven Mutual Cross Attention for Multi-Variate Time Series", ICPR 2020; equation 6.12 of
Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020. Two sequence layers
read the data T and the saliency S apart, and each one's sigmoid gates the other's features:

    Y_T = LSTM(T)              Y_A = LSTM(S)
    U_T = sigmoid(Y_T)         U_A = sigmoid(Y_A)
    G_T = Y_T * U_A            G_A = Y_A * U_T            Y = G_T + G_A

Differs: the equations are written for one variate; one layer over all variates together is our reading. A gate and a
sequence layer are arguments, so that other ways to join the branches stand under the same conditions.
"""

from collections.abc import Callable
from typing import NamedTuple

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn.nn.recurrent import LSTM
from tsattn.nn.sequence import Encoder


class Gated(NamedTuple):
    """The two branches after a gate, and what the block puts out.

    Parameters
    ----------
    data, saliency : Tensor, (..., h)
        What the next block's data and saliency layers may read.
    output : Tensor, (..., h)
        The block's features.
    """

    data: Float[Tensor, "*b h"]
    saliency: Float[Tensor, "*b h"]
    output: Float[Tensor, "*b h"]


Gate = Callable[[Tensor, Tensor], Gated]


def mutual_gate(data: Float[Tensor, "*b h"], saliency: Float[Tensor, "*b h"]) -> Gated:
    """Let each branch attend the other (SDMA, equation 6.12 c-g)."""
    attended, returned = data * saliency.sigmoid(), saliency * data.sigmoid()
    return Gated(attended, returned, attended + returned)


def one_way_gate(data: Float[Tensor, "*b h"], saliency: Float[Tensor, "*b h"]) -> Gated:
    """Let saliency attend the data only (SDCA): the saliency features stay as they are, and the output is G_T."""
    attended = data * saliency.sigmoid()
    return Gated(attended, saliency, attended)


def sum_gate(data: Float[Tensor, "*b h"], saliency: Float[Tensor, "*b h"]) -> Gated:
    """Add the branches without any gate: what an attention has to be better than."""
    return Gated(data, saliency, data + saliency)


class MutualAttention(nn.Module):
    """One block: a sequence layer for each branch, and a gate between them.

    Parameters
    ----------
    n_data, n_saliency : int
        Channels of the two inputs.
    n_features : int
        Features of either branch.
    encoder : callable, default=LSTM
        `encoder(n_inputs, n_features)` builds the sequence layer of a branch; called once for each.
    gate : callable, default=mutual_gate
        Function of the two branches' features that returns a `Gated`.

    Examples
    --------
    >>> import torch
    >>> block = MutualAttention(3, 5, 7)
    >>> data, saliency, lengths = torch.zeros(2, 11, 3), torch.zeros(2, 11, 5), torch.tensor([11, 4])
    >>> block(data, saliency, lengths).output.shape
    torch.Size([2, 11, 7])
    """

    def __init__(
        self, n_data: int, n_saliency: int, n_features: int, *, encoder: Encoder = LSTM, gate: Gate = mutual_gate
    ) -> None:
        super().__init__()
        self.data = encoder(n_data, n_features)
        self.saliency = encoder(n_saliency, n_features)
        self.gate: Gate = gate

    def branches(
        self, data: Float[Tensor, "b t c"], saliency: Float[Tensor, "b t s"], lengths: Int[Tensor, " b"]
    ) -> tuple[Float[Tensor, "b t h"], Float[Tensor, "b t h"]]:
        """Return the features of both branches before the gate: Y_T and Y_A."""
        return self.data(data, lengths), self.saliency(saliency, lengths)

    def forward(
        self, data: Float[Tensor, "b t c"], saliency: Float[Tensor, "b t s"], lengths: Int[Tensor, " b"]
    ) -> Gated:
        """Return both branches behind the gate, and the block's output, (batch, time, n_features) each."""
        return self.gate(*self.branches(data, saliency, lengths))
