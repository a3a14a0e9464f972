"""LSTM-SAN as a classifier: sktime's interface, its parameters, and which network they mean."""

from typing import Any

from tsattn._networks import LSTMSANNetwork
from tsattn.classification._base import NetworkClassifier
from tsattn.training import Training


class LSTMSANClassifier(LSTMSANNetwork, NetworkClassifier):
    """Classify series by recurrent layers that attend what changes from one layer to the next.

    Each layer's features are masked by how they differ from those that the layer reads: by the size of a change, more
    where it stands out from the steps beside it, smoothed by a learned convolution. After every second layer pairs of
    steps are averaged. Series may have several channels, unequal lengths and gaps. The defaults are our best form;
    :meth:`paper` is the published one.

    Parameters
    ----------
    attention_module : {"san", "ran", "se", "cbam", "bam"}, callable or None, default="san"
        Scale-space attention, as above. To compare with: recurrent attention, where a layer chooses from its last state
        how much of each channel of the next step it reads; and squeeze and excitation, CBAM and BAM around the same
        layers. Or what builds a layer with attention:
        `attention_module(n_inputs, n_features)`, see `tsattn.nn.sequence`. None: recurrent layers and nothing else.
    placement : {"full", "bottleneck"}, default="full"
        Attention at every layer, or at every second: those before pairs of steps are averaged.
    absolute, channel_alignment, extrema, smoothing : bool, default=True
        Parts of scale-space attention, each of which may be left out: that a change counts without its sign; the mean
        over the channels that a layer reads, without which they must be as many as its features, as they are at the
        bottlenecks; the share of the steps beside it that a change is not below; the convolution.
    dilation : int, default=1
        Steps between the entries of that convolution: 1 is the published SAN-c, 2 SAN-d.
    hidden_size : int, default=64
        Features of every layer and of the trunk.
    n_layers : int, default=2
        Recurrent layers, one after another; 4 as published.
    bidirectional : bool, default=True
        Let half of a layer's features come from reading each series from its end.
    saliency : {"channels", "events"}, transformer or None, default="channels"
        What is read beside the series, as further channels: signed difference-of-Gaussians bands
        (`ScaleSpaceChannels`, octaves from 0.7 to 11.2 steps); the series of events (`UVTFSaliency`); or the output of
        any transformer of sktime from series to series of the same length, fitted in fit and applied in predict. It
        reads the scaled series, filled, under a plain index. None: nothing, as published.
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
        In fit and predict, as `SDMAClassifier`. Also where `channel_alignment=False` and a layer reads another number
        of channels than it has features, or there is no pooling for the bottleneck.

    Notes
    -----
    Gaps, single classes and labels are treated as by `SDMAClassifier`, and the notes there hold here.

    Time and memory grow linearly with the steps. "ran" takes several times as long as "san": its layers go through the
    steps one by one in Python.

    References
    ----------
    Garg, Candan & Sapino, "SAN: Scale-Space Attention Networks", ICDE 2020. Mnih, Heess, Graves & Kavukcuoglu,
    "Recurrent models of visual attention", NIPS 2014.

    Examples
    --------
    >>> from sktime.datasets import load_unit_test
    >>> from tsattn.classification import LSTMSANClassifier
    >>> from tsattn.training import Training
    >>> X, y = load_unit_test(split="train", return_type="numpy3D")
    >>> classifier = LSTMSANClassifier(hidden_size=8, training=Training(epochs=2), random_state=0).fit(X, y)
    >>> classifier.predict_proba(X).shape
    (20, 2)
    """

    def __init__(self, attention_module="san", placement="full", absolute=True, channel_alignment=True,
                 extrema=True, smoothing=True, dilation=1, hidden_size=64, n_layers=2, bidirectional=True,
                 saliency="channels", trunk="residual", dropout=0.4, pooling="mean-max", proportions=2500,
                 scaling="standard", training=None, class_weight=None, random_state=None):
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
        self.proportions = proportions
        self.scaling = scaling
        self.training = training
        self.class_weight = class_weight
        self.random_state = random_state
        super().__init__()

    @classmethod
    def paper(cls, placement: str = "full", attention_module: Any = "san", *, epochs: int = 25,
              class_weight: Any = None, random_state: Any = None, **switches: Any) -> "LSTMSANClassifier":
        """Make the published form: 4 LSTMs of 64 units on the series alone, last step, RMSprop.

        Parameters
        ----------
        placement, attention_module, class_weight, random_state
            As for the class. `attention_module=None` is the published baseline.
        epochs : int, default=25
            The source gives neither the epochs of this network nor its optimiser; these are its other networks' of
            series.
        **switches
            `absolute`, `channel_alignment`, `extrema`, `smoothing` and `dilation`, as for the class.
        """
        return cls(attention_module=attention_module, placement=placement, n_layers=4, bidirectional=False,
                   saliency=None, trunk=None, dropout=0.0, pooling="last", proportions=0,
                   training=Training.paper(epochs), class_weight=class_weight, random_state=random_state, **switches)

    @classmethod
    def get_test_params(cls, parameter_set="default"):  # noqa: ARG003
        """Parameter sets that sktime's own checks run with."""
        return [
            {"hidden_size": 4, "proportions": 20, "training": Training(epochs=2, batch_size=8)},
            {"placement": "bottleneck", "absolute": False, "channel_alignment": False, "extrema": False,
             "smoothing": False, "hidden_size": 3, "n_layers": 3, "bidirectional": False, "saliency": None,
             "trunk": None, "dropout": 0.0, "pooling": "last", "proportions": 0, "scaling": "series",
             "class_weight": "balanced", "training": Training.paper(epochs=2)},
        ]
