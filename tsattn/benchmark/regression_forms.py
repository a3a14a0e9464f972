"""Regressors as entries of suites: ours, and what a user would try first."""

from typing import Any

import numpy as np
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sktime.regression.base import BaseRegressor
from sktime.regression.kernel_based import RocketRegressor
from sktime.transformations.tsfresh import TSFreshFeatureExtractor

from tsattn.benchmark.arrays import ArrayRegressor
from tsattn.benchmark.competitors import Standardise
from tsattn.benchmark.spaces import DEEP, NETWORK, kernels
from tsattn.benchmark.suite import Entry, Info
from tsattn.benchmark.tuning import TunableEntry

PENALTIES = np.logspace(-3, 5, 17)


class LastValue(BaseRegressor):
    """The last value of the first channel: where the target is what that channel will be, persistence.

    Examples
    --------
    >>> LastValue().fit(np.zeros((2, 1, 3)), np.array([1.0, 2.0])).predict(np.array([[[1.0, 2.0, 5.0]]]))
    array([5.])
    """

    _tags = {"X_inner_mtype": "numpy3D", "capability:multivariate": True}  # noqa: RUF012 - sktime's form

    def _fit(self, X, y):  # noqa: ARG002
        return self

    def _predict(self, X):
        return X[:, 0, -1]


def _ridge() -> Any:
    return make_pipeline(StandardScaler(), RidgeCV(PENALTIES))


def mean(_seed: int, _info: Info) -> Any:
    """The mean of the training targets."""
    return ArrayRegressor(DummyRegressor())


def last_value(_seed: int, _info: Info) -> Any:
    """The last value of the first channel."""
    return LastValue()


def steps_ridge(_seed: int, _info: Info) -> Any:
    """Ridge regression on all steps of all channels; the penalty is the best for series left out, one at a time."""
    return ArrayRegressor(_ridge(), flat=True)


def minirocket(seed: int, _info: Info) -> Any:
    """MiniRocket (Dempster et al. 2021) and a ridge, as sktime joins them, on standardised channels."""
    return Standardise() * RocketRegressor(rocket_transform="minirocket", random_state=seed)


def tsfresh_ridge(_seed: int, _info: Info) -> Any:
    """tsfresh's minimal feature set (10 a channel; Christ et al. 2018) and a ridge."""
    features = TSFreshFeatureExtractor(default_fc_parameters="minimal", n_jobs=0, show_warnings=False,
                                       disable_progressbar=True)
    return (features * _ridge()).set_config(warnings="off")


def sdma(seed: int, _info: Info) -> Any:
    """SDMARegressor()."""
    from tsattn.regression import SDMARegressor

    return SDMARegressor(random_state=seed)


def xm2a(seed: int, _info: Info) -> Any:
    """XM2ARegressor()."""
    from tsattn.regression import XM2ARegressor

    return XM2ARegressor(random_state=seed)


def lstm_san(seed: int, _info: Info) -> Any:
    """LSTMSANRegressor()."""
    from tsattn.regression import LSTMSANRegressor

    return LSTMSANRegressor(random_state=seed)


OURS = (
    TunableEntry("sdma", sdma, ours=True, space=NETWORK),
    TunableEntry("xm2a", xm2a, ours=True, space=DEEP),
    TunableEntry("lstm-san", lstm_san, ours=True, space=DEEP),
)
QUICK = (
    Entry("mean", mean, seeded=False),
    Entry("last-value", last_value, seeded=False),
    Entry("steps-ridge", steps_ridge, seeded=False, equal_length=True),
    TunableEntry("minirocket", minirocket, equal_length=True, space=kernels("regressor"),
                 note="channels standardised"),
    Entry("tsfresh-ridge", tsfresh_ridge, seeded=False, note="tsfresh's minimal features"),
)
