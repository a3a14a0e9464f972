"""XM2A as a classifier: sktime's interface, its parameters, and which network they mean."""

from typing import Any

from tsattn._networks import XM2ANetwork
from tsattn.classification._base import NetworkClassifier
from tsattn.training import Training


class XM2AClassifier(XM2ANetwork, NetworkClassifier):
    """Classify series by attention heads that see time at scales of their own and talk to each other.

    In each layer the heads convolve the series with kernels of different lengths; a query (a head's mean over time) and
    a key (its mean over units) of every pair of heads make a mask over time for each unit, and the masks attend what
    the heads saw. Series may have several channels, unequal lengths and gaps. The defaults are our best form;
    :meth:`paper` is the published one.

    Parameters
    ----------
    variant : {"default", "msmsa", "exp", "pool", "exp-pool", "hybrid"} or callable, default="default"
        Steps that head h = 1, 2, ... sees: h; 2h - 1; 2^(h-1); the average of h; the average of 2^(h-1); about 2^(h-1)
        in h averages. Or a function of h, see `tsattn.nn.multi_scale`.
    talk : {"scale", "input", "self"} or Talk, default="scale"
        Which heads' queries meet which heads' keys: all all; all those of the value, which then is one for all heads;
        each its own. See `tsattn.nn.talk`.
    descriptor : {"average", "max"} or callable, default="average"
        How a head's query and key come from what it saw.
    norm : {"layer", "batch", "none"} or callable, default="layer"
        What follows the sum over masks: a norm over the units of a step, or over a batch.
    n_heads, n_units : int, default=4, 16
        Heads of a layer, and kernels of each; 8 and 64 as published.
    n_layers : int, default=2
        Layers, one after another.
    residual : bool, default=True
        Add each layer's input to its output.
    activation : {"relu", "gelu", "silu", "tanh"}, callable or None, default="relu"
        What follows the convolutions of the heads; nothing, as published.
    softmax_axis : {"time", "units"} or SoftmaxAxis, default="time"
        Along which axis masks sum to 1. The source does not say.
    rescale : bool, default=True
        Multiply masks so that their mean entry is 1, however long the series. Without it, what is left of them in long
        series is as small as what a norm adds to its variance.
    separate_values : bool, default=False
        Convolutions of their own for what is attended. The published layer attends what queries and keys are made of.
    saliency : {"channels", "events"}, transformer or None, default="channels"
        What is read beside the series, as further channels: signed difference-of-Gaussians bands
        (`ScaleSpaceChannels`, octaves from 0.7 to 11.2 steps); the series of events (`UVTFSaliency`); or the output of
        any transformer of sktime from series to series of the same length, fitted in fit and applied in predict. It
        reads the scaled series, filled, under a plain index. None: nothing, as published.
    encoder : {"convolution", "linear", "bilstm", "lstm", "conv-bilstm"}, callable or None, default="convolution"
        Sequence layer before the first attention layer, which brings the channels to `hidden_size`; also an LSTM under
        a block of attention, by the names that `SDMAClassifier` lists. Or what builds one:
        `encoder(n_inputs, n_features)`, see `tsattn.nn.sequence`. Or nothing, as published.
    hidden_size : int or "auto", default=128
        Features of every layer; "auto" is the number of channels that are read, as published, and the only choice
        without an encoder.
    trunk : {"residual", "lstm"}, callable or None, default="residual"
        What reads the last layer's features before they are pooled: residual convolutions at half the steps; an LSTM
        layer; or what builds one, see `tsattn.models.pooled`; or nothing, as published.
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
        As for `SDMAClassifier`.

    Attributes
    ----------
    classes_ : ndarray
        Labels, sorted, with the dtype they came with; the columns of `predict_proba`.
    history_ : DataFrame
        One row an epoch, as `SDMAClassifier.history_`.
    best_epoch_ : int
        The epoch, from 1, whose weights are kept.
    network_ : torch.nn.Module
        What is trained, and the ridge beside it (`proportions`), on the CPU.
    n_parameters_ : int
        Its number of weights, those of the ridge among them.

    Raises
    ------
    ValueError, TypeError, DivergenceError
        In fit and predict, as `SDMAClassifier`. Also where `separate_values` are asked for and the talk is "input",
        which has a value of its own.

    Notes
    -----
    Gaps, single classes and labels are treated as by `SDMAClassifier`, and the notes there hold here.

    A layer's time grows with series x heads² x units x steps, its memory with series x heads x units x steps: the masks
    of pairs of heads are summed without being kept. Predicting takes 256 series at a time, fewer where they are long.

    With `scaling="series"` and no activation a first layer's queries are the same for every series: the mean over time
    of a linear map of what has mean 0.

    References
    ----------
    Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, chapter 7.

    Examples
    --------
    >>> from sktime.datasets import load_unit_test
    >>> from tsattn.classification import XM2AClassifier
    >>> from tsattn.training import Training
    >>> X, y = load_unit_test(split="train", return_type="numpy3D")
    >>> classifier = XM2AClassifier(n_heads=4, n_units=8, training=Training(epochs=2), random_state=0).fit(X, y)
    >>> classifier.predict_proba(X).shape
    (20, 2)
    >>> classifier.attention(X).shape
    (480, 1)
    """

    def __init__(self, variant="default", talk="scale", descriptor="average", norm="layer", n_heads=4, n_units=16,
                 n_layers=2, residual=True, activation="relu", softmax_axis="time", rescale=True,
                 separate_values=False, saliency="channels", encoder="convolution", hidden_size=128, trunk="residual",
                 dropout=0.4, pooling="mean-max", proportions=2500, scaling="standard", training=None,
                 class_weight=None, random_state=None):
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
        self.proportions = proportions
        self.scaling = scaling
        self.training = training
        self.class_weight = class_weight
        self.random_state = random_state
        super().__init__()

    @classmethod
    def paper(cls, variant: Any = "default", *, talk: Any = "scale", descriptor: Any = "average", norm: Any = "layer",
              epochs: int = 25, class_weight: Any = None, random_state: Any = None) -> "XM2AClassifier":
        """Make the published form: 6 layers of 8 heads of 64 units on the series alone, each scaled by itself, RMSprop.

        The source names neither its head nor what is around a layer. Its series have 45 and 50 steps, and the head
        reads 50 places of each; a layer is added to its input, as in the Transformer, of which it takes the place. With
        neither, six layers learn next to nothing. Masks are as printed, and sum to 1.

        Parameters
        ----------
        variant, talk, descriptor, norm, class_weight, random_state
            As for the class.
        epochs : int, default=25
            As published for all but the longest series, which had 5.
        """
        return cls(variant=variant, talk=talk, descriptor=descriptor, norm=norm, n_heads=8, n_units=64, n_layers=6,
                   activation=None, rescale=False, saliency=None, encoder=None, hidden_size="auto", trunk=None,
                   dropout=0.0, pooling="flatten", proportions=0, scaling="series", training=Training.paper(epochs),
                   class_weight=class_weight, random_state=random_state)

    @classmethod
    def get_test_params(cls, parameter_set="default"):  # noqa: ARG003
        """Parameter sets that sktime's own checks run with."""
        return [
            {"n_heads": 3, "n_units": 4, "hidden_size": 4, "proportions": 20,
             "training": Training(epochs=2, batch_size=8)},
            {"variant": "hybrid", "talk": "input", "descriptor": "max", "norm": "batch", "n_heads": 3, "n_units": 4,
             "residual": False, "activation": None, "softmax_axis": "units", "rescale": False, "saliency": None,
             "encoder": None, "hidden_size": "auto", "trunk": None, "dropout": 0.0, "pooling": "last",
             "proportions": 0, "scaling": "series", "class_weight": "balanced", "training": Training.paper(epochs=2)},
        ]
