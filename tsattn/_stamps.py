"""Time stamps of series: whether they advance, and whether by one and the same step."""

from itertools import pairwise

import numpy as np
import pandas as pd

ROUNDED = 4 * np.finfo(np.float64).eps  # rounding error of a step between times that are floats, relative to them


def numbered(times: pd.Index) -> np.ndarray:
    """Times as numbers in the same order: a later time is a larger number."""
    if isinstance(times, pd.DatetimeIndex | pd.TimedeltaIndex | pd.PeriodIndex):
        return times.asi8
    return times.to_numpy() if times.dtype.kind in "iu" else times.to_numpy(dtype=np.float64)


def first_not_later(times: pd.Index, offsets: np.ndarray) -> int | None:
    """The first row that is not later than the one before it in its series; None if all are.

    Examples
    --------
    >>> first_not_later(pd.Index([0, 1, 0, 1, 1]), np.array([0, 2, 5])), first_not_later(pd.Index([0]), np.array([0]))
    (4, None)
    """
    values = numbered(times)
    not_later = values[1:] <= values[:-1]
    not_later[offsets[1:-1] - 1] = False  # the first row of a series has none before it
    return int(np.argmax(not_later)) + 1 if not_later.any() else None


def first_uneven(times: pd.Index, offsets: np.ndarray) -> int | None:
    """The first row that follows by another step than the usual one; None if all have one step.

    The steps of a calendar count as equal: months for instance, whatever day each series begins on, days across a
    change of the clock, and working days.

    Examples
    --------
    >>> offsets = np.array([0, 4])
    >>> first_uneven(pd.Index([0, 1, 2, 4]), offsets), first_uneven(pd.Index([0, 5, 10, 15]), offsets)
    (3, None)
    """
    within = np.ones(max(len(times) - 1, 0), dtype=bool)
    within[offsets[1:-1] - 1] = False
    values = numbered(times)
    uneven = _uneven(values, within)
    if uneven is None or not isinstance(times, pd.DatetimeIndex):
        return uneven
    local = times.tz_localize(None)
    if _uneven(local.asi8, within) is None or _follow_the_calendar(local, within):
        return None
    return None if _have_one_calendar(times, offsets) else uneven


def _uneven(values: np.ndarray, within: np.ndarray) -> int | None:
    steps = np.diff(values)[within]
    if not len(steps):
        return None
    rounding = ROUNDED * np.abs(values).max() if values.dtype.kind == "f" else 0.0
    usual = steps[0] if np.isclose(steps, steps[0], rtol=1e-6, atol=rounding).mean() > 0.5 else np.median(steps)
    same = np.isclose(steps, usual, rtol=1e-6, atol=rounding)
    return None if same.all() else int(np.flatnonzero(within)[np.argmin(same)]) + 1


def _follow_the_calendar(times: pd.DatetimeIndex, within: np.ndarray) -> bool:
    """Whether all advance by so many whole months, or by one working day."""
    days = times.to_numpy().astype("datetime64[D]")
    if _uneven((times - times.normalize()).asi8, within) is not None:  # the time of the day drifts
        return False
    months = times.year.to_numpy() * 12 + times.month.to_numpy()
    steps = np.diff(months)[within]
    if len(steps) and steps[0] > 0 and (steps == steps[0]).all():
        same_day = np.diff(times.day.to_numpy())[within] == 0
        ends = times.is_month_end
        return bool((same_day | (ends[1:] & ends[:-1])[within]).all())
    at_work = np.is_busday(days)
    return bool(at_work.all() and (np.busday_count(days[:-1], days[1:])[within] == 1).all())


def _have_one_calendar(times: pd.DatetimeIndex, offsets: np.ndarray) -> bool:
    """Whether all advance by the same step of a calendar; two moments alone do not tell by which, and are passed."""
    known: set[bytes] = set()  # many panels share their times
    steps: set[str] = set()
    for start, end in pairwise(offsets):
        series = times[start:end]
        if len(series) < 3 or series.asi8.tobytes() in known:
            continue
        known.add(series.asi8.tobytes())
        found = pd.infer_freq(series) if series.is_monotonic_increasing else None
        if found is None:
            return False
        steps.add(found.split("-")[0].rstrip("ES"))  # month ends and month starts, and whatever a year begins with
        if len(steps) > 1:
            return False
    return True
