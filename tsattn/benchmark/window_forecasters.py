"""Forecasters that learn a map of the last rows: ridge regression, and boosted trees.

Zeng, Chen, Zhang & Xu, "Are transformers effective for time series forecasting?", AAAI 2023 (linear maps of windows);
Hoerl & Kennard, "Ridge regression", Technometrics 1970. Differs from the former: weights are solved for, not trained;
and the window is not split into a moving average and the rest, since any pair of linear maps of these two is one
linear map of the window: the split changes the path of a gradient, not what can be said.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.ensemble import HistGradientBoostingRegressor

from tsattn._checks import check_int, check_one_of
from tsattn.benchmark.forecasters import Roller, last_rows

SEES = ("all", "own", "shared")
PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0, 1000.0)
UNITS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "column": lambda _past, level: np.ones_like(level),
    "change": lambda past, level: np.sqrt(np.square(past - level).mean(axis=1, keepdims=True)),
    "size": lambda past, _level: np.abs(past).mean(axis=1, keepdims=True),
}
STILL = 1e-12  # a standard deviation below it is that of a constant column


class WindowForecaster(Roller):
    """A map of the last `look_back` rows, learnt from windows inside the training series.

    Columns are divided by their standard deviations in the training rows. With `relative`, windows are taken less their
    last row, and what is forecast is the change from there. Both are in units of the column, or, so that series of any
    size are learnt from together, of the window: root mean square "change" from its level, or mean absolute "size". Of
    all windows every `every`-th is used, the latest of a series among them.
    """

    relative = True
    unit = "column"
    every = 1

    def _learn(self, blocks):
        check_one_of("unit", self.unit, UNITS)
        rows = np.concatenate(blocks)
        spread = rows.std(axis=0)
        self.scale_ = np.where(spread > STILL, spread, 1)
        length = check_int("look_back", self.look_back) + self.horizon_
        windows = [sliding_window_view(block / self.scale_, length, axis=0)[:: -self.every][::-1].transpose(0, 2, 1)
                   for block in blocks if len(block) >= length]
        if not windows:
            raise ValueError(f"some training series must have look_back + horizon rows, {length}, "
                             f"got at most {max(map(len, blocks))}")
        whole = np.concatenate(windows)  # n steps columns
        level, unit = self._frame(whole[:, : self.look_back])
        whole -= level
        whole /= unit
        self._solve(whole[:, : self.look_back], whole[:, self.look_back :])

    def _frame(self, past):
        """What 0 and 1 stand for in each window, (n, 1, columns)."""
        level = past[:, -1:] * bool(self.relative)
        size = UNITS[self.unit](past, level)
        return level, np.where(size > STILL, size, 1)

    def _from(self, values, cutoffs):
        past = last_rows(values / self.scale_, cutoffs, self.look_back)
        level, unit = self._frame(past)
        return (self._map((past - level) / unit) * unit + level) * self.scale_

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
    relative, unit, every : bool, {"column", "change", "size"}, int
        As `WindowForecaster` has them.

    Examples
    --------
    >>> import pandas as pd
    >>> y = pd.DataFrame({"a": np.arange(9.0) ** 2})
    >>> ridge = WindowRidge(3, sees="own", penalties=[1e-9]).fit(y.iloc[:7], fh=[1])
    >>> ridge.rolling(y, first=7)["a"].round(3).tolist()
    [49.0, 64.0]
    """

    def __init__(self, look_back=10, sees="all", penalties=PENALTIES, relative=True, unit="column", every=1):
        self.look_back = look_back
        self.sees = sees
        self.penalties = penalties
        self.relative = relative
        self.unit = unit
        self.every = every

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
    >>> import pandas as pd
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
