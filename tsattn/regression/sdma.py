"""SDMA as a regressor: sktime's interface, its parameters, and which network they mean."""

from typing import Any

from tsattn._networks import SDMANetwork
from tsattn.regression._base import NetworkRegressor
from tsattn.training import Training


class SDMARegressor(SDMANetwork, NetworkRegressor):
    """Predict a value of each series by a network in which a series and its saliency attend each other.

    The network is that of `SDMAClassifier`, with one output. Series may have several channels, unequal lengths and
    gaps. The defaults are our best form; :meth:`paper` is the published one.

    Parameters
    ----------
    architecture : {"single", "type1", "type2"}, default="single"
    mutual : bool, default=True
    saliency : {"channels", "events"}, transformer or None, default="channels"
    gate : {"sigmoid", "none"}, default="sigmoid"
    encoder : {"convolution", "linear", "bilstm", "lstm", "conv-bilstm"} or callable, default="convolution"
        As for `SDMAClassifier`.
    trunk : {"residual", "lstm"}, callable or None, default="residual"
        As for `SDMAClassifier`; or an LSTM layer, as published for values.
    hidden_size : int or "auto", default=64
    n_layers : int, default=3
    dropout : float, default=0.4
    pooling : {"mean-max", "last", "attention", "flatten"} or callable, default="mean-max"
        As for `SDMAClassifier`.
    linear : bool, default=True
        A ridge regression of the target on the latest steps of all channels, beside that on proportions: on the last 1,
        2, 4... steps, up to 96 or as many as are 2048 numbers, whichever is best. It goes on beyond the values that
        were learned from, as nothing else does. False: none, as published.
    proportions : int, default=2500
        Mixtures, as for `SDMAClassifier`, whose proportions of time above thresholds are read by ridge regression. 0:
        none, as published. Of the two ridges the better one answers, and the network learns what it leaves: the target
        less what its solution says of a series without having seen it. The answer is the sum, with the network's share
        of it: see `training`. Ridges, their steps and penalties are judged by leaving out eighths of the series,
        neighbours in X (of like length, where lengths differ): windows that overlap do not tell of each other. One that
        is not clearly better than the mean says the mean.
    loss : {"squared", "absolute"}, default="squared"
        What the network lowers: the mean squared or the mean absolute error. The ridge's is always squared.
    scaling : {"standard", "series", None}, default="standard"
        Of the series, as for `SDMAClassifier`. The target is learned in units of its standard deviation, whatever this
        is, and answers are in its own.
    training : Training, optional
        As for `SDMAClassifier`; by default `Training(validation=0.2)`, of fewer than 40 series `Training()`. A fraction
        is that of the last series, in the order of X, or of whole groups; a warning says where their targets lie beyond
        all others'. By what is held out the epoch is chosen, and the network's share in the answer, `share_`: what is
        likely to be worth it, a standard error below the best one by squared errors, the more cautious the fewer series
        are held out. The ridge then learns from all series. With `validation=0.0` the network is added whole, which on
        easy problems does harm. `label_smoothing` has no meaning here, and `monitor="accuracy"` is an error.
    random_state : int or RandomState, optional
        As for `SDMAClassifier`.

    Attributes
    ----------
    target_mean_, target_scale_ : float
        Mean and standard deviation of y; of equal values their value and 0.
    share_ : float
        Of the network in the answer, from 0 to 1: 1 where no two series were held out to measure it. With 0 the ridge
        answers alone, and `attention` is the ridge's.
    history_ : DataFrame
        One row an epoch: epoch, train_loss, validation_loss where a part is held out, lr, seconds; losses are in units
        of `target_scale_`. The train_loss is the network's own, on augmented series with dropout, of what the ridge
        leaves. The validation_loss is that of the whole sum, on series that by then neither the ridge nor the network
        has learned from; only scaling, gaps' fillings and the units of the target are measured on them too.
    best_epoch_, network_, n_parameters_
        As of `SDMAClassifier`.

    Raises
    ------
    ValueError
        In fit: a parameter makes no sense, X holds infinity or a magnitude that overflows, or y holds NaN or infinity.
        In predict: also columns other than in fit, by label; of an array only their number is compared.
    TypeError
        X or a parameter has the wrong type, or y holds something that is no number.
    DivergenceError
        The loss stopped being finite. The regressor is then left fitted, with the last good weights.

    Notes
    -----
    Whole numbers in y are values like others, and answers lie between them. Fitted to equal values, it answers with
    that value. Columns of a DataFrame y are learned one by one, by a regressor each (`regressors_`).

    Missing values of X, `scaling="series"`, and what scikit-learn's tools need: as of `SDMAClassifier`. Folds of
    `cross_val_score` are not shuffled for regressors: where y is sorted, pass `cv=KFold(5, shuffle=True)`. Nor are the
    eighths by which ridges are judged, nor the last series, by which the network is: series that have no order of their
    own should not come in that of y.

    References
    ----------
    Garg & Candan, "SDMA: Saliency Driven Mutual Cross Attention for Multi-Variate Time Series", ICPR 2020.

    Examples
    --------
    >>> from sktime.datasets import load_unit_test
    >>> from tsattn.regression import SDMARegressor
    >>> from tsattn.training import Training
    >>> X, _ = load_unit_test(split="train", return_type="numpy3D")
    >>> y = X.max(axis=(1, 2))
    >>> regressor = SDMARegressor(hidden_size=8, training=Training(epochs=2), random_state=0).fit(X, y)
    >>> regressor.predict(X).shape
    (20,)
    """

    def __init__(self, architecture="single", mutual=True, saliency="channels", gate="sigmoid", encoder="convolution",
                 trunk="residual", hidden_size=64, n_layers=3, dropout=0.4, pooling="mean-max", linear=True,
                 proportions=2500, loss="squared", scaling="standard", training=None, random_state=None):
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
        self.proportions = proportions
        self.loss = loss
        self.scaling = scaling
        self.training = training
        self.random_state = random_state
        super().__init__()

    @classmethod
    def paper(cls, architecture: str = "single", *, mutual: bool = True, epochs: int = 50, saliency: Any = "events",
              random_state: Any = None) -> "SDMARegressor":
        """Make the published form: that of the classifier with an LSTM layer before the output, mean absolute error.

        Parameters
        ----------
        architecture, mutual, saliency, random_state
            As for the class. `saliency=None` is the published baseline without attention.
        epochs : int, default=50
            As published for values.
        """
        return cls(architecture=architecture, mutual=mutual, saliency=saliency, encoder="lstm", trunk="lstm",
                   hidden_size="auto", dropout=0.0, pooling="last", linear=False, proportions=0, loss="absolute",
                   training=Training.paper(epochs), random_state=random_state)

    @classmethod
    def get_test_params(cls, parameter_set="default"):  # noqa: ARG003
        """Parameter sets that sktime's own checks run with."""
        return [
            {"hidden_size": 4, "proportions": 20, "training": Training(epochs=2, batch_size=8)},
            {"architecture": "type2", "n_layers": 2, "mutual": False, "saliency": "events", "encoder": "lstm",
             "trunk": "lstm", "hidden_size": "auto", "dropout": 0.0, "pooling": "last", "linear": False,
             "proportions": 0, "loss": "absolute", "training": Training.paper(epochs=2)},
        ]
