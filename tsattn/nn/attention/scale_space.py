"""Scale-space attention (SAN): a layer's features, masked by how they differ from those of the layer before.

Garg, Candan & Sapino, "SAN: Scale-Space Attention Networks", ICDE 2020. With Y_l the features of a layer and Y_{l-1}
those of its predecessor:

    D   = |Y_l - mean over channels of Y_{l-1}|                        difference of convolutions
    Y_e = a D,  a = the share of a value's neighbours, itself among them, that it is not below
    Y_a = activation(convolution(Y_e))                                 smoothing
    output = Y_l * sigmoid(Y_a)

Differs: the published activation is that of the branch; ours is none by default, since a ReLU confines the mask to
[0.5, 1). The output may be Y_l * (1 + sigmoid(Y_a)), as in Wang et al., "Residual attention network", CVPR 2017, so
that nothing is shut off: in a residual network that would be for all blocks to come. Where the sources are silent: a
value at the border, or at a series' end, has fewer neighbours and is compared with those alone; a larger predecessor is
averaged down to the layer's size; a dilated convolution has dilation 2.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from tsattn._threads import over_rows
from tsattn.nn.attention.block import AttentionBlock, existing
from tsattn.nn.rank import SHRINK, check_same_size, same_size

WORTH_A_THREAD = 2**17  # values, which take half a millisecond


def extremeness(x: Float[Tensor, "b c *space"], valid: Bool[Tensor, "b 1 *space"]) -> Float[Tensor, "b c *space"]:
    """Share of the neighbours of each value (3 along each axis, itself among them) that it is at least as large as.

    Neighbours that do not exist, or are not valid, count neither way; ties count. No gradient comes from a count.

    Examples
    --------
    >>> import torch
    >>> extremeness(torch.tensor([[[1.0, 3.0, 3.0, 0.0]]]), torch.ones(1, 1, 4, dtype=torch.bool))
    tensor([[[0.5000, 1.0000, 1.0000, 0.5000]]])
    """
    edges, n_around = (1, 1) * (x.ndim - 2), {3: 3, 4: 9}[x.ndim]
    # what does not exist is below everything, and taken off again where it was counted
    around = nn.functional.pad(x.detach().masked_fill(~valid, -torch.inf), edges, value=-torch.inf)
    lacks = nn.functional.pad(~valid, edges, value=True)
    missing = torch.zeros_like(valid, dtype=x.dtype)
    for place in _around(x):
        missing += lacks[place]
    return (_not_above(around, x) - missing) / (n_around - missing).clamp(min=1)


def _around(x: Tensor) -> Iterator[Any]:
    """Where, of an array with one more on each side, the neighbours of each value stand, itself among them."""
    for offsets in product(range(3), repeat=x.ndim - 2):
        yield (..., *(slice(start, start + size) for start, size in zip(offsets, x.shape[2:], strict=True)))


def _not_above(around: Tensor, x: Tensor) -> Tensor:
    """How many neighbours each value is not below, of the shape of `x`; compiled on a CPU, where it takes a fourth."""
    if x.device.type != "cpu":
        return _compared(around, x)
    wide = x if x.dtype in (torch.float32, torch.float64) else x.float()  # exact, as is a count on its way back
    return _compiled(around.to(wide.dtype), wide).to(x.dtype)


def _compared(around: Tensor, x: Tensor) -> Tensor:
    inner: Any = (..., *[slice(1, -1)] * (x.ndim - 2))
    own, count = around[inner], torch.zeros_like(x)
    for place in _around(x):
        count += own >= around[place]
    return count


def _compiled(around: Tensor, x: Tensor) -> Tensor:
    from tsattn.nn._extremeness_kernel import not_above  # here, as numba takes a while to import

    count = torch.empty_like(x, memory_format=torch.contiguous_format)
    planes, out = around.flatten(0, 1), count.flatten(0, 1)
    if x.ndim == 3:  # one row
        planes, out = planes.unsqueeze(1), out.unsqueeze(1)
    arrays = planes.numpy(), x.ndim - 3, out.numpy()
    over_rows(lambda first, last: not_above(*arrays, first, last), len(out), x.numel(),
              threads=torch.get_num_threads(), worth=WORTH_A_THREAD)
    return count


class SANBlock(AttentionBlock):
    """Mask a layer's features by the salient differences from its predecessor's.

    Parameters
    ----------
    n_features : int
        Channels of the layer.
    ndim : {1, 2}, default=1
        Axes of space: series or images.
    width : int, default=3
        Entries of the smoothing kernel along each axis, an odd number.
    dilation : int, default=1
        Steps between its entries: 1 is the published SAN-c, 2 SAN-d.
    activation : callable, optional
        Between smoothing and the sigmoid; none by default, the branch's own as published.
    absolute, channel_alignment, extrema, smoothing : bool, default=True
        The parts of the mask, each of which may be left out. Without alignment the predecessor needs as many channels
        as the layer.
    residual : bool, default=False
        Add the masked features to the features.

    Raises
    ------
    ValueError
        An unknown `ndim`, an even width; in a call, features of other axes, channels or batches, or a predecessor
        that is smaller than the layer.

    Examples
    --------
    >>> import torch
    >>> SANBlock(5, ndim=2)(torch.zeros(2, 5, 7, 11), torch.zeros(2, 3, 14, 22)).shape
    torch.Size([2, 5, 7, 11])
    """

    context = "previous"

    def __init__(
        self, n_features: int, *, ndim: int = 1, width: int = 3, dilation: int = 1,
        activation: Callable[[Tensor], Tensor] | None = None, absolute: bool = True, channel_alignment: bool = True,
        extrema: bool = True, smoothing: bool = True, residual: bool = False,
    ) -> None:
        super().__init__()
        check_same_size(ndim, n_features, n_features, width=width, dilation=dilation)
        self.ndim, self.n_features = ndim, n_features
        self.absolute, self.channel_alignment, self.extrema = absolute, channel_alignment, extrema
        self.activation, self.residual = activation, residual
        self.smoothing = (same_size(ndim, n_features, n_features, width=width, dilation=dilation)
                          if smoothing else None)

    def difference(self, y: Float[Tensor, "b c *space"], previous: Float[Tensor, "b p *_"]) -> Tensor:
        """Return what the layer changed, of the shape of `y`."""
        if previous.shape[2:] != y.shape[2:]:
            previous = SHRINK[self.ndim](previous, tuple(y.shape[2:]))
        if self.channel_alignment:
            previous = previous.mean(1, keepdim=True)
        elif previous.shape[1] != y.shape[1]:
            raise ValueError("without channel_alignment both layers must have as many channels, got "
                             f"{y.shape[1]} after {previous.shape[1]}")
        change = y - previous
        return change.abs() if self.absolute else change

    def mask(
        self, x: Float[Tensor, "b c *space"], previous: Float[Tensor, "b p *_"],
        valid: Bool[Tensor, "b 1 *space"] | None = None,
    ) -> Float[Tensor, "b c *space"]:
        """Return sigmoid(Y_a), in (0, 1)."""
        self._check(x, previous)
        if valid is None:
            valid = torch.ones_like(x[:, :1], dtype=torch.bool)
        elif previous.shape[2:] != x.shape[2:]:
            raise ValueError("with a mask of valid places both layers must have one size, got "
                             f"{tuple(x.shape[2:])} after {tuple(previous.shape[2:])}; pool the predecessor first")
        else:
            x, previous = existing(x, valid), existing(previous, valid)
        change = self.difference(x, previous)
        if self.extrema:
            change = extremeness(change, valid) * change
        if self.smoothing is not None:
            change = self.smoothing(change)
            change = change if self.activation is None else self.activation(change)
        return change.sigmoid()

    def weights(
        self, x: Float[Tensor, "b c *space"], context: Any = None, valid: Bool[Tensor, "b 1 *space"] | None = None
    ) -> Float[Tensor, "b c *space"]:
        """Return the mask, in (0, 1), or 1 and the mask where masked features are added to the features."""
        mask = self.mask(x, context, valid)
        return 1 + mask if self.residual else mask

    def _check(self, x: Tensor, previous: Any) -> None:
        if not isinstance(previous, Tensor):
            raise TypeError("scale-space attention compares a layer with what it reads: context must be its features, "
                            f"got {type(previous).__name__}")
        if not x.ndim == previous.ndim == self.ndim + 2 or x.shape[:2] != (len(previous), self.n_features):
            raise ValueError(f"x must have {self.ndim + 2} axes and {self.n_features} channels, and the predecessor as "
                             f"many axes and the same batch, got {tuple(x.shape)} after {tuple(previous.shape)}")
        if any(own > before for own, before in zip(x.shape[2:], previous.shape[2:], strict=True)):
            raise ValueError("the predecessor must be at least as large as the layer, got "
                             f"{tuple(x.shape[2:])} after {tuple(previous.shape[2:])}")
