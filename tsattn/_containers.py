"""What is wrong with a container of series that sktime refuses: one sentence, where sktime lists all that it takes."""

from typing import Any

import numpy as np
import pandas as pd

from tsattn._panel import ACCEPTED, Panel


def refusal(X: Any, *, panel: bool) -> Exception | None:
    """The error to raise for `X`; None where nothing is found to be wrong with it.

    `panel`: whether series must stand under an index of instance and time; else a single one may be given as well.

    Examples
    --------
    >>> refusal(np.zeros(3), panel=True)
    TypeError('X must be an array of shape (instances, channels, time), got an array of shape (3,)')
    >>> refusal(np.zeros((2, 1, 3)), panel=True) is None
    True
    """
    if isinstance(X, pd.DataFrame):
        return _of_frame(X, panel)
    if isinstance(X, np.ndarray):
        return _of_array(X, panel)
    if isinstance(X, list):
        return _of_list(X)
    if isinstance(X, pd.Series) and (panel or isinstance(X.index, pd.MultiIndex)):
        return TypeError("X must be a DataFrame, a column a channel, got a Series; pass X.to_frame()")
    if isinstance(X, pd.Series):
        return _of_frame(X.to_frame("x"), panel)
    return _other(f"got {_called(X)}")


def _called(X: Any) -> str:
    return "None" if X is None else type(X).__name__


def _other(found: str) -> TypeError:
    return TypeError(f"X must be {ACCEPTED}, {found}")


def _of_array(X: np.ndarray, panel: bool) -> Exception | None:
    if X.size == 0:
        return ValueError(f"X must have at least 1 instance, 1 channel and 1 time point, got shape {X.shape}")
    if X.ndim not in ((2, 3) if panel else (1, 2, 3)):
        return TypeError(f"X must be an array of shape (instances, channels, time), got an array of shape {X.shape}")
    return None if X.dtype.kind in "biuf" else _other(f"got an array of {X.dtype}")


def _of_list(X: list[Any]) -> Exception | None:
    if not X:
        return ValueError("X must have at least 1 instance, got an empty list")
    for position, one in enumerate(X):
        if not isinstance(one, pd.DataFrame):
            return TypeError(f"X must be a list of DataFrames, one an instance, or no list: got {_called(one)} at "
                             f"position {position}")
        wrong = _of_frame(one, panel=False)
        if wrong is not None:
            return type(wrong)(f"{wrong}, in the frame at position {position}")
    return None


def _of_frame(X: pd.DataFrame, panel: bool) -> Exception | None:
    if min(X.shape) == 0:
        return ValueError(f"X must have at least 1 row and 1 column, got shape {X.shape}")
    if not X.columns.is_unique:
        return ValueError(f"X must have each column once, {X.columns[X.columns.duplicated()].tolist()[0]!r} stands "
                          "twice")
    if not isinstance(X.index, pd.MultiIndex):
        if _is_nested(X):
            return None
        if panel:
            return TypeError("the index of X must hold instance and time, got one of times or rows alone; pass "
                             "pd.concat({'a': X}) of a single series, X.to_numpy()[:, None] of one in each row")
    elif X.index.nlevels < 2 or (panel and X.index.nlevels > 2):
        return TypeError(f"the index of X must have 2 levels, instance and time, got {X.index.nlevels}: "
                         f"{list(X.index.names)}")
    elif (X.index.codes[0] < 0).any():
        return ValueError("the instances of X must have names, found a missing one in row "
                          f"{int(np.argmax(X.index.codes[0] < 0))}")
    return _of_times(X.index) or _read(X)


def _is_nested(X: pd.DataFrame) -> bool:
    """Whether each cell holds a series."""
    return all(isinstance(cell, pd.Series | np.ndarray) for cell in X.iloc[0])


def _of_times(index: pd.Index) -> Exception | None:
    times = index.get_level_values(-1)
    if times.hasnans:
        return ValueError(f"the times of X must not be missing, found {times[times.isna()][0]} in row "
                          f"{int(np.argmax(times.isna()))}")
    known = isinstance(times, pd.DatetimeIndex | pd.TimedeltaIndex | pd.PeriodIndex)
    if known or pd.api.types.is_integer_dtype(times):
        return None
    return TypeError(f"the times of X must be integers, dates, durations or periods, got {times.dtype}; number the "
                     "rows of each series, or convert them: pd.to_timedelta(times, unit='s')")


def _read(X: pd.DataFrame) -> Exception | None:
    """What reading the frame runs into."""
    try:
        Panel.from_sktime(X).check_times()
    except (ValueError, TypeError) as error:
        return error
    return None
