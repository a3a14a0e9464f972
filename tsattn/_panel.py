"""One way in for panels: whatever container sktime hands over becomes one block of rows.

All series stand one after another in a single array, so that no later step loops over pandas objects. Series of one
length are taken together through :meth:`Panel.by_length`; nothing is ever padded here.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from tsattn._checks import check_lengths, check_one_of, check_unmasked, same_labels, warn_user
from tsattn._stamps import first_not_later, first_uneven

LARGEST = float(np.sqrt(np.finfo(np.float32).max))  # beyond it the square of a value overflows float32
ACCEPTED = "a pandas DataFrame with numeric columns (one series, or rows by instance and time) or a real array of " \
           "shape (instances, channels, time)"


@dataclass(frozen=True, eq=False)
class Panel:
    """Series of any lengths, one after another, in the order in which they first appear.

    Attributes
    ----------
    values : ndarray of float64, shape (rows, columns)
        All series one after another; may be read-only and may be the caller's own memory.
    lengths : ndarray of int64, shape (n,)
        Steps of each series.
    columns : list
        Labels of the columns.
    ids : pandas.Index, shape (n,)
        Labels of the series; a MultiIndex where the input has several levels above time.
    index : pandas.Index or None
        Row index of the input, in its own order; None for an array.
    order : ndarray of int64, shape (rows,), or None
        Input row of each row of `values`; None when the rows of each series already stand together.
    named : bool
        Whether the columns have names to be compared: not those of an array, nor of a frame that was made of one and
        counts its columns by pandas' own range from 0.
    """

    values: np.ndarray
    lengths: np.ndarray
    columns: list[Any]
    ids: pd.Index
    index: pd.Index | None = None
    order: np.ndarray | None = None
    named: bool = True

    def __post_init__(self) -> None:
        check_lengths(self.lengths, len(self.values))

    @classmethod
    def from_sktime(cls, X: Any) -> "Panel":
        """Read a Series, a DataFrame (one series), a DataFrame indexed by (..., instance, time), or a 3-D array.

        Raises
        ------
        TypeError
            If the container is none of these, or holds other than real numbers.
        ValueError
            If there is no series, no column or no time point.
        """
        check_unmasked("X", X, "give gaps as NaN: X.filled(np.nan)")
        if isinstance(X, pd.Series):
            X = X.to_frame()
        if isinstance(X, pd.DataFrame):
            return cls._from_frame(X)
        if isinstance(X, np.ndarray) and X.ndim == 3:
            return cls._from_array(X)
        seen = f"an array of shape {X.shape}" if isinstance(X, np.ndarray) else type(X).__name__
        raise TypeError(f"X must be {ACCEPTED}, got {seen}")

    @classmethod
    def _from_array(cls, X: np.ndarray) -> "Panel":
        n, channels, steps = X.shape
        if min(X.shape) == 0:
            raise ValueError(f"X must have at least 1 instance, 1 channel and 1 time point, got shape {X.shape}")
        if X.dtype.kind not in "biuf":
            raise TypeError(f"X must be {ACCEPTED}, got an array of {X.dtype}")
        values = np.ascontiguousarray(X.transpose(0, 2, 1), dtype=np.float64).reshape(n * steps, channels)
        return cls(values, np.full(n, steps), list(range(channels)), pd.RangeIndex(n), named=False)

    @classmethod
    def _from_frame(cls, X: pd.DataFrame) -> "Panel":
        if min(X.shape) == 0:
            raise ValueError(f"X must have at least 1 row and 1 column, got shape {X.shape}")
        for column, dtype in zip(X.columns, X.dtypes, strict=True):
            if getattr(dtype, "kind", "O") not in "biuf":
                raise TypeError(f"X must be {ACCEPTED}, not categorical, got column {column!r} of {dtype}")
        values = _numbers(X)
        columns = list(X.columns)
        named = not (isinstance(X.columns, pd.RangeIndex) and columns == list(range(len(columns))))
        if not isinstance(X.index, pd.MultiIndex):
            return cls(values, np.array([len(X)]), columns, pd.RangeIndex(1), X.index, named=named)
        starts, order = _series_starts(X.index)
        if order is not None:
            values = values[order]
        lengths = np.diff(starts, append=len(X))
        first = starts if order is None else order[starts]
        return cls(values, lengths, columns, X.index.droplevel(-1)[first], X.index, order, named)

    @property
    def n(self) -> int:
        """Number of series."""
        return len(self.lengths)

    @cached_property
    def offsets(self) -> np.ndarray:
        """Series i is `values[offsets[i]:offsets[i + 1]]`; shape (n + 1,)."""
        return np.concatenate([[0], np.cumsum(self.lengths)])

    @cached_property
    def instance(self) -> np.ndarray:
        """Position of the series that each row belongs to; shape (rows,)."""
        return np.repeat(np.arange(self.n), self.lengths)

    def by_length(self, max_rows: int | None = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield (positions (m,), rows (m, T)) for each length T, shortest first: series that may share one array.

        With `max_rows` a group is cut into several so that m T stays below it, or m is 1.
        """
        by_length = np.argsort(self.lengths, kind="stable")
        lengths, first = np.unique(self.lengths[by_length], return_index=True)
        for length, group in zip(lengths, np.split(by_length, first[1:]), strict=True):
            size = len(group) if max_rows is None else max(1, max_rows // length)
            for start in range(0, len(group), size):
                positions = group[start:start + size]
                yield positions, self.offsets[positions][:, None] + np.arange(length)

    def stack(self, positions: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
        """Series of one length as a new array of shape (m, columns, T); all of them by default."""
        positions = np.arange(self.n) if positions is None else np.asarray(positions)
        lengths = np.unique(self.lengths[positions])
        if len(lengths) != 1:
            raise ValueError(f"series must have one length to be stacked, got {lengths.tolist()}; use by_length")
        rows = self.offsets[positions][:, None] + np.arange(lengths[0])
        return np.ascontiguousarray(self.values[rows].transpose(0, 2, 1))

    def interpolated(self) -> "Panel":
        """Fill NaN on a line between its neighbours in the same series and column, counted in samples.

        Before the first and after the last observed value the nearest one is repeated. A column without any observed
        value in a series becomes 0 there.
        """
        gaps = np.isnan(self.values)
        if not gaps.any():
            return self
        before, after, any_there = self._beside(gaps)
        row, column = np.nonzero(gaps & any_there)
        left, right = before[row, column], after[row, column]
        # at the ends of a series left and right are one row: weight 0 gives its value exactly
        weight = np.where(right > left, row - left, 0) / np.maximum(right - left, 1)
        values = np.where(gaps, 0.0, self.values)
        values[row, column] = (1 - weight) * self.values[left, column] + weight * self.values[right, column]
        return replace(self, values=values)

    def carried(self) -> "Panel":
        """Fill NaN with the last value before it in the same series and column, or before the first one, with that.

        A column without any observed value in a series becomes 0 there.
        """
        gaps = np.isnan(self.values)
        if not gaps.any():
            return self
        before, _, any_there = self._beside(gaps)
        values = np.take_along_axis(self.values, np.where(any_there, before, 0), axis=0)
        return replace(self, values=np.where(any_there, values, 0.0))

    def _beside(self, gaps: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows of the nearest values at or before, and at or after, each row and column; and where there is any.

        Within its series; where one side has none, the other side's.
        """
        step = np.arange(len(self.values))[:, None]
        before = np.maximum.accumulate(np.where(gaps, -1, step))
        after = np.minimum.accumulate(np.where(gaps, len(self.values), step)[::-1])[::-1]
        start, end = self.offsets[:-1][self.instance, None], self.offsets[1:][self.instance, None]
        none_before, none_after = before < start, after >= end
        return np.where(none_before, after, before), np.where(none_after, before, after), ~(none_before & none_after)

    def check_finite(self, missing: str = "raise", name: str = "X") -> None:
        """Raise ValueError on NaN (unless `missing="allow"`), and always on infinity and on overflow.

        A magnitude above 1.8e19 counts as overflow: its square is infinite in float32. The message names the
        instance, the column and the first position in the series.
        """
        check_one_of("missing", missing, ("raise", "allow"))
        with np.errstate(invalid="ignore"):
            fine = np.abs(self.values) <= LARGEST
        if fine.all():
            return
        if missing == "allow":
            fine |= np.isnan(self.values)
        row, column = np.unravel_index(np.argmin(fine), fine.shape)
        if fine[row, column]:
            return
        bad = self.values[row, column]
        instance = self.instance[row]
        where = f"{self._whose(row)}, column {self.columns[column]!r}, position {row - self.offsets[instance]}"
        if np.isnan(bad):
            raise ValueError(f"{name} must not hold NaN, found one in {where}; fill the gaps, or set "
                             "missing='interpolate' where the estimator has it")
        if np.isinf(bad):
            raise ValueError(f"{name} must not hold infinity, found {bad} in {where}")
        raise ValueError(f"{name} must stay below {LARGEST:.2g} in magnitude, or its square overflows float32; "
                         f"found {bad:.3g} in {where}; divide the series by a constant")

    def check_columns(self, expected: Sequence[Hashable]) -> None:
        """Raise ValueError unless the columns are those seen in fit, in the same order.

        Where these have no names (`named`), as those of arrays, only their number is compared.
        """
        expected = list(expected)
        if len(expected) != len(self.columns) or (self.named and not same_labels(expected, self.columns)):
            raise ValueError(f"X must have the {len(expected)} columns seen in fit, {expected}, in this order; "
                             f"got {len(self.columns)}: {self.columns}")

    def labels(self, instance: np.ndarray, step: np.ndarray) -> pd.Index:
        """Time labels of given steps of given series; the step itself for an array."""
        if self.index is None:
            return pd.Index(step)
        rows = self.offsets[instance] + step
        labels = self.index[rows if self.order is None else self.order[rows]]
        return labels.get_level_values(-1)

    @cached_property
    def times(self) -> pd.Index:
        """Time of each row of `values`; its step within the series for an array."""
        if self.index is None:
            return pd.Index(np.arange(len(self.values)) - self.offsets[self.instance])
        times = self.index.get_level_values(-1)
        return times if self.order is None else times[self.order]

    def has_even_steps(self) -> bool:
        """Whether time advances by one and the same step everywhere: then a sample is a unit of time.

        The steps of a calendar count as equal, months for instance, whatever day each series begins on.
        """
        return self.index is None or first_uneven(self.times, self.offsets) is None

    def check_times(self, cure: str | None = None) -> None:
        """Raise ValueError unless each series has each time once, in order; with a `cure` warn if steps are uneven."""
        if self.index is None:
            return
        row = first_not_later(self.times, self.offsets)
        if row is not None and self.times[row] == self.times[row - 1]:
            raise ValueError(f"X must have each time of a series once, and {self.times[row]} stands twice in "
                             f"{self._whose(row)}; leave one out: X[~X.index.duplicated()]")
        if row is not None:
            raise ValueError(f"the times of X must rise within a series, and {self.times[row]} follows "
                             f"{self.times[row - 1]} in {self._whose(row)}; sort it: X.sort_index()")
        row = None if cure is None else first_uneven(self.times, self.offsets)
        if row is not None:
            warn_user(f"the time index of X is uneven, as from {self.times[row - 1]} to {self.times[row]} in "
                      f"{self._whose(row)}, and each row is read as one step: {cure}")

    def _whose(self, row: int | np.integer) -> str:
        """The instance that a row belongs to, as messages name it."""
        return f"instance {self.ids[[self.instance[row]]].tolist()[0]!r}"  # tolist: a plain 3, not np.int64(3)

    def frame(self, values: np.ndarray, columns: Sequence[Any]) -> pd.DataFrame:
        """Rows of this panel as a DataFrame on the input's own index, in the input's own row order."""
        if self.order is not None:
            values = values[np.argsort(self.order, kind="stable")]
        index = self.index
        if index is None:
            index = pd.MultiIndex.from_product([self.ids, range(self.lengths[0])], names=["instances", "timepoints"])
        return pd.DataFrame(values, index=index, columns=pd.Index(list(columns), tupleize_cols=False), copy=False)


def _numbers(X: pd.DataFrame) -> np.ndarray:
    """Values as float64; pd.NA becomes NaN."""
    if all(isinstance(dtype, np.dtype) for dtype in X.dtypes):
        return X.to_numpy(dtype=np.float64)
    return X.to_numpy(dtype=np.float64, na_value=np.nan)


def _series_starts(index: pd.MultiIndex) -> tuple[np.ndarray, np.ndarray | None]:
    """First row of each series, and the order of rows that brings each series together (None: it is so already)."""
    codes = np.stack([np.asarray(level) for level in index.codes[:-1]])
    runs = np.flatnonzero(np.concatenate([[True], (codes[:, 1:] != codes[:, :-1]).any(axis=0)]))
    heads = pd.MultiIndex.from_arrays(list(codes[:, runs])) if len(codes) > 1 else pd.Index(codes[0, runs])
    if heads.is_unique:
        return runs, None
    number = np.repeat(pd.factorize(heads)[0], np.diff(runs, append=len(index)))
    order = np.argsort(number, kind="stable")
    return np.flatnonzero(np.diff(number[order], prepend=-1)), order
