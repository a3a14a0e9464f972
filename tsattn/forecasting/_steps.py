"""The step of a time index, and the times that it leads to."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import BaseOffset, Day, Tick

KINDS = (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex)
STRETCH = 10  # times that are looked at together for the usual step
STRETCHES = 50  # at most


@dataclass(frozen=True, eq=False)
class Clock:
    """Where a series ends, and the step by which its times go on.

    Attributes
    ----------
    last : pandas.Index
        The last time, alone.
    step : pandas offset or int
        Of dates an offset; of whole numbers, of the ordinals of periods and of the units of durations a number.
    even : bool
        Whether no step is left out.
    """

    last: Any  # one of KINDS or whole numbers
    step: Any
    even: bool

    def after(self, steps: Iterable[int]) -> pd.Index:
        """Return the times so many steps after the last.

        Raises
        ------
        ValueError
            A local time does not exist or exists twice, or a time is beyond what its type can hold.
        """
        try:
            if isinstance(self.last, pd.DatetimeIndex):
                return self._localized(self._dates(steps))
            last = int(numbers_of(self.last)[0])
            return like(self.last, np.array([last + int(step) * self.step for step in steps], dtype=np.int64))
        except (OverflowError, pd.errors.OutOfBoundsDatetime) as error:
            raise ValueError(f"the times after {self.last[0]} that fh asks for are beyond what {self.last.dtype} can "
                             "hold: forecast fewer steps, or number the rows") from error

    @property
    def _by_the_wall(self) -> bool:
        """Whether steps are counted on the clock on the wall, as days are, and not in time that has passed."""
        return self.last.tz is not None and (isinstance(self.step, Day) or not isinstance(self.step, Tick))

    def _wall(self, times: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """Times as steps are counted: local ones without their zone, or as they are."""
        local = times if times.tz is None else times.tz_convert(self.last.tz)
        return local.tz_localize(None) if self._by_the_wall else local

    def _dates(self, steps: Iterable[int]) -> pd.DatetimeIndex:
        last = self._wall(self.last)[0]
        return pd.DatetimeIndex([last + int(step) * self.step for step in steps])

    def _localized(self, dates: pd.DatetimeIndex) -> pd.DatetimeIndex:
        if self._by_the_wall:
            local = dates.tz_localize(self.last.tz, nonexistent="NaT", ambiguous="NaT")
            if local.hasnans:
                raise ValueError(f"a forecast would stand at {dates[local.isna()][0]}, which does not exist or exists "
                                 f"twice in {self.last.tz}: take the time zone off, y.tz_localize(None), or convert to "
                                 'UTC, y.tz_convert("UTC")')
            dates = local
        try:
            return pd.DatetimeIndex(dates, freq=self.step)
        except ValueError:  # not every step is among them
            return dates

    def steps_to(self, times: Any) -> list[int]:
        """Return how many steps after the last these times are; 0 for those that are not after it.

        Times are of the kind of the last, or durations from there on.

        Raises
        ------
        ValueError
            They are of another kind, or not a whole number of steps away.
        """
        last, durations = self.last, isinstance(times, pd.TimedeltaIndex)
        if kind_of(last) != kind_of(times) and not (durations and isinstance(last, KINDS)):
            raise ValueError(f"fh must hold times like those of y, {kind_of(last)}, got {kind_of(times)}: pass such, "
                             "or steps ahead")
        if isinstance(last, pd.DatetimeIndex):
            steps = self._steps_to_dates(self._wall(last)[0] + times if durations else self._wall(times))
        else:
            distance = numbers_of(last[0] + times if durations else times) - numbers_of(last)[0]
            steps = np.where(distance % self.step == 0, distance // self.step, -1)
            steps = np.where(distance > 0, steps, 0)
        if (steps < 0).any():
            raise ValueError(f"fh must lie on the steps that lead on from the end of y, {last[0]}, and "
                             f"{times[steps < 0][0]} does not: they are {', '.join(map(str, self.after([1, 2])))} and "
                             "so on")
        return [int(step) for step in steps]

    def _steps_to_dates(self, wall: pd.DatetimeIndex) -> np.ndarray:
        """Steps to each date, 0 to those not after the last, -1 where none leads there."""
        last = self._wall(self.last)[0]
        if isinstance(self.step, Tick) and not isinstance(self.step, Day):
            passed, step = wall - last, pd.Timedelta(self.step)
            steps = np.where(passed % step == pd.Timedelta(0), passed // step, -1)
        else:
            most = 1
            while self._dates([most])[0] < wall.max():
                most *= 2
            found = self._dates(range(1, most + 1)).get_indexer(wall)
            steps = np.where(found < 0, -1, found + 1)
        return np.where(wall > last, steps, 0)


def kind_of(index: pd.Index) -> str:
    """What the times of an index are, in words."""
    if isinstance(index, pd.DatetimeIndex):
        return "dates" if index.tz is None else "dates with a time zone"
    if isinstance(index, pd.PeriodIndex):
        return f"periods of {index.freqstr}"
    if isinstance(index, pd.TimedeltaIndex):
        return "durations"
    return "whole numbers" if pd.api.types.is_integer_dtype(index.dtype) else f"labels of {index.dtype}"


def numbers_of(times: pd.Index) -> np.ndarray:
    """Times as whole numbers."""
    return times.asi8 if isinstance(times, KINDS) else times.to_numpy(dtype=np.int64)


def like(index: pd.Index, numbers: np.ndarray) -> pd.Index:
    """Whole numbers as times of the kind of an index; of its type too, if that can hold them."""
    if isinstance(index, pd.PeriodIndex):
        return pd.PeriodIndex.from_ordinals(numbers, freq=index.freq)  # type: ignore[attr-defined] # no stub
    if isinstance(index, pd.TimedeltaIndex):
        return pd.TimedeltaIndex(numbers.view(f"m8[{index.unit}]"))
    dtype: Any = index.dtype
    narrow = numbers.astype(getattr(dtype, "numpy_dtype", dtype))
    return pd.Index(narrow, dtype=index.dtype) if (narrow == numbers).all() else pd.Index(numbers)


def clock_of(times: pd.Index, others: Iterable[BaseOffset] = ()) -> Clock | None:
    """Where times end, and their step; None where they have none.

    Of whole numbers, periods and durations it is the smallest distance, if all others are multiples of it. Dates have
    the step of their frequency, or one that is seen in them; or else the first of `others` that leads through them.
    """
    if not isinstance(times, pd.DatetimeIndex):
        apart = np.diff(numbers_of(times))
        step = int(apart.min()) if len(apart) else 1
        if step < 1 or (apart % step).any():
            return None
        return Clock(times[-1:], step, bool((apart == step).all()))
    own = times.freq
    if own is None and len(times) >= 3:
        own = to_offset(pd.infer_freq(times))
    if own is not None:
        return Clock(times[-1:], own, even=True)
    for other in others:
        if (even := leads_through(other, times)) is not None:
            return Clock(times[-1:], other, even)
    return None


def leads_through(step: BaseOffset, times: pd.DatetimeIndex) -> bool | None:
    """Whether a step leads through all times without one that is left out; None if it misses some of them."""
    if isinstance(step, Tick) and not isinstance(step, Day):
        apart = times - times[0]
        whole, n = not (apart % pd.Timedelta(step)).any(), apart[-1] // pd.Timedelta(step) + 1
    else:
        times = times.tz_localize(None)
        grid = pd.date_range(times[0], times[-1], freq=step)
        whole, n = bool(times.isin(grid).all()), len(grid)
    return n == len(times) if whole else None


def usual_step(times: pd.DatetimeIndex) -> BaseOffset | None:
    """The step that most stretches of times follow, or so many months, if it leads through all of them."""
    starts = range(0, max(1, len(times) - STRETCH + 1), max(1, len(times) // STRETCHES))
    found = Counter(pd.infer_freq(times[start:start + STRETCH]) for start in starts) if len(times) >= 3 else Counter()
    steps = [to_offset(name) for name, _ in found.most_common() if name is not None]
    months = np.diff(times.year.to_numpy() * 12 + times.month.to_numpy())
    if len(times) >= 3 and months.min() > 0:
        steps.append(pd.DateOffset(months=int(months.min())))
    return next((step for step in steps if leads_through(step, times) is not None), None)


def written(step: BaseOffset) -> str:
    """A step as it is written in code."""
    return f"pd.DateOffset(months={step.kwds['months']})" if type(step) is pd.DateOffset else f'"{step.freqstr}"'
