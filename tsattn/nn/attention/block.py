"""The one form of a block of attention: features in, the same features out, multiplied by weights.

A block of any rank maps features (batch, channel, then the axes of space) to features of the same shape:

    output = x * weights(x, context, valid)

where `context` is what else the block looks at, and `valid` which places there are, in series of unequal lengths. What
stands beyond a series' end changes nothing, comes out as exactly 0 and gets no gradient.
"""

from typing import Any, ClassVar

from jaxtyping import Bool, Float
from torch import Tensor, nn


class AttentionBlock(nn.Module):
    """What all blocks of attention are; a block of one's own is a subclass with a method `weights`.

    Attributes
    ----------
    context : {"none", "previous"}
        What the block looks at beside the features: nothing, or the features that the layer reads, of the same axes,
        and at least as many along each axis of space.

    Examples
    --------
    A block that weighs each place by the mean of its channels:

    >>> import torch
    >>> class Mean(AttentionBlock):
    ...     def weights(self, x, context=None, valid=None):
    ...         return x.mean(1, keepdim=True).sigmoid()
    >>> Mean()(torch.zeros(2, 5, 7, 11)).shape
    torch.Size([2, 5, 7, 11])
    """

    context: ClassVar[str] = "none"

    def weights(
        self, x: Float[Tensor, "b c *space"], context: Any = None, valid: Bool[Tensor, "b 1 *space"] | None = None
    ) -> Float[Tensor, "b _ *_"]:
        """Return what the features are multiplied by, of their shape or of one that broadcasts to it."""
        raise NotImplementedError(f"{type(self).__name__} needs a method weights(x, context, valid)")

    def forward(
        self, x: Float[Tensor, "b c *space"], context: Any = None, valid: Bool[Tensor, "b 1 *space"] | None = None
    ) -> Float[Tensor, "b c *space"]:
        """Return the weighed features; zeros, and no gradient, where `valid` is False, whatever stands there."""
        return existing(x, valid) * of_shape(self.weights(x, context, valid), x)


def existing(x: Float[Tensor, "b c *space"], valid: Bool[Tensor, "b 1 *space"] | None) -> Float[Tensor, "b c *space"]:
    """Return the features, 0 where `valid` is False.

    Examples
    --------
    >>> import torch
    >>> existing(torch.tensor([[[1.0, torch.nan]]]), torch.tensor([[[True, False]]]))
    tensor([[[1., 0.]]])
    """
    return x if valid is None else x.masked_fill(~valid, 0)


def check_block(block: Any) -> AttentionBlock:
    """Return what builds attention has built.

    Raises
    ------
    TypeError
        It is no block.
    """
    if not isinstance(block, AttentionBlock):
        raise TypeError("attention must build a tsattn.nn.AttentionBlock, a module with a method weights(x, context, "
                        f"valid), got {type(block).__name__}: make it a subclass of AttentionBlock")
    return block


def of_shape(weights: Tensor, x: Tensor) -> Tensor:
    """Return weights of the features' shape.

    Raises
    ------
    ValueError
        They do not broadcast to it.
    """
    try:
        return weights.expand_as(x)
    except RuntimeError:
        raise ValueError(f"weights of a block must have the features' shape, {tuple(x.shape)}, or broadcast to it, got "
                         f"{tuple(weights.shape)}") from None
