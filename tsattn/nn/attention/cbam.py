"""CBAM, the convolutional block attention module: which channels, then which places.

Woo, Park, Lee & Kweon, "CBAM: Convolutional Block Attention Module", ECCV 2018, equations 1-3. With F the features, MLP
two dense layers with a ReLU between them, the same for both summaries, and f a convolution 7 wide:

    M_c = sigmoid(MLP(mean over places of F) + MLP(maximum over places of F))        F' = M_c F
    M_s = sigmoid(f([mean over channels of F'; maximum over channels of F']))        output = M_s F'

Differs: series besides images; places that are not valid, beyond a series' end, count for nothing. Where equations and
published code part, this is the equations: no batch normalisation before the second sigmoid, in whose place the
convolution has a bias, and none in the dense layers.
"""

from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from tsattn.nn.attention.block import AttentionBlock, existing
from tsattn.nn.attention.squeeze_excitation import Excitation, mean_place
from tsattn.nn.rank import same_size


def largest_place(x: Float[Tensor, "b c *space"], valid: Bool[Tensor, "b 1 *space"] | None) -> Float[Tensor, "b c"]:
    """Return each channel's largest value over the valid places.

    Examples
    --------
    >>> import torch
    >>> largest_place(torch.tensor([[[-1.0, -3.0, 7.0]]]), torch.tensor([[[True, True, False]]]))
    tensor([[-1.]])
    """
    return (x if valid is None else x.masked_fill(~valid, -torch.inf)).flatten(2).amax(2)


class CBAM(AttentionBlock):
    """Weigh the channels of a layer, then its places.

    Parameters
    ----------
    n_features : int
        Channels of the layer.
    ndim : {1, 2}, default=1
        Axes of space: series or images.
    reduction : int, default=16
        How many channels there are to a hidden unit of the dense layers; at least one unit is left. Where channels are
        few, take less; see `SqueezeExcitation`.
    width : int, default=7
        Entries of the convolution's kernel along each axis, an odd number.

    Raises
    ------
    ValueError
        An unknown `ndim`, an even width, a size below 1.

    Examples
    --------
    >>> import torch
    >>> from tsattn.nn import valid_steps
    >>> CBAM(5, ndim=2)(torch.zeros(2, 5, 7, 11)).shape
    torch.Size([2, 5, 7, 11])
    >>> CBAM(5)(torch.zeros(2, 5, 11), valid=valid_steps(torch.tensor([11, 4]), 11).unsqueeze(1)).shape
    torch.Size([2, 5, 11])
    """

    def __init__(self, n_features: int, *, ndim: int = 1, reduction: int = 16, width: int = 7) -> None:
        super().__init__()
        self.excitation = Excitation(n_features, reduction=reduction)
        self.convolution = same_size(ndim, 2, 1, width=width)

    def channel_mask(
        self, x: Float[Tensor, "b c *space"], valid: Bool[Tensor, "b 1 *space"] | None = None
    ) -> Float[Tensor, "b c *ones"]:
        """Return M_c, the weight of each channel, (batch, channel, 1, ...), in (0, 1)."""
        excited: Tensor = self.excitation(mean_place(x, valid)) + self.excitation(largest_place(x, valid))
        return excited.sigmoid()[(..., *[None] * (x.ndim - 2))]

    def place_mask(self, weighed: Float[Tensor, "b c *space"]) -> Float[Tensor, "b 1 *space"]:
        """Return M_s, the weight of each place, in (0, 1), from F', which is zero where a place is not valid."""
        summaries = torch.cat([weighed.mean(1, keepdim=True), weighed.amax(1, keepdim=True)], 1)
        mask: Tensor = self.convolution(summaries).sigmoid()
        return mask

    def weights(
        self, x: Float[Tensor, "b c *space"], context: Any = None,  # noqa: ARG002 - the protocol of all blocks
        valid: Bool[Tensor, "b 1 *space"] | None = None,
    ) -> Float[Tensor, "b c *space"]:
        """Return M_s M_c, the weight of each value, in (0, 1)."""
        channels = self.channel_mask(x, valid)
        return channels * self.place_mask(existing(x, valid) * channels)

    def forward(
        self, x: Float[Tensor, "b c *space"], context: Any = None,  # noqa: ARG002
        valid: Bool[Tensor, "b 1 *space"] | None = None,
    ) -> Float[Tensor, "b c *space"]:
        """Return the weighed features, as the equations multiply them; zeros, without a gradient, where not valid."""
        weighed = existing(x, valid) * self.channel_mask(x, valid)
        return weighed * self.place_mask(weighed)
