"""Networks of images as a classifier: scikit-learn's interface, its parameters, and which network they mean."""

from copy import copy
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d
from torch import nn

from tsattn._checks import DivergenceError, check_int, draw_seed
from tsattn._estimator import Nested, Trained
from tsattn._labels import check_labels, probabilities, weight_of_each
from tsattn._networks import ImageNetwork
from tsattn._pictures import Pictures, check_images
from tsattn._relevance import relevance
from tsattn.image.of_images import Flattened
from tsattn.image.slot import Masks
from tsattn.training import Sequences, Training, accuracy, check_training, cross_entropy, fit_network, predict_network
from tsattn.training.augment_images import IMAGE_RECIPES

PLAIN = {"lenet5": "tanh", "vgg16-plain": "relu", "vgg19-plain": "relu"}  # the activation of published networks' layers
AS_PUBLISHED = {"vgg16": "vgg16-plain", "vgg19": "vgg19-plain"}


class ImageClassifier(ImageNetwork, Nested, Trained, ClassifierMixin, BaseEstimator):
    """Classify images by a convolutional network with attention at its layers.

    Scale-space attention, unless another is asked for, masks a layer's features by how they differ from what the layer
    reads, more where a difference stands out from its neighbours', smoothed by a learned convolution. The defaults are
    our best small network; :meth:`paper` is the published one.

    Parameters
    ----------
    backbone : {"lenet5", "resnet20", "resnet18", "resnet50", "vgg16", "vgg19", ...} or callable, default="lenet5"
        The network, sized for small images. "vgg16-plain" (with three convolutions of 1 x 1) and "vgg19-plain" are
        without batch normalisation, as published. Or what builds a module with an attribute `n_features`:
        `backbone(n_channels, size, attention=..., placement=...)`, see `tsattn.image`.
    attention : {"san-d", "san-c", "se", "cbam", "bam"}, callable or None, default="san-d"
        Scale-space attention with a dilated or a plain convolution; squeeze and excitation; CBAM; BAM. Or what builds a
        block, `attention(n_features)`, from features to weighed features; see `tsattn.image.slot`. None: no attention.
    placement : {"bottleneck", "full"}, default="bottleneck"
        Attention before each pooling, or at every trained convolution but shortcuts'. In LeNet-5 they are the same.
    absolute, channel_alignment, extrema, smoothing : bool, default=True
        Parts of scale-space attention that may be left out, as in `LSTMSANClassifier`. Without alignment a layer must
        have as many channels as what it reads, and LeNet-5's do not.
    residual : bool or "auto", default="auto"
        Add masked features to the features, as BAM does, or put them in their place, as published. "auto" adds them in
        residual networks, and replaces elsewhere.
    mask_activation : {"relu", "tanh", "gelu", "silu"}, callable or None, default=None
        Between the smoothing of scale-space attention and its sigmoid; the layer's own, as published.
    dropout : float, default=0.0
        Chance that a feature is dropped before the last layer in training.
    training : Training, optional
        By default `Training(epochs=10, batch_size=64)`; pass one to search `training__lr`. `augment="standard"` moves
        images by up to 2 pixels (`Translate`), "strong", for photographs, by up to 4, and turns some round (`Flip`).
    class_weight : "balanced" or dict, optional
        Weight of each class in the loss: inverse to its frequency, or by label (1 for labels not named).
    random_state : int or RandomState, optional
        Seed of everything random, from 0 to 2³² - 1; with one, a fit repeats bit by bit on a CPU. Global generators are
        neither used nor touched.

    Attributes
    ----------
    classes_ : ndarray
        Labels, sorted, with the dtype they came with; the columns of `predict_proba`.
    image_shape_ : (int, int, int)
        Height, width and channels of the training images, which all others must have.
    history_ : DataFrame
        One row an epoch: epoch, train_loss, validation_loss and validation_accuracy where a part is held out, lr (at
        the epoch's end), seconds.
    best_epoch_ : int
        The epoch, from 1, whose weights are kept.
    network_ : torch.nn.Module
        On the CPU.
    n_parameters_ : int
        Its number of weights.

    Raises
    ------
    ValueError
        In fit and predict: a parameter makes no sense; there are no images, or what is given is not (n, height, width)
        or (n, height, width, channel), with the channels last; a value is missing, infinite or complex; in predict,
        another size or number of channels than in fit; in fit, one class only, or images too small for the network:
        12 x 12 pixels for LeNet-5, 4 x 4 for ResNet-20, 8 x 8 for the other ResNets, 32 x 32 for VGG.
    TypeError
        Images are sparse.
    DivergenceError
        The loss stopped being finite; the estimator then has the last good weights.

    References
    ----------
    Garg, Candan & Sapino, "SAN: Scale-Space Attention Networks", ICDE 2020; Wang et al., "Residual attention network
    for image classification", CVPR 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from tsattn.classification import ImageClassifier
    >>> from tsattn.training import Training
    >>> X = np.zeros((8, 12, 12), np.uint8)
    >>> X[::2, 3:9, 3:9] = 255
    >>> y = np.where(X[:, 6, 6] > 0, "square", "nothing")
    >>> classifier = ImageClassifier(training=Training(epochs=5, lr=1e-2), random_state=0).fit(X, y)
    >>> classifier.predict(X[:2]).tolist()
    ['square', 'nothing']
    >>> classifier.masks(X[:2]).shape, classifier.relevance(X[:2]).shape
    ((2, 12, 12, 6), (2, 12, 12))
    """

    USUAL = Training(epochs=10, batch_size=64)

    network_: nn.Module

    def __init__(self, backbone="lenet5", attention="san-d", placement="bottleneck", absolute=True,
                 channel_alignment=True, extrema=True, smoothing=True, residual="auto", mask_activation=None,
                 dropout=0.0, training=None, class_weight=None, random_state=None):
        self.backbone = backbone
        self.attention = attention
        self.placement = placement
        self.absolute = absolute
        self.channel_alignment = channel_alignment
        self.extrema = extrema
        self.smoothing = smoothing
        self.residual = residual
        self.mask_activation = mask_activation
        self.dropout = dropout
        self.training = training
        self.class_weight = class_weight
        self.random_state = random_state

    @classmethod
    def paper(cls, backbone: str = "lenet5", attention: Any = "san-d", placement: str = "bottleneck", *,
              epochs: int = 10, class_weight: Any = None, random_state: Any = None,
              **switches: Any) -> "ImageClassifier":
        """Make the published form: masked features alone, by the layer's own activation; VGG without norms; RMSprop.

        Parameters
        ----------
        backbone, attention, placement, class_weight, random_state
            As for the class. `attention=None` is the published baseline.
        epochs : int, default=10
            The source gives neither the epochs of its networks of images nor their optimiser: this one is that of its
            networks of series.
        **switches
            `absolute`, `channel_alignment`, `extrema` and `smoothing`, as for the class.
        """
        backbone = AS_PUBLISHED.get(backbone, backbone)
        return cls(backbone=backbone, attention=attention, placement=placement, residual=False,
                   mask_activation=PLAIN.get(backbone, "relu"), training=Training.paper(epochs),
                   class_weight=class_weight, random_state=random_state, **switches)

    @classmethod
    def get_param_names(cls) -> list[str]:
        """Names of the parameters, as estimators of sktime give them."""
        return cls._get_param_names()

    @property
    def is_fitted(self) -> bool:
        """Whether there is something to predict with."""
        return hasattr(self, "network_")

    def check_is_fitted(self) -> None:
        """Raise NotFittedError before fit."""
        check_is_fitted(self, "network_")

    @property
    def image_shape_(self) -> tuple[int, int, int]:
        """Height, width and channels of the training images."""
        self.check_is_fitted()
        return self.inputs_.shape

    def _network(self) -> nn.Module:
        """The whole network, with fresh weights."""
        return self._trained(self.inputs_.shape[:2], self.inputs_.n_channels, len(self.classes_))

    def _blank(self) -> nn.Module:
        """The network that was fitted, without weights."""
        with torch.device("meta"):
            return self._network()

    def _training(self) -> Training:
        """How to train, with what "standard" and "strong" mean for images."""
        training = self.USUAL if self.training is None else self.training
        check_training(training)
        if not isinstance(training.augment, str):
            return training
        return training.clone().set_params(augment=IMAGE_RECIPES[training.augment])

    def fit(self, X: Any, y: Any) -> "ImageClassifier":
        """Learn from images.

        Parameters
        ----------
        X : array, (n, height, width) or (n, height, width, channel)
            Of any real dtype and unit: each channel is standardised over all training images.
        y : array, (n,)
            Labels of any dtype that can be sorted: texts, integers, booleans.

        Returns
        -------
        self
        """
        X = check_images(X)
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        check_consistent_length(X, y)
        y = column_or_1d(y, warn=True)
        check_labels(y)
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"y must hold two classes at least, got one class, {classes.tolist()[0]!r}")
        training = self._training()
        inputs = Pictures.learn(X)
        data = inputs(X, target=codes, n_classes=len(classes), weight=weight_of_each(self.class_weight, classes, codes))
        fresh = copy(self)  # what was fitted before stays until there is something better
        fresh.classes_, fresh.inputs_ = classes, inputs
        try:
            fresh._study(X)
            fresh._keep(fit_network(fresh._network, data, training, loss=cross_entropy, metric=accuracy,
                                    seed=draw_seed(self.random_state), strata=y))
        except DivergenceError as error:
            fresh._keep(error.fitted)
            self.__dict__.update(fresh.__dict__)
            raise
        self.__dict__.update(fresh.__dict__)
        return self

    def _study(self, X: np.ndarray) -> None:
        """Learn from the training images what the shape of the network hangs on: nothing does."""

    def _read(self, X: Any) -> Sequences:
        self.check_is_fitted()
        return self.inputs_(X)

    def _logits(self, X: Any) -> np.ndarray:
        data = self._read(X)
        return predict_network(self.network_, data, device=self._device).double().numpy()

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class, (n, n_classes), for images as in fit."""
        return probabilities(self._logits(X))

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest label of each image, (n,)."""
        said = self._logits(X).argmax(axis=1)
        return self.classes_[said]

    def masks(self, X: Any, place: int = 0) -> np.ndarray:
        """What attention says of images at one of its places: how much of each value it lets through.

        Parameters
        ----------
        X : array, as in fit
        place : int, default=0
            Number of the place, from the image on: 0 is the first bottleneck, or with `placement="full"` the first
            layer.

        Returns
        -------
        ndarray of float32, (n, height, width, features), in (0, 1)
            Of the size and the features that there are at that place. For "se" and "cbam" the product of what they
            multiply with; for "bam", and scale-space attention with `residual`, the mask to which 1 is added.

        Raises
        ------
        NotFittedError
            Before fit.
        ValueError
            There is no such place, or no attention.
        """
        check_int("place", place, minimum=0)
        data = self._read(X)
        return predict_network(Masks(self.network_, place), data, device=self._device).permute(0, 2, 3, 1).numpy()

    def relevance(self, X: Any) -> np.ndarray:
        """Which pixels speak for what is predicted of each image.

        Integrated gradients, as `SDMAClassifier.attention` has them, from the mean training image's colour to the
        image: what speaks against the prediction counts 0, and the channels of a pixel are added.

        Parameters
        ----------
        X : array, as in fit

        Returns
        -------
        ndarray of float64, (n, height, width)
            At least 0, with sum 1 over each image; even over it where nothing in it speaks for the answer.

        Raises
        ------
        NotFittedError
            Before fit.

        References
        ----------
        Sundararajan, Taly & Yan, "Axiomatic attribution for deep networks", ICML 2017.
        """
        data, axes = self._read(X), self.inputs_.first_axes
        rows = Sequences([data.rows[0][:-1].flatten(1).numpy()], data.lengths.numpy())
        shares = relevance(Flattened(self.network_, axes), rows, int(np.prod(axes)))
        return shares.reshape(-1, *axes).sum(1)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.non_deterministic = self.random_state is None
        return tags
