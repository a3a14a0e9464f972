"""Forecasters that a user would try first. Each learns once, and then answers from the rows before each cutoff.

Zeng, Chen, Zhang & Xu, "Are transformers effective for time series forecasting?", AAAI 2023 (linear maps of windows);
Hoerl & Kennard, "Ridge regression", Technometrics 1970. Differs from the former: weights are solved for, not trained;
and the window is not split into a moving average and the rest, since any pair of linear maps of these two is one
linear map of the window: the split changes the path of a gradient, not what can be said.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingRegressor

from tsattn._checks import check_int, check_one_of
from tsattn.benchmark.series import blocks_of

SEES = ("all", "own", "shared")
PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0, 1000.0)
STILL = 1e-12  # a standard deviation below it is that of a constant column


class Roller(BaseEstimator):
    """The common part of forecasters: `_learn(blocks)` and `_from(values, cutoffs) -> (n, horizon, columns)`."""

    def fit(self, y: pd.DataFrame, X: None = None, fh: Any = (1,)) -> "Roller":
        """Learn from rows over time, or over (series, time), of which each series is a stretch of its own.

        Raises
        ------
        ValueError
            `fh` is not steps ahead from 1 on, or there is an X: no forecaster here reads one.
        """
        if X is not None:
            raise ValueError("forecasters of the benchmark read y alone, got an X; give its columns as columns of y")
        self.steps_ = np.asarray(fh, dtype=int)
        if not len(self.steps_) or self.steps_.min() < 1:
            raise ValueError(f"fh must be steps ahead, from 1 on, got {fh!r}")
        self.horizon_ = int(self.steps_.max())
        self.columns_, self.y_ = y.columns, y
        self._learn(blocks_of(y))
        return self

    def rolling(self, y: pd.DataFrame, X: None = None, *, first: int, step: int = 1) -> pd.DataFrame:  # noqa: ARG002
        """Forecasts from the cutoffs after `first`, `first + step`, ... rows of one series, nothing fitted again.

        Returns
        -------
        DataFrame
            Over (cutoff, time), columns of y; the last cutoff is the last one that all steps of `fh` lie behind.
        """
        cutoffs = np.arange(check_int("first", first), len(y) - self.horizon_ + 1, check_int("step", step))
        if not len(cutoffs):
            raise ValueError(f"y must have at least first + {self.horizon_} rows, {first + self.horizon_}, "
                             f"got {len(y)}")
        found = self._from(y.to_numpy(np.float64), cutoffs)[:, self.steps_ - 1]
        at = cutoffs[:, None] + self.steps_ - 1
        index = pd.MultiIndex.from_arrays([y.index[np.repeat(cutoffs - 1, len(self.steps_))], y.index[at.ravel()]],
                                          names=["cutoff", "time"])
        return pd.DataFrame(found.reshape(-1, found.shape[2]), index=index, columns=y.columns)

    def predict(self) -> np.ndarray:
        """Forecasts from the end of each training series, (series, steps, columns)."""
        ends = [self._from(block, np.array([len(block)]))[:, self.steps_ - 1] for block in blocks_of(self.y_)]
        return np.concatenate(ends)

    def _learn(self, blocks: Sequence[np.ndarray]) -> None:
        """Nothing to learn, unless a class says so."""

    @abstractmethod
    def _from(self, values: np.ndarray, cutoffs: np.ndarray) -> np.ndarray:
        """Forecasts that know the rows before each cutoff alone, (n, horizon, columns)."""

    @property
    def n_parameters_(self) -> int | None:
        """Numbers that were learnt."""
        return 0


def last_rows(values: np.ndarray, cutoffs: np.ndarray, rows: int) -> np.ndarray:
    """The rows before each cutoff, (n, rows, columns).

    Raises
    ------
    ValueError
        There are fewer than `rows` before the first.
    """
    if cutoffs[0] < rows:
        raise ValueError(f"{rows} rows must stand before the first forecast, got {cutoffs[0]}")
    return sliding_window_view(values, rows, axis=0)[cutoffs - rows].transpose(0, 2, 1)


class Persistence(Roller):
    """The last row again: y(t + h) = y(t).

    Examples
    --------
    >>> y = pd.DataFrame({"a": [1.0, 2.0, 4.0, 8.0]})
    >>> Persistence().fit(y, fh=[1]).rolling(y, first=2)["a"].tolist()
    [2.0, 4.0]
    """

    def _from(self, values, cutoffs):
        return last_rows(values, cutoffs, 1).repeat(self.horizon_, axis=1)


class Extrapolation(Roller):
    """The line through the last two rows: y(t + h) = y(t) + h (y(t) - y(t - 1)).

    Examples
    --------
    >>> y = pd.DataFrame({"a": [1.0, 2.0, 4.0, 8.0]})
    >>> Extrapolation().fit(y, fh=[1]).rolling(y, first=2)["a"].tolist()
    [3.0, 6.0]
    """

    def _from(self, values, cutoffs):
        before, last = last_rows(values, cutoffs, 2).transpose(1, 0, 2)
        return last[:, None] + np.arange(1, self.horizon_ + 1)[:, None] * (last - before)[:, None]


class SeasonalNaive(Roller):
    """The row a season before: y(t + h) = y(t + h - k season), k the least that is known.

    Examples
    --------
    >>> y = pd.DataFrame({"a": [1.0, 2.0, 4.0, 8.0, 16.0]})
    >>> SeasonalNaive(2).fit(y, fh=[1, 2, 3]).rolling(y, first=2)["a"].tolist()
    [1.0, 2.0, 1.0]
    """

    def __init__(self, season=1):
        self.season = season

    def _from(self, values, cutoffs):
        places = np.arange(self.horizon_) % check_int("season", self.season)
        return last_rows(values, cutoffs, self.season)[:, places]


class WindowForecaster(Roller):
    """A map of the last `look_back` rows, learnt from all windows inside the training series.

    Columns are divided by their standard deviations in the training rows. With `relative`, windows are taken less their
    last row, and what is forecast is the change from there.
    """

    relative = True

    def _learn(self, blocks):
        rows = np.concatenate(blocks)
        spread = rows.std(axis=0)
        self.scale_ = np.where(spread > STILL, spread, 1)
        length = check_int("look_back", self.look_back) + self.horizon_
        windows = [sliding_window_view(block / self.scale_, length, axis=0).transpose(0, 2, 1) for block in blocks
                   if len(block) >= length]
        if not windows:
            raise ValueError(f"some training series must have look_back + horizon rows, {length}, "
                             f"got at most {max(map(len, blocks))}")
        whole = np.concatenate(windows)  # n steps columns
        level = self._level(whole[:, : self.look_back])
        self._solve(whole[:, : self.look_back] - level, whole[:, self.look_back :] - level)

    def _level(self, past):
        return past[:, -1:] * bool(self.relative)

    def _from(self, values, cutoffs):
        past = last_rows(values / self.scale_, cutoffs, self.look_back)
        level = self._level(past)
        return (self._map(past - level) + level) * self.scale_

    @abstractmethod
    def _solve(self, past, future):
        """Learn from windows, (n, look_back, columns), and the rows after them, (n, horizon, columns)."""

    @abstractmethod
    def _map(self, past):
        """Windows -> the rows after them."""


def ridges(past: np.ndarray, future: np.ndarray, penalties: Sequence[float]
           ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Weight (inputs, outputs) and bias of the ridge regression with each penalty."""
    means = past.mean(axis=0), future.mean(axis=0)
    centred = past - means[0]
    sizes, axes = np.linalg.eigh(centred.T @ centred)
    turned = axes.T @ (centred.T @ (future - means[1]))
    for penalty in penalties:
        weight = axes @ (turned / (sizes.clip(min=0) + penalty)[:, None])
        yield weight, means[1] - means[0] @ weight


class WindowRidge(WindowForecaster):
    """Ridge regression of the next rows on the last ones.

    With A the windows, (n, inputs), and Y the rows after them, both less their means, and c the penalty:
    W = (A^T A + c I)^-1 A^T Y.

    Parameters
    ----------
    look_back : int
    sees : {"all", "own", "shared"}
        Each column's map reads all columns, or its own alone, or is one map for all columns.
    penalties : sequence of float
        Of several, that with the least squared error in the last fifth of each map's windows is taken, and all windows
        are then learnt from.
    relative : bool
        Whether windows are taken less their last row.

    Examples
    --------
    >>> y = pd.DataFrame({"a": np.arange(9.0) ** 2})
    >>> ridge = WindowRidge(3, sees="own", penalties=[1e-9]).fit(y.iloc[:7], fh=[1])
    >>> ridge.rolling(y, first=7)["a"].round(3).tolist()
    [49.0, 64.0]
    """

    def __init__(self, look_back=10, sees="all", penalties=PENALTIES, relative=True):
        self.look_back = look_back
        self.sees = sees
        self.penalties = penalties
        self.relative = relative

    def _solve(self, past, future):
        check_one_of("sees", self.sees, SEES)
        early = len(past) - len(past) // 5
        self.weights_ = [
            self._chosen(*pair, early=early * len(pair[0]) // len(past))
            for pair in zip(self._inputs(past), self._inputs(future), strict=True)]

    def _inputs(self, windows):
        """(n, steps, columns) -> for each map, (rows, what it reads)."""
        n, steps, _ = windows.shape
        if self.sees == "all":
            return [windows.reshape(n, -1)]
        if self.sees == "own":
            return list(windows.transpose(2, 0, 1))
        return [windows.transpose(0, 2, 1).reshape(-1, steps)]  # in the order of time, of which the end is held out

    def _chosen(self, past, future, early):
        penalties = list(self.penalties)
        if len(penalties) > 1:
            tried = ridges(past[:early], future[:early], penalties)
            errors = [np.square(past[early:] @ weight + bias - future[early:]).mean() for weight, bias in tried]
            penalties = [penalties[int(np.argmin(errors))]]
        return next(ridges(past, future, penalties))

    def _map(self, past):
        n, _, columns = past.shape
        found = [rows @ weight + bias for rows, (weight, bias) in zip(self._inputs(past), self.weights_, strict=True)]
        if self.sees == "all":
            return found[0].reshape(n, self.horizon_, columns)
        if self.sees == "own":
            return np.stack(found, axis=2)
        return found[0].reshape(n, columns, self.horizon_).transpose(0, 2, 1)

    @property
    def n_parameters_(self):
        return sum(weight.size + bias.size for weight, bias in self.weights_)


class BoostedTrees(WindowForecaster):
    """Gradient-boosted trees (scikit-learn's HistGradientBoosting) for the changes of one column, one for each step.

    They read the last row of all columns, and the rows before it less that one. The other columns are answered with
    their last value: trees have one output, and only the target's are wanted.

    Examples
    --------
    >>> y = pd.DataFrame({"a": np.sin(np.arange(99.0))})
    >>> trees = BoostedTrees(3, target=0).fit(y.iloc[:90], fh=[1])
    >>> len(trees.rolling(y, first=90))
    9
    """

    relative = False

    def __init__(self, look_back=10, target=0, random_state=0):
        self.look_back = look_back
        self.target = target
        self.random_state = random_state

    n_parameters_ = None  # thresholds and leaves: not to be compared with weights

    def _solve(self, past, future):
        rows, last = self._read(past), past[:, -1, self.target]
        self.trees_ = [HistGradientBoostingRegressor(random_state=self.random_state)
                       .fit(rows, future[:, step, self.target] - last) for step in self.steps_ - 1]

    @staticmethod
    def _read(past):
        last = past[:, -1:]
        return np.concatenate([past[:, :-1] - last, last], axis=1).reshape(len(past), -1)

    def _map(self, past):
        out = past[:, -1:].repeat(self.horizon_, axis=1)
        rows = self._read(past)
        for step, trees in zip(self.steps_ - 1, self.trees_, strict=True):
            out[:, step, self.target] += trees.predict(rows)
        return out
