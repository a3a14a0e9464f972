"""Estimators of arrays, scikit-learn's or aeon's, as entries of suites, which give frames of panels."""

from typing import Any

import numpy as np
from sklearn.base import clone
from sktime.classification.base import BaseClassifier
from sktime.regression.base import BaseRegressor

from tsattn._checks import check_bool


class _OfArrays:
    """What both have in common; to be mixed in before sktime's base class."""

    _tags = {"X_inner_mtype": "numpy3D", "capability:multivariate": True}  # noqa: RUF012 - sktime's form

    estimator: Any
    flat: bool

    def __init__(self, estimator, flat=False):
        self.estimator = estimator
        self.flat = flat
        super().__init__()

    def _array(self, X: np.ndarray) -> np.ndarray:
        """A copy: pandas' arrays are read-only, and compiled kernels may refuse them."""
        return np.array(X.reshape(len(X), -1) if check_bool("flat", self.flat) else X)

    def _fit(self, X, y):
        self.estimator_ = clone(self.estimator).fit(self._array(X), y)
        return self

    def _predict(self, X):
        return self.estimator_.predict(self._array(X))


class ArrayClassifier(_OfArrays, BaseClassifier):
    """A classifier of arrays, as one of panels: what scikit-learn or aeon has, beside sktime's in a suite.

    Series must have equal lengths: where a task's have not, `Entry(..., equal_length=True)` has them resampled.

    Parameters
    ----------
    estimator : classifier with `fit(X, y)` and `predict(X)`
        Cloned before it is fitted. Its `predict_proba`, if it has one, is asked for probabilities.
    flat : bool, default=False
        Give each series as one row, all steps of the first channel, then those of the next, as scikit-learn's want it;
        else arrays (instance, channel, step), aeon's form.

    Attributes
    ----------
    estimator_ : classifier
        Fitted.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from tsattn.benchmark import ArrayClassifier
    >>> X = np.random.default_rng(0).normal(size=(20, 2, 5))
    >>> y = np.where(X[:, 1, 3] > 0, "up", "down")
    >>> bool((ArrayClassifier(LogisticRegression(C=100.0), flat=True).fit(X, y).predict(X) == y).all())
    True
    """

    def __init__(self, estimator, flat=False):
        super().__init__(estimator, flat)
        self.set_tags(**{"capability:predict_proba": hasattr(estimator, "predict_proba")})

    def _predict_proba(self, X):
        if not self.get_tag("capability:predict_proba"):
            return super()._predict_proba(X)  # sktime's: 1 for the answer
        return self.estimator_.predict_proba(self._array(X))

    @classmethod
    def get_test_params(cls, parameter_set="default"):  # noqa: ARG003
        """Parameter sets that sktime's own checks run with."""
        from sklearn.linear_model import LogisticRegression, RidgeClassifier

        return [{"estimator": LogisticRegression(), "flat": True}, {"estimator": RidgeClassifier(), "flat": True}]


class ArrayRegressor(_OfArrays, BaseRegressor):
    """A regressor of arrays, as one of panels.

    Parameters
    ----------
    estimator : regressor with `fit(X, y)` and `predict(X)`
    flat : bool, default=False
        As for `ArrayClassifier`.

    Attributes
    ----------
    estimator_ : regressor
        Fitted.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from tsattn.benchmark import ArrayRegressor
    >>> X = np.random.default_rng(0).normal(size=(20, 2, 5))
    >>> found = ArrayRegressor(LinearRegression(), flat=True).fit(X, 3 * X[:, 1, 2]).predict(X)
    >>> bool(np.allclose(found, 3 * X[:, 1, 2]))
    True
    """

    @classmethod
    def get_test_params(cls, parameter_set="default"):  # noqa: ARG003
        """Parameter sets that sktime's own checks run with."""
        from sklearn.dummy import DummyRegressor
        from sklearn.linear_model import Ridge

        return [{"estimator": Ridge(), "flat": True}, {"estimator": DummyRegressor()}]
