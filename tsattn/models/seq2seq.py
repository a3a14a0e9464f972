"""Sequence to sequence with attention: steps to come, one after another, each from the part of the past that it needs.

Bahdanau, Cho & Bengio, "Neural machine translation by jointly learning to align and translate", ICLR 2015, section 3
and appendix A. An encoder that reads both ways makes features h_j of the series; with c_i the context of
`tsattn.nn.additive_attention`, from s_{i-1} and all h_j:

    s_0 = tanh(W h_1)                        h_1 holds what the backward direction says once it has read everything
    s_i = GRU([c_i, y_{i-1}, f_i], s_{i-1})  f_i: what is known of step i beforehand;  y_0 = 0
    y_i = V s_i + b

Differs: the encoder is made of LSTMs, as elsewhere in this library; the GRU is torch's, whose reset gate stands behind
the recurrent product; f_i is ours; words have a softmax behind a maxout layer, where values have a linear one.

In training, too, y_{i-1} is what the network itself said, and not the true value (teacher forcing): where the true one
is given a step late, repeating it is most of the answer, and that is what is learned. On ETTh1 (oil temperature, 24
hours from 96; 400 steps of training, the squared error on the four months after, mean of three seeds) its own values
gave 0.060, true ones 0.068, and true ones every other time, as in Bengio et al., "Scheduled sampling", NIPS 2015, 0.061
(`benchmarks/seq2seq.py`).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn._checks import check_int
from tsattn.nn.additive_attention import AdditiveAttention
from tsattn.nn.recurrent import BidirectionalLSTM
from tsattn.nn.sequence import Encoder


class Seq2Seq(nn.Module):
    """A series in, the steps that follow it out.

    Parameters
    ----------
    n_channels : int
        Channels of the series.
    n_steps, n_targets : int
        Steps to come, and values at each of them.
    n_future : int, default=0
        Channels that are known beforehand at the steps to come.
    hidden : int, default=64
        Features of the encoder, units of the alignment model and entries of the decoder's state.
    encoder : callable, default=BidirectionalLSTM
        `encoder(n_inputs, n_features)` builds the sequence layer that reads the series.

    Raises
    ------
    ValueError
        A size is too small, or odd where the encoder needs an even one; in a call, `future` of another shape.

    Notes
    -----
    Training keeps more than batch x n_steps x time x hidden numbers, 75 MB for 32 series of 96 steps and 96 to come.
    Steps to come are computed in a Python loop, since each waits for the one before.

    Examples
    --------
    >>> import torch
    >>> network = Seq2Seq(3, 5, 2, n_future=1, hidden=8)
    >>> x, future, lengths = torch.zeros(4, 11, 3), torch.zeros(4, 5, 1), torch.tensor([11, 4, 7, 1])
    >>> network(x, future, lengths=lengths).shape
    torch.Size([4, 5, 2])

    Where each of the steps to come looked:

    >>> network.alignment(x, future, lengths=lengths).shape
    torch.Size([4, 5, 11])
    """

    def __init__(
        self, n_channels: int, n_steps: int, n_targets: int, *, n_future: int = 0, hidden: int = 64,
        encoder: Encoder = BidirectionalLSTM,
    ) -> None:
        super().__init__()
        self.n_steps, self.n_targets = check_int("n_steps", n_steps), check_int("n_targets", n_targets)
        self.n_future = check_int("n_future", n_future, minimum=0)
        self.encoder = encoder(check_int("n_channels", n_channels), check_int("hidden", hidden))
        self.attention = AdditiveAttention(hidden, hidden)
        self.start = nn.Linear(hidden, hidden)
        self.cell = nn.GRUCell(hidden + n_targets + n_future, hidden)
        self.head = nn.Linear(hidden, n_targets)

    def forward(
        self, x: Float[Tensor, "b t c"], future: Float[Tensor, "b n f"] | None = None, *, lengths: Int[Tensor, " b"]
    ) -> Float[Tensor, "b n k"]:
        """Return the steps to come, (batch, n_steps, n_targets).

        `future`, (batch, n_steps, n_future), is what is known of them; None where n_future is 0.
        """
        return self._decode(x, future, lengths)[0]

    def alignment(
        self, x: Float[Tensor, "b t c"], future: Float[Tensor, "b n f"] | None = None, *, lengths: Int[Tensor, " b"]
    ) -> Float[Tensor, "b n t"]:
        """Return how much each of the steps to come looked at each step of the series, (batch, n_steps, time).

        They sum to 1 over a series' own steps, and are 0 beyond.
        """
        return self._decode(x, future, lengths)[1]

    def _decode(self, x: Tensor, future: Tensor | None, lengths: Tensor) -> tuple[Tensor, Tensor]:
        future = x.new_empty(len(x), self.n_steps, 0) if future is None else future
        expected = (len(x), self.n_steps, self.n_future)
        if tuple(future.shape) != expected:
            raise ValueError(f"future must have the shape (batch, n_steps, n_future), {expected}, got "
                             f"{tuple(future.shape)}")
        features = self.encoder(x, lengths)  # b t h
        memory = self.attention.memory(features, lengths)
        state = self.start(features[:, 0]).tanh()  # b h
        output = x.new_zeros(len(x), self.n_targets)  # b k
        outputs, weights = [], []
        for known in future.unbind(1):
            context, weight = self.attention.look(state, memory)
            state = self.cell(torch.cat([context, output, known], -1), state)
            output = self.head(state)
            outputs.append(output)
            weights.append(weight)
        return torch.stack(outputs, 1), torch.stack(weights, 1)
