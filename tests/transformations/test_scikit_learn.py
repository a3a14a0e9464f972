"""scikit-learn's own checks, on its two-dimensional data: each row is taken as one series of one column.

Its data are a few columns wide, fewer than an octave has samples, so each value stands for eight time points.
"""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.validation import check_is_fitted, validate_data

from tsattn.transformations import ScaleSpaceChannels, UVTFEvents, UVTFSaliency


def stretched(X):
    return np.repeat(X, 8, axis=1)[:, None]


class RowByRow(TransformerMixin, BaseEstimator):
    """Rows in, rows out, by one of our transformers; checks nothing that ours would check."""

    def __init__(self, transformer=None):
        self.transformer = transformer

    def fit(self, X, y=None):
        X = validate_data(self, X, dtype="numeric", ensure_min_samples=1)
        self.fitted_ = self.transformer.clone().fit(stretched(X))
        return self

    def transform(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, dtype="numeric", reset=False)
        return np.asarray(self.fitted_.transform(stretched(X))).reshape(len(X), -1)


ROWS = [RowByRow(ScaleSpaceChannels()), RowByRow(ScaleSpaceChannels(sigmas="auto", keep=True)),
        RowByRow(UVTFSaliency()), RowByRow(UVTFEvents(n_words=3, random_state=0))]
NOT_ASKED = {"check_array_api_input"}  # needs SCIPY_ARRAY_API in the environment, and arrays that we do not claim
CHECKS = [(estimator, check) for row in ROWS for estimator, check in estimator_checks_generator(row)
          if check.func.__name__ not in NOT_ASKED]


@pytest.mark.parametrize(("estimator", "check"), CHECKS, ids=[
    f"{type(estimator.transformer).__name__}-{check.func.__name__}" for estimator, check in CHECKS])
def test_scikit_learn_contract(estimator, check):
    check(estimator)
