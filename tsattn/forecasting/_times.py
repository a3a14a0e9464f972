"""The times of series to forecast, and what stands at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.offsets import BaseOffset
from sktime.forecasting.base import ForecastingHorizon
from sktime.utils.validation.forecasting import check_fh

from tsattn._checks import plain, shown, warn_user
from tsattn._panel import Panel
from tsattn.forecasting._steps import Clock, clock_of, leads_through, numbers_of, usual_step, written

UNEVEN = "the time index of y is uneven, and its rows are taken as a step apart: give rows of NaN for the steps that " \
         "are left out"


@dataclass(frozen=True, eq=False)
class Ends:
    """Where series end, and how their times go on.

    Attributes
    ----------
    keys : pandas.Index or None
        Labels of the series, in the order in which they first appear; None for a single one.
    clocks : list of Clock
        One for each series; series with the same times share one.
    """

    keys: pd.Index | None
    clocks: list[Clock]

    @property
    def apart(self) -> dict[int, Clock]:
        """The clocks that differ, by their identity."""
        return {id(clock): clock for clock in self.clocks}

    @property
    def steps(self) -> list[BaseOffset]:
        """The steps of dates."""
        return [clock.step for clock in self.apart.values() if isinstance(clock.step, BaseOffset)]

    def after(self, steps: Sequence[int], names: Any = None) -> pd.Index:
        """Return the index of what stands so many steps after the end of each series; `names` are its levels'."""
        times = {key: clock.after(steps) for key, clock in self.apart.items()}
        each = [times[id(clock)] for clock in self.clocks]
        if self.keys is None:
            return each[0]
        levels = [self.keys.get_level_values(level).repeat(len(steps)) for level in range(self.keys.nlevels)]
        return pd.MultiIndex.from_arrays([*levels, each[0].append(each[1:])], names=names)

    def warn_if_uneven(self) -> None:
        """Warn where steps are left out."""
        if not all(clock.even for clock in self.apart.values()):
            warn_user(UNEVEN)


def labels_of(frame: pd.DataFrame | None) -> list[Any]:
    """The columns' labels; none of None."""
    return [] if frame is None else list(frame.columns)


def ends_of(y: pd.DataFrame, known: Sequence[BaseOffset] = ()) -> Ends:
    """Where the series of a frame end; `known` are steps that they may have, where none is seen.

    Raises
    ------
    ValueError
        Times follow no step, so that nobody knows which come after them. A series of a panel without a step of its own
        takes that of the others, if this is one and leads through its times.
    """
    if not isinstance(y.index, pd.MultiIndex):
        return Ends(None, [clock_of(y.index, known) or _refuse(y.index, None)])
    panel = Panel.from_sktime(pd.Series(0.0, y.index))
    times = y.index.get_level_values(-1)
    times = times if panel.order is None else times[panel.order]
    numbers = numbers_of(times)
    spans = list(pairwise(panel.offsets))
    shared = [numbers[start:end].tobytes() for start, end in spans]  # most panels have few different times
    firsts = {key: which for which, key in reversed(list(enumerate(shared)))}
    parts = {key: (times[slice(*spans[which])], which) for key, which in firsts.items()}
    found = {key: clock_of(part) for key, (part, _) in parts.items()}
    steps = {clock.step for clock in found.values() if clock is not None}
    named = getattr(y.index.levels[-1], "freq", None)
    others = [*([] if named is None else [named]), *(steps if len(steps) == 1 else ()), *known]
    for key, clock in found.items():
        if clock is None:
            part, which = parts[key]
            found[key] = clock_of(part, others) or _refuse(part, panel.ids[[which]])
    return Ends(panel.ids, [clock for key in shared if (clock := found[key]) is not None])


def _refuse(times: pd.Index, key: pd.Index | None) -> Clock:
    """Raise ValueError with what may help these times to a step."""
    whose, cure = "y" if key is None else f"series {key.tolist()[0]!r}", "number the rows"
    if isinstance(times, pd.DatetimeIndex):
        whose = f"the dates of {whose} up to {times[-1]}"
        if (step := usual_step(times)) is not None:
            cure = f"{_cure(times, step, 0 if key is None else key.nlevels)}; or number the rows"
        elif times.tz is not None:
            cure = "take the time zone off, tz_localize(None), or number the rows"
    else:
        whose = f"the distances of the times of {whose} up to {times[-1]}"
    raise ValueError(f"{whose} must follow one step, or those of a forecast are unknown: {cure}")


def _cure(times: pd.DatetimeIndex, step: BaseOffset, n_levels: int) -> str:
    """What gives times the step that leads through them, in a panel of so many levels of labels, or in one series."""
    code = written(step)
    if type(step) is pd.DateOffset and n_levels == 0 and leads_through(step, times):
        return f"set y.index.freq = {code}"
    if type(step) is pd.DateOffset and n_levels > 0:  # a panel's index has no frequency of its own
        return 'y.index = y.index.set_levels(y.index.levels[-1].to_period("M"), level=-1) makes months of them'
    filled = f"y.asfreq({code})" if n_levels == 0 else f"asfreq({code}) of each series" if n_levels > 1 else \
        f"y.groupby(level=0).apply(lambda part: part.droplevel(0).asfreq({code}))"
    return f"{filled} has rows of NaN for those left out"


def ahead_of(fh: ForecastingHorizon, ends: Ends) -> tuple[int, ...]:
    """The horizon in steps after the end of each series, increasing.

    Raises
    ------
    ValueError
        Its times are none that the steps lead to, or not as far ahead of every series.
    NotImplementedError
        It is not after the end, as sktime says it of what forecasts no past.
    """
    steps = {_steps(fh, clock) for clock in ends.apart.values()}
    if len(steps) > 1:
        raise ValueError("an absolute fh must lie as far ahead of every series, and these end at different times: pass "
                         "steps ahead")
    ahead = tuple(sorted(steps.pop()))
    if ahead[0] < 1:
        raise NotImplementedError(f"in-sample forecasts are not made: fh must lie after the end of y, got steps "
                                  f"{list(ahead)}")
    return ahead


def _steps(fh: ForecastingHorizon, clock: Clock) -> tuple[int, ...]:
    times = fh.to_pandas()
    counted = fh.is_relative and not isinstance(times, pd.TimedeltaIndex)  # durations are no steps by themselves
    return tuple(times.tolist() if counted else clock.steps_to(times))


def series_labels(index: Any) -> pd.Index:
    """The label of the series of each row of a panel."""
    return index.droplevel(-1)  # type: ignore[no-any-return] # pandas' stubs know no level by its number


def rows_at(X: pd.Index, index: pd.Index, whose: str) -> np.ndarray:
    """Positions in the index of X of the times of another one.

    Raises
    ------
    ValueError
        X lacks a series, or a time.
    """
    if X.nlevels != index.nlevels:
        raise ValueError(f"X must have the series of y, and has {X.nlevels} levels of index in place of "
                         f"{index.nlevels}: give both as one series, or both with the same levels")
    rows = X.get_indexer(index)
    if (missing := rows < 0).any():
        lost: Any = index[missing]
        first = repr(lost.get_level_values(-1).tolist()[0])
        if isinstance(index, pd.MultiIndex):
            key = series_labels(lost)[:1]
            if not key.isin(series_labels(X)).all():
                raise ValueError(f"X must have the series of y, and lacks {key.tolist()[0]!r}")
            first = f"{first} of series {key.tolist()[0]!r}"
        raise ValueError(f"X must hold {whose}, and lacks {first} ({len(lost)} of {len(index)} in all); it has "
                         f"{len(X)} rows from {plain(X[0])!r} to {plain(X[-1])!r}")
    return rows


def numbers(X: pd.DataFrame) -> np.ndarray:
    """Values as numbers; what is missing is NaN."""
    return X.to_numpy(np.float64, na_value=np.nan)


def future_of(X: pd.DataFrame | None, ends: Ends, exogenous: list[Any], most: int) -> np.ndarray:
    """What is known of the steps after the end of each series, (n, most, columns).

    Raises
    ------
    ValueError
        There is no `X`, or it has other columns than `exogenous`, or lacks a series, a step, or a value.
    """
    if X is None:
        raise ValueError("the future of X was read in fit: a forecast needs X with columns "
                         f"{exogenous} for the steps to be forecast; or fit with future_X=False")
    if labels_of(X) != exogenous:
        raise ValueError(f"X must have the columns seen in fit, {shown(exogenous)}, got {shown(labels_of(X))}")
    index = ends.after(range(1, most + 1))
    values = numbers(X)[rows_at(X.index, index, "every step up to the last that is forecast")]
    if len(bad := np.flatnonzero(~np.isfinite(values).all(axis=1))):
        raise ValueError(f"what X says of the future must be finite, and holds NaN or infinity at {index[bad[0]]}")
    return values.reshape(len(ends.clocks), most, -1)


def horizon_of(fh: Any) -> ForecastingHorizon:
    """Return what a user passes as fh as sktime's object, one of our own: sktime writes a frequency into it."""
    try:
        fh = fh if isinstance(fh, ForecastingHorizon) else ForecastingHorizon(fh)
    except TypeError:
        raise TypeError("fh must hold steps ahead, whole numbers or durations, or times like those of y, got "
                        f"{plain(fh)!r}") from None
    return check_fh(ForecastingHorizon(fh.to_pandas(), is_relative=fh.is_relative))


def shown_fh(fh: ForecastingHorizon) -> str:
    """Steps or times as an error shows them: a few."""
    return shown(fh.to_pandas().tolist())
