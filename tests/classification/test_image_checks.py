"""scikit-learn's own checks of classifiers of images: as they are, which skips what needs tables, and on tables."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.validation import check_is_fitted, validate_data

from tsattn.classification import ImageClassifier, RACKNetImageClassifier
from tsattn.training import Training

NOT_APPLICABLE = {"check_array_api_input"}  # skips itself unless SCIPY_ARRAY_API is set before scipy is imported


class OfTables(ClassifierMixin, BaseEstimator):
    """Each row of a table as an image whose columns are its values.

    Trained gently, to moderate outputs: their last digits in float32 hang on the processor and on how many images are
    asked at once, and scikit-learn compares probabilities to 1e-7.
    """

    def __init__(self, epochs=15, lr=0.005, random_state=0):
        self.epochs = epochs
        self.lr = lr
        self.random_state = random_state

    def fit(self, X, y):
        X, y = validate_data(self, X, y)
        training = Training(epochs=self.epochs, batch_size=16, lr=self.lr, label_smoothing=0.1, augment=())
        self.estimator_ = ImageClassifier(training=training, random_state=self.random_state).fit(self._images(X), y)
        self.classes_ = self.estimator_.classes_
        return self

    def _images(self, X):
        wide = np.repeat(X, -(-12 // X.shape[1]), axis=1)
        return np.repeat(wide[:, None], 12, axis=1)

    def predict_proba(self, X):
        check_is_fitted(self)
        return self.estimator_.predict_proba(self._images(validate_data(self, X, reset=False)))

    def predict(self, X):
        shares = self.predict_proba(X)
        return self.classes_[shares.argmax(1)]


CHECKS = [pytest.param(made, check, id=f"{type(made).__name__}-{check.func.__name__}")
          for made in (ImageClassifier(), RACKNetImageClassifier(), OfTables())
          for _, check in estimator_checks_generator(made)
          if check.func.__name__ not in NOT_APPLICABLE]


@pytest.mark.parametrize(("made", "check"), CHECKS)
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # the checks themselves provoke them
def test_p03_sklearn_checks(made, check):
    check(made)
