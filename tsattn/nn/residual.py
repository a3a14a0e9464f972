"""A residual trunk over time, at half the steps: what reads the joined branches.

The block is that of He, Zhang, Ren & Sun, "Deep residual learning for image recognition", CVPR 2016, figure 5 left,
in one dimension. Differs: statistics, means and convolutions see valid steps only; channels, not single values, are
dropped between the two convolutions.
"""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn.nn.convolution import Convolution
from tsattn.nn.dropout import Dropout
from tsattn.nn.padding import zero_padding

Trunk = Callable[[int], nn.Module]


def halve(x: Float[Tensor, "b t h"], lengths: Int[Tensor, " b"]) -> tuple[Float[Tensor, "b u h"], Int[Tensor, " b"]]:
    """Replace each pair of steps by its mean; a last step without a partner stays as it is. Odd lengths round up.

    Returns
    -------
    Tensor, (batch, ceil(time / 2), channel), and the new lengths, ceil(lengths / 2)
    """
    if x.shape[1] % 2:
        x = nn.functional.pad(x, (0, 0, 0, 1))
    pairs = zero_padding(x, lengths).unflatten(1, (-1, 2)).sum(2)  # b u h
    halved = (lengths + 1) // 2
    steps = torch.arange(pairs.shape[1], device=x.device)
    filled = (lengths.unsqueeze(-1) - 2 * steps).clamp(1, 2)  # b u: how many of the pair are steps of the series
    return pairs / filled.unsqueeze(-1), halved


class ResidualBlock(nn.Module):
    """Two convolutions beside an identity: relu(x + B(drop(A(x)))).

    Parameters
    ----------
    n_features : int
        Channels in and out.
    width, dilation : int
        Of both convolutions.
    dropout : float
        Chance that a channel is dropped between them in training.
    """

    def __init__(self, n_features: int, *, width: int = 3, dilation: int = 1, dropout: float = 0.1) -> None:
        super().__init__()
        self.first = Convolution(n_features, n_features, width=width, dilation=dilation)
        self.dropout = Dropout(dropout, channelwise=True)
        self.second = Convolution(n_features, n_features, width=width, dilation=dilation, activation=False)

    def forward(self, x: Float[Tensor, "b t h"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b t h"]:
        """Return features at every step; zeros beyond the lengths."""
        between = self.dropout(self.first(x, lengths))
        beside: Tensor = self.second(between, lengths)
        return (zero_padding(x, lengths) + beside).relu()


class ResidualTrunk(nn.Module):
    """ReLU, then residual blocks, at half the steps from some of them on.

    Parameters
    ----------
    n_features : int
        Channels in and out.
    width : int, default=3
        Of every convolution.
    dilations : sequence of int, default=(1, 2)
        One block for each.
    halve_before : sequence of int, default=(0,)
        Numbers of the blocks before which steps are halved.
    dropout : float, default=0.1
        See `ResidualBlock`.

    Examples
    --------
    >>> import torch
    >>> features, lengths = ResidualTrunk(8).eval()(torch.zeros(2, 11, 8), torch.tensor([11, 4]))
    >>> features.shape, lengths
    (torch.Size([2, 6, 8]), tensor([6, 2]))
    """

    def __init__(
        self, n_features: int, *, width: int = 3, dilations: Sequence[int] = (1, 2), halve_before: Sequence[int] = (0,),
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.halve_before = frozenset(halve_before)
        self.blocks = nn.ModuleList(
            ResidualBlock(n_features, width=width, dilation=dilation, dropout=dropout) for dilation in dilations
        )

    def forward(
        self, x: Float[Tensor, "b t h"], lengths: Int[Tensor, " b"]
    ) -> tuple[Float[Tensor, "b u h"], Int[Tensor, " b"]]:
        """Return features at the remaining steps, and the lengths there."""
        x = zero_padding(x, lengths).relu()
        for number, block in enumerate(self.blocks):
            if number in self.halve_before:
                x, lengths = halve(x, lengths)
            x = block(x, lengths)
        return x, lengths
