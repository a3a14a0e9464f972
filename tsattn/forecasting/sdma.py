"""SDMA as a forecaster: sktime's interface, its parameters, and which network they mean."""

from typing import Any

from tsattn._networks import SDMANetwork
from tsattn.forecasting._base import NetworkForecaster
from tsattn.training import Training


class SDMAForecaster(SDMANetwork, NetworkForecaster):
    """Forecast series by a linear map of a window, and a network in which window and saliency attend each other.

    The map is solved in closed form; the network of `SDMAClassifier` learns what it leaves, for all steps ahead and all
    targets at once; as much of it is added as was worth adding on the part held out. Intervals go by the errors there
    (split conformal), or by a law of errors where these are few. One model may learn from many series, and forecast
    others. The defaults are our best form; :meth:`paper` is the published one.

    Parameters
    ----------
    look_back : int, default=96
        Steps of a window: what a forecast reads.
    architecture : {"single", "type1", "type2"}, default="single"
    mutual : bool, default=True
    saliency : {"channels", "events"}, transformer or None, default="channels"
        As for `SDMAClassifier`; each window's is computed from that window alone.
    gate : {"sigmoid", "none"}, default="sigmoid"
    encoder : {"convolution", "linear", "bilstm", "lstm", "conv-bilstm"} or callable, default="convolution"
    trunk : {"residual", "lstm"}, callable or None, default="residual"
    hidden_size : int or "auto", default=64
    n_layers : int, default=3
    dropout : float, default=0.2
    pooling : {"mean-max", "last", "attention", "flatten"} or callable, default="mean-max"
        As for `SDMAClassifier`.
    linear : {"auto", "shared", "own", "all", None}, default="auto"
        The forecast that the network adds to, a ridge regression: on a target's own steps, by one map for all targets
        or one for each, or on the steps of all columns. "auto" takes what is best for each target on the part held out,
        and a richer one only where it is better by more than a standard error; the penalty is chosen there, too. None:
        the last value, and the network adds all it says.
    independent : bool, default=False
        Take each target as a series of its own, beside the exogenous columns, so that one network with one target
        serves all.
    scaling : {"window", "series", "standard", None}, default="window"
        The unit of each column: the mean and deviation of each series; those of all series together ("standard", for
        several stretches of one thing); or none. With "window" as of each series, but that the network also reads each
        window in units of its own, and speaks in them.
    future_X : bool, default=True
        Read the exogenous columns at the steps to be forecast, which predict then needs. False: up to the cutoff only.
    loss : {"squared", "absolute", "quantile"}, default="squared"
        What the network lowers. With "quantile" it says quantiles of each value, and the forecast is the middle one:
        intervals are then as wide as it expects each window to miss, where they are else equally wide for all.
    stride : int, default=1
        Steps from one window to the next in training.
    windows_per_epoch : int or None, default=10000
        Where there are more, each epoch has others, at random. None: all.
    training : Training, optional
        How the network is trained. By default in batches of 64 windows at 2e-3, the last 0.2 of each series held out,
        with a patience of 8 epochs. `validation` is the part of each series, at its end, that is held out, fh at least:
        for the epoch, the map, the network's share and the intervals. The network adds what is likely to be worth it,
        a standard error below the best share; nothing, where fewer than two horizons of windows are held out. With 0
        the map is "shared" and its penalty 0.01, the share goes by the windows learned from, and is too large, and
        intervals go by maps that are solved without the windows that they forecast.
        Augmentation by name is for whole series, and left out.
    random_state : int or RandomState, optional
        Seed of weights, order and dropout, from 0 to 2³² - 1. The global generators are never used.
        The same seed, machine and number of threads give the same bits (`torch.set_num_threads`; joblib's workers use
        one).
    bounds : tuple of two, each a float or None, optional
        Least and greatest value that forecasts and their quantiles may have, of all targets; None for an open side.
        `(0, None)`: nothing below 0. y must lie within. A target of whole numbers from 0 on, and nothing else, has 0 as
        its least value without being asked.

    Attributes
    ----------
    network_ : torch.nn.Module
        What is trained, on the CPU.
    history_ : DataFrame
        One row an epoch, as `SDMAClassifier.history_`: losses in units of what the linear map leaves.
    best_epoch_ : int
        The epoch, from 1, whose weights are kept.
    n_parameters_ : int
        The network's number of weights.
    model_
        What else was learned.

    Raises
    ------
    ValueError
        In fit: a parameter makes no sense, no series is long enough, a time stands twice, or a value is infinite. In
        predict: what is known of the future is missing, or has other columns.
    NotImplementedError
        fh reaches back before the end of y.
    DivergenceError
        The loss stopped being finite. The last good weights are then kept.

    Notes
    -----
    Windows are views: none is ever stored. A missing value is taken to be the one before, where a window reads; windows
    whose target lacks one are not learned from.

    Intervals are ranks of the errors on windows held out where there are at least 1 / a - 1 of them for a tail of mass
    a, counting at each step ahead only windows whose futures do not overlap. Where there are fewer than 19, which 90 %
    takes, quantiles are those of a Student t about the forecast. Its scale is the root mean square of the errors held
    out, and of those on the other windows by maps solved without their neighbours; over the steps ahead it is drawn to
    the power law that fits best. Beyond the last rank the same law goes on from it. Of several series, errors are in
    units of each window's own differences, as far as they were seen to follow these. An interval of 90 % has a width,
    if only a millionth of a series' deviation where it has been forecast without error. Intervals cover what they say
    where later times are like those held out, on which the epoch, the map and the share are chosen. Coverage is
    measured up to 0.99.

    A map of all columns reads the latest steps, as many as are 1000 numbers. With `scaling=None` penalties and the
    least unit of a window are absolute, and levels beyond some thousand units cost digits: scale such series first.

    `update` moves the end of the series; with `update_params=True` it learns anew from all that it has been given,
    unless the network is pretrained. `pretrain` learns from a panel, keeps it, and may be called again with another
    one; `fit` after it reads where the series to be forecast end, and learns nothing.

    The horizon is that of fit. Steps are taken as evenly spaced.

    References
    ----------
    Garg & Candan, "SDMA: Saliency Driven Mutual Cross Attention for Multi-Variate Time Series", ICPR 2020.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from tsattn.forecasting import SDMAForecaster
    >>> from tsattn.training import Training
    >>> y = load_airline()
    >>> training = Training(epochs=2, validation=0.2)
    >>> forecaster = SDMAForecaster(look_back=24, hidden_size=8, training=training, random_state=0)
    >>> forecaster.fit(y, fh=[1, 2, 3]).predict().index.strftime("%B %Y").tolist()
    ['January 1961', 'February 1961', 'March 1961']
    >>> low, high = forecaster.predict_interval(coverage=0.9).to_numpy()[0]
    >>> bool(low < forecaster.predict().iloc[0] < high)
    True
    """

    def __init__(self, look_back=96, architecture="single", mutual=True, saliency="channels", gate="sigmoid",
                 encoder="convolution", trunk="residual", hidden_size=64, n_layers=3, dropout=0.2, pooling="mean-max",
                 linear="auto", independent=False, scaling="window", future_X=True, loss="squared", stride=1,
                 windows_per_epoch=10000, training=None, random_state=None, bounds=None):
        self.look_back = look_back
        self.architecture = architecture
        self.mutual = mutual
        self.saliency = saliency
        self.gate = gate
        self.encoder = encoder
        self.trunk = trunk
        self.hidden_size = hidden_size
        self.n_layers = n_layers
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
    def paper(cls, architecture: str = "single", *, mutual: bool = True, look_back: int = 96, epochs: int = 50,
              saliency: Any = "events", random_state: Any = None) -> "SDMAForecaster":
        """Make the published form: LSTMs with two features a column and one more on top, event saliency, RMSprop.

        Parameters
        ----------
        architecture, mutual, saliency, random_state
            As for the class.
        look_back : int, default=96
            The source does not say how much it reads: a day of quarters of an hour is our choice.
        epochs : int, default=50
            As published for forecasting.
        """
        return cls(look_back=look_back, architecture=architecture, mutual=mutual, saliency=saliency, encoder="lstm",
                   trunk="lstm", hidden_size="auto", dropout=0.0, pooling="last", linear=None, scaling="series",
                   loss="absolute", training=Training.paper(epochs), random_state=random_state)

    @classmethod
    def get_test_params(cls, parameter_set="default"):  # noqa: ARG003
        """Parameter sets that sktime's own checks run with."""
        return [
            {"look_back": 4, "hidden_size": 4, "training": Training(epochs=1, batch_size=64)},
            {"look_back": 3, "architecture": "type2", "n_layers": 2, "mutual": False, "saliency": None,
             "encoder": "lstm", "trunk": None, "hidden_size": "auto", "dropout": 0.0, "pooling": "last",
             "linear": None, "independent": True, "scaling": "series", "future_X": False, "loss": "absolute",
             "training": Training(epochs=1, validation=0.2)},
        ]
