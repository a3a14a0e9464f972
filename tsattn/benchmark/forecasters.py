"""Forecasters that cost nothing. Each learns once, and then answers from the rows before each cutoff."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.base import BaseEstimator

from tsattn._checks import check_int
from tsattn.benchmark.forecast_scores import naive2
from tsattn.benchmark.series import blocks_of


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

    def predict(self) -> pd.DataFrame:
        """Forecasts from the end of each training series, over (series, time) with columns of y; times are integers."""
        found = np.concatenate(self._ends(blocks_of(self.y_)))[:, self.steps_ - 1]
        series, times = self.y_.index.get_level_values(0), self.y_.index.get_level_values(1)
        last = np.flatnonzero(~series.duplicated(keep="last"))
        index = pd.MultiIndex.from_arrays([series[last].repeat(len(self.steps_)),
                                           np.add.outer(times[last].to_numpy(), self.steps_).ravel()])
        return pd.DataFrame(found.reshape(-1, found.shape[2]), index=index, columns=self.columns_)

    def _ends(self, blocks: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Forecasts from the end of each training series, each (1, horizon, columns)."""
        return [self._from(block, np.array([len(block)])) for block in blocks]

    def _learn(self, blocks: Sequence[np.ndarray]) -> None:
        """Nothing to learn, unless a class says so."""

    @abstractmethod
    def _from(self, values: np.ndarray, cutoffs: np.ndarray) -> np.ndarray:
        """Forecasts that know the rows before each cutoff alone, (n, horizon, columns)."""

    @property
    def n_parameters_(self) -> int | None:
        """Numbers that were learnt; None where nothing is."""
        return None


class OfOneColumn(Roller):
    """Models of one column, `target`, one a training series; other columns are answered with their last value."""

    target: int
    models_: list[Any]

    @abstractmethod
    def _ahead(self, model: Any) -> np.ndarray:
        """A model's forecasts from the end of what it knows, at `steps_`."""

    def _still(self, values: np.ndarray, cutoffs: np.ndarray) -> np.ndarray:
        """The last row before each cutoff at all steps, (n, horizon, columns)."""
        return last_rows(values, cutoffs, 1).repeat(self.horizon_, axis=1)

    def _ends(self, blocks):
        found = []
        for block, model in zip(blocks, self.models_, strict=True):
            out = self._still(block, np.array([len(block)]))
            out[0, self.steps_ - 1, self.target] = self._ahead(model)
            found.append(out)
        return found


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


class Naive2(Roller):
    """M4's seasonal naive 2, of univariate series: `tsattn.benchmark.forecast_scores.naive2`.

    Examples
    --------
    >>> y = pd.DataFrame({"a": [2.0, 1.0] * 12})
    >>> Naive2(2).fit(y, fh=[1, 2, 3]).rolling(y, first=21)["a"].round(6).tolist()
    [1.0, 2.0, 1.0]
    """

    def __init__(self, season=1):
        self.season = season

    def _from(self, values, cutoffs):
        return np.stack([naive2(values[:cutoff, 0], self.horizon_, self.season) for cutoff in cutoffs])[:, :, None]
