"""Sequence layers that remember: LSTMs, forwards or both ways, exact under padding.

Hochreiter & Schmidhuber, "Long short-term memory", Neural Computation 9(8), 1997; Schuster & Paliwal, "Bidirectional
recurrent neural networks", IEEE Transactions on Signal Processing 45(11), 1997.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn._checks import check_int
from tsattn.nn.padding import reverse_steps, zero_padding
from tsattn.nn.sequence import Encoder


class LSTM(nn.Module):
    """One LSTM layer over the time axis.

    Parameters
    ----------
    n_inputs, n_features : int
        Channels in, and features out.
    """

    def __init__(self, n_inputs: int, n_features: int) -> None:
        super().__init__()
        self.cell = nn.LSTM(check_int("n_inputs", n_inputs), check_int("n_features", n_features), batch_first=True)

    def forward(self, x: Float[Tensor, "b t c"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b t h"]:
        """Return the hidden state at every step; zeros beyond the lengths."""
        states, _ = self.cell(zero_padding(x, lengths))
        return zero_padding(states, lengths)


class LSTMTrunk(LSTM):
    """An LSTM layer as a trunk: as many features out as in, and all steps kept.

    Parameters
    ----------
    n_features : int
        Channels in and out.

    Examples
    --------
    >>> import torch
    >>> features, lengths = LSTMTrunk(8)(torch.zeros(2, 11, 8), torch.tensor([11, 4]))
    >>> features.shape, lengths
    (torch.Size([2, 11, 8]), tensor([11,  4]))
    """

    def __init__(self, n_features: int) -> None:
        super().__init__(n_features, n_features)

    def forward(  # type: ignore[override] # a trunk returns the lengths too
        self, x: Float[Tensor, "b t h"], lengths: Int[Tensor, " b"]
    ) -> tuple[Float[Tensor, "b t h"], Int[Tensor, " b"]]:
        """Return the hidden state at every step, and the lengths."""
        return super().forward(x, lengths), lengths


class BidirectionalLSTM(nn.Module):
    """Two LSTM layers, one reading each series from its own last step back to the first; their states side by side.

    Parameters
    ----------
    n_inputs : int
        Channels in.
    n_features : int
        Features out, an even number: half of them from each direction.
    layer : callable, default=LSTM
        `layer(n_inputs, n_features)` builds what reads one direction; `GlimpseLSTM`, say.
    """

    def __init__(self, n_inputs: int, n_features: int, *, layer: Encoder = LSTM) -> None:
        super().__init__()
        if check_int("n_features", n_features) % 2:
            raise ValueError(f"n_features must be even, half for each direction, got {n_features}")
        self.forwards = layer(n_inputs, n_features // 2)
        self.backwards = layer(n_inputs, n_features // 2)

    def forward(self, x: Float[Tensor, "b t c"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b t h"]:
        """Return the hidden states of both directions at every step; zeros beyond the lengths."""
        # two dense passes, not packed sequences: on a CPU a training step takes less than half the time
        back = reverse_steps(self.backwards(reverse_steps(x, lengths), lengths), lengths)
        return torch.cat([self.forwards(x, lengths), back], -1)
