"""scikit-learn around an estimator of series: its checks through adapters for tables, and its tools."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.validation import check_is_fitted, validate_data

from tests.estimators.conftest import LEARNING, answers, every_task, fit, known, learning, make, target
from tsattn.classification import ScaleSpaceRidgeClassifier, SDMAClassifier
from tsattn.regression import SDMARegressor
from tsattn.training import Training


class OfTables(BaseEstimator):
    """Each row of a table as a series of one channel; or as one step, which has no scales, of several."""

    def __init__(self, cls=SDMAClassifier, ordered=True, epochs=15, lr=0.03, random_state=0):
        self.cls = cls
        self.ordered = ordered
        self.epochs = epochs
        self.lr = lr
        self.random_state = random_state

    def fit(self, X, y):
        X, y = self._validated(X, y)
        training = Training(epochs=self.epochs, lr=self.lr, label_smoothing=0.0)
        options = known(self.cls, hidden_size=8, dropout=0.0, training=training, random_state=self.random_state,
                        saliency="channels" if self.ordered else None)
        self.estimator_ = self.cls(**options).fit(self._series(X), y)
        return self

    def _series(self, X):
        return X[:, None] if self.ordered else X[:, :, None]

    def predict(self, X):
        check_is_fitted(self)
        return self.estimator_.predict(self._series(validate_data(self, X, reset=False)))


class ClassesOfTables(ClassifierMixin, OfTables):
    def _validated(self, X, y):
        X, y = validate_data(self, X, y)
        self.classes_ = np.unique(y)
        return X, y

    def predict_proba(self, X):
        check_is_fitted(self)
        found = self.estimator_.predict_proba(self._series(validate_data(self, X, reset=False)))
        return found.astype(np.float32)  # as the network computes them, which decides what counts as equal


class ValuesOfTables(RegressorMixin, OfTables):
    def _validated(self, X, y):
        return validate_data(self, X, y, y_numeric=True)

    def predict(self, X):
        return super().predict(X).astype(np.float32)  # likewise


NOT_APPLICABLE = {"check_array_api_input"}  # skips itself unless SCIPY_ARRAY_API is set before scipy is imported
ADAPTERS = {
    "SDMAClassifier": ClassesOfTables(), "ScaleSpaceRidgeClassifier": ClassesOfTables(ScaleSpaceRidgeClassifier, False),
    "SDMARegressor": ValuesOfTables(SDMARegressor),
}
CHECKS = [pytest.param(made, check, id=f"{name}-{check.func.__name__}")
          for name, made in ADAPTERS.items() for _, check in estimator_checks_generator(made)
          if check.func.__name__ not in NOT_APPLICABLE]


@pytest.mark.parametrize(("made", "check"), CHECKS)
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # the checks themselves provoke them
def test_p03_sklearn_checks(made, check):
    check(made)


@every_task
def test_cross_validation(cls, equal):
    folds = KFold(3, shuffle=True, random_state=0)
    scores = cross_val_score(learning(cls), equal.X, target(cls, equal), cv=folds)
    assert scores.mean() > 0.8


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
@every_task
def test_a_grid_over_training_and_network(cls, equal, n_jobs):
    grid = {"training__lr": [1e-9, 0.02], "hidden_size": [4, 8]}
    search = GridSearchCV(make(cls, proportions=0, training=LEARNING), grid, cv=3, n_jobs=n_jobs)
    search.fit(equal.X, target(cls, equal))
    assert search.best_params_["training__lr"] == 0.02
    assert search.best_score_ > (0.8 if hasattr(cls, "predict_proba") else 0.5)  # accuracy, or R²
    assert search.predict(equal.X).shape == equal.y.shape


def test_a_nested_parameter_of_nothing_says_the_cure(equal):
    search = GridSearchCV(SDMAClassifier(), {"training__lr": [1e-3]}, cv=2)
    with pytest.raises(ValueError, match=r"training__lr is a parameter of training, .* got None; pass training=Train"):
        search.fit(equal.X, equal.y)
    with pytest.raises(ValueError, match=r"saliency__sigmas .* got 'channels'; pass such an object as saliency first"):
        SDMAClassifier().set_params(saliency__sigmas=(0, 1))
    made = SDMAClassifier().set_params(training=Training(epochs=3), training__lr=1e-2)
    assert (made.training.epochs, made.training.lr) == (3, 1e-2)


@every_task
def test_a_pipeline(cls, equal):
    X = np.abs(equal.X)
    pipeline = make_pipeline(FunctionTransformer(np.sqrt, inverse_func=None), make(cls)).fit(X, target(cls, equal))
    assert (pipeline.predict(X) == make(cls).fit(np.sqrt(X), target(cls, equal)).predict(np.sqrt(X))).all()


def test_calibration(equal):
    calibrated = CalibratedClassifierCV(make(training=LEARNING), cv=2).fit(equal.X, equal.y)
    assert (calibrated.predict(equal.X) == equal.y).mean() > 0.8


@every_task
def test_clones_are_unfitted_and_equal(cls, equal):
    original = fit(make(cls), equal)
    copy = clone(original)
    assert not copy.is_fitted
    assert copy.get_params(deep=False).keys() == original.get_params(deep=False).keys()
    assert copy.get_params()["training__epochs"] == 2
    assert (answers(fit(copy, equal), equal.X) == answers(original, equal.X)).all()
