"""Networks of images: (batch, channel, height, width) in, features out, and one place for attention of any kind."""

from tsattn.image.lenet import LeNet5
from tsattn.image.of_images import OfImages
from tsattn.image.resnet import ResNet
from tsattn.image.slot import Slots
from tsattn.image.vgg import VGG

__all__ = ["VGG", "LeNet5", "OfImages", "ResNet", "Slots"]
