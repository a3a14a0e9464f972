"""LSTM-SAN as a forecaster: sktime's interface, its parameters, and which network they mean."""

from typing import Any

from tsattn._networks import LSTMSANNetwork
from tsattn.forecasting._base import NetworkForecaster
from tsattn.training import Training


class LSTMSANForecaster(LSTMSANNetwork, NetworkForecaster):
    """Forecast series by a linear map of a window, and recurrent layers masked by their scale-space differences.

    As `SDMAForecaster`, with the network of `LSTMSANClassifier`.

    Parameters
    ----------
    look_back : int, default=96
        As for `SDMAForecaster`.
    attention_module : {"san", "ran", "se", "cbam", "bam"}, callable or None, default="san"
    placement : {"full", "bottleneck"}, default="full"
    absolute, channel_alignment, extrema, smoothing : bool, default=True
    dilation : int, default=1
    hidden_size : int, default=64
    n_layers : int, default=2
    bidirectional : bool, default=True
    saliency : {"channels", "events"}, transformer or None, default="channels"
    trunk : {"residual", "lstm"}, callable or None, default="residual"
    dropout : float, default=0.2
    pooling : {"mean-max", "last", "attention", "flatten"} or callable, default="mean-max"
        As for `LSTMSANClassifier`.
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

    References
    ----------
    Garg, Candan & Sapino, "SAN: Scale-Space Attention Networks", ICDE 2020.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from tsattn.forecasting import LSTMSANForecaster
    >>> from tsattn.training import Training
    >>> training = Training(epochs=2, validation=0.2)
    >>> forecaster = LSTMSANForecaster(look_back=24, hidden_size=8, training=training, random_state=0)
    >>> forecaster.fit(load_airline(), fh=[1, 2, 3]).predict().shape
    (3,)
    """

    def __init__(self, look_back=96, attention_module="san", placement="full", absolute=True, channel_alignment=True,
                 extrema=True, smoothing=True, dilation=1, hidden_size=64, n_layers=2, bidirectional=True,
                 saliency="channels", trunk="residual", dropout=0.2, pooling="mean-max", linear="auto",
                 independent=False, scaling="window", future_X=True, loss="squared", stride=1,
                 windows_per_epoch=10000, training=None, random_state=None, bounds=None):
        self.look_back = look_back
        self.attention_module = attention_module
        self.placement = placement
        self.absolute = absolute
        self.channel_alignment = channel_alignment
        self.extrema = extrema
        self.smoothing = smoothing
        self.dilation = dilation
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.bidirectional = bidirectional
        self.saliency = saliency
        self.trunk = trunk
        self.dropout = dropout
        self.pooling = pooling
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

    @classmethod
    def paper(cls, placement: str = "full", attention_module: Any = "san", *, look_back: int = 96, epochs: int = 25,
              random_state: Any = None, **switches: Any) -> "LSTMSANForecaster":
        """Make the published form: 4 LSTMs of 64 units on the series alone, last step, RMSprop.

        Parameters
        ----------
        placement, attention_module, look_back, random_state
            As for the class.
        epochs : int, default=25
        **switches
            `absolute`, `channel_alignment`, `extrema`, `smoothing` and `dilation`, as for the class.
        """
        return cls(look_back=look_back, attention_module=attention_module, placement=placement, n_layers=4,
                   bidirectional=False, saliency=None, trunk=None, dropout=0.0, pooling="last", linear=None,
                   scaling="series", loss="absolute", training=Training.paper(epochs), random_state=random_state,
                   **switches)

    @classmethod
    def get_test_params(cls, parameter_set="default"):  # noqa: ARG003
        """Parameter sets that sktime's own checks run with."""
        return [
            {"look_back": 4, "hidden_size": 4, "training": Training(epochs=1, batch_size=64)},
            {"look_back": 3, "placement": "bottleneck", "absolute": False, "channel_alignment": False,
              "extrema": False, "smoothing": False, "hidden_size": 3, "n_layers": 3, "bidirectional": False,
              "saliency": None, "trunk": None, "dropout": 0.0, "pooling": "last", "linear": None, "scaling": "series",
              "loss": "absolute", "training": Training(epochs=1, validation=0.2)},
        ]
