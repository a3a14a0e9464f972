"""What sequence layers have in common, and one made of several.

A *sequence layer* maps `(batch, time, channel)` and lengths `(batch,)` to features of the same batch and time, zero
beyond each series' length and the same whatever the padding holds. An *encoder* is what builds one:
`encoder(n_inputs, n_features) -> layer`; options are given to it beforehand, with `functools.partial`.
"""

from collections.abc import Callable, Sequence

from jaxtyping import Float, Int
from torch import Tensor, nn

Encoder = Callable[[int, int], nn.Module]


class Chain(nn.Module):
    """Sequence layers one after another, each built by its own encoder.

    Parameters
    ----------
    n_inputs, n_features : int
        Channels in; features of every layer.
    encoders : sequence of callables
        `encoder(n_inputs, n_features)` each.

    Examples
    --------
    A convolutional stem before a bidirectional LSTM:

    >>> from functools import partial
    >>> import torch
    >>> from tsattn.nn.convolution import Convolution
    >>> from tsattn.nn.recurrent import BidirectionalLSTM
    >>> encoder = partial(Chain, encoders=(partial(Convolution, width=5), BidirectionalLSTM))
    >>> encoder(3, 8)(torch.zeros(2, 11, 3), torch.tensor([11, 4])).shape
    torch.Size([2, 11, 8])
    """

    def __init__(self, n_inputs: int, n_features: int, *, encoders: Sequence[Encoder]) -> None:
        super().__init__()
        widths = [n_inputs] + [n_features] * (len(encoders) - 1)
        self.layers = nn.ModuleList(
            encoder(width, n_features) for encoder, width in zip(encoders, widths, strict=True)
        )

    def forward(self, x: Float[Tensor, "b t c"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b t h"]:
        """Return the last layer's features; zeros beyond the lengths."""
        for layer in self.layers:
            x = layer(x, lengths)
        return x
