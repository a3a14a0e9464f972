"""Networks of images as a classifier: scikit-learn's interface, its parameters, and which network they mean."""

from typing import Any

import numpy as np

from tsattn._checks import check_int
from tsattn._networks import ImageNetwork
from tsattn.classification._images import NetworkImageClassifier
from tsattn.image.backbones import BACKBONES, Backbone
from tsattn.image.slot import Masks
from tsattn.training import Training, predict_network


class ImageClassifier(ImageNetwork, NetworkImageClassifier):
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
        `tsattn.nn.AttentionBlock`, `attention(n_features)`. None: no attention.
    placement : {"bottleneck", "full"}, default="bottleneck"
        Attention before each pooling, or at every trained convolution but shortcuts'. In LeNet-5 they are the same.
    absolute, channel_alignment, extrema, smoothing : bool, default=True
        Parts of scale-space attention that may be left out, as in `LSTMSANClassifier`; other attention has none of
        them. Without alignment a layer must have as many channels as what it reads, and LeNet-5's do not.
    residual : bool or "auto", default="auto"
        Add the features that scale-space attention masks to the features, or put them in their place, as published.
        "auto" adds them in residual networks, and replaces elsewhere. Of other attention, BAM always adds, and squeeze
        and excitation and CBAM always replace.
    mask_activation : {"relu", "tanh", "gelu", "silu"}, callable or None, default=None
        Between the smoothing of scale-space attention and its sigmoid; the layer's own, as published.
    dropout : float, default=0.0
        Chance that a feature is dropped before the last layer in training.
    training : Training, optional
        By default `Training(epochs=10, batch_size=64)`; pass one to search `training__lr`. `augment="standard"` moves
        images by up to 2 pixels (`Translate`), "strong", for photographs, by up to 4, and turns some round (`Flip`).
        Images have no ids, and so no `groups`: name the images to hold out, `validation=(0, 3, ...)`.
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
    def paper(cls, backbone: Any = "lenet5", attention: Any = "san-d", placement: str = "bottleneck", *,
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
        known = BACKBONES.get(backbone, Backbone(backbone))
        return cls(backbone=known.published or backbone, attention=attention, placement=placement, residual=False,
                   mask_activation=known.activation, training=Training.paper(epochs), class_weight=class_weight,
                   random_state=random_state, **switches)

    def masks(self, X: Any, place: int = 0) -> np.ndarray:
        """What attention multiplies the features of images by, at one of its places.

        Parameters
        ----------
        X : array, as in fit
        place : int, default=0
            Number of the place, from the image on: 0 is the first bottleneck, or with `placement="full"` the first
            layer.

        Returns
        -------
        ndarray of float32, (n, height, width, features)
            Of the size and the features that there are at that place; in (0, 1), and in (1, 2) for "bam" and for
            scale-space attention with `residual`, which add what they mask to the features.

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
