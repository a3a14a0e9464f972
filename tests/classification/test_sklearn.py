"""scikit-learn around a classifier of series: its checks through an adapter for tables, and its tools."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.validation import check_is_fitted, validate_data

from tests.classification.conftest import LEARNING, classifier, known
from tsattn.classification import ScaleSpaceRidgeClassifier, SDMAClassifier
from tsattn.training import Training


class OfTables(ClassifierMixin, BaseEstimator):
    """Each row of a table as a series of one channel; or as one step, which has no scales, of several."""

    def __init__(self, cls=SDMAClassifier, ordered=True, epochs=15, lr=0.03, random_state=0):
        self.cls = cls
        self.ordered = ordered
        self.epochs = epochs
        self.lr = lr
        self.random_state = random_state

    def fit(self, X, y):
        X, y = validate_data(self, X, y)
        self.classes_ = np.unique(y)
        training = Training(epochs=self.epochs, lr=self.lr, label_smoothing=0.0)
        options = known(self.cls, hidden_size=8, dropout=0.0, training=training, random_state=self.random_state,
                        saliency="channels" if self.ordered else None)
        self.classifier_ = self.cls(**options).fit(self._series(X), y)
        return self

    def _series(self, X):
        return X[:, None] if self.ordered else X[:, :, None]

    def predict(self, X):
        check_is_fitted(self)
        return self.classifier_.predict(self._series(validate_data(self, X, reset=False)))

    def predict_proba(self, X):
        check_is_fitted(self)
        return self.classifier_.predict_proba(self._series(validate_data(self, X, reset=False)))


NOT_APPLICABLE = {"check_array_api_input"}  # skips itself unless SCIPY_ARRAY_API is set before scipy is imported
CHECKS = [check for _, check in estimator_checks_generator(OfTables()) if check.func.__name__ not in NOT_APPLICABLE]


@pytest.mark.parametrize("made", [OfTables(), OfTables(ScaleSpaceRidgeClassifier, ordered=False)],
                         ids=lambda made: made.cls.__name__)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.func.__name__)
@pytest.mark.filterwarnings("ignore")  # the checks themselves provoke them
def test_p03_sklearn_checks(made, check):
    check(made)


def test_cross_validation(equal):
    scores = cross_val_score(classifier(training=LEARNING), equal.X, equal.y, cv=3)
    assert scores.mean() > 0.8


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_grid_over_training_and_network(equal, n_jobs):
    grid = {"training__lr": [1e-9, 0.02], "hidden_size": [4, 8]}
    search = GridSearchCV(classifier(proportions=0, training=LEARNING), grid, cv=3, n_jobs=n_jobs).fit(equal.X, equal.y)
    assert search.best_params_["training__lr"] == 0.02
    assert search.best_score_ > 0.8
    assert search.predict(equal.X).shape == equal.y.shape


def test_a_nested_parameter_of_nothing_says_the_cure(equal):
    search = GridSearchCV(SDMAClassifier(), {"training__lr": [1e-3]}, cv=2)
    with pytest.raises(ValueError, match=r"training__lr is a parameter of training, .* got None; pass training=Train"):
        search.fit(equal.X, equal.y)
    with pytest.raises(ValueError, match=r"saliency__sigmas .* got 'channels'; pass such an object as saliency first"):
        SDMAClassifier().set_params(saliency__sigmas=(0, 1))
    made = SDMAClassifier().set_params(training=Training(epochs=3), training__lr=1e-2)
    assert (made.training.epochs, made.training.lr) == (3, 1e-2)


def test_a_pipeline_and_calibration(equal):
    pipeline = make_pipeline(FunctionTransformer(np.sqrt, inverse_func=None), classifier())
    pipeline.fit(np.abs(equal.X), equal.y)
    assert pipeline.predict_proba(np.abs(equal.X)).shape == (24, 2)
    calibrated = CalibratedClassifierCV(classifier(training=LEARNING), cv=2).fit(equal.X, equal.y)
    assert (calibrated.predict(equal.X) == equal.y).mean() > 0.8


def test_clones_are_unfitted_and_equal(equal):
    original = classifier().fit(equal.X, equal.y)
    copy = clone(original)
    assert not copy.is_fitted
    assert copy.get_params(deep=False).keys() == original.get_params(deep=False).keys()
    assert copy.get_params()["training__epochs"] == 2
    assert (copy.fit(equal.X, equal.y).predict_proba(equal.X) == original.predict_proba(equal.X)).all()
