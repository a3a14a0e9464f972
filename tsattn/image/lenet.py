"""LeNet-5: two convolutions, each before a pooling, and two dense layers.

LeCun, Bottou, Bengio & Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE 86, 1998; its
sizes as in Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, 5.5.2.1:
6 and 16 kernels of 5 x 5, average pooling by 2, 120 and 84 units, tanh. Differs from the first: every kernel of the
second convolution reads all channels, pooling has no weights, and images of any size from 12 x 12 on are taken; two
zeros stand around an image, so that 28 x 28 becomes what the paper's 32 x 32 does.
"""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from tsattn._checks import check_int
from tsattn.image.layers import check_size
from tsattn.image.slot import ANY, Block, Slots

N_KERNELS, N_UNITS, WIDTH = (6, 16), (120, 84), 5


class LeNet5(nn.Module):
    """The network up to its features; a linear layer for the classes comes after it.

    Both placements are one here: each of the two convolutions stands before a pooling. A convolution's activation
    belongs to it, so that attention sees tanh of it; what the first one's predecessor is said to be is the image.

    Parameters
    ----------
    n_channels : int, default=1
        Channels of the images.
    size : (int, int), default=(28, 28)
        Height and width, each at least `LEAST`, 12.
    attention : callable, optional
        `attention(n_features)` builds a block, see `tsattn.image.slot`; none by default.
    placement : {"bottleneck", "full"}, default="bottleneck"

    Attributes
    ----------
    n_features : int
        84.

    Raises
    ------
    ValueError
        A size is too small, the placement unknown.

    Examples
    --------
    >>> from functools import partial
    >>> import torch
    >>> from tsattn.nn.attention.scale_space import SANBlock
    >>> network = LeNet5(attention=partial(SANBlock, ndim=2, width=5))
    >>> network(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 84])
    """

    LEAST = 12
    n_features = N_UNITS[-1]

    def __init__(
        self, n_channels: int = 1, size: Sequence[int] = (28, 28), *, attention: Block | None = None,
        placement: str = "bottleneck",
    ) -> None:
        super().__init__()
        height, width = check_size("LeNet-5", size, self.LEAST)
        slots = Slots(attention, placement)
        inputs = (check_int("n_channels", n_channels), N_KERNELS[0])
        self.layers = nn.ModuleList(
            slots(nn.Sequential(nn.Conv2d(n, features, WIDTH, padding=padding), nn.Tanh()), features, *ANY)
            for n, features, padding in zip(inputs, N_KERNELS, (2, 0), strict=True))
        self.pool = nn.AvgPool2d(2)
        n_left = N_KERNELS[-1] * ((height // 2 - 4) // 2) * ((width // 2 - 4) // 2)
        self.dense = nn.Sequential(nn.Linear(n_left, N_UNITS[0]), nn.Tanh(), nn.Linear(*N_UNITS), nn.Tanh())

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b f"]:
        """Return (batch, 84)."""
        for layer in self.layers:
            x = self.pool(layer(x))
        features: Tensor = self.dense(x.flatten(1))
        return features
