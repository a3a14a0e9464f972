"""The times of series to forecast, and what stands at them."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sktime.forecasting.base import ForecastingHorizon

Ends = list[tuple[Any, pd.Index]]


def labels_of(frame: pd.DataFrame | None) -> list[Any]:
    """The columns' labels; none of None."""
    return [] if frame is None else list(frame.columns)


def ends_of(y: pd.DataFrame) -> Ends:
    """Key and last time of each series, an index of one time with its frequency; the key of a single one is None."""
    if not isinstance(y.index, pd.MultiIndex):
        return [(None, _with_step(y.index)[-1:])]
    levels = list(range(y.index.nlevels - 1))
    parts = y.groupby(level=levels if len(levels) > 1 else 0, sort=False)
    return [(key, _with_step(part.index.get_level_values(-1))[-1:]) for key, part in parts]


def _with_step(times: pd.Index) -> pd.Index:
    """Times with their frequency, where they have none and it can be seen."""
    if not isinstance(times, pd.DatetimeIndex) or times.freq is not None or len(times) < 3:
        return times
    step = pd.infer_freq(times)
    return times if step is None else pd.DatetimeIndex(times, freq=step)


def check_steps(ends: Ends) -> None:
    """Raise ValueError where dates have no step, so that nobody knows which come after them."""
    for end in _apart(ends).values():
        if isinstance(end, pd.DatetimeIndex) and end.freq is None:
            raise ValueError(f"the dates of y up to {end[0]} must follow one step, or those of a forecast are unknown: "
                             'give y.asfreq("D"), or whatever the step is (values may be missing, NaN), or number the '
                             "rows")


def _apart(ends: Ends) -> dict[Any, pd.Index]:
    """One end for each time at which series end, of many; with a frequency, if one of them has it."""
    ordered = sorted((end for _, end in ends), key=lambda end: getattr(end, "freq", None) is not None)
    return {end[0]: end for end in ordered}


def ahead_of(fh: ForecastingHorizon, ends: Ends) -> tuple[int, ...]:
    """The horizon in steps after the end of each series, increasing."""
    check_steps(ends)
    steps = {_steps(fh, end) for end in _apart(ends).values()}
    if len(steps) > 1:
        raise ValueError("an absolute fh must lie as far ahead of every series, and these end at different times: pass "
                         "steps ahead")
    ahead = tuple(sorted(steps.pop()))
    if ahead[0] < 1:
        raise ValueError(f"fh must lie after the end of y, got steps {list(ahead)}")
    return ahead


def _steps(fh: ForecastingHorizon, end: pd.Index) -> tuple[int, ...]:
    if isinstance(fh.to_pandas(), pd.TimedeltaIndex):  # durations are not counted in steps by themselves
        fh = fh.to_absolute(end)
    return tuple(int(step) for step in fh.to_relative(end).to_numpy())


def future_of(X: pd.DataFrame | None, ends: Ends, exogenous: list[Any], most: int) -> np.ndarray:
    """What is known of the steps after the end of each series, (n, most, columns).

    Raises
    ------
    ValueError
        There is no `X`, or it has other columns than `exogenous`, or lacks a step, or a value.
    """
    if X is None:
        raise ValueError("the future of X was read in fit: a forecast needs X with columns "
                         f"{exogenous} for the steps to be forecast; or fit with future_X=False")
    if labels_of(X) != exogenous:
        raise ValueError(f"X must have the columns seen in fit, {exogenous}, got {labels_of(X)}")
    found = []
    horizon = ForecastingHorizon(range(1, most + 1))
    for key, end in ends:
        whose = "" if key is None else f" of series {key!r}"
        own = X if key is None else X.xs(key, level=list(range(X.index.nlevels - 1)))
        steps = horizon.to_absolute_index(end)
        missing = steps.difference(own.index)
        if len(missing):
            raise ValueError(f"X must hold every step up to the last that is forecast, and lacks {missing[0]!r}{whose}")
        values = own.loc[steps].to_numpy(dtype=np.float64)
        if not np.isfinite(values).all():
            raise ValueError(f"what X says of the future{whose} must be finite, and holds NaN or infinity")
        found.append(values)
    return np.stack(found)


def forecast_frame(values: np.ndarray, ends: Ends, names: Sequence[Hashable], fh: ForecastingHorizon, columns: pd.Index
                   ) -> pd.DataFrame:
    """Values (n, ahead, columns) at the times of fh after the end of each series, as sktime has them.

    `names` are those of the levels of the index.
    """
    after: dict[Any, pd.Index] = {time: fh.to_absolute_index(end) for time, end in _apart(ends).items()}
    index: pd.Index = after[ends[0][1][0]]
    if ends[0][0] is not None:
        keys = [key if isinstance(key, tuple) else (key,) for key, _ in ends]
        index = pd.MultiIndex.from_tuples(
            [(*key, time) for key, (_, end) in zip(keys, ends, strict=True) for time in after[end[0]]],
            names=list(names))
    return pd.DataFrame(values.reshape(-1, values.shape[2]), index=index, columns=columns)
