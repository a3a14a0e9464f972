"""Entries to be tuned, and an estimator that writes down what it sees; importable by worker processes."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from dummies import Slope, panel, slope
from scipy.stats import uniform
from sktime.regression.base import BaseRegressor

from tsattn.benchmark import Entry, Suite, Task, TunableEntry


class Recorded(Slope):
    """Writes down the instances that it is fitted on and those that it is asked about."""

    def _write(self, what, X):
        with Path(os.environ["SLOPE_RECORD"]).open("a") as file:
            file.write(json.dumps([what, X.index.get_level_values(0).unique().tolist()]) + "\n")

    def _fit(self, X, y):
        self._write("fitted", X)
        return super()._fit(X, y)

    def _predict_proba(self, X):
        self._write("asked", X)
        return super()._predict_proba(X)


def recorded(seed, _info):
    return Recorded(random_state=seed)


def shifted(seed, _info):
    """One class off, unless it is tuned."""
    return Slope(shift=1.0, random_state=seed)


def nearest(_seed, _info):
    """It refuses series of unequal length."""
    from sktime.classification.distance_based import KNeighborsTimeSeriesClassifier

    return KNeighborsTimeSeriesClassifier(n_neighbors=1, distance="euclidean")


class Gain(BaseRegressor):
    """Answers `gain` times the slope of the first channel."""

    _tags = {"X_inner_mtype": "numpy3D", "capability:multivariate": True}  # noqa: RUF012 (sktime's form)

    def __init__(self, gain=0.0):
        self.gain = gain
        super().__init__()

    def _fit(self, X, y):
        return self

    def _predict(self, X):
        return self.gain * (X[:, 0, -1] - X[:, 0, 0]) / (X.shape[2] - 1)


def gain(_seed, _info):
    """Always 0, unless it is tuned."""
    return Gain()


def grouped_panel():
    return panel(groups=True)


def poisoned_panel():
    """The panel with other values and other labels in its test part."""
    data = panel()
    ends = np.cumsum(data.lengths)
    values = data.X.copy()
    values.iloc[ends[11]:] = -3 * values.iloc[ends[11]:]
    return replace(data, X=values, y=np.where(data.is_train, data.y, "flat"))


SHIFTS = {"shift": [0.0, 1.0, 2.0]}
SHIFTED = TunableEntry("shifted", shifted, space=SHIFTS)
RECORDED = TunableEntry("recorded", recorded, space={"shift": [0.0, 0.1, 0.2, 2.0]})
DRAWN = TunableEntry("drawn", shifted, space={"shift": uniform(-1, 3)})
SMALL = Suite("small", "Slopes", (Task("slopes", panel),), (SHIFTED, DRAWN, Entry("slope", slope)), seeds=2)
