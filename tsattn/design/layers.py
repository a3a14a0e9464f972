"""What racks are made of, whichever way their layers follow one another: kernels, and what comes after them."""

from collections.abc import Callable

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn.design.plan import Layer
from tsattn.nn.convolution import BatchNorm
from tsattn.nn.padding import zero_padding
from tsattn.nn.rank import HE_CONVOLUTION, HeConv1d, HeConv2d

Space = Float[Tensor, "b _ ..."]  # channels, then one or two axes of space
Lengths = Int[Tensor, " b"] | None
NORMS: dict[int, Callable[[int], nn.Module]] = {1: BatchNorm, 2: nn.BatchNorm2d}


def kernels(n_inputs: int, layer: Layer, ndim: int, *, bias: bool) -> HeConv1d | HeConv2d:
    """The kernels of a layer; its features are as large as what it reads."""
    return HE_CONVOLUTION[ndim](n_inputs, layer.kernels, layer.edge, padding=layer.edge // 2, bias=bias)


class Finish(nn.Module):
    """What comes after a convolution: batch normalisation if wanted, ReLU, zeros beyond each series' end."""

    def __init__(self, n_features: int, ndim: int, *, normalise: bool) -> None:
        super().__init__()
        self.normalise = NORMS[ndim](n_features) if normalise else None

    def forward(self, y: Space, lengths: Lengths) -> Space:
        """Return the features."""
        if lengths is None:
            return (y if self.normalise is None else self.normalise(y)).relu()
        steps = y.mT  # b t c
        steps = zero_padding(steps, lengths) if self.normalise is None else self.normalise(steps, lengths)
        return steps.mT.relu()
