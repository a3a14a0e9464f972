"""What y and X may be: checked before sktime reads them, so that an error names what is wrong, and the cure."""

from typing import Any

import numpy as np
import pandas as pd
from sktime.datatypes import update_data

from tsattn._checks import check_unmasked
from tsattn._panel import Panel
from tsattn.forecasting._steps import kind_of, numbers_of
from tsattn.forecasting._times import rows_at

UNREADABLE = "labels of"  # how `kind_of` begins for what is no time


def check_given(name: str, given: Any, after: Any = None) -> None:
    """Raise unless a container that a user passes as y or X holds numbers at times that increase.

    Containers of other libraries are left to sktime. `after` is the time that new ones come after, where there is one.

    Raises
    ------
    TypeError
        It is no container of series, or holds other than real numbers, or its index is none of times.
    ValueError
        It is empty, or a column or a time stands twice, or times do not increase, or a label is missing.
    """
    check_unmasked(name, given, f"give gaps as NaN: {name}.filled(np.nan)")
    if isinstance(given, np.ndarray):
        if given.dtype.kind not in "biuf" or not 1 <= given.ndim <= 3:
            cure = _with_times(after) if given.ndim == 0 else _counted(given.dtype) if given.dtype.kind == "c" else ""
            raise TypeError(f"{name} must be an array of real numbers with 1 to 3 axes, got {given.dtype} of shape "
                            f"{given.shape}{cure and ': '}{cure}")
    elif isinstance(given, pd.Series) and given.index.nlevels > 1:
        raise TypeError(f"{name} has {given.index.nlevels} levels of index, and several series are read from a "
                        f"DataFrame: pass {name}.to_frame()")
    elif isinstance(given, pd.Series | pd.DataFrame):
        frame = given.to_frame() if isinstance(given, pd.Series) else given
        if not _is_nested(frame):
            check_frame(name, frame)
    elif isinstance(given, list) and given and all(isinstance(part, pd.DataFrame) for part in given):
        for part in given:
            check_frame(name, part)
            if list(part.columns) != list(given[0].columns):
                raise ValueError(f"every frame of {name} must have the same columns, got {list(given[0].columns)} and "
                                 f"{list(part.columns)}")
    elif type(given).__module__ == "builtins" or isinstance(given, np.generic):
        raise TypeError(f"{name} must be of type Series, DataFrame or ndarray, or a list of DataFrames, got "
                        f"{type(given).__name__}: {_with_times(after)}")


def _with_times(after: Any) -> str:
    """How values without times get some."""
    return f"pass pd.Series(values, index=times){'' if after is None else f', of times after {after}'}"


def _is_nested(frame: pd.DataFrame) -> bool:
    """Whether cells hold series, as in one of sktime's containers."""
    return frame.size > 0 and isinstance(frame.iat[0, 0], pd.Series | pd.DataFrame)


def check_frame(name: str, frame: pd.DataFrame, *, ordered: bool = True) -> None:
    """Raise unless a frame has columns of numbers, each under a label of its own, and times as in `check_times`."""
    if len(twice := frame.columns[frame.columns.duplicated()]):
        raise ValueError(f"{name} must have each column once, and {twice.tolist()[0]!r} stands twice")
    if name == "y" and min(frame.shape) == 0:
        raise ValueError(f"y must have at least 1 row and 1 column, got shape {frame.shape}")
    for column, dtype in zip(frame.columns, frame.dtypes, strict=True):
        if getattr(dtype, "kind", "O") not in "biuf":
            raise TypeError(f"{name} must hold real numbers, nothing categorical and no dates, and column {column!r} "
                            f"is of {dtype}: {_counted(dtype)}")
    check_times(name, frame.index, ordered=ordered)


def _counted(dtype: Any) -> str:
    """How values of this type become real numbers."""
    kind = getattr(dtype, "kind", "O")
    if isinstance(dtype, pd.PeriodDtype):
        return 'count it, as in periods.astype("int64")'
    if isinstance(dtype, pd.IntervalDtype):
        return "take its middles, intervals.array.mid"
    if kind == "c":
        return "take np.real or np.abs of it"
    if kind in "mM":
        return f'count it, as in {"(dates - dates.min())" if kind == "M" else "durations"} / pd.Timedelta("1D")'
    return "convert it to float"


def check_times(name: str, index: pd.Index, *, ordered: bool = True) -> None:
    """Raise unless each series of an index has labels, and times that increase or, unless `ordered`, differ."""
    times = index.get_level_values(-1)
    if kind_of(times).startswith(UNREADABLE):
        raise TypeError(f"{name} must be indexed by dates, periods, durations or whole numbers, got {times.dtype} with "
                        f"{times.tolist()[:1]}: {_cure(times)}")
    levels = zip(index.levels[:-1], index.codes[:-1], strict=True) if isinstance(index, pd.MultiIndex) else ()
    if any(level.hasnans or (codes == -1).any() for level, codes in levels):
        raise ValueError(f"each series of {name} must have a label, and one has NaN: name it")
    if times.hasnans:
        raise ValueError(f"the times of {name} must be known, and one is NaT: drop its row")
    if times.dtype == np.uint64 and len(times) and times.max() > np.iinfo(np.int64).max:
        raise ValueError(f"the times of {name} must be whole numbers below 2**63, got {times.max()}")
    if index.has_duplicates:
        twice = index[index.duplicated()].tolist()[0]
        raise ValueError(f"{name} must have each time once, and {twice!r} stands twice")
    if not ordered or len(index) == 0 or (index.nlevels == 1 and index.is_monotonic_increasing):
        return
    panel = Panel.from_sktime(pd.Series(0.0, index))
    numbers = numbers_of(times)
    numbers = numbers if panel.order is None else numbers[panel.order]
    if ((np.diff(numbers) < 0) & (np.diff(panel.instance) == 0)).any():
        raise ValueError(f"the times of {name} must increase: sort them, {name}.sort_index()")


def _cure(times: pd.Index) -> str:
    """How labels become times."""
    first = times.tolist()[0] if len(times) else None
    if isinstance(first, pd.Period):
        return "convert it, pd.PeriodIndex(index)"
    if isinstance(first, str) or hasattr(first, "year"):
        return "convert it, pd.to_datetime(index)"
    return "number the rows, reset_index(drop=True)"


def beside(X: Any, y: Any) -> Any:
    """Return X as it stands beside y: one series beside a panel is repeated for each of its series.

    Raises
    ------
    ValueError
        X has other levels of index than y, or lacks times of it.
    """
    ours, theirs = levels_of(y), levels_of(X)
    if 0 in (ours, theirs) or isinstance(X, list):
        return X
    if ours == theirs:
        if ours == 1:
            rows_at(_index_of(X), _index_of(y), "every time of y")
        return X
    if theirs > 1:
        raise ValueError(f"X must have the series of y, and has {theirs} levels of index in place of {ours}: give both "
                         "as one series, or both with the same levels")
    keys = pd.RangeIndex(len(y)) if isinstance(y, np.ndarray | list) else series_of(y.index)
    return repeated(pd.DataFrame(X), keys)


def repeated(one: pd.DataFrame, keys: pd.Index) -> pd.DataFrame:
    """Return one series under each of several keys."""
    levels = [keys.get_level_values(level).repeat(len(one)) for level in range(keys.nlevels)]
    rows = np.tile(np.arange(len(one)), len(keys))
    index = pd.MultiIndex.from_arrays([*levels, one.index[rows]], names=[*keys.names, one.index.name])
    return one.iloc[rows].set_axis(index)


def series_of(index: pd.Index) -> pd.Index:
    """Labels of the series of a panel's index, in the order in which they first appear."""
    return Panel.from_sktime(pd.Series(0.0, index)).ids


def levels_of(given: Any) -> int:
    """Levels of index that a container stands for; 0 where it is for sktime to say."""
    if isinstance(given, np.ndarray):
        return 2 if given.ndim == 3 else 1
    if isinstance(given, list):
        return 2
    if isinstance(given, pd.Series | pd.DataFrame):
        return 0 if _is_nested(pd.DataFrame(given)) else given.index.nlevels
    return 0


def _index_of(given: Any) -> pd.Index:
    return pd.RangeIndex(len(given)) if isinstance(given, np.ndarray) else given.index


def joined(past: pd.DataFrame, new: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return what was seen with what is new, which is put in place of what stood at its times.

    Raises
    ------
    ValueError
        Its index is of another kind.
    """
    (old, old_zone), (here, zone) = ((kind_of(times), getattr(times, "tz", None)) for times in
                                     (frame.index.get_level_values(-1) for frame in (past, new)))
    if past.index.nlevels != new.index.nlevels or old != here or str(old_zone) != str(zone):
        raise ValueError(f"{name} must have an index as in fit, of {past.index.nlevels} levels with {old} "
                         f"({old_zone}), got {new.index.nlevels} with {here} ({zone})")
    frame: pd.DataFrame = update_data(_without_bools(past), _without_bools(new))
    freq = getattr(past.index, "freq", None)
    if isinstance(frame.index, pd.DatetimeIndex) and freq is not None:  # a calendar of one's own is lost else
        try:
            frame.index = pd.DatetimeIndex(frame.index, freq=freq)
        except ValueError:  # a step is left out
            return frame
    return frame


def _without_bools(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with 0 and 1 for False and True: pandas makes a column of objects of such beside numbers."""
    places = [place for place, dtype in enumerate(frame.dtypes) if getattr(dtype, "kind", "O") == "b"]
    frame = frame.copy() if places else frame
    for place in places:
        frame.isetitem(place, frame.iloc[:, place].astype(np.float64).array)
    return frame
