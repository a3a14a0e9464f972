"""BAM, the bottleneck attention module: which channels and which places, side by side.

Park, Woo, Lee & Kweon, "BAM: Bottleneck Attention Module", BMVC 2018, equations 1-4. With F the features, MLP two dense
layers, f_0 and f_3 convolutions 1 wide, f_1 and f_2 dilated ones 3 wide, and B batch normalisation:

    M_c = B(MLP(mean over places of F))               for each channel
    M_s = B(f_3(f_2(f_1(f_0(F)))))                    for each place
    M   = sigmoid(M_c + M_s)                          output = (1 + M) F

Differs: series besides images; places that are not valid, beyond a series' end, count for nothing. Where equations and
published code part, this is the equations: one normalisation a branch, at its end. The equations have no ReLU; there is
one after each convolution and each dense layer but a branch's last, as in that code.
"""

from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from tsattn.nn.attention.block import AttentionBlock, existing
from tsattn.nn.attention.squeeze_excitation import Excitation, hidden_units, mean_place
from tsattn.nn.convolution import BatchNorm
from tsattn.nn.rank import same_size


class BAM(AttentionBlock):
    """Weigh the values of a layer by their channel and their place, each by a number in (1, 2).

    Parameters
    ----------
    n_features : int
        Channels of the layer.
    ndim : {1, 2}, default=1
        Axes of space: series or images.
    reduction : int, default=16
        How many channels there are to a hidden unit of the dense layers, and to a channel between the convolutions; at
        least one is left. Where channels are few, take less; see `SqueezeExcitation`.
    dilation : int, default=4
        Steps between the entries of the two wide kernels.

    Raises
    ------
    ValueError
        An unknown `ndim`, a size below 1.

    Examples
    --------
    >>> import torch
    >>> from tsattn.nn import valid_steps
    >>> BAM(5, ndim=2)(torch.zeros(2, 5, 7, 11)).shape
    torch.Size([2, 5, 7, 11])
    >>> BAM(5)(torch.zeros(2, 5, 11), valid=valid_steps(torch.tensor([11, 4]), 11).unsqueeze(1)).shape
    torch.Size([2, 5, 11])
    """

    def __init__(self, n_features: int, *, ndim: int = 1, reduction: int = 16, dilation: int = 4) -> None:
        super().__init__()
        n_units = hidden_units(n_features, reduction)
        self.excitation = Excitation(n_features, reduction=reduction, bias=True)
        self.normalise_channels = BatchNorm(n_features)
        self.convolutions = nn.ModuleList([
            same_size(ndim, n_features, n_units, width=1),
            same_size(ndim, n_units, n_units, dilation=dilation),
            same_size(ndim, n_units, n_units, dilation=dilation),
            same_size(ndim, n_units, 1, width=1),
        ])
        self.normalise_places = BatchNorm(1)

    def channel_scores(
        self, x: Float[Tensor, "b c *space"], valid: Bool[Tensor, "b 1 *space"] | None = None
    ) -> Float[Tensor, "b c *ones"]:
        """Return M_c, before the sigmoid."""
        scores = normalised(self.normalise_channels, self.excitation(mean_place(x, valid)))
        return scores[(..., *[None] * (x.ndim - 2))]

    def place_scores(
        self, x: Float[Tensor, "b c *space"], valid: Bool[Tensor, "b 1 *space"] | None = None
    ) -> Float[Tensor, "b 1 *space"]:
        """Return M_s, before the sigmoid; 0 where `valid` is False."""
        *inner, last = self.convolutions
        for convolution in inner:
            x = convolution(existing(x, valid)).relu()
        scores = last(x)
        if valid is None:
            return normalised(self.normalise_places, scores.flatten().unsqueeze(1)).view_as(scores)
        there = normalised(self.normalise_places, scores[valid].unsqueeze(1)).squeeze(1)
        return torch.zeros_like(scores, dtype=there.dtype).masked_scatter(valid, there)

    def weights(
        self, x: Float[Tensor, "b c *space"], context: Any = None,  # noqa: ARG002 - the protocol of all blocks
        valid: Bool[Tensor, "b 1 *space"] | None = None,
    ) -> Float[Tensor, "b c *space"]:
        """Return 1 + M, in (1, 2)."""
        return 1 + (self.channel_scores(x, valid) + self.place_scores(x, valid)).sigmoid()


def normalised(normalise: BatchNorm, rows: Float[Tensor, "n c"]) -> Float[Tensor, "n c"]:
    """Rows, whatever they are of, under a batch normalisation: to it they are the steps of one series."""
    steps: Tensor = normalise(rows.unsqueeze(0), torch.tensor([len(rows)], device=rows.device))
    return steps.squeeze(0)
