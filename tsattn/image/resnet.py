"""Residual networks, sized for small images: ResNet-20, and ResNet-18 and ResNet-50 without their first pooling.

He, Zhang, Ren & Sun, "Deep residual learning for image recognition", CVPR 2016: ResNet-20 is that of section 4.2, for
images of 32 x 32, with shortcuts without weights (option A); ResNet-18 and ResNet-50 are those of table 1, with
projections where the size changes (option B). Differs: the first convolution of these two is 3 x 3 with a stride of 1,
and no pooling follows it; the weights of a block's last norm begin at 1.
"""

from collections.abc import Callable, Sequence
from functools import partial

from jaxtyping import Float
from torch import Tensor, nn

from tsattn._checks import check_int
from tsattn.image.layers import ConvolutionLayer, check_size
from tsattn.image.slot import Block, Slots

EXPANSION = 4  # features of a bottleneck block to those between its convolutions


class Subsample(nn.Module):
    """Every `stride`-th place, and zeros for the channels that are more: a shortcut without weights.

    Examples
    --------
    >>> import torch
    >>> Subsample(3, 5, stride=2)(torch.ones(1, 3, 7, 4)).sum((2, 3))
    tensor([[8., 8., 8., 0., 0.]])
    """

    def __init__(self, n_inputs: int, n_features: int, *, stride: int) -> None:
        super().__init__()
        self.stride, self.n_more = stride, n_features - n_inputs

    def forward(self, x: Float[Tensor, "b p i j"]) -> Float[Tensor, "b c h w"]:
        """Return (batch, n_features, height / stride, width / stride), rounded up."""
        return nn.functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.n_more))


Shortcut = Callable[..., nn.Module]
project: Shortcut = partial(ConvolutionLayer, width=1, activation=None)


def basic(n_inputs: int, n_features: int, stride: int) -> tuple[list[ConvolutionLayer], list[int]]:
    """Two 3 x 3 convolutions, and their features; the activation of the second comes after the addition."""
    return [ConvolutionLayer(n_inputs, n_features, stride=stride),
            ConvolutionLayer(n_features, n_features, activation=None)], [n_features, n_features]


def bottleneck(n_inputs: int, n_features: int, stride: int) -> tuple[list[ConvolutionLayer], list[int]]:
    """A 1 x 1, a 3 x 3 and a 1 x 1 convolution, and their features; the stride is the second's."""
    n_inner = n_features // EXPANSION
    return [ConvolutionLayer(n_inputs, n_inner, width=1), ConvolutionLayer(n_inner, n_inner, stride=stride),
            ConvolutionLayer(n_inner, n_features, width=1, activation=None)], [n_inner, n_inner, n_features]


Layers = Callable[[int, int, int], tuple[list[ConvolutionLayer], list[int]]]


class ResidualImageBlock(nn.Module):
    """Convolutions beside a shortcut: relu(shortcut(x) + layers(x)).

    Parameters
    ----------
    n_inputs, n_features : int
        Channels in and out.
    stride : int, default=1
    layers : callable, default=basic
        `basic` or `bottleneck`.
    shortcut : callable, default=project
        `shortcut(n_inputs, n_features, stride=stride)` builds what stands beside the convolutions where the size or the
        channels change; elsewhere it is the identity.
    slots : Slots, optional
        Attention at each of the convolutions, before the addition, if `placement="full"`; no shortcut has any.

    Examples
    --------
    >>> import torch
    >>> ResidualImageBlock(3, 8, stride=2, layers=bottleneck)(torch.zeros(2, 3, 7, 10)).shape
    torch.Size([2, 8, 4, 5])
    """

    def __init__(
        self, n_inputs: int, n_features: int, *, stride: int = 1, layers: Layers = basic, shortcut: Shortcut = project,
        slots: Slots | None = None,
    ) -> None:
        super().__init__()
        slots = slots or Slots()
        parts = zip(*layers(n_inputs, n_features, stride), strict=True)
        self.layers = nn.Sequential(*(slots(layer, features, "full") for layer, features in parts))
        same = stride == 1 and n_inputs == n_features
        self.shortcut = nn.Identity() if same else shortcut(n_inputs, n_features, stride=stride)

    def forward(self, x: Float[Tensor, "b p i j"]) -> Float[Tensor, "b c h w"]:
        """Return the features."""
        beside: Tensor = self.layers(x)
        past: Tensor = self.shortcut(x)
        return (past + beside).relu()


class ResNet(nn.Module):
    """The network up to its features; a linear layer for the classes comes after it.

    Parameters
    ----------
    n_channels : int, default=3
        Channels of the images.
    size : (int, int), default=(32, 32)
        Height and width; each at least 2 to the number of times that they are halved.
    depths : sequence of int, default=(3, 3, 3)
        Blocks of each stage. Every stage but the first halves height and width.
    widths : sequence of int, default=(16, 32, 64)
        Channels of each stage.
    stem : int, default=16
        Kernels of the first convolution.
    layers : callable, default=basic
        The convolutions of a block: `basic` or `bottleneck`.
    shortcut : callable, default=Subsample
        What stands beside them where the size or the channels change: `Subsample` or `project`.
    attention : callable, optional
        `attention(n_features)` builds a block, see `tsattn.image.slot`; none by default.
    placement : {"bottleneck", "full"}, default="bottleneck"
        At the last block of each stage, after the addition; or at every convolution, before it.

    Attributes
    ----------
    n_features : int
        Channels of the last stage.

    Raises
    ------
    ValueError
        A size is too small, the placement unknown.

    Examples
    --------
    ResNet-20, and ResNet-50:

    >>> import torch
    >>> ResNet().eval()(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 64])
    >>> resnet50().eval()(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 2048])
    """

    def __init__(
        self, n_channels: int = 3, size: Sequence[int] = (32, 32), *, depths: Sequence[int] = (3, 3, 3),
        widths: Sequence[int] = (16, 32, 64), stem: int = 16, layers: Layers = basic, shortcut: Shortcut = Subsample,
        attention: Block | None = None, placement: str = "bottleneck",
    ) -> None:
        super().__init__()
        check_size("ResNet", size, 2 ** (len(depths) - 1))
        slots = Slots(attention, placement)
        self.n_features = widths[-1]
        blocks: list[nn.Module] = [slots(ConvolutionLayer(check_int("n_channels", n_channels), stem), stem, "full")]
        n_inputs = stem
        for number, (depth, features) in enumerate(zip(depths, widths, strict=True)):
            for place in range(check_int("depths", depth)):
                stride = 2 if place == 0 and number > 0 else 1
                block = ResidualImageBlock(n_inputs, features, stride=stride, layers=layers, shortcut=shortcut,
                                           slots=slots)
                blocks.append(slots(block, features, *["bottleneck"] * (place == depth - 1)))
                n_inputs = features
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b f"]:
        """Return (batch, n_features), the means over what is left of the image."""
        features: Tensor = self.blocks(x)
        return features.mean((2, 3))


resnet20 = ResNet
resnet18 = partial(ResNet, depths=(2, 2, 2, 2), widths=(64, 128, 256, 512), stem=64, shortcut=project)
resnet50 = partial(ResNet, depths=(3, 4, 6, 3), widths=(256, 512, 1024, 2048), stem=64, layers=bottleneck,
                   shortcut=project)
