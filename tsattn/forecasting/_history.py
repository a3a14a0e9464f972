"""Series to forecast from, as one block of rows: targets first, exogenous columns after them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from tsattn._panel import Panel
from tsattn.forecasting._frames import check_frame
from tsattn.forecasting._times import numbers, rows_at

STILL = 1e-8  # standard deviation, over the mean, of a series that counts as constant

Units = tuple[np.ndarray, np.ndarray]  # mean and standard deviation of each column


@dataclass(frozen=True, eq=False)
class History:
    """Series up to where they are known.

    Attributes
    ----------
    panel : Panel
        Targets, then exogenous columns, under numbers; gaps filled with the value before, which alone is known then,
        or at the beginning with the first one.
    n_targets : int
    observed : ndarray of bool, shape (rows,)
        Where every target had a value.
    units : {"series", "standard", None}
        Whose mean and standard deviation rows are put into units of: their series', those of all series together, or
        none.
    fixed : tuple of ndarray, each (columns,), or None
        Mean and standard deviation learned before, in place of those of the series together.
    """

    panel: Panel
    n_targets: int
    observed: np.ndarray
    units: str | None
    fixed: Units | None = None

    @classmethod
    def read(cls, y: pd.DataFrame, X: pd.DataFrame | None, *, units: str | None, fixed: Units | None = None
             ) -> "History":
        """Put the exogenous columns at the times of `y` beside it.

        Raises
        ------
        ValueError
            A time stands twice, in `y` or in `X`, a value is infinite, or `X` lacks series or times of `y`.
        """
        for name, part in (("y", y), ("X", X)):
            if part is not None:
                check_frame(name, part, ordered=part is y)
                Panel.from_sktime(part).check_finite("allow", name)
        joined = y.set_axis(range(y.shape[1]), axis=1)  # y and X may have columns of one name
        if X is not None:
            rows = rows_at(X.index, y.index, "every time of y")
            columns = range(y.shape[1], y.shape[1] + X.shape[1])
            joined = pd.concat([joined, pd.DataFrame(numbers(X)[rows], y.index, columns)], axis=1)
        panel = Panel.from_sktime(joined)
        observed = ~np.isnan(panel.values[:, : y.shape[1]]).any(axis=1)
        return cls(laid_out(panel.carried()), y.shape[1], observed, units, fixed)

    @cached_property
    def centre(self) -> np.ndarray:
        """What 0 stands for in each series and column, (n, columns): its mean."""
        if self.units is None:
            return np.zeros((self.panel.n, len(self.panel.columns)))
        return self._means(self.panel.values) if self.fixed is None else self._spread(self.fixed[0])

    @cached_property
    def scale(self) -> np.ndarray:
        """What 1 stands for in each series and column, (n, columns): its standard deviation.

        Where it is constant, 1, or what a level above 1e8 can still resolve.
        """
        if self.units is None:
            return np.ones_like(self.centre)
        if self.fixed is not None:
            return self._spread(self.fixed[1])
        size = np.sqrt(self._means(np.square(self.panel.values - self.centre[self.panel.instance])))
        least = STILL * np.abs(self.centre)
        return np.where(size > least, size, np.maximum(least, 1.0))

    def _means(self, values: np.ndarray) -> np.ndarray:
        """Means of rows, (n, columns): of each series, or of all of them."""
        if self.units == "standard":
            return self._spread(values.mean(axis=0))
        return np.add.reduceat(values, self.panel.offsets[:-1]) / self.panel.lengths[:, None]

    def _spread(self, values: np.ndarray) -> np.ndarray:
        return np.broadcast_to(values, (self.panel.n, len(values)))

    @property
    def learned(self) -> Units | None:
        """What other series are put into units by, once these have been learned from: nothing if each has its own."""
        return (self.centre[0], self.scale[0]) if self.units == "standard" else None

    @property
    def rows(self) -> np.ndarray:
        """All rows in units of their series."""
        instance = self.panel.instance
        return (self.panel.values - self.centre[instance]) / self.scale[instance]

    def starts(self, look_back: int, most: int, fraction: float, stride: int) -> tuple[np.ndarray, np.ndarray]:
        """First rows of the windows to learn from, and of those that are held out: the latest in each series.

        All targets of the former come before all targets of the latter. Windows whose targets had gaps are left out. A
        series that is too short for both gives windows to learn from alone.
        """
        gaps = np.concatenate([[0], np.cumsum(~self.observed)])
        train, held = [], []
        for offset, length in zip(self.panel.offsets[:-1], self.panel.lengths, strict=True):
            n = length - look_back - most + 1
            first = offset + np.arange(0, max(n, 0), stride)
            after = first + look_back
            first = first[gaps[after + most] == gaps[after]]
            n_held = max(round(fraction * (length - look_back)), most) if fraction else 0
            if n < n_held + 1:  # too short to spare a part
                n_held = 0
            boundary = offset + length - n_held
            train.append(first[first + look_back + most <= boundary])
            held.append(first[first + look_back >= boundary])
        return np.concatenate(train), np.concatenate(held)

    def lacking(self, n: int) -> Any:
        """The id of the first series with fewer than n rows, with their number; None if there is none."""
        short = np.flatnonzero(self.panel.lengths < n)
        return None if len(short) == 0 else (self.panel.ids[[short[0]]].tolist()[0], int(self.panel.lengths[short[0]]))

    def tail(self, n: int) -> "History":
        """The last n rows of each series, in the units of the whole series."""
        offsets, lengths = self.panel.offsets, np.minimum(self.panel.lengths, n)
        kept = np.concatenate([np.arange(end - length, end) for end, length in zip(offsets[1:], lengths, strict=True)])
        panel = replace(self.panel, values=self.panel.values[kept], lengths=lengths, index=None, order=None)
        cut = History(panel, self.n_targets, self.observed[kept], self.units, self.fixed)
        cut.__dict__.update(centre=self.centre, scale=self.scale)
        return cut


def laid_out(panel: Panel) -> Panel:
    """Columns one after another in memory: last bits of sums hang on it, and a file tells nothing of it."""
    return replace(panel, values=np.asfortranarray(panel.values))


def together(parts: Sequence[History]) -> History:
    """The series of several histories as those of one; their ids are new."""
    panels = [part.panel for part in parts]
    lengths = np.concatenate([panel.lengths for panel in panels])
    panel = Panel(np.concatenate([panel.values for panel in panels]), lengths, panels[0].columns,
                  pd.RangeIndex(len(lengths)), named=False)
    observed = np.concatenate([part.observed for part in parts])
    return History(laid_out(panel), parts[0].n_targets, observed, parts[0].units)


def by_column(history: History) -> History:
    """Each target as a series of its own, the exogenous columns beside each; series by series, target by target."""
    panel, q = history.panel, history.n_targets
    blocks = np.split(panel.values, panel.offsets[1:-1])
    values = [np.column_stack([block[:, j], block[:, q:]]) for block in blocks for j in range(q)]
    seen = np.split(history.observed, panel.offsets[1:-1])
    single = replace(panel, values=np.concatenate(values), lengths=np.repeat(panel.lengths, q),
                     columns=panel.columns[q - 1:], ids=pd.RangeIndex(panel.n * q), index=None, order=None)
    observed = np.concatenate([part for part in seen for _ in range(q)])
    found = History(single, 1, observed, history.units)
    units = {name: np.stack([[unit[j], *unit[q:]] for unit in getattr(history, name) for j in range(q)])
             for name in ("centre", "scale")}
    found.__dict__.update(units)
    return found
