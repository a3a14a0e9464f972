"""SDMA as a classifier: sktime's interface, its parameters, and which network they mean."""

from typing import Any

from tsattn._networks import SDMANetwork
from tsattn.classification._base import NetworkClassifier
from tsattn.training import Training


class SDMAClassifier(SDMANetwork, NetworkClassifier):
    """Classify series by a network in which a series and its saliency attend each other.

    Two sequence layers read the series and its saliency series; each one's features, through a sigmoid, gate the
    other's; the gated features are added, pooled over time and classified. Series may have several channels, unequal
    lengths and gaps. The defaults are our best form; :meth:`paper` is the published one.

    Parameters
    ----------
    architecture : {"single", "type1", "type2"}, default="single"
        One block; or `n_layers` of them, the next reading both gated branches ("type1", sequential), or the output
        and the saliency series again ("type2", semi-parallel).
    mutual : bool, default=True
        Let the branches attend each other. False lets saliency attend the series only (SDCA).
    saliency : {"channels", "events"}, transformer or None, default="channels"
        What the second branch reads: signed difference-of-Gaussians bands (`ScaleSpaceChannels`, octaves from
        0.7 to 11.2 steps); the series of events
        (`UVTFSaliency`, the published form); or the output of any transformer of sktime from series to series of the
        same length, fitted in fit and applied in predict. It reads the scaled series, filled, under a plain index.
        None: no second branch and no gate.
    gate : {"sigmoid", "none"}, default="sigmoid"
        "none" adds the branches without any gate, to compare with; it needs `mutual=True`.
    encoder : {"convolution", "linear", "bilstm", "lstm", "conv-bilstm"} or callable, default="convolution"
        Sequence layer of a branch; "lstm-se", "lstm-cbam", "lstm-bam", "lstm-san-c" and "lstm-san-d" are an LSTM under
        a block of attention, see `tsattn.nn.ATTENTION`. Or what builds one: `encoder(n_inputs, n_features)`, see
        `tsattn.nn.sequence`.
    trunk : {"residual", "lstm"}, callable or None, default="residual"
        What reads the joined branches before they are pooled: residual convolutions at half the steps; an LSTM
        layer; or what builds one, see `tsattn.models.pooled`; or nothing, as published.
    hidden_size : int or "auto", default=64
        Features of each branch and of the trunk; "auto" is twice the number of columns, as published.
    n_layers : int, default=3
        Blocks of "type1" and "type2".
    dropout : float, default=0.4
        Chance that a pooled feature is dropped in training.
    pooling : {"mean-max", "last", "attention", "flatten"} or callable, default="mean-max"
        How features become one vector a series, over its own steps: mean and maximum side by side; the last step; a
        learned weighted mean; or 50 places, evenly spaced, side by side. Or what builds the layer:
        `pooling(n_features)`, see `tsattn.nn.pooling`.
    proportions : int, default=2500
        Mixtures of few channels of the saliency (of the series where there is none) whose proportions of time above
        thresholds are read by ridge regression, in closed form; its logits are added to the trained network's, see
        `tsattn.nn.ridge`. 0: the trained network alone, as published. It is meant for bands: the series itself, where
        levels of persons or sessions are, may be worse than nothing. It takes the memory of 4 `proportions` numbers in
        float64 a training series, a few times over.
    scaling : {"standard", "series", None}, default="standard"
        Each channel to mean 0 and variance 1 over the training set, or over each series by itself, or as it is. A
        constant channel becomes 0. The saliency series are scaled likewise.
    training : Training, optional
        How the network is trained; `Training()` by default. To search `training__lr` and the like, pass
        `training=Training()` first: None has no parameters.
    class_weight : "balanced" or dict, optional
        Weight of each class in the loss: inverse to its frequency, or by label (1 for labels not named).
    random_state : int or RandomState, optional
        Seed of weights, order, dropout and augmentation, from 0 to 2³² - 1. The global generators are never used.
        The same seed, machine and number of threads give the same bits (`torch.set_num_threads`; joblib's workers use
        one).

    Attributes
    ----------
    classes_ : ndarray
        Labels, sorted, with the dtype they came with; the columns of `predict_proba`.
    history_ : DataFrame
        One row an epoch: epoch, train_loss, validation_loss and validation_accuracy where a part is held out, lr,
        seconds. The train_loss is what is minimised: of augmented series with dropout, against smoothed labels, so that
        it lies above the loss on the series as they are, and never reaches 0.
    best_epoch_ : int
        The epoch, from 1, whose weights are kept.
    network_ : torch.nn.Module
        What is trained, and the ridge beside it (`proportions`), on the CPU.
    n_parameters_ : int
        Its number of weights, those of the ridge among them.

    Raises
    ------
    ValueError
        In fit: a parameter makes no sense, X holds infinity or a magnitude that overflows, or y holds a number that is
        not whole. In predict: also columns other than in fit, by label; of an array only their number is compared.
    TypeError
        X or a parameter has the wrong type, or y holds labels of several kinds.
    DivergenceError
        The loss stopped being finite. The classifier is then left fitted, with the last good weights.

    Notes
    -----
    Missing values are drawn as lines between their neighbours within a series (the nearest value beyond the ends; the
    column's training mean where a series has none). If the training data have any, each column gets one more channel
    that says where it was observed. Fitted to one class only, there is no network: that class is predicted, and of the
    attributes only `classes_` is there. Times are not read: each row is a step. Where steps are uneven a warning says
    so, once a call; a time that stands twice in a series, or goes back, is an error.

    With `scaling="series"` no series is divided by less than a thousandth of what series vary by on the average: one
    that hardly varies stays small.

    Training smooths labels, so that with `proportions=0` `predict_proba` is less sure than it might be: with two
    classes, a class that is certain gets 0.95. The ridge beside it makes up for that, or for more: its scale is that of
    training series left out one at a time, which new persons or sessions may differ from more. If probabilities matter,
    put the classifier in scikit-learn's `CalibratedClassifierCV`.

    scikit-learn's `cross_val_score` and `GridSearchCV` count entries of X, and need containers with one an instance: an
    array (instances, channels, time), or a list of DataFrames. sktime's `evaluate` takes any container, so also
    DataFrames indexed by instance and time.

    References
    ----------
    Garg & Candan, "SDMA: Saliency Driven Mutual Cross Attention for Multi-Variate Time Series", ICPR 2020.

    Examples
    --------
    >>> from sktime.datasets import load_unit_test
    >>> from tsattn.classification import SDMAClassifier
    >>> from tsattn.training import Training
    >>> X, y = load_unit_test(split="train", return_type="numpy3D")
    >>> classifier = SDMAClassifier(hidden_size=8, training=Training(epochs=2), random_state=0).fit(X, y)
    >>> classifier.predict_proba(X).shape
    (20, 2)
    """

    def __init__(self, architecture="single", mutual=True, saliency="channels", gate="sigmoid", encoder="convolution",
                 trunk="residual", hidden_size=64, n_layers=3, dropout=0.4, pooling="mean-max", proportions=2500,
                 scaling="standard", training=None, class_weight=None, random_state=None):
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
        self.proportions = proportions
        self.scaling = scaling
        self.training = training
        self.class_weight = class_weight
        self.random_state = random_state
        super().__init__()

    @classmethod
    def paper(cls, architecture: str = "single", *, mutual: bool = True, epochs: int = 25, saliency: Any = "events",
              class_weight: Any = None, random_state: Any = None) -> "SDMAClassifier":
        """Make the published form: LSTMs with two features a column, last step, event saliency, RMSprop.

        Parameters
        ----------
        architecture, mutual, saliency, class_weight, random_state
            As for the class. `saliency=None` is the published baseline without attention.
        epochs : int, default=25
            As published for classification.
        """
        return cls(architecture=architecture, mutual=mutual, saliency=saliency, encoder="lstm", trunk=None,
                   hidden_size="auto", dropout=0.0, pooling="last", proportions=0,
                   training=Training.paper(epochs), class_weight=class_weight, random_state=random_state)

    @classmethod
    def get_test_params(cls, parameter_set="default"):  # noqa: ARG003
        """Parameter sets that sktime's own checks run with."""
        return [
            {"hidden_size": 4, "proportions": 20, "training": Training(epochs=2, batch_size=8)},
            {"architecture": "type2", "n_layers": 2, "mutual": False, "saliency": "events", "encoder": "lstm",
             "trunk": None, "hidden_size": "auto", "dropout": 0.0, "pooling": "last", "proportions": 0,
             "class_weight": "balanced", "training": Training.paper(epochs=2)},
        ]
