"""XM2A as a regressor: sktime's interface, its parameters, and which network they mean."""

from typing import Any

from tsattn._networks import XM2ANetwork
from tsattn.regression._base import NetworkRegressor
from tsattn.training import Training


class XM2ARegressor(XM2ANetwork, NetworkRegressor):
    """Predict a value of each series by attention heads that see time at scales of their own and talk to each other.

    The network is that of `XM2AClassifier`, with one output. Series may have several channels, unequal lengths and
    gaps. The defaults are our best form; :meth:`paper` is the published one.

    Parameters
    ----------
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
    hidden_size : int or "auto", default=128
    trunk : {"residual", "lstm"}, callable or None, default="residual"
    dropout : float, default=0.4
    pooling : {"mean-max", "last", "attention", "flatten"} or callable, default="mean-max"
        As for `XM2AClassifier`.
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
        In fit and predict, as `SDMARegressor`. Also where `separate_values` are asked for and the talk is "input",
        which has a value of its own.

    Notes
    -----
    The notes of `SDMARegressor` hold here; for time and memory see `XM2AClassifier`.

    References
    ----------
    Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, chapter 7.

    Examples
    --------
    >>> from sktime.datasets import load_unit_test
    >>> from tsattn.regression import XM2ARegressor
    >>> from tsattn.training import Training
    >>> X, _ = load_unit_test(split="train", return_type="numpy3D")
    >>> y = X.max(axis=(1, 2))
    >>> regressor = XM2ARegressor(n_heads=4, n_units=8, training=Training(epochs=2), random_state=0).fit(X, y)
    >>> regressor.predict(X).shape
    (20,)
    """

    def __init__(self, variant="default", talk="scale", descriptor="average", norm="layer", n_heads=4, n_units=16,
                 n_layers=2, residual=True, activation="relu", softmax_axis="time", rescale=True,
                 separate_values=False, saliency="channels", encoder="convolution", hidden_size=128, trunk="residual",
                 dropout=0.4, pooling="mean-max", linear=True, proportions=2500, loss="squared",
                 scaling="standard", training=None, random_state=None):
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
        self.proportions = proportions
        self.loss = loss
        self.scaling = scaling
        self.training = training
        self.random_state = random_state
        super().__init__()

    @classmethod
    def paper(cls, variant: Any = "default", *, talk: Any = "scale", descriptor: Any = "average", norm: Any = "layer",
              epochs: int = 25, random_state: Any = None) -> "XM2ARegressor":
        """Make the published form, that of `XM2AClassifier.paper`, with one output.

        It was published for classes; the mean absolute error is that of the source's other networks of values.

        Parameters
        ----------
        variant, talk, descriptor, norm, random_state
            As for the class.
        epochs : int, default=25
            As published for all but the longest series.
        """
        return cls(variant=variant, talk=talk, descriptor=descriptor, norm=norm, n_heads=8, n_units=64, n_layers=6,
                   activation=None, rescale=False, saliency=None, encoder=None, hidden_size="auto", trunk=None,
                   dropout=0.0, pooling="flatten", linear=False, proportions=0, loss="absolute", scaling="series",
                   training=Training.paper(epochs), random_state=random_state)

    @classmethod
    def get_test_params(cls, parameter_set="default"):  # noqa: ARG003
        """Parameter sets that sktime's own checks run with."""
        return [
            {"n_heads": 3, "n_units": 4, "hidden_size": 4, "proportions": 20,
             "training": Training(epochs=2, batch_size=8)},
            {"variant": "hybrid", "talk": "input", "descriptor": "max", "norm": "batch", "n_heads": 3, "n_units": 4,
             "residual": False, "activation": None, "softmax_axis": "units", "rescale": False, "saliency": None,
             "encoder": None, "hidden_size": "auto", "trunk": None, "dropout": 0.0, "pooling": "last",
             "linear": False, "proportions": 0, "loss": "absolute", "scaling": "series",
             "training": Training.paper(epochs=2)},
        ]
