"""XM2A: layers of multi-scale multi-head attention with cross-talk.

Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, chapter 7: 6 layers
of 8 heads of 64 units. Differs: the source does not say what stands around a layer; nothing, or as in the Transformer
that it replaces a residual connection. Layers leave the width as it is; an encoder before them may change it.
"""

from collections.abc import Callable

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn._checks import check_bool, check_int
from tsattn.nn.multi_scale_attention import MultiScaleAttention
from tsattn.nn.padding import zero_padding
from tsattn.nn.sequence import Encoder

Layer = Callable[[int], nn.Module]


class XM2A(nn.Module):
    """The network up to its sequence of features; pooling and head come after it.

    Parameters
    ----------
    n_channels : int
        Channels of the series.
    hidden : int, optional
        Features of every layer; by default, and as published, as many as the series has channels.
    encoder : callable, optional
        `encoder(n_channels, hidden)` builds a sequence layer before the first one; nothing, as published.
    n_layers : int, default=6
        Number of layers, as published.
    layer : callable, default=MultiScaleAttention
        `layer(n_channels)` builds a layer that leaves the width as it is; its options are given to it beforehand, with
        `functools.partial`.
    residual : bool, default=False
        Whether each layer's input is added to its output.

    Attributes
    ----------
    n_features : int
        Features of the output.

    Raises
    ------
    ValueError
        A size is below 1, or `hidden` is another number than that of the channels and there is no encoder.

    Examples
    --------
    >>> from functools import partial
    >>> import torch
    >>> from tsattn.nn.talk import TALKS
    >>> network = XM2A(3, n_layers=2, layer=partial(MultiScaleAttention, n_heads=4, n_units=5, talk=TALKS["self"]))
    >>> network(torch.zeros(2, 11, 3), torch.tensor([11, 4])).shape
    torch.Size([2, 11, 3])
    """

    def __init__(
        self, n_channels: int, *, hidden: int | None = None, encoder: Encoder | None = None, n_layers: int = 6,
        layer: Layer = MultiScaleAttention, residual: bool = False,
    ) -> None:
        super().__init__()
        check_int("n_channels", n_channels)
        self.n_features = n_channels if hidden is None else check_int("hidden", hidden)
        if encoder is None and self.n_features != n_channels:
            raise ValueError(f"hidden must be the number of channels, {n_channels}, where no encoder comes first, got "
                             f"{hidden}")
        self.encoder = None if encoder is None else encoder(n_channels, self.n_features)
        self.layers = nn.ModuleList(layer(self.n_features) for _ in range(check_int("n_layers", n_layers)))
        self.residual = check_bool("residual", residual)

    def forward(self, x: Float[Tensor, "b t v"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b t h"]:
        """Return the features at every step; zeros beyond the lengths, whatever the padding holds."""
        x = zero_padding(x, lengths) if self.encoder is None else self.encoder(x, lengths)
        for layer in self.layers:
            x = x + layer(x, lengths) if self.residual else layer(x, lengths)
        return x
