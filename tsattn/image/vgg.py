"""VGG-16 and VGG-19, sized for small images: stages of 3 x 3 convolutions, each stage before a pooling.

Simonyan & Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015, table 1, columns
D and E; column C, whose last convolutions of the later stages are 1 x 1, is the network that Garg, "On Feature Saliency
and Deep Neural Networks", dissertation, Arizona State University, 2020, 5.5.2.2, describes. Differs: for images from
32 x 32 on; what is left of them after five poolings is averaged, and the two dense layers have 512 units and not 4096;
features are normalised by default.
"""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from tsattn._checks import check_bool, check_fraction, check_int
from tsattn.image.layers import ConvolutionLayer, check_size
from tsattn.image.slot import ANY, Block, Slots
from tsattn.nn.dropout import Dropout

WIDTHS = (64, 128, 256, 512, 512)  # kernels of each stage
VGG16, VGG19 = (2, 2, 3, 3, 3), (2, 2, 4, 4, 4)  # convolutions of each stage
N_UNITS = 512


class VGG(nn.Module):
    """The network up to its features; a linear layer for the classes comes after it.

    Parameters
    ----------
    n_channels : int, default=3
        Channels of the images.
    size : (int, int), default=(32, 32)
        Height and width, each at least `LEAST`, 32.
    depths : sequence of 5 int, default=(2, 2, 3, 3, 3)
        Convolutions of each stage: VGG-16; (2, 2, 4, 4, 4) is VGG-19.
    norm : bool, default=True
        Batch normalisation after each convolution; none as published.
    pointwise : bool, default=False
        Make the last convolution of the third and later stages 1 x 1.
    dropout : float, default=0.5
        Chance of each unit of the first dense layer to be dropped in training; as published.
    attention : callable, optional
        `attention(n_features)` builds a block, see `tsattn.image.slot`; none by default.
    placement : {"bottleneck", "full"}, default="bottleneck"
        At the last convolution of each stage, or at all.

    Attributes
    ----------
    n_features : int
        512.

    Raises
    ------
    ValueError
        A size is too small, the placement unknown.

    Examples
    --------
    >>> import torch
    >>> VGG().eval()(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 512])
    """

    LEAST = 32
    n_features = N_UNITS

    def __init__(
        self, n_channels: int = 3, size: Sequence[int] = (32, 32), *, depths: Sequence[int] = VGG16, norm: bool = True,
        pointwise: bool = False, dropout: float = 0.5, attention: Block | None = None, placement: str = "bottleneck",
    ) -> None:
        super().__init__()
        check_size("VGG", size, self.LEAST)
        check_bool("norm", norm)
        narrow_from = 2 if check_bool("pointwise", pointwise) else len(WIDTHS)
        slots, n_inputs = Slots(attention, placement), check_int("n_channels", n_channels)
        self.stages = nn.ModuleList()
        for number, (depth, features) in enumerate(zip(depths, WIDTHS, strict=True)):
            kernels = [3] * check_int("depths", depth)
            kernels[-1] = 1 if number >= narrow_from else 3
            places = [("full",)] * (depth - 1) + [ANY]
            inputs = [n_inputs, *[features] * (depth - 1)]
            self.stages.append(nn.Sequential(*(
                slots(ConvolutionLayer(n, features, width=width, norm=norm), features, *here)
                for n, width, here in zip(inputs, kernels, places, strict=True)), nn.MaxPool2d(2)))
            n_inputs = features
        self.dense = nn.Sequential(nn.Linear(n_inputs, N_UNITS), nn.ReLU(), Dropout(check_fraction("dropout", dropout)),
                                   nn.Linear(N_UNITS, N_UNITS), nn.ReLU())

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b f"]:
        """Return (batch, 512)."""
        for stage in self.stages:
            x = stage(x)
        features: Tensor = self.dense(x.mean((2, 3)))
        return features
