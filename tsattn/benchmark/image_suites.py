"""Suites of attention in networks of images: which block, where, and what the parts of a mask are worth.

Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, tables 5.2 to 5.4
and 5.9. Every network of a suite is trained alike: the source says neither its epochs nor its optimiser. LeNet-5 is the
source's; its ResNet-18 is too big to be trained here several times, and its little sister for images of this size,
ResNet-20, stands in, on three tenths of the images: only the order of these rows can be compared with the printed one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from tsattn.benchmark.form import Form
from tsattn.benchmark.image_tasks import CIFAR, FASHION, MNIST
from tsattn.benchmark.images import ImageInfo
from tsattn.benchmark.suite import Entry, Suite

NAMES = {None: "no attention", "cbam": "CBAM", "bam": "BAM", "san-c": "scale-space attention, plain convolution",
         "san-d": "scale-space attention, dilated convolution"}
RESIDUAL = "masked features added to the features"
BOTH = ("mnist", "fashion_mnist")
PARTS = {  # of a mask, as the rows of table 5.9 have them one after another
    "plain": ("the signed difference alone", {}),
    "abs": ("absolute", {"absolute": True}),
    "abs-cca": ("absolute, channels aligned", {"absolute": True, "channel_alignment": True}),
    "abs-cca-extrema": ("absolute, channels aligned, extrema",
                        {"absolute": True, "channel_alignment": True, "extrema": True}),
}
NOTHING = {"absolute": False, "channel_alignment": False, "extrema": False, "smoothing": False}


@dataclass(frozen=True)
class AttendedLeNet(Form):
    """LeNet-5 with the attention that its fields say; 4 epochs, nothing augmented."""

    attention: str | None = None
    placement: str = "bottleneck"
    mask_activation: str | None = None
    absolute: bool = True
    channel_alignment: bool = True
    extrema: bool = True
    smoothing: bool = True
    residual: bool = False  # masked features replace the features, as published

    def __call__(self, seed: int, _info: ImageInfo) -> Any:
        from tsattn.training import Training

        return self.made("lenet5", Training(epochs=4, batch_size=64, label_smoothing=0.0, augment=()), seed)

    def made(self, backbone: str, training: Any, seed: int) -> Any:
        """The estimator, of this network and this training."""
        from tsattn.classification import ImageClassifier

        chosen = {field.name: getattr(self, field.name) for field in fields(self)}
        return ImageClassifier(backbone=backbone, training=training, random_state=seed, **chosen)


@dataclass(frozen=True)
class AttendedResNet(AttendedLeNet):
    """ResNet-20 with the attention that its fields say; 15 epochs in bfloat16, images moved and turned round.

    Half the bits are half the time where a processor multiplies them (AVX512-BF16, AMX); elsewhere they save nothing.
    """

    def __call__(self, seed: int, _info: ImageInfo) -> Any:
        from tsattn.training import Training

        return self.made("resnet20", Training(epochs=15, batch_size=64, augment="strong", precision="bfloat16"), seed)


def _entry(form: type[AttendedLeNet], name: str, note: str, published: Mapping[str, float], **options: Any) -> Entry:
    return Entry(name, form(**options), ours=True, note=note, published=published)


def _lenet(attention: str | None, *printed: float) -> Entry:
    return _entry(AttendedLeNet, attention or "lenet5", NAMES[attention], dict(zip(BOTH, printed, strict=True)),
                  attention=attention)


def _parts(form: type[AttendedLeNet], part: str, published: Mapping[str, float]) -> Entry:
    note, kept = PARTS[part]
    return _entry(form, f"san-{part}", note, published, attention="san-c", **{**NOTHING, **kept})


LENET = (
    _lenet(None, 98.37, 89.43),
    _lenet("cbam", 97.88, 89.27),
    _lenet("bam", 98.52, 89.64),
    _lenet("san-c", 98.56, 89.75),
    _lenet("san-d", 98.70, 89.94),
    _entry(AttendedLeNet, "san-d-residual", RESIDUAL, {}, attention="san-d", residual=True),
    _entry(AttendedLeNet, "san-d-tanh", "as printed, the layer's tanh before the sigmoid", {}, attention="san-d",
           mask_activation="tanh"),
    _parts(AttendedLeNet, "abs-cca", dict(zip(BOTH, (98.34, 89.55), strict=True))),
    _parts(AttendedLeNet, "abs-cca-extrema", dict(zip(BOTH, (98.17, 89.28), strict=True))),
)
RESNET_PRINTED = {"cbam": (73.76, 74.40), "bam": (73.42, 72.67), "san-c": (74.82, 75.03), "san-d": (78.89, 79.67)}
RESNET = (
    _entry(AttendedResNet, "resnet20", NAMES[None], {"cifar10": 68.55}),
    *(_entry(AttendedResNet, f"{attention}-{placement}", NAMES[attention], {"cifar10": value}, attention=attention,
             placement=placement)
      for attention, printed in RESNET_PRINTED.items()
      for placement, value in zip(("bottleneck", "full"), printed, strict=True)),
    *(_entry(AttendedResNet, f"{attention}-residual", RESIDUAL, {}, attention=attention, residual=True)
      for attention in ("san-c", "san-d")),
    *(_parts(AttendedResNet, part, {"cifar10": value})
      for part, value in zip(PARTS, (65.82, 68.83, 71.53, 70.59), strict=True)),
)
UNBUILT = {  # tables 5.2 and 5.5: networks of which no entry is made
    "vgg16": 72.70, "vgg16-cbam-bottleneck": 76.57, "vgg16-cbam-full": 74.65, "vgg16-bam-bottleneck": 76.15,
    "vgg16-bam-full": 76.42, "vgg16-san-c-bottleneck": 78.42, "vgg16-san-c-full": 79.89,
    "vgg16-san-d-bottleneck": 79.01, "vgg16-san-d-full": 81.24, "vgg19": 69.48, "vgg19-san-d-bottleneck": 77.36,
    "resnet50": 67.79, "resnet50-san-d-bottleneck": 72.73,
}
LENET_SUITE = Suite("san-images", "Attention in LeNet-5, beside what its source printed", (MNIST, FASHION), LENET,
                    seeds=5, reference="lenet5")
RESNET_SUITE = Suite("san-images-resnet", "Attention in ResNet-20, beside what its source printed of ResNet-18",
                     (CIFAR,), RESNET, seeds=3, reference="resnet20", unbuilt={"cifar10": UNBUILT})
