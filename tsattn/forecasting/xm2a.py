"""XM2A as a forecaster: sktime's interface, its parameters, and which network they mean."""

from typing import Any

from tsattn._networks import XM2ANetwork
from tsattn.forecasting._base import NetworkForecaster
from tsattn.training import Training


class XM2AForecaster(XM2ANetwork, NetworkForecaster):
    """Forecast series by a linear map of a window, and attention heads that see time at scales of their own.

    As `SDMAForecaster`, with the network of `XM2AClassifier`.

    Parameters
    ----------
    look_back : int, default=96
        As for `SDMAForecaster`.
    variant : {"default", "msmsa", "exp", "pool", "exp-pool", "hybrid"} or callable, default="default"
    talk : {"scale", "input", "self"} or Talk, default="scale"
    descriptor : {"average", "max"} or callable, default="average"
    norm : {"layer", "batch", "none"} or callable, default="layer"
    n_heads, n_units : int, default=4, 16
    n_layers : int, default=2
    residual : bool, default=True
    activation : {"relu", "gelu", "silu", "tanh"}, callable or None, default="relu"
    softmax_axis : {"time", "units"} or SoftmaxAxis, default="time"
    rescale : bool, default=True
    separate_values : bool, default=False
    saliency : {"channels", "events"}, transformer or None, default="channels"
    encoder : {"convolution", "linear", "bilstm", "lstm", "conv-bilstm"}, callable or None, default="convolution"
    hidden_size : int or "auto", default=64
    trunk : {"residual", "lstm"}, callable or None, default="residual"
    dropout : float, default=0.2
    pooling : {"mean-max", "last", "attention", "flatten"} or callable, default="mean-max"
        As for `XM2AClassifier`.
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
    Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, chapter 7.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from tsattn.forecasting import XM2AForecaster
    >>> from tsattn.training import Training
    >>> training = Training(epochs=2, validation=0.2)
    >>> forecaster = XM2AForecaster(look_back=24, n_heads=2, n_units=4, training=training, random_state=0)
    >>> forecaster.fit(load_airline(), fh=[1, 2, 3]).predict().shape
    (3,)
    """

    def __init__(self, look_back=96, variant="default", talk="scale", descriptor="average", norm="layer", n_heads=4,
                 n_units=16, n_layers=2, residual=True, activation="relu", softmax_axis="time", rescale=True,
                 separate_values=False, saliency="channels", encoder="convolution", hidden_size=64, trunk="residual",
                 dropout=0.2, pooling="mean-max", linear="auto", independent=False,
                 scaling="window", future_X=True, loss="squared", stride=1, windows_per_epoch=10000, training=None,
                 random_state=None, bounds=None):
        self.look_back = look_back
        self.variant = variant
        self.talk = talk
        self.descriptor = descriptor
        self.norm = norm
        self.n_heads = n_heads
        self.n_units = n_units
        self.n_layers = n_layers
        self.residual = residual
        self.activation = activation
        self.softmax_axis = softmax_axis
        self.rescale = rescale
        self.separate_values = separate_values
        self.saliency = saliency
        self.encoder = encoder
        self.hidden_size = hidden_size
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
    def paper(cls, variant: Any = "default", *, talk: Any = "scale", descriptor: Any = "average", norm: Any = "layer",
              look_back: int = 96, epochs: int = 25, random_state: Any = None) -> "XM2AForecaster":
        """Make the published form: 6 layers of 8 heads of 64 units on the series alone, RMSprop.

        Parameters
        ----------
        variant, talk, descriptor, norm, look_back, random_state
            As for the class.
        epochs : int, default=25
        """
        return cls(look_back=look_back, variant=variant, talk=talk, descriptor=descriptor, norm=norm, n_heads=8,
                   n_units=64, n_layers=6, activation=None, rescale=False, saliency=None, encoder=None,
                   hidden_size="auto", trunk=None, dropout=0.0, pooling="flatten", linear=None, scaling="series",
                   loss="absolute", training=Training.paper(epochs), random_state=random_state)

    @classmethod
    def get_test_params(cls, parameter_set="default"):  # noqa: ARG003
        """Parameter sets that sktime's own checks run with."""
        return [
            {"look_back": 4, "n_heads": 2, "n_units": 2, "hidden_size": 4,
              "training": Training(epochs=1, batch_size=64)},
            {"look_back": 3, "variant": "hybrid", "talk": "input", "descriptor": "max", "norm": "batch", "n_heads": 3,
              "n_units": 2, "residual": False, "activation": None, "saliency": None, "encoder": None,
              "hidden_size": "auto", "trunk": None, "dropout": 0.0, "pooling": "last", "linear": "own",
              "scaling": "standard", "training": Training(epochs=1, validation=0.2)},
        ]
