"""The network that an architecture describes, for series and for images.

Garg & Candan, "RACKNet", ICMR 2019; Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State
University, 2020, 3.4.1 and 3.5.1: convolutions with a ReLU each, a pooling of 2 between racks, a dropout of kernels
after each. The recurrent form is in `tsattn.design.recurrent`. Differs: weights by He et al. (ICCV 2015), whose
variance outlasts a dozen layers; features may be normalised; odd sizes round up when they are halved; what lies beyond
a series' end enters nothing.
"""

from collections.abc import Callable
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn._checks import check_bool, check_int
from tsattn.design.layers import Finish, Lengths, Space, kernels
from tsattn.design.plan import Architecture, Layer
from tsattn.design.recurrent import RecurrentRack
from tsattn.nn.dropout import Dropout
from tsattn.nn.padding import zero_padding
from tsattn.nn.rank import MAX_POOL
from tsattn.nn.residual import halve


class Rack(nn.Module):
    """Layers of convolutions, each of which reads the one before.

    Parameters
    ----------
    n_inputs : int
        Channels in.
    layers : tuple of Layer
    ndim : {1, 2}
        Axes of space.
    normalise : bool
        Whether features are normalised; without, convolutions have a bias.
    """

    def __init__(self, n_inputs: int, layers: tuple[Layer, ...], *, ndim: int, normalise: bool) -> None:
        super().__init__()
        widths = [n_inputs, *(layer.kernels for layer in layers)]
        self.convolutions = nn.ModuleList(
            kernels(width, layer, ndim, bias=not normalise) for width, layer in zip(widths, layers, strict=False))
        self.finishes = nn.ModuleList(Finish(layer.kernels, ndim, normalise=normalise) for layer in layers)

    def forward(self, x: Space, lengths: Lengths) -> Space:
        """Return the last layer's features."""
        for convolution, finish in zip(self.convolutions, self.finishes, strict=True):
            x = finish(convolution(x), lengths)
        return x


def halved(x: Space, lengths: Lengths, pooling: str) -> tuple[Space, Lengths]:
    """Half of each axis, rounded up, by the mean or the largest of what there is; values are at least 0.

    Examples
    --------
    >>> import torch
    >>> x = torch.tensor([[[1.0, 3.0, 5.0, 0.0]]])
    >>> halved(x, torch.tensor([3]), "average"), halved(x, torch.tensor([3]), "max")[0].tolist()
    ((tensor([[[2., 5.]]]), tensor([2])), [[[3.0, 5.0]]])
    """
    if pooling == "max":  # zeros beyond a series' end are no larger than anything
        return MAX_POOL[x.ndim - 2](x, 2, ceil_mode=True), None if lengths is None else (lengths + 1) // 2
    if lengths is None:
        return nn.functional.avg_pool2d(x, 2, ceil_mode=True), None
    means, lengths = halve(x.mT, lengths)
    return means.mT, lengths


class RackNetwork(nn.Module):
    """Racks of convolutions up to their features, for series or images; see the classes below for their layouts.

    Parameters
    ----------
    architecture : Architecture
    n_channels : int
        Channels of the series or images.
    normalise : bool, default=False
        Batch normalisation after each convolution; none as published.
    recurrent : bool, default=False
        The layers of a rack as the iterations of one recurrent layer; see `tsattn.design.recurrent`.

    Attributes
    ----------
    n_features : int
        Kernels of the last layer.

    Examples
    --------
    >>> import torch
    >>> made = Architecture(((Layer(4), Layer(8)), (Layer(6, edge=5),)), ndim=2)
    >>> features, _ = RackNetwork(made, 3).eval()(torch.zeros(2, 3, 7, 11), None)
    >>> features.shape
    torch.Size([2, 6, 4, 6])
    """

    def __init__(
        self, architecture: Architecture, n_channels: int, *, normalise: bool = False, recurrent: bool = False
    ) -> None:
        super().__init__()
        check_bool("normalise", normalise)
        rack: Callable[..., nn.Module] = RecurrentRack if check_bool("recurrent", recurrent) else Rack
        widths = [check_int("n_channels", n_channels), *(layers[-1].kernels for layers in architecture.racks)]
        self.pooling = architecture.pooling
        self.racks = nn.ModuleList(
            rack(width, layers, ndim=architecture.ndim, normalise=normalise)
            for width, layers in zip(widths, architecture.racks, strict=False))
        self.dropout = Dropout(architecture.dropout, channelwise=True)
        self.n_features = widths[-1]

    def forward(self, x: Space, lengths: Lengths) -> tuple[Space, Lengths]:
        """Return the features at the remaining places, and the lengths there; lengths are None for images."""
        for number, rack in enumerate(self.racks):
            if number:
                x, lengths = halved(x, lengths, self.pooling)
            x = self.dropout(rack(x, lengths).movedim(1, -1)).movedim(-1, 1)
        return x, lengths


class SeriesRackNetwork(nn.Module):
    """A `RackNetwork` for series of any lengths: (batch, time, channel) in and out.

    Parameters
    ----------
    architecture : Architecture
        With `ndim=1`.
    n_channels : int
        Channels of the series.
    **options
        `normalise` and `recurrent`, as for `RackNetwork`.

    Attributes
    ----------
    n_features : int
        Kernels of the last layer.

    Raises
    ------
    ValueError
        The architecture is for images.

    Examples
    --------
    >>> import torch
    >>> made = Architecture(((Layer(4),), (Layer(8), Layer(6))), ndim=1)
    >>> features, lengths = SeriesRackNetwork(made, 3).eval()(torch.zeros(2, 11, 3), torch.tensor([11, 4]))
    >>> features.shape, lengths
    (torch.Size([2, 6, 6]), tensor([6, 2]))
    """

    def __init__(self, architecture: Architecture, n_channels: int, **options: Any) -> None:
        super().__init__()
        check_rank(architecture, 1, "series")
        self.body = RackNetwork(architecture, n_channels, **options)
        self.n_features = self.body.n_features

    def forward(
        self, x: Float[Tensor, "b t c"], lengths: Int[Tensor, " b"]
    ) -> tuple[Float[Tensor, "b u h"], Int[Tensor, " b"]]:
        """Return the features at the remaining steps, zero beyond the lengths, and the lengths there."""
        features, left = self.body(zero_padding(x, lengths).mT, lengths)
        return features.mT, left


class ImageRackNetwork(nn.Module):
    """A `RackNetwork` for images of one size: (batch, channel, height, width) to all features side by side.

    Parameters
    ----------
    architecture : Architecture
        With `ndim=2`.
    n_channels : int
        Channels of the images.
    size : (int, int)
        Height and width.
    **options
        `normalise` and `recurrent`, as for `RackNetwork`.

    Attributes
    ----------
    n_features : int
        Kernels of the last layer times the places that are left.

    Raises
    ------
    ValueError
        The architecture is for series; a size below 1.

    Examples
    --------
    >>> import torch
    >>> made = Architecture(((Layer(4),), (Layer(8), Layer(6))))
    >>> network = ImageRackNetwork(made, 1, (28, 27)).eval()
    >>> network(torch.zeros(2, 1, 28, 27)).shape, network.n_features == 6 * 14 * 14
    (torch.Size([2, 1176]), True)
    """

    def __init__(self, architecture: Architecture, n_channels: int, size: tuple[int, int], **options: Any) -> None:
        super().__init__()
        check_rank(architecture, 2, "images")
        self.body = RackNetwork(architecture, n_channels, **options)
        places = 1
        for length in size:
            places *= -(-check_int("size", length) // 2 ** (len(architecture.racks) - 1))
        self.n_features = self.body.n_features * places

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b f"]:
        """Return (batch, n_features)."""
        features: Tensor = self.body(x, None)[0]
        return features.flatten(1)


def check_rank(architecture: Architecture, ndim: int, of: str) -> None:
    """Raise unless an architecture is for series, or for images."""
    if architecture.ndim != ndim:
        raise ValueError(f"an architecture for {of} has ndim={ndim}, got ndim={architecture.ndim}")
