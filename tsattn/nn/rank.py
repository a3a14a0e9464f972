"""What there is for series and for images: torch's layers by the number of axes of space."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from tsattn._checks import check_int, check_one_of
from tsattn.nn.initialise import HeWeights

CONVOLUTION: dict[int, type[nn.Conv1d] | type[nn.Conv2d]] = {1: nn.Conv1d, 2: nn.Conv2d}
CONVOLVE: dict[int, Callable[..., Tensor]] = {1: nn.functional.conv1d, 2: nn.functional.conv2d}
SHRINK: dict[int, Callable[[Tensor, Any], Tensor]] = {
    1: nn.functional.adaptive_avg_pool1d, 2: nn.functional.adaptive_avg_pool2d,
}
MAX_POOL: dict[int, Callable[..., Tensor]] = {1: nn.functional.max_pool1d, 2: nn.functional.max_pool2d}


class HeConv1d(HeWeights, nn.Conv1d):
    """A convolution over time whose weights suit a ReLU; see `tsattn.nn.initialise.HeWeights`."""


class HeConv2d(HeWeights, nn.Conv2d):
    """A convolution of images whose weights suit a ReLU.

    Examples
    --------
    >>> import torch
    >>> from tsattn.nn import build
    >>> layer = build(lambda: HeConv2d(50, 40, 3), torch.Generator().manual_seed(0))
    >>> round(float(layer.weight.detach().var()) * 50 * 9, 1)
    2.0
    """


HE_CONVOLUTION: dict[int, type[HeConv1d] | type[HeConv2d]] = {1: HeConv1d, 2: HeConv2d}


def same_size(ndim: int, n_inputs: int, n_features: int, *, width: int = 3, dilation: int = 1) -> nn.Module:
    """Return a convolution over `ndim` axes of space that leaves the size as it is; zeros stand beyond the edges.

    Parameters
    ----------
    ndim : {1, 2}
        Axes of space: series or images.
    n_inputs, n_features : int
        Channels in and out.
    width : int, default=3
        Entries of the kernel along each axis, an odd number.
    dilation : int, default=1
        Steps between its entries.

    Raises
    ------
    ValueError
        An unknown `ndim`, an even width, a size below 1.

    Examples
    --------
    >>> import torch
    >>> same_size(2, 3, 5, dilation=4)(torch.zeros(2, 3, 7, 11)).shape
    torch.Size([2, 5, 7, 11])
    """
    check_same_size(ndim, n_inputs, n_features, width=width, dilation=dilation)
    return CONVOLUTION[ndim](n_inputs, n_features, width, padding=dilation * (width // 2), dilation=dilation)


def check_same_size(ndim: int, n_inputs: int, n_features: int, *, width: int, dilation: int) -> None:
    """Raise unless `same_size` makes something of these."""
    check_one_of("ndim", ndim, CONVOLUTION)
    if check_int("width", width) % 2 == 0:
        raise ValueError(f"width must be odd, so that the size stays, got {width}")
    for name, number in (("dilation", dilation), ("n_inputs", n_inputs), ("n_features", n_features)):
        check_int(name, number)
