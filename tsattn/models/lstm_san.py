"""LSTM-SAN: recurrent layers whose features are masked by how they differ from those of the layer before.

Garg, Candan & Sapino, "SAN: Scale-Space Attention Networks", ICDE 2020; the recurrent network, its sizes and places of
attention are those of Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University,
2020, 5.4.1, 5.5.2.4 and 5.5.3: LSTM-4 has 4 layers of 64 units, and averages pairs of steps after every second one.

    full         attention at every layer
    bottleneck   attention before each pooling only

Differs: where the source is silent, the features of the layer before are those that a layer reads, masked and pooled as
they then are, and those before the first layer are the series; a last step without a partner stays when pairs are
averaged.
"""

from collections.abc import Callable
from functools import partial

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn._checks import check_int, check_one_of
from tsattn.nn.attention import ChannelsLast, SANBlock
from tsattn.nn.recurrent import LSTM
from tsattn.nn.residual import halve
from tsattn.nn.sequence import Encoder


def pooled_after(number: int) -> bool:
    """Whether pairs of steps are averaged after the layer of this number, from 1: after every second."""
    return number % 2 == 0


PLACEMENTS: dict[str, Callable[[int], bool]] = {  # whether the layer of a number is attended
    "full": lambda number: number > 0, "bottleneck": pooled_after,
}
SCALE_ATTENDED = partial(ChannelsLast, block=SANBlock)


class LSTMSAN(nn.Module):
    """The network up to its sequence of features; pooling and head come after it.

    Parameters
    ----------
    n_channels : int
        Channels of the series.
    hidden : int, default=64
        Features of every layer.
    n_layers : int, default=4
        Number of layers.
    layer : callable, default=LSTM
        `layer(n_inputs, n_features)` builds a sequence layer without attention.
    attended : callable or None, default=SCALE_ATTENDED
        `attended(n_inputs, n_features)` builds one with attention: `ChannelsLast` around the same kind of layer, or
        `GlimpseLSTM` for recurrent attention. None: no layer has any.
    placement : {"full", "bottleneck"}, default="full"
        Which layers are attended.

    Attributes
    ----------
    n_features : int
        Features of the output.

    Raises
    ------
    ValueError
        A size is below 1, the placement unknown, or there is no pooling before which the bottleneck's attention stands.

    Examples
    --------
    >>> import torch
    >>> features, lengths = LSTMSAN(3, hidden=8)(torch.zeros(2, 11, 3), torch.tensor([11, 4]))
    >>> features.shape, lengths
    (torch.Size([2, 3, 8]), tensor([3, 1]))
    """

    def __init__(
        self, n_channels: int, *, hidden: int = 64, n_layers: int = 4, layer: Encoder = LSTM,
        attended: Encoder | None = SCALE_ATTENDED, placement: str = "full",
    ) -> None:
        super().__init__()
        self.n_features = check_int("hidden", hidden)
        here = PLACEMENTS[check_one_of("placement", placement, PLACEMENTS)]
        numbers = range(1, check_int("n_layers", n_layers) + 1)
        if attended is not None and not any(map(here, numbers)):
            raise ValueError(f"placement={placement!r} attends before each pooling, and {n_layers} layer has none; use "
                             "placement='full'")
        kinds = [layer if attended is None or not here(number) else attended for number in numbers]
        widths = [check_int("n_channels", n_channels)] + [hidden] * (n_layers - 1)
        self.layers = nn.ModuleList(kind(width, hidden) for kind, width in zip(kinds, widths, strict=True))

    def forward(
        self, x: Float[Tensor, "b t v"], lengths: Int[Tensor, " b"]
    ) -> tuple[Float[Tensor, "b u h"], Int[Tensor, " b"]]:
        """Return the features at the remaining steps, zero beyond the lengths, and the lengths there."""
        for number, layer in enumerate(self.layers, 1):
            x = layer(x, lengths)
            if pooled_after(number):
                x, lengths = halve(x, lengths)
        return x, lengths
