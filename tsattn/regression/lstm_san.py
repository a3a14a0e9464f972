"""LSTM-SAN as a regressor: sktime's interface, its parameters, and which network they mean."""

from typing import Any

from tsattn._networks import LSTMSANNetwork
from tsattn.regression._base import NetworkRegressor
from tsattn.training import Training


class LSTMSANRegressor(LSTMSANNetwork, NetworkRegressor):
    """Predict a value of each series by recurrent layers that attend what changes from one layer to the next.

    The network is that of `LSTMSANClassifier`, with one output. Series may have several channels, unequal lengths and
    gaps. The defaults are our best form; :meth:`paper` is the published one.

    Parameters
    ----------
    attention_module : {"san", "ran", "se", "cbam", "bam"}, callable or None, default="san"
    placement : {"full", "bottleneck"}, default="full"
    absolute, channel_alignment, extrema, smoothing : bool, default=True
    dilation : int, default=1
    hidden_size : int, default=64
    n_layers : int, default=2
    bidirectional : bool, default=True
    saliency : {"channels", "events"}, transformer or None, default="channels"
    trunk : {"residual", "lstm"}, callable or None, default="residual"
    dropout : float, default=0.4
    pooling : {"mean-max", "last", "attention", "flatten"} or callable, default="mean-max"
        As for `LSTMSANClassifier`.
    linear : bool, default=True
    proportions : int, default=2500
    loss : {"squared", "absolute"}, default="squared"
    scaling : {"standard", "series", None}, default="standard"
    training : Training, optional
    random_state : int or RandomState, optional
        As for `SDMARegressor`.

    Attributes
    ----------
    target_mean_, target_scale_, share_, history_, best_epoch_, network_, n_parameters_
        As of `SDMARegressor`.

    Raises
    ------
    ValueError, TypeError, DivergenceError
        In fit and predict, as `SDMARegressor`. Also where `channel_alignment=False` and a layer reads another number
        of channels than it has features, or there is no pooling for the bottleneck.

    Notes
    -----
    The notes of `SDMARegressor` hold here; for time and memory see `LSTMSANClassifier`.

    References
    ----------
    Garg, Candan & Sapino, "SAN: Scale-Space Attention Networks", ICDE 2020. Mnih, Heess, Graves & Kavukcuoglu,
    "Recurrent models of visual attention", NIPS 2014.

    Examples
    --------
    >>> from sktime.datasets import load_unit_test
    >>> from tsattn.regression import LSTMSANRegressor
    >>> from tsattn.training import Training
    >>> X, _ = load_unit_test(split="train", return_type="numpy3D")
    >>> y = X.max(axis=(1, 2))
    >>> regressor = LSTMSANRegressor(hidden_size=8, training=Training(epochs=2), random_state=0).fit(X, y)
    >>> regressor.predict(X).shape
    (20,)
    """

    def __init__(self, attention_module="san", placement="full", absolute=True, channel_alignment=True,
                 extrema=True, smoothing=True, dilation=1, hidden_size=64, n_layers=2, bidirectional=True,
                 saliency="channels", trunk="residual", dropout=0.4, pooling="mean-max", linear=True, proportions=2500,
                 loss="squared", scaling="standard", training=None, random_state=None):
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
        self.proportions = proportions
        self.loss = loss
        self.scaling = scaling
        self.training = training
        self.random_state = random_state
        super().__init__()

    @classmethod
    def paper(cls, placement: str = "full", attention_module: Any = "san", *, epochs: int = 25,
              random_state: Any = None, **switches: Any) -> "LSTMSANRegressor":
        """Make the published form: 4 LSTMs of 64 units on the series alone, last step, one linear output, RMSprop.

        Parameters
        ----------
        placement, attention_module, random_state
            As for the class. `attention_module=None` is the published baseline.
        epochs : int, default=25
            As for `LSTMSANClassifier.paper`. Nor does the source give the loss: the mean absolute error is what it
            reports.
        **switches
            `absolute`, `channel_alignment`, `extrema`, `smoothing` and `dilation`, as for the class.
        """
        return cls(attention_module=attention_module, placement=placement, n_layers=4, bidirectional=False,
                   saliency=None, trunk=None, dropout=0.0, pooling="last", linear=False, proportions=0, loss="absolute",
                   training=Training.paper(epochs), random_state=random_state, **switches)

    @classmethod
    def get_test_params(cls, parameter_set="default"):  # noqa: ARG003
        """Parameter sets that sktime's own checks run with."""
        return [
            {"hidden_size": 4, "proportions": 20, "training": Training(epochs=2, batch_size=8)},
            {"placement": "bottleneck", "absolute": False, "channel_alignment": False, "extrema": False,
             "smoothing": False, "hidden_size": 3, "n_layers": 3, "bidirectional": False, "saliency": None,
             "trunk": None, "dropout": 0.0, "pooling": "last", "linear": False, "proportions": 0, "loss": "absolute",
             "scaling": "series", "training": Training.paper(epochs=2)},
        ]
