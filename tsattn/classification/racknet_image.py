"""RACKNet as a classifier of images, which it was made for: scikit-learn's interface, and which network is meant."""

from typing import Any

from tsattn._networks import RACKNetImageNetwork
from tsattn.classification._images import NetworkImageClassifier
from tsattn.training import Training


class RACKNetImageClassifier(RACKNetImageNetwork, NetworkImageClassifier):
    """Classify images by convolutions whose racks, layers and kernels the training images themselves say.

    Before the network is trained, SIFT features of the training images are found, and their labels are not looked at.
    Each octave with features enough becomes a rack of layers, between which images are halved; each Gaussian in the
    histogram of an octave's entropies becomes a layer, simple ones first; and of the budget of kernels a layer gets the
    fewer, the more clusters its features fall into. There is no attention in it. The defaults are our best form;
    :meth:`paper` is the published one.

    Parameters
    ----------
    budget, strategy, min_features, max_components, rack_pooling, normalise, recurrent
        As for `RACKNetClassifier`.
    n_octaves : int or "auto", default="auto"
        Most octaves that are searched for features, beside that of the image enlarged twice; "auto" takes as many as
        leave 8 pixels.
    dropout : float, default=0.25
        Chance that a kernel is left out in training, after each rack.
    training, class_weight, random_state
        As for `ImageClassifier`.

    Attributes
    ----------
    architecture_ : Architecture
        Racks of layers with their kernels; `print` shows it in a line.
    plan_ : RACKNetPlan
        What the architecture was made of, and how long each stage took.
    classes_, image_shape_, history_, best_epoch_, network_, n_parameters_
        As of `ImageClassifier`.

    Raises
    ------
    ValueError, TypeError, DivergenceError
        In fit and predict, as `ImageClassifier`; images may have any size. Also where the budget is below the number of
        layers.

    Notes
    -----
    Features are found in grey pixels that are scaled to reach from 0 to 1 over all training images; see
    `tsattn.design.image_features`.

    References
    ----------
    Garg & Candan, "RACKNet: Robust allocation of convolutional kernels in neural network for image classification",
    ICMR 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from tsattn.classification import RACKNetImageClassifier
    >>> from tsattn.training import Training
    >>> X = np.random.default_rng(0).integers(0, 64, (16, 16, 16))
    >>> X[::2, 5:11, 5:11] += 191
    >>> y = np.where(X[:, 8, 8] > 63, "square", "nothing")
    >>> classifier = RACKNetImageClassifier(training=Training(lr=1e-2), random_state=0).fit(X, y)
    >>> classifier.architecture_.budget, [octave.octave for octave in classifier.plan_.octaves]
    (400, [-1, 0])
    >>> classifier.predict(X[:2]).tolist()
    ['square', 'nothing']
    """

    def __init__(self, budget=400, strategy="racknet", n_octaves="auto", min_features=0.01, max_components=10,
                 rack_pooling="average", normalise=True, recurrent=False, dropout=0.25, training=None,
                 class_weight=None, random_state=None):
        self.budget = budget
        self.strategy = strategy
        self.n_octaves = n_octaves
        self.min_features = min_features
        self.max_components = max_components
        self.rack_pooling = rack_pooling
        self.normalise = normalise
        self.recurrent = recurrent
        self.dropout = dropout
        self.training = training
        self.class_weight = class_weight
        self.random_state = random_state

    @classmethod
    def paper(
        cls, strategy: str = "racknet", *, recurrent: bool = False, rack_pooling: str = "average", budget: int = 400,
        epochs: int = 10, class_weight: Any = None, random_state: Any = None,
    ) -> "RACKNetImageClassifier":
        """Make the published form: plain convolutions, dropout 0.25, RMSprop.

        Parameters
        ----------
        strategy, recurrent, rack_pooling, budget, class_weight, random_state
            As for the class. `recurrent=True` is the source's RACKNet-RCNN, with `rack_pooling="max"` its
            RACKNet-maxout.
        epochs : int, default=10
            The source does not say.
        """
        return cls(budget=budget, strategy=strategy, rack_pooling=rack_pooling, normalise=False, recurrent=recurrent,
                   training=Training.paper(epochs), class_weight=class_weight, random_state=random_state)
