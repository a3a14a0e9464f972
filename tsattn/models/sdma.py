"""SDMA: a series and its saliency series through blocks of mutual cross attention.

Garg & Candan, "SDMA: Saliency Driven Mutual Cross Attention for Multi-Variate Time Series", ICPR 2020; figure 6.10 of
Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020:

    single   one block
    type1    sequential: the next block reads G_T and G_A
    type2    semi-parallel: the next block reads Y and the saliency series itself

Differs: type 2's data input is not spelt out; Y, the block's output, is our reading. With `one_way_gate` the network is
SDCA (data attended only), whose next saliency input in type 1 is Y_A.
"""

from collections.abc import Callable

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn._checks import check_int, check_one_of
from tsattn.nn.mutual_attention import Gate, Gated, MutualAttention, mutual_gate
from tsattn.nn.recurrent import LSTM
from tsattn.nn.sequence import Encoder

Wiring = Callable[[Gated, Tensor], tuple[Tensor, Tensor]]


def sequential(gated: Gated, saliency: Tensor) -> tuple[Tensor, Tensor]:  # noqa: ARG001 - one signature for both
    """The next block reads both gated branches (type 1)."""
    return gated.data, gated.saliency


def semi_parallel(gated: Gated, saliency: Tensor) -> tuple[Tensor, Tensor]:
    """The next block reads the output and, again, the saliency series (type 2)."""
    return gated.output, saliency


ARCHITECTURES: dict[str, Wiring] = {"single": sequential, "type1": sequential, "type2": semi_parallel}


class SDMA(nn.Module):
    """The network up to its sequence of features; pooling and head come after it.

    Parameters
    ----------
    n_channels, n_saliency : int
        Channels of the series and of its saliency series.
    hidden : int, optional
        Features of each branch; twice the channels of the series by default, as published.
    architecture : {"single", "type1", "type2"}, default="single"
        How blocks follow each other.
    n_layers : int, default=3
        Number of blocks; `"single"` has one whatever this says.
    encoder : callable, default=LSTM
        `encoder(n_inputs, n_features)` builds the sequence layer of a branch.
    gate : callable, default=mutual_gate
        Function of the two branches' features; `one_way_gate` makes the network SDCA.

    Attributes
    ----------
    n_features : int
        Features of the output.

    Examples
    --------
    >>> import torch
    >>> network = SDMA(3, 3, architecture="type2")
    >>> series, saliency = torch.zeros(2, 11, 3), torch.zeros(2, 11, 3)
    >>> network(series, saliency, lengths=torch.tensor([11, 4])).shape
    torch.Size([2, 11, 6])
    """

    def __init__(
        self,
        n_channels: int,
        n_saliency: int,
        *,
        hidden: int | None = None,
        architecture: str = "single",
        n_layers: int = 3,
        encoder: Encoder = LSTM,
        gate: Gate = mutual_gate,
    ) -> None:
        super().__init__()
        self.n_features = 2 * n_channels if hidden is None else check_int("hidden", hidden)
        self.wiring = ARCHITECTURES[check_one_of("architecture", architecture, ARCHITECTURES)]
        n_blocks = 1 if architecture == "single" else check_int("n_layers", n_layers)
        later = self.n_features if self.wiring is sequential else n_saliency
        inputs = [(n_channels, n_saliency)] + [(self.n_features, later)] * (n_blocks - 1)
        self.blocks = nn.ModuleList(
            MutualAttention(*pair, self.n_features, encoder=encoder, gate=gate) for pair in inputs
        )

    def forward(
        self, x: Float[Tensor, "b t v"], saliency: Float[Tensor, "b t s"], lengths: Int[Tensor, " b"]
    ) -> Float[Tensor, "b t h"]:
        """Return the features at every step; zeros beyond the lengths, whatever the padding holds."""
        data, attention, output = x, saliency, x
        for block in self.blocks:
            gated = block(data, attention, lengths)
            data, attention = self.wiring(gated, saliency)
            output = gated.output
        return output
