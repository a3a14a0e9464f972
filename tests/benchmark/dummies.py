"""Small suites for the tests; importable by the processes they start."""

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sktime.classification.base import BaseClassifier

from tsattn.benchmark import Data, Entry, Suite, Task

CLASSES = np.array(["down", "flat", "up"])


def panel(n=21, seed=3, unequal=False, groups=False):
    """Series of one of three slopes and two channels: 5 steps, or 5 to 7."""
    generator = np.random.default_rng(seed)
    y = CLASSES[np.arange(n) % 3]
    frames = []
    for k in range(n):
        steps = 5 + (k % 3 if unequal else 0)
        slope = float(k % 3 - 1)
        values = slope * np.arange(steps)[:, None] + generator.normal(0, 0.1, (steps, 2))
        index = pd.MultiIndex.from_product([[f"s{k}"], range(steps)], names=["instance", "time"])
        frames.append(pd.DataFrame(values, index=index, columns=["a", "b"]))
    owners = np.array([f"g{k // 3 % 4}" for k in range(n)]) if groups else None
    return Data(pd.concat(frames), y, np.arange(n) < 12, owners)


def unequal_panel():
    return panel(unequal=True)


def scrambled_panel():
    """The panel with the labels of its test part permuted."""
    data = panel()
    data.y[12:] = np.roll(data.y[12:], 1)
    return data


class Slope(BaseClassifier):
    """Nearest mean slope of the first channel; sleeps, fails and leaves traces on request."""

    _tags = {  # noqa: RUF012 (sktime's form)
        "X_inner_mtype": "pd-multiindex", "capability:multivariate": True, "capability:unequal_length": True,
        "capability:predict_proba": True}

    def __init__(self, shift=0.0, sleep=0.0, trace=None, fail=None, random_state=None):
        self.shift = shift
        self.sleep = sleep
        self.trace = trace
        self.fail = fail
        self.random_state = random_state
        super().__init__()

    def _slopes(self, X):
        return X.groupby(level=0, sort=False)["a"].agg(lambda a: (a.iloc[-1] - a.iloc[0]) / (len(a) - 1)).to_numpy()

    def _fit(self, X, y):
        if self.trace:
            with Path(self.trace).open("a") as file:
                file.write(f"{os.getpid()} {len(y)}\n")
        if self.fail and not Path(self.fail).exists():
            raise RuntimeError("there is <b>no</b> way")
        time.sleep(self.sleep if len(y) > 6 else 0)
        slopes = self._slopes(X)
        self.means_ = np.array([slopes[np.asarray(y) == label].mean() for label in self.classes_])
        return self

    def _predict_proba(self, X):
        odds = np.exp(-(((self._slopes(X) + self.shift)[:, None] - self.means_) ** 2))
        return odds / odds.sum(axis=1, keepdims=True)


def slope(seed, _info):
    return Slope(random_state=seed)


def shifted(seed, _info):
    return Slope(shift=1.0, random_state=seed)


def traced(seed, _info):
    return Slope(sleep=float(os.environ.get("SLOPE_SLEEP", "0")), trace=os.environ["SLOPE_TRACE"], random_state=seed)


def failing(seed, _info):
    return Slope(fail=os.environ["SLOPE_FAIL"], random_state=seed)


class Deadly(Slope):
    """Takes its process with it."""

    def _fit(self, X, y):
        os.kill(os.getpid(), signal.SIGKILL)


def deadly(_seed, _info):
    return Deadly()


def unbuildable(_seed, _info):
    raise ValueError("no such estimator")


SMALL = Suite("small", "Slopes", (Task("slopes", panel),), (
    Entry("slope", slope, ours=True), Entry("shifted", shifted, seeded=False, note="off by one")), seeds=2,
    reference="slope")
TRACED = Suite("traced", "Traces", (Task("slopes", panel, split="cv", folds=3),), (Entry("traced", traced),), seeds=2)

if __name__ == "__main__":
    import dummies  # by its name: a class of __main__ would be another class, and have other rows

    from tsattn.benchmark import run_suite

    run_suite(dummies.TRACED, sys.argv[1])
