"""Squeeze and excitation: a weight for each channel, from the means of all, whatever the number of axes of space.

Hu, Shen & Sun, "Squeeze-and-excitation networks", CVPR 2018, equations 2-4. With U_c(p) the value of channel c at place
p, and r the reduction:

    z_c = mean over the places of U_c                squeeze
    s   = sigmoid(W_2 relu(W_1 z))                   excitation, by C / r hidden units
    output_c(p) = s_c U_c(p)

Differs: places that are not valid, beyond a series' end, count for nothing; where C < r, there is one hidden unit.
"""

from typing import Any

from jaxtyping import Bool, Float
from torch import Tensor, nn

from tsattn._checks import check_int, check_one_of
from tsattn.nn.attention.block import AttentionBlock
from tsattn.nn.rank import CONVOLUTION


def mean_place(x: Float[Tensor, "b c *space"], valid: Bool[Tensor, "b 1 *space"] | None) -> Float[Tensor, "b c"]:
    """Return each channel's mean over the valid places.

    Examples
    --------
    >>> import torch
    >>> mean_place(torch.tensor([[[1.0, 3.0, 7.0]]]), torch.tensor([[[True, True, False]]]))
    tensor([[2.]])
    """
    if valid is None:
        return x.flatten(2).mean(2)
    return x.masked_fill(~valid, 0).flatten(2).sum(2) / valid.flatten(2).sum(2)


def hidden_units(n_features: int, reduction: int) -> int:
    """Channels left of so many, where there are `reduction` of them to one; at least one is.

    Examples
    --------
    >>> hidden_units(64, 16), hidden_units(6, 16)
    (4, 1)
    """
    return max(check_int("n_features", n_features) // check_int("reduction", reduction), 1)


class Excitation(nn.Module):
    """Two dense layers over the channels, with few hidden units and a ReLU between them.

    Parameters
    ----------
    n_features : int
        Channels.
    reduction : int, default=16
        How many channels there are to a hidden unit; at least one unit is left.
    bias : bool, default=False
        Whether the layers have biases. Those of squeeze and excitation have none, as published.

    Examples
    --------
    >>> import torch
    >>> Excitation(32)(torch.zeros(2, 32)).shape
    torch.Size([2, 32])
    """

    def __init__(self, n_features: int, *, reduction: int = 16, bias: bool = False) -> None:
        super().__init__()
        n_units = hidden_units(n_features, reduction)
        self.narrow = nn.Linear(n_features, n_units, bias=bias)
        self.widen = nn.Linear(n_units, n_features, bias=bias)

    def forward(self, z: Float[Tensor, "b c"]) -> Float[Tensor, "b c"]:
        """Return the excitation before its sigmoid."""
        excited: Tensor = self.widen(self.narrow(z).relu())
        return excited


class SqueezeExcitation(AttentionBlock):
    """Weigh the channels of a layer, each by one number in (0, 1).

    Parameters
    ----------
    n_features : int
        Channels of the layer.
    ndim : {1, 2}, default=1
        Axes of space, series or images; as for all blocks, but this one is the same for both.
    reduction : int, default=16
        How many channels there are to a hidden unit; at least one unit is left. Where channels are few, take less: a
        ReLU may shut a unit for every sample, and then a single one learns nothing.

    Raises
    ------
    ValueError
        A size is below 1.

    Examples
    --------
    Images; and series of unequal lengths, whose padding counts for nothing:

    >>> import torch
    >>> from tsattn.nn import valid_steps
    >>> block = SqueezeExcitation(5, reduction=2)
    >>> block(torch.zeros(2, 5, 7, 11)).shape
    torch.Size([2, 5, 7, 11])
    >>> block(torch.zeros(2, 5, 11), valid=valid_steps(torch.tensor([11, 4]), 11).unsqueeze(1)).shape
    torch.Size([2, 5, 11])
    """

    def __init__(self, n_features: int, *, ndim: int = 1, reduction: int = 16) -> None:
        super().__init__()
        check_one_of("ndim", ndim, CONVOLUTION)
        self.excitation = Excitation(n_features, reduction=reduction)

    def weights(
        self, x: Float[Tensor, "b c *space"], context: Any = None,  # noqa: ARG002 - the protocol of all blocks
        valid: Bool[Tensor, "b 1 *space"] | None = None,
    ) -> Float[Tensor, "b c *ones"]:
        """Return the weight of each channel, (batch, channel, 1, ...), in (0, 1)."""
        weights: Tensor = self.excitation(mean_place(x, valid)).sigmoid()
        return weights[(..., *[None] * (x.ndim - 2))]
