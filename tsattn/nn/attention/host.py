"""Where a block of attention stands: around a layer, which may be of any rank, or a sequence layer."""

from collections.abc import Callable
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn.nn.attention.block import AttentionBlock, check_block, of_shape
from tsattn.nn.mask import valid_steps
from tsattn.nn.recurrent import LSTM
from tsattn.nn.sequence import Encoder


class Attended(nn.Module):
    """A layer of any rank, or several as one, under attention: its features, weighed by a block.

    Parameters
    ----------
    layer : nn.Module
        From images, series or features to features, the second axis theirs, then those of space.
    block : AttentionBlock
        Its context, if it has one, is what the layer reads.

    Raises
    ------
    TypeError
        The block is none.

    Examples
    --------
    >>> import torch
    >>> from tsattn.nn import SANBlock
    >>> layer = Attended(nn.Conv2d(3, 5, 3, stride=2), SANBlock(5, ndim=2))
    >>> layer(torch.zeros(2, 3, 11, 13)).shape, layer.weights(torch.zeros(2, 3, 11, 13)).shape
    (torch.Size([2, 5, 5, 6]), torch.Size([2, 5, 5, 6]))
    """

    def __init__(self, layer: nn.Module, block: Any) -> None:
        super().__init__()
        self.layer = layer
        self.block = check_block(block)

    def weights(self, x: Float[Tensor, "b p *_"]) -> Float[Tensor, "b c *space"]:
        """Return what the layer's features are multiplied by, of their shape."""
        y: Tensor = self.layer(x)
        return of_shape(self.block.weights(y, context_of(self.block, x)), y)

    def forward(self, x: Float[Tensor, "b p *_"]) -> Float[Tensor, "b c *space"]:
        """Return the weighed features."""
        y: Tensor = self.layer(x)
        weighed: Tensor = self.block(y, context_of(self.block, x))
        return weighed


class ChannelsLast(nn.Module):
    """A sequence layer under attention, which is a sequence layer again, of (batch, time, channel) and lengths.

    Parameters
    ----------
    n_inputs, n_features : int
        Channels in, and features out.
    layer : callable, default=LSTM
        `layer(n_inputs, n_features)` builds the sequence layer.
    block : callable
        `block(n_features)` builds the `AttentionBlock`; options are given to it beforehand, with `functools.partial`.
        Its context, if it has one, is what the layer reads.

    Raises
    ------
    TypeError
        What the function builds is no block.

    Examples
    --------
    Scale-space attention whose smoothing is dilated:

    >>> from functools import partial
    >>> import torch
    >>> from tsattn.nn import SANBlock
    >>> layer = ChannelsLast(3, 8, block=partial(SANBlock, dilation=2))
    >>> layer(torch.zeros(2, 11, 3), torch.tensor([11, 4])).shape
    torch.Size([2, 11, 8])
    """

    def __init__(
        self, n_inputs: int, n_features: int, *, block: Callable[[int], Any], layer: Encoder = LSTM
    ) -> None:
        super().__init__()
        self.layer = layer(n_inputs, n_features)
        self.block = check_block(block(n_features))

    def weights(self, x: Float[Tensor, "b t c"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b t h"]:
        """Return what the layer's features are multiplied by, of their shape."""
        y = self.layer(x, lengths).mT  # b h t
        return of_shape(self.block.weights(y, context_of(self.block, x.mT), _valid(x, lengths)), y).mT

    def forward(self, x: Float[Tensor, "b t c"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b t h"]:
        """Return the weighed features at every step; zeros beyond the lengths."""
        y = self.layer(x, lengths).mT  # b h t
        weighed: Tensor = self.block(y, context_of(self.block, x.mT), _valid(x, lengths))
        return weighed.mT


def context_of(block: AttentionBlock, read: Tensor) -> Tensor | None:
    """What a block looks at beside a layer's features: what the layer reads, if the block asks for that."""
    return read if block.context == "previous" else None


def _valid(x: Tensor, lengths: Tensor) -> Tensor:
    return valid_steps(lengths, x.shape[1]).unsqueeze(1)  # b 1 t
