"""Where attention stands in a network of images, whichever block it is.

Garg, Candan & Sapino, "SAN: Scale-Space Attention Networks", ICDE 2020, equation 5.4 and section 5.5.3 of Garg's
dissertation (Arizona State University, 2020): a layer's features are weighed by a block that sees them and, if it wants
to, those of the layer before.

    full         at every layer that is trained, of convolutions
    bottleneck   before each pooling, and where a stride takes its place before that

A block of one's own is built by a function of the number of features. It is an `AttentionBlock`: a module with a method
`weights(x, context, valid)`, which returns what the features are multiplied by, and `Masks` shows. With
`context = "previous"` it is given the features of the layer before, too. One with parameters of its own, not only those
of torch's layers, draws them anew in a method `reset(generator)`.

Differs: where the source is silent, the features of the layer before are those that a layer reads, weighed and pooled
as they then are, and those before the first layer are the image. Masks of layers whose kernels are 1 x 1, of VGG-16 as
published and of ResNet-50, are smoothed by 3 x 3, where the source has kernels of the layer's size: one pixel smooths
nothing, and cannot be dilated.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn._checks import check_one_of
from tsattn.nn.attention import ATTENTION, Attended

Block = Callable[[int], nn.Module]
PLACEMENTS = ANY = ("bottleneck", "full")
BLOCKS: dict[str, Block] = {name: partial(block, ndim=2) for name, block in ATTENTION.items()}


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
        When called: what the attention builds is no `AttentionBlock`.

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
        return Attended(layer, self.attention(n_features))


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
        self.place = place

    @torch.no_grad()
    def forward(self, x: Float[Tensor, "b 1 c h w"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b f i j"]:
        """Return what the features there are multiplied by, (batch, feature, height, width)."""
        attended = [layer for layer in self.network.modules() if isinstance(layer, Attended)][self.place]
        found: list[Tensor] = []
        watch = attended.register_forward_pre_hook(lambda _, given: found.append(attended.weights(given[0])))
        try:
            self.network(x, lengths=lengths)
        finally:
            watch.remove()
        return found[0]
