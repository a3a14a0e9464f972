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
    """A network of images: what builds it, what its attention is to be like, and its published form.

    Attributes
    ----------
    make : callable
        `make(n_channels, size, attention=..., placement=...)` builds what maps (batch, channel, height, width) to
        (batch, n_features); `n_features` is an attribute of it.
    width : int, default=3
        Of the kernels that smooth a mask: that of its convolutions, those of 1 x 1 aside.
    activation : str, default="relu"
        Of its layers.
    residual : bool, default=False
        Whether its layers add what they compute to what they read, and so are to have masked features added, too.
    published : str or None, default=None
        Name of its published form, where that is another.
    """

    make: Callable[..., nn.Module]
    width: int = 3
    activation: str = "relu"
    residual: bool = False
    published: str | None = None


BACKBONES: dict[str, Backbone] = {
    "lenet5": Backbone(LeNet5, WIDTH, "tanh"),
    "vgg16": Backbone(VGG, published="vgg16-plain"),
    "vgg19": Backbone(partial(VGG, depths=VGG19), published="vgg19-plain"),
    "vgg16-plain": Backbone(partial(VGG, norm=False, pointwise=True)),
    "vgg19-plain": Backbone(partial(VGG, depths=VGG19, norm=False)),
    "resnet20": Backbone(resnet20, residual=True),
    "resnet18": Backbone(resnet18, residual=True),
    "resnet50": Backbone(resnet50, residual=True),
}
