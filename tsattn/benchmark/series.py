"""What a forecasting task holds: the rows to learn from, the rows to forecast, and in what they are scored."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from tsattn._checks import check_int

FEW = 4  # series to try an estimator on


@dataclass(frozen=True, eq=False)
class Series:
    """Rows in time, and which of them are forecast from which.

    Parameters
    ----------
    train : pd.DataFrame
        What is given to fit: rows over time, or over (segment, time) where segments are apart.
    y : pd.DataFrame
        What forecasts are made in and scored against. With `first`, one series, forecast from every row from there on;
        without, a panel, of which each series goes on where its training rows end, and is forecast once.
    horizon : int
        Rows to forecast, from the next one on.
    first : int, optional
        Rows of `y` before the first forecast: it is made from `y.iloc[:first]`.
    scored : tuple of str
        The columns that are scored; all when empty. The first is the target that residuals are kept of.
    season : int
        Rows of a season: MASE's errors are in units of the naive forecast of that period.
    unit : {"raw", "z"}
        Whether errors are in the units of the columns, or in their standard deviations in the training part.
    leading : str
        The score by which forecasters are compared, "mae", "mse", "mase" or "owa".

    Examples
    --------
    >>> y = pd.DataFrame({"a": np.arange(9.0)})
    >>> series = Series(y.iloc[:5], y, horizon=2, first=5)
    >>> series.cutoffs.tolist(), series.truth()[-1, :, 0].tolist()
    ([5, 6, 7], [7.0, 8.0])
    """

    train: pd.DataFrame
    y: pd.DataFrame
    horizon: int
    first: int | None = None
    scored: tuple[str, ...] = ()
    season: int = 1
    unit: str = "raw"
    leading: str = "mae"

    def __post_init__(self):
        for name in ("horizon", "season"):
            check_int(name, getattr(self, name))
        if self.first is not None and not 0 < self.first <= len(self.y) - self.horizon:
            raise ValueError(f"first must leave {self.horizon} of {len(self.y)} rows to forecast, got {self.first}")

    @property
    def places(self) -> list[int]:
        """Positions of the scored columns."""
        names = list(self.y.columns)
        return [names.index(name) for name in self.scored or names]

    @cached_property
    def blocks(self) -> list[np.ndarray]:
        """The training rows, (rows, columns) for each series."""
        return blocks_of(self.train)

    @property
    def cutoffs(self) -> np.ndarray:
        """Rows of `y` that each forecast knows, (n,); for a panel, the number of each series."""
        if self.first is None:
            return np.arange(len(self.blocks))
        return np.arange(self.first, len(self.y) - self.horizon + 1)

    def truth(self) -> np.ndarray:
        """What each forecast is scored against, (n, horizon, columns)."""
        values = self.y.to_numpy(np.float64)
        if self.first is None:
            return values.reshape(len(self.blocks), self.horizon, -1)
        windows = np.lib.stride_tricks.sliding_window_view(values, self.horizon, axis=0)
        return windows[self.first :].transpose(0, 2, 1)

    def short(self, rows: int) -> "Series":
        """The task on its last training rows alone, to try an estimator on."""
        if self.first is None:
            few = self.train.loc[self.train.index.get_level_values(0).unique()[:FEW].tolist()]
            ends = few.groupby(level=0, sort=False).tail(self.horizon)
            return replace(self, train=few.drop(ends.index), y=ends)
        kept = self.train.iloc[-rows:]
        last = kept.droplevel(0) if isinstance(kept.index, pd.MultiIndex) else kept
        return replace(self, train=kept, y=last, first=max(1, len(last) - self.horizon))

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over values, times, columns and all that says how they are used."""
        digest = hashlib.sha256()
        for frame in (self.train, self.y):
            digest.update(frame.to_numpy(np.float64).tobytes())
            digest.update(pd.util.hash_pandas_object(frame.index.to_frame(), index=False).to_numpy().tobytes())
        how: list[Any] = [list(map(str, self.y.columns)), self.horizon, self.first, self.scored, self.season, self.unit,
                          self.leading]
        digest.update(repr(how).encode())
        return digest.hexdigest()


def blocks_of(y: pd.DataFrame) -> list[np.ndarray]:
    """The values of each series, (rows, columns), of a frame over time or over (series, time)."""
    values = y.to_numpy(np.float64)
    if not isinstance(y.index, pd.MultiIndex):
        return [values]
    codes = pd.factorize(y.index.get_level_values(0))[0]
    return np.split(values, np.flatnonzero(np.diff(codes)) + 1)
