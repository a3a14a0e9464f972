"""Where attention stands in a network of images, whichever block it is.

Garg, Candan & Sapino, "SAN: Scale-Space Attention Networks", ICDE 2020, equation 5.4 and section 5.5.3 of Garg's
dissertation (Arizona State University, 2020): a layer's features are weighed by a block that sees them and, if it wants
to, those of the layer before.

    full         at every layer that is trained, of convolutions
    bottleneck   before each pooling, and where a stride takes its place before that

A block of one's own is built by a function of the number of features. It is a module whose `forward` maps features to
weighed ones of the same shape; with a second parameter `previous` it is given those of the layer before, too. One with
parameters of its own, not only those of torch's layers, draws them anew in a method `reset(generator)`. A method `mask`
of what `forward` takes, what the features are multiplied by, is what `Masks` shows.

Differs: where the source is silent, the features of the layer before are those that a layer reads, weighed and pooled
as they then are, and those before the first layer are the image. Masks of layers whose kernels are 1 x 1, of VGG-16 as
published and of ResNet-50, are smoothed by 3 x 3, where the source has kernels of the layer's size: one pixel smooths
nothing, and cannot be dilated.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn._checks import check_one_of
from tsattn.nn.bam import BAM
from tsattn.nn.cbam import CBAM
from tsattn.nn.scale_attention import SANBlock
from tsattn.nn.squeeze_excitation import SqueezeExcitation

Block = Callable[[int], nn.Module]
PLACEMENTS = ANY = ("bottleneck", "full")
UNITS = 4  # hidden ones that a block of few channels is left: of fewer, a ReLU may shut all for every image


def with_units(block: Callable[..., nn.Module], n_features: int) -> nn.Module:
    """Build a block with a reduction of 16, as published, or with one that leaves `UNITS` hidden units."""
    return block(n_features, reduction=min(16, max(n_features // UNITS, 1)))


BLOCKS: dict[str, Block] = {
    "san-c": partial(SANBlock, ndim=2),
    "san-d": partial(SANBlock, ndim=2, dilation=2),
    "se": partial(with_units, SqueezeExcitation),
    "cbam": partial(with_units, partial(CBAM, ndim=2)),
    "bam": partial(with_units, partial(BAM, ndim=2)),
}


class Alone(nn.Module):
    """A block that sees a layer's features only, as one that could see the layer before: it does not look.

    Examples
    --------
    >>> import torch
    >>> Alone(SqueezeExcitation(5))(torch.zeros(2, 5, 7, 11), torch.zeros(2, 3, 7, 11)).shape
    torch.Size([2, 5, 7, 11])
    """

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.block = block

    def mask(self, y: Float[Tensor, "b c h w"], previous: Float[Tensor, "b p i j"]) -> Tensor:  # noqa: ARG002
        """Return what the features are multiplied by, or what makes it."""
        mask: Tensor = self.block.mask(y)  # type: ignore[operator] # a module's attribute may be a tensor
        return mask

    def forward(self, y: Float[Tensor, "b c h w"], previous: Float[Tensor, "b p i j"]) -> Tensor:  # noqa: ARG002
        """Return the weighed features."""
        weighed: Tensor = self.block(y)
        return weighed


def of_both(block: nn.Module) -> nn.Module:
    """The block as one called with a layer's features and the layer's before: itself if its `forward` has `previous`.

    Examples
    --------
    >>> type(of_both(SANBlock(5, ndim=2))).__name__, type(of_both(CBAM(5, ndim=2))).__name__
    ('SANBlock', 'Alone')
    """
    return block if "previous" in inspect.signature(block.forward).parameters else Alone(block)


class Attended(nn.Module):
    """A layer, or several as one, under attention: its features, weighed by a block that also sees what it reads.

    Parameters
    ----------
    layer : nn.Module
        From images or features to (batch, n_features, height, width).
    block : nn.Module
        Called with (batch, n_features, height, width) features and, if its `forward` has a parameter `previous`, with
        what the layer reads.

    Raises
    ------
    ValueError
        When called: the block returns features of another shape.

    Examples
    --------
    >>> import torch
    >>> layer = Attended(nn.Conv2d(3, 5, 3, stride=2), SANBlock(5, ndim=2))
    >>> layer(torch.zeros(2, 3, 11, 13)).shape, layer.mask(torch.zeros(2, 3, 11, 13)).shape
    (torch.Size([2, 5, 5, 6]), torch.Size([2, 5, 5, 6]))
    """

    def __init__(self, layer: nn.Module, block: nn.Module) -> None:
        super().__init__()
        self.layer = layer
        self.block = of_both(block)

    def mask(self, x: Float[Tensor, "b p i j"]) -> Float[Tensor, "b c h w"]:
        """Return the block's mask of the features, in (0, 1)."""
        y: Tensor = self.layer(x)
        mask: Tensor = self.block.mask(y, x)  # type: ignore[operator]
        return mask.expand_as(y)

    def forward(self, x: Float[Tensor, "b p i j"]) -> Float[Tensor, "b c h w"]:
        """Return the weighed features."""
        y: Tensor = self.layer(x)
        weighed: Tensor = self.block(y, x)
        if weighed.shape != y.shape:
            raise ValueError(f"a block of attention must return features of the shape that it is given, "
                             f"{tuple(y.shape)}, got {tuple(weighed.shape)} from {self.block}")
        return weighed


@dataclass(frozen=True)
class Slots:
    """The attention of a network: which block, and at which of the places that the network has for one.

    Parameters
    ----------
    attention : callable or None, default=None
        `attention(n_features)` builds a block; None: there is none anywhere.
    placement : {"bottleneck", "full"}, default="bottleneck"

    Raises
    ------
    ValueError
        The placement is unknown.
    TypeError
        When called: what the attention builds is no module.

    Examples
    --------
    A convolution that stands before a pooling, and one that does not:

    >>> slots = Slots(BLOCKS["san-d"], "bottleneck")
    >>> [type(slots(nn.Conv2d(3, 5, 3), 5, *places)).__name__ for places in (("full", "bottleneck"), ("full",))]
    ['Attended', 'Conv2d']
    """

    attention: Block | None = None
    placement: str = "bottleneck"

    def __post_init__(self) -> None:
        check_one_of("placement", self.placement, PLACEMENTS)

    def __call__(self, layer: nn.Module, n_features: int, *places: str) -> nn.Module:
        """Return the layer, under attention if one of its places is wanted."""
        if self.attention is None or self.placement not in places:
            return layer
        block = self.attention(n_features)
        if not isinstance(block, nn.Module):
            raise TypeError("attention must be a function of the number of features that returns a module, got "
                            f"{self.attention!r}, which returns {block!r}")
        return Attended(layer, block)


class Masks(nn.Module):
    """What the attention at one place of a trained network says of images; called as the training loop calls networks.

    Parameters
    ----------
    network : nn.Module
        `network(x, lengths=lengths)`, with `Attended` layers somewhere in it.
    place : int, default=0
        Number of that layer, from the image on.

    Raises
    ------
    ValueError
        The network has no such place, or no attention.
    TypeError
        The block there, one's own, has no method `mask`.

    Examples
    --------
    >>> import torch
    >>> from tsattn.image import LeNet5, OfImages
    >>> network = OfImages(LeNet5(1, attention=BLOCKS["san-c"]), 10).eval()
    >>> Masks(network)(torch.zeros(2, 1, 1, 28, 28), lengths=torch.tensor([1, 1])).shape
    torch.Size([2, 6, 28, 28])
    """

    def __init__(self, network: nn.Module, place: int = 0) -> None:
        super().__init__()
        self.network = network
        places = [layer for layer in network.modules() if isinstance(layer, Attended)]
        if not places:
            raise ValueError("the network has no attention, and so no masks; ImageClassifier(attention='san-d') has")
        if not 0 <= place < len(places):
            raise ValueError(f"place must be the number of one of the network's {len(places)} places of attention, "
                             f"from 0, got {place!r}")
        block = places[place].block
        block = block.block if isinstance(block, Alone) else block
        if not callable(getattr(block, "mask", None)):
            raise TypeError(f"a block of attention must have a method mask(features) for its masks to be seen, got "
                            f"{type(block).__name__}, which has none")
        self.place = place

    @torch.no_grad()
    def forward(self, x: Float[Tensor, "b 1 c h w"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b f i j"]:
        """Return the mask, (batch, feature, height, width) there."""
        attended = [layer for layer in self.network.modules() if isinstance(layer, Attended)][self.place]
        found: list[Tensor] = []
        watch = attended.register_forward_pre_hook(lambda _, given: found.append(attended.mask(given[0])))
        try:
            self.network(x, lengths=lengths)
        finally:
            watch.remove()
        return found[0]
