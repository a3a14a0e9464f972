"""Quick alternatives a user would try first, as their libraries mean them to be used.

Each maker has the signature of `Entry.make`: `(seed, info) -> estimator`, unfitted.
"""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sktime.classification.distance_based import KNeighborsTimeSeriesClassifier
from sktime.classification.kernel_based import RocketClassifier
from sktime.transformations.base import BaseTransformer
from sktime.transformations.tsfresh import TSFreshFeatureExtractor

from tsattn._checks import check_int
from tsattn.benchmark.suite import Info


class Resample(BaseTransformer):
    """Every series at `n_steps` points, evenly spaced from its first to its last step, by linear interpolation.

    The values of sktime's `TSInterpolator`, without the detour through nested frames, which takes longer than some
    competitors' whole fit and would stand in their time columns.

    Parameters
    ----------
    n_steps : int
        Steps of the result.

    Examples
    --------
    >>> import numpy as np
    >>> from tsattn.benchmark.competitors import Resample
    >>> Resample(3).fit_transform(np.array([[[0.0, 2.0, 4.0, 6.0]]]))
    array([[[0., 3., 6.]]])
    """

    _tags = {  # noqa: RUF012 (sktime's convention)
        "authors": ["tsattn developers"],
        "scitype:transform-input": "Series",
        "scitype:transform-output": "Series",
        "scitype:instancewise": True,
        "X_inner_mtype": ["pd-multiindex", "numpy3D"],
        "y_inner_mtype": "None",
        "fit_is_empty": True,
        "capability:multivariate": True,
        "capability:unequal_length": True,
        "capability:unequal_length:removes": True,
        "capability:missing_values": False,
        "capability:categorical_in_X": False,
        "transform-returns-same-time-index": False,
    }

    def __init__(self, n_steps):
        self.n_steps = n_steps
        super().__init__()

    def _transform(self, X, y=None):  # noqa: ARG002
        check_int("n_steps", self.n_steps, minimum=2)
        array = isinstance(X, np.ndarray)
        series = list(X.transpose(0, 2, 1)) if array else _split(X)  # each (time, channel)
        out = np.stack([_at(rows, self.n_steps) for rows in series])
        if array:
            return out.transpose(0, 2, 1)
        ids = X.index.get_level_values(0).unique()
        index = pd.MultiIndex.from_product([ids, range(self.n_steps)], names=X.index.names)
        return pd.DataFrame(out.reshape(-1, X.shape[1]), index=index, columns=X.columns)

    @classmethod
    def get_test_params(cls, parameter_set="default"):  # noqa: ARG003
        """Parameter sets for sktime's checks."""
        return [{"n_steps": 7}, {"n_steps": 5}]


class Standardise(BaseTransformer):
    """Each channel shifted and scaled by its mean and standard deviation over all training series together.

    Examples
    --------
    >>> import numpy as np
    >>> from tsattn.benchmark.competitors import Standardise
    >>> Standardise().fit_transform(np.array([[[0.0, 2.0]], [[2.0, 4.0]]])).round(2)
    array([[[-1.41,  0.  ]],
    <BLANKLINE>
           [[ 0.  ,  1.41]]])
    """

    _tags = {**Resample._tags, "fit_is_empty": False, "transform-returns-same-time-index": True,  # noqa: RUF012
             "capability:unequal_length:removes": False}

    def _fit(self, X, y=None):  # noqa: ARG002
        rows = X.transpose(0, 2, 1).reshape(-1, X.shape[1]) if isinstance(X, np.ndarray) else X.to_numpy(np.float64)
        self.mean_, spread = rows.mean(axis=0), rows.std(axis=0)
        self.scale_ = np.where(spread > 0, spread, 1)
        return self

    def _transform(self, X, y=None):  # noqa: ARG002
        if isinstance(X, np.ndarray):
            return (X - self.mean_[:, None]) / self.scale_[:, None]
        return (X - self.mean_) / self.scale_

    @classmethod
    def get_test_params(cls, parameter_set="default"):  # noqa: ARG003
        """Parameter sets for sktime's checks."""
        return [{}, {}]


def _split(X: pd.DataFrame) -> list[np.ndarray]:
    codes = pd.factorize(X.index.get_level_values(0))[0]
    return np.split(X.to_numpy(np.float64), np.flatnonzero(np.diff(codes)) + 1)


def _at(rows: np.ndarray, n_steps: int) -> np.ndarray:
    """(time, channel) -> (n_steps, channel)."""
    place = np.linspace(0, len(rows) - 1, n_steps)
    below = np.minimum(place.astype(int), max(len(rows) - 2, 0))
    above = np.minimum(below + 1, len(rows) - 1)
    weight = (place - below)[:, None]
    return rows[below] * (1 - weight) + rows[above] * weight


def minirocket(seed: int, _info: Info) -> Any:
    """MiniRocket (Dempster et al. 2021) and a ridge classifier, as sktime's RocketClassifier joins them.

    Its kernels add channels up, so these are standardised first, by the training series.
    """
    return Standardise() * RocketClassifier(rocket_transform="minirocket", random_state=seed)


def tsfresh_forest(seed: int, _info: Info) -> Any:
    """tsfresh's minimal feature set (10 a channel; Christ et al. 2018) and a forest of 500 trees."""
    features = TSFreshFeatureExtractor(default_fc_parameters="minimal", n_jobs=0, show_warnings=False,
                                       disable_progressbar=True)
    pipeline = features * RandomForestClassifier(n_estimators=500, random_state=seed)
    return pipeline.set_config(warnings="off")  # its tag forgets that the features take series of any length


def dtw_neighbour(_seed: int, _info: Info) -> Any:
    """The nearest neighbour under multivariate dynamic time warping, without a window."""
    return KNeighborsTimeSeriesClassifier(n_neighbors=1, distance="dtw")
