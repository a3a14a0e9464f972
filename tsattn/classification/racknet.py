"""RACKNet as a classifier: sktime's interface, its parameters, and which network they mean."""

from typing import Any

from tsattn._networks import RACKNetNetwork
from tsattn.classification._base import NetworkClassifier
from tsattn.training import Training


class RACKNetClassifier(RACKNetNetwork, NetworkClassifier):
    """Classify series by convolutions whose racks, layers and kernels the training series themselves say.

    Before the network is trained, events of the training series are found in scale space, and their labels are not
    looked at. Each octave with events enough becomes a rack of layers, between which steps are halved; each Gaussian in
    the histogram of an octave's entropies becomes a layer, simple ones first; and of the budget of kernels a layer gets
    the fewer, the more clusters its events fall into. Series may have several channels, unequal lengths and gaps. The
    defaults are our best form; :meth:`paper` is the published one.

    Parameters
    ----------
    budget : int, default=400
        Kernels of all layers together.
    strategy : str, default="racknet"
        How they are shared out: "racknet" as above; "racknet-printed", "proportional", "inverse-order", "uniform-rack",
        "uniform-layer" or "random", to compare with, see `tsattn.design.allocation`.
    n_octaves : int or "auto", default="auto"
        Most octaves that are searched for events; "auto" takes as many as leave 8 steps of a series.
    min_features : float, default=0.01
        Least share of all events that makes an octave a rack, and of an octave's events that makes a layer.
    max_components : int, default=10
        Most layers of a rack.
    rack_pooling : {"average", "max"}, default="average"
        How pairs of steps become one between racks; "max" is the source's maxout.
    normalise : bool, default=True
        Batch normalisation after each convolution.
    recurrent : bool, default=False
        The layers of a rack as iterations of one recurrent convolution layer, see `tsattn.design.recurrent`.
    saliency : {"channels", "events"}, transformer or None, default="channels"
        What is read beside the series, as further channels; as for `LSTMSANClassifier`. The network's shape does not
        hang on it. None: nothing, as published.
    dropout : float, default=0.25
        Chance that a kernel is left out in training, after each rack.
    pooling : {"mean-max", "last", "attention", "flatten"} or callable, default="mean-max"
        How features become one vector a series, over its own steps; as for `LSTMSANClassifier`.
    proportions : int, default=2500
        As for `LSTMSANClassifier`. 0: the trained network alone, as published.
    scaling : {"standard", "series", None}, default="standard"
        Each channel to mean 0 and variance 1 over the training set, or over each series by itself, or as it is. A
        constant channel becomes 0. Events are found in channels of variance 1 whatever this is.
    training : Training, optional
        How the network is trained; `Training()` by default. To search `training__lr` and the like, pass
        `training=Training()` first: None has no parameters.
    class_weight : "balanced" or dict, optional
        Weight of each class in the loss: inverse to its frequency, or by label (1 for labels not named).
    random_state : int or RandomState, optional
        As for `SDMAClassifier`; samples of many events, and the strategy "random", are drawn from it too.

    Attributes
    ----------
    architecture_ : Architecture
        Racks of layers with their kernels; `print` shows it in a line.
    plan_ : RACKNetPlan
        What the architecture was made of, and how long each stage took.
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
        In fit and predict, as `SDMAClassifier`. Also where the budget is below the number of layers.

    Notes
    -----
    Gaps, single classes and labels are treated as by `SDMAClassifier`, and the notes there hold here.

    Series without any events, too short or constant, get one rack of one layer. Of the events of an octave at most 5000
    are looked at for its layers and kernels.

    References
    ----------
    Garg & Candan, "RACKNet: Robust allocation of convolutional kernels in neural network for image classification",
    ICMR 2019. Liang & Hu, "Recurrent convolutional neural network for object recognition", CVPR 2015.

    Examples
    --------
    >>> from sktime.datasets import load_unit_test
    >>> from tsattn.classification import RACKNetClassifier
    >>> from tsattn.training import Training
    >>> X, y = load_unit_test(split="train", return_type="numpy3D")
    >>> classifier = RACKNetClassifier(budget=16, training=Training(epochs=2), random_state=0).fit(X, y)
    >>> print(classifier.architecture_)
    1-1 layers of (8-8) kernels, edges (3-3), 1-D, average pooling, dropout 0.25
    >>> classifier.predict_proba(X).shape
    (20, 2)
    """

    def __init__(self, budget=400, strategy="racknet", n_octaves="auto", min_features=0.01, max_components=10,
                 rack_pooling="average", normalise=True, recurrent=False, saliency="channels", dropout=0.25,
                 pooling="mean-max", proportions=2500, scaling="standard", training=None, class_weight=None,
                 random_state=None):
        self.budget = budget
        self.strategy = strategy
        self.n_octaves = n_octaves
        self.min_features = min_features
        self.max_components = max_components
        self.rack_pooling = rack_pooling
        self.normalise = normalise
        self.recurrent = recurrent
        self.saliency = saliency
        self.dropout = dropout
        self.pooling = pooling
        self.proportions = proportions
        self.scaling = scaling
        self.training = training
        self.class_weight = class_weight
        self.random_state = random_state
        super().__init__()

    @classmethod
    def paper(cls, strategy: str = "racknet", *, recurrent: bool = False, rack_pooling: str = "average",
              budget: int = 400, epochs: int = 25, class_weight: Any = None,
              random_state: Any = None) -> "RACKNetClassifier":
        """Make the published form, for series: plain convolutions on the series alone, dropout 0.25, RMSprop.

        Parameters
        ----------
        strategy, recurrent, rack_pooling, budget, class_weight, random_state
            As for the class. `recurrent=True` is the source's RACKNet-RCNN, with `rack_pooling="max"` its
            RACKNet-maxout.
        epochs : int, default=25
            The source does not say; these are its networks' of series.
        """
        return cls(budget=budget, strategy=strategy, rack_pooling=rack_pooling, normalise=False, recurrent=recurrent,
                   saliency=None, pooling="flatten", proportions=0, training=Training.paper(epochs),
                   class_weight=class_weight, random_state=random_state)

    @classmethod
    def get_test_params(cls, parameter_set="default"):  # noqa: ARG003
        """Parameter sets that sktime's own checks run with."""
        return [
            {"budget": 40, "max_components": 3, "proportions": 20, "training": Training(epochs=2, batch_size=8)},
            {"budget": 30, "strategy": "random", "n_octaves": 2, "max_components": 2, "rack_pooling": "max",
             "normalise": False, "recurrent": True, "saliency": None, "dropout": 0.0, "pooling": "last",
             "proportions": 0, "scaling": "series", "class_weight": "balanced", "training": Training.paper(epochs=2)},
        ]
