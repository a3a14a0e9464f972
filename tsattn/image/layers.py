"""What networks of images are made of: a convolution with its norm and activation, and checks of an image's size."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from tsattn._checks import check_int
from tsattn.nn.rank import HeConv2d


class ConvolutionLayer(nn.Module):
    """A convolution of images, batch normalisation if wanted, and an activation if wanted; zeros beyond the edges.

    Parameters
    ----------
    n_inputs, n_features : int
        Channels in and out.
    width : int, default=3
        Entries of the kernel along each axis, an odd number.
    stride : int, default=1
        Places from one read to the next; the size becomes size / stride, rounded up.
    norm : bool, default=True
        Whether features are normalised; without a norm the convolution has a bias.
    activation : callable or None, default=torch.relu

    Examples
    --------
    >>> import torch
    >>> ConvolutionLayer(3, 5, stride=2)(torch.zeros(2, 3, 7, 10)).shape
    torch.Size([2, 5, 4, 5])
    """

    def __init__(
        self, n_inputs: int, n_features: int, *, width: int = 3, stride: int = 1, norm: bool = True,
        activation: Callable[[Tensor], Tensor] | None = torch.relu,
    ) -> None:
        super().__init__()
        self.convolution = HeConv2d(n_inputs, n_features, width, stride=stride, padding=width // 2, bias=not norm)
        self.normalise = nn.BatchNorm2d(n_features) if norm else None
        self.activation = activation

    def forward(self, x: Float[Tensor, "b p i j"]) -> Float[Tensor, "b c h w"]:
        """Return the features."""
        y: Tensor = self.convolution(x)
        if self.normalise is not None:
            y = self.normalise(y)
        return y if self.activation is None else self.activation(y)


def check_size(network: str, size: Sequence[int], least: int) -> tuple[int, int]:
    """Return (height, width); raise unless both are at least what a network needs."""
    if len(size) != 2:
        raise ValueError(f"size must be (height, width), got {size!r}")
    height, width = (check_int(name, length) for name, length in zip(("height", "width"), size, strict=True))
    if min(height, width) < least:
        raise ValueError(f"{network} needs images of at least {least} x {least} pixels, got {height} x {width}; "
                         "enlarge them, or take a network with fewer poolings")
    return height, width
