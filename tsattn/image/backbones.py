"""Networks of images by name, and what is to be known of each before it is built."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from torch import nn

from tsattn.image.lenet import WIDTH, LeNet5
from tsattn.image.resnet import resnet18, resnet20, resnet50
from tsattn.image.vgg import VGG, VGG19


@dataclass(frozen=True)
class Backbone:
    """A network of images: what builds it, and the kernels that its attention is to have.

    Attributes
    ----------
    make : callable
        `make(n_channels, size, attention=..., placement=...)` builds what maps (batch, channel, height, width) to
        (batch, n_features); `n_features` is an attribute of it.
    width : int
        Of its convolutions' kernels, and so of those that smooth a mask.
    residual : bool, default=False
        Whether its layers add what they compute to what they read, and so are to have masked features added, too.
    """

    make: Callable[..., nn.Module]
    width: int = 3
    residual: bool = False


BACKBONES: dict[str, Backbone] = {
    "lenet5": Backbone(LeNet5, WIDTH),
    "vgg16": Backbone(VGG),
    "vgg19": Backbone(partial(VGG, depths=VGG19)),
    "vgg16-plain": Backbone(partial(VGG, norm=False, pointwise=True)),
    "vgg19-plain": Backbone(partial(VGG, depths=VGG19, norm=False)),
    "resnet20": Backbone(resnet20, residual=True),
    "resnet18": Backbone(resnet18, residual=True),
    "resnet50": Backbone(resnet50, residual=True),
}
