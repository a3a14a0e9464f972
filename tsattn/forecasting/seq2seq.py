"""Bahdanau's encoder-decoder as a forecaster: sktime's interface, and the network its parameters mean."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn._checks import check_int
from tsattn.forecasting._base import NetworkForecaster
from tsattn.forecasting._plan import Plan
from tsattn.models.seq2seq import Seq2Seq
from tsattn.training import Training


class Seq2SeqForecaster(NetworkForecaster):
    """Forecast series by a linear map of a window, and a decoder that attends what it needs of it, step by step.

    As `SDMAForecaster`, with the network of `tsattn.models.seq2seq`: a bidirectional LSTM reads the window, a GRU says
    the steps ahead one after another, and additive attention shows it the steps that each needs.

    Parameters
    ----------
    look_back : int, default=96
        As for `SDMAForecaster`.
    hidden_size : int, default=32
        Features of the encoder, units of the alignment and of the decoder; even.
    saliency : {"channels", "events"}, transformer or None, default=None
        As for `SDMAForecaster`; read as further channels.
    linear : {"auto", "shared", "own", "all", None}, default="auto"
    independent : bool, default=False
    scaling : {"window", "series", "standard", None}, default="window"
    future_X : bool, default=True
    loss : {"squared", "absolute", "quantile"}, default="squared"
    stride : int, default=1
    windows_per_epoch : int or None, default=10000
    training : Training, optional
    random_state : int or RandomState, optional
    bounds : tuple of two, each a float or None, optional
        As for `SDMAForecaster`.

    Attributes
    ----------
    network_, history_, best_epoch_, n_parameters_, model_
        As of `SDMAForecaster`.

    Raises
    ------
    ValueError, TypeError, NotImplementedError, DivergenceError
        As `SDMAForecaster`.

    Notes
    -----
    The notes of `SDMAForecaster` hold here.

    Steps ahead wait for each other, so that time grows with the last of them, whether or not those before are in fh.

    References
    ----------
    Bahdanau, Cho & Bengio, "Neural machine translation by jointly learning to align and translate", ICLR 2015.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from tsattn.forecasting import Seq2SeqForecaster
    >>> from tsattn.training import Training
    >>> training = Training(epochs=2, validation=0.2)
    >>> forecaster = Seq2SeqForecaster(look_back=24, hidden_size=8, training=training, random_state=0)
    >>> forecaster.fit(load_airline(), fh=[1, 2, 3]).predict().shape
    (3,)
    """

    def __init__(self, look_back=96, hidden_size=32, saliency=None, linear="auto", independent=False,
                 scaling="window", future_X=True, loss="squared", stride=1, windows_per_epoch=10000, training=None,
                 random_state=None, bounds=None):
        self.look_back = look_back
        self.hidden_size = hidden_size
        self.saliency = saliency
        self.linear = linear
        self.independent = independent
        self.scaling = scaling
        self.future_X = future_X
        self.loss = loss
        self.stride = stride
        self.windows_per_epoch = windows_per_epoch
        self.training = training
        self.random_state = random_state
        self.bounds = bounds
        super().__init__()

    def _built(self, widths: tuple[int, ...], n_columns: int, plan: Plan, n_said: int) -> nn.Module:  # noqa: ARG002
        network = Seq2Seq(sum(widths), plan.ahead[-1], n_said, n_future=plan.n_known,
                          hidden=check_int("hidden_size", self.hidden_size))
        return Stepwise(network, plan, widths[0])

    @classmethod
    def get_test_params(cls, parameter_set="default"):  # noqa: ARG003
        """Parameter sets that sktime's own checks run with."""
        return [
            {"look_back": 4, "hidden_size": 4, "training": Training(epochs=1, batch_size=64)},
            {"look_back": 3, "hidden_size": 2, "saliency": "channels", "linear": None, "independent": True,
              "scaling": "series", "loss": "absolute", "training": Training(epochs=1, validation=0.2)},
        ]


class Stepwise(nn.Module):
    """An encoder-decoder on windows that go on through what is known of their future.

    Parameters
    ----------
    network : Seq2Seq
    plan : Plan
    width : int
        Channels of the first input: the columns that are known last but for the flag.
    """

    def __init__(self, network: Seq2Seq, plan: Plan, width: int) -> None:
        super().__init__()
        self.network = network
        self.look_back, self.n_known = plan.look_back, plan.n_known
        self.first_known = width - 1 - plan.n_known
        self.ahead = [step - 1 for step in plan.ahead]

    def forward(self, *inputs: Float[Tensor, "b t _"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b k"]:
        """Return the outputs of each step ahead, one step after another."""
        past = torch.cat(inputs, 2)[:, : self.look_back]
        future = None
        if self.n_known:
            future = inputs[0][:, self.look_back :, self.first_known : self.first_known + self.n_known]
        found = self.network(past, future, lengths=lengths.clamp(max=self.look_back))
        return found[:, self.ahead].flatten(1)
