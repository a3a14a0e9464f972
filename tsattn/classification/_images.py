"""What classifiers of images share: scikit-learn's interface, images and labels in, probabilities and relevance out."""

from copy import copy
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d
from torch import nn

from tsattn._checks import DivergenceError, check_random_state, draw_seed
from tsattn._estimator import Nested, Trained
from tsattn._labels import check_labels, from_list, probabilities, weight_of_each
from tsattn._pictures import Pictures, check_images
from tsattn._relevance import relevance
from tsattn._settings import made_in_float32, undisturbed
from tsattn.image.of_images import Flattened
from tsattn.training import Sequences, Training, accuracy, check_training, cross_entropy, fit_network, predict_network
from tsattn.training.augment_images import IMAGE_RECIPES


class NetworkImageClassifier(Nested, Trained, ClassifierMixin, BaseEstimator):
    """A classifier of images with a network, which `_trained(size, n_channels, n_outputs)` makes."""

    USUAL = Training(epochs=10, batch_size=64)

    training: Training | None
    class_weight: Any
    random_state: Any
    network_: nn.Module

    def _study(self, X: np.ndarray) -> None:
        """Learn from the training images what the shape of the network hangs on; of most, nothing does."""

    def _trained(self, size: tuple[int, int], n_channels: int, n_outputs: int) -> nn.Module:
        """What is trained, with fresh weights; see `tsattn._networks`."""
        raise NotImplementedError

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
        with torch.device("meta"), made_in_float32():
            return self._network()

    def _check_parameters(self) -> None:
        """Raise, naming the parameter, unless each makes sense by itself; those of the network as it is built."""
        check_random_state(self.random_state)
        self._training()

    def _training(self) -> Training:
        """How to train, with what "standard" and "strong" mean for images."""
        training = self.USUAL if self.training is None else self.training
        check_training(training)
        if not isinstance(training.augment, str):
            return training
        return training.clone().set_params(augment=IMAGE_RECIPES[training.augment])

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from images.

        Parameters
        ----------
        X : array, (n, height, width) or (n, height, width, channel)
            Of any real dtype and unit: each channel is standardised over all training images. A value means the same
            in any dtype, so images to predict must be in the same unit: 255 is not 1.0, and a warning says where they
            seem to be in another. Or a list of images or of pictures of PIL, of one size. Pictures with a palette, and
            of YCbCr, HSV, LAB and CMYK, are converted to RGB; of several frames the one they stand at is read, and
            rows are those stored, whatever orientation a photograph's EXIF tag asks for (a warning says so).
        y : array, (n,)
            Labels of any dtype that can be sorted: texts, integers, booleans.

        Returns
        -------
        self

        Notes
        -----
        A fit that fails or is interrupted leaves it unfitted; one that diverges, with its last good weights.
        """
        for name in [name for name in vars(self) if name.endswith("_")]:  # as sktime's fit begins: all or nothing
            delattr(self, name)
        self._check_parameters()
        fresh, diverged = self._learned(X, y)
        self.__dict__.update(fresh.__dict__)
        if diverged is not None:
            raise diverged
        return self

    @undisturbed
    def _learned(self, X: Any, y: Any) -> tuple[Self, DivergenceError | None]:
        """A copy that is fitted, with the last good weights if training diverged; and the error that says so."""
        X = check_images(X)
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        check_consistent_length(X, y)
        y = from_list(y)
        check_labels(y)
        y = column_or_1d(y, warn=True)
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"y must hold two classes at least, got one class, {classes.tolist()[0]!r}")
        inputs = Pictures.learn(X)
        data = inputs.scaled(X, target=codes, n_classes=len(classes),
                             weight=weight_of_each(self.class_weight, classes, codes))
        fresh = copy(self)
        fresh.classes_, fresh.inputs_ = classes, inputs
        try:
            fresh._study(X)
            fresh._keep(fit_network(fresh._network, data, self._training(), loss=cross_entropy, metric=accuracy,
                                    seed=draw_seed(self.random_state), strata=y))
        except DivergenceError as error:
            fresh._keep(error.fitted)
            return fresh, error
        return fresh, None

    def _read(self, X: Any) -> Sequences:
        self.check_is_fitted()
        return self.inputs_(X)

    @undisturbed
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

    @undisturbed
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
