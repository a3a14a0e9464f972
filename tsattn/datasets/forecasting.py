"""Series to forecast: electricity transformer temperature, exchange rates, the hourly and weekly part of M4.

Zhou et al., "Informer", AAAI 2021 (ETT); Lai et al., "Modeling long- and short-term temporal patterns with deep neural
networks", SIGIR 2018 (exchange rates); Makridakis, Spiliotis & Assimakopoulos, "The M4 competition", Int. J.
Forecasting 36, 2020.
"""

import csv
from datetime import timedelta
from typing import Any

import numpy as np

from tsattn._checks import check_one_of
from tsattn.datasets._containers import SPLITS, Labelled
from tsattn.datasets._sources import Source, locate, read
from tsattn.datasets._text import check_line, parse_table, parse_times, split_lines

ETT = Source("ett/ETTh1.csv", "https://github.com/zhouhaoyi/ETDataset",
             "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066",
             "https://raw.githubusercontent.com/zhouhaoyi/ETDataset/main/ETT-small/ETTh1.csv")
ETT_COLUMNS = ["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"]
MONTH = 30 * 24  # hours, as the papers count them
ETT_ROWS = {
    None: (0, None),
    "train": (0, 12 * MONTH),
    "validation": (12 * MONTH, 16 * MONTH),
    "test": (16 * MONTH, 20 * MONTH),
}
EXCHANGE = Source("exchange_rate/exchange_rate.txt", "https://github.com/laiguokun/multivariate-time-series-data",
                  "0127465b51e3cd3c360f8eb2be30cfd294689a2a55903eb8245aafc396626c7f",
                  "https://raw.githubusercontent.com/laiguokun/multivariate-time-series-data/master/exchange_rate/"
                  "exchange_rate.txt.gz")
COUNTRIES = ["australia", "britain", "canada", "switzerland", "china", "japan", "new_zealand", "singapore"]
PARTS = (None, "train", "validation", "test")
M4_PAGE = "https://github.com/Mcompetitions/M4-methods"
M4_RAW = "https://raw.githubusercontent.com/Mcompetitions/M4-methods/master/Dataset"
M4 = {
    ("hourly", "train"): "ea59b7783573c49077a835ab6465c7d66f1474783360f310988a9a737fbca62f",
    ("hourly", "test"): "71a57fccb15e534d973626ada4fb87febf789e9317715b7cc6dd3b5f90db6f42",
    ("weekly", "train"): "d478d3f6ed673e6ed3c2cb0fbed5425f72eedd51318ebebeb0b5ecfcefc37714",
    ("weekly", "test"): "3b2bc4be8e636e802260dcd843ca3c5da40536a1fbe1ecb3229a97dae4f44688",
}


def load_ett(split: str | None = None) -> Any:
    """Load ETTh1: load and oil temperature of an electricity transformer, 17420 hours, 7 variates.

    Parameters
    ----------
    split : {None, "train", "validation", "test"}, default=None
        Of the first 20 months of 30 days each: 12, 4 and 4. None is all 17420 hours. A part does not hold the hours
        before it that a forecaster looks back on.

    Returns
    -------
    pandas DataFrame
        Over a DatetimeIndex of hourly frequency; the last column, `OT`, is the oil temperature (°C).

    Raises
    ------
    DatasetNotFoundError
        The file is not on this machine and cannot be downloaded.
    ValueError
        The split is unknown, or the file is malformed.

    Examples
    --------
    >>> from tsattn.datasets import load_ett
    >>> load_ett("train").shape
    (8640, 7)
    """
    first, last = ETT_ROWS[check_one_of("split", split, PARTS)]
    path = locate(ETT)
    return parse_ett(read(path), str(path)).iloc[first:last]


def parse_ett(content: bytes, where: str) -> Any:
    """The frame of the whole file."""
    import pandas as pd

    lines = split_lines(content)
    if lines[0].split(",") != ["date", *ETT_COLUMNS]:
        raise ValueError(f"{where}, line 1: must be 'date,{','.join(ETT_COLUMNS)}', got {lines[0][:60]!r}")
    rows = [(line.partition(","), number) for number, line in enumerate(lines[1:], 2) if line.strip()]
    numbers = [number for _, number in rows]
    times = parse_times([row[0] for row, _ in rows], numbers, "%Y-%m-%d %H:%M:%S", [timedelta(hours=1)], where)
    values = parse_table([row[2] or "," for row, _ in rows], numbers, len(ETT_COLUMNS), where, delimiter=",")
    index = pd.DatetimeIndex(np.array(times, dtype="datetime64[s]"), name="date")
    return pd.DataFrame(values, index=index, columns=ETT_COLUMNS).asfreq("h")


def load_exchange_rate(split: str | None = None) -> Any:
    """Load the exchange rates of eight currencies to the US dollar: 7588 days.

    Parameters
    ----------
    split : {None, "train", "validation", "test"}, default=None
        By time: 5311, 760 and 1517 days (70, 10 and 20 per cent).

    Returns
    -------
    pandas DataFrame
        Over the number of the day, counted from 0. The publisher gives no dates: 7588 days fit neither the calendar
        nor the working days of the years 1990 to 2016 that the paper names.

    Raises
    ------
    DatasetNotFoundError
        The file is not on this machine and cannot be downloaded.
    ValueError
        The split is unknown, or the file is malformed.

    Examples
    --------
    >>> from tsattn.datasets import load_exchange_rate
    >>> load_exchange_rate("test").shape
    (1517, 8)
    """
    check_one_of("split", split, PARTS)
    path = locate(EXCHANGE)
    frame = parse_exchange(read(path), str(path))
    n_train, n_test = len(frame) * 7 // 10, len(frame) * 2 // 10
    ends = {None: (0, None), "train": (0, n_train), "validation": (n_train, len(frame) - n_test),
            "test": (len(frame) - n_test, None)}
    first, last = ends[split]
    return frame.iloc[first:last]


def parse_exchange(content: bytes, where: str) -> Any:
    """The frame of the whole file."""
    import pandas as pd

    lines = [(line, number) for number, line in enumerate(split_lines(content), 1) if line.strip()]
    values = parse_table([line for line, _ in lines], [number for _, number in lines], len(COUNTRIES), where,
                         delimiter=",")
    return pd.DataFrame(values, columns=COUNTRIES).rename_axis("day")


def load_m4(frequency: str = "hourly", split: str | None = None, return_type: str | None = None) -> Any:
    """Load the hourly (414) or the weekly (359) series of the M4 competition.

    Parameters
    ----------
    frequency : {"hourly", "weekly"}, default="hourly"
    split : {None, "train", "test"}, default=None
        "test" is the horizon that was to be forecast, 48 hours or 13 weeks; its times go on where the training part
        ends. None is both, one after the other.
    return_type : {"pd-multiindex", "df-list", "nested_univ", "numpy3D"}, default="pd-multiindex"
        Container; "numpy3D" for the test part alone. Only "pd-multiindex" carries the times.

    Returns
    -------
    container of `return_type`
        One variate, "value". Ids are the competition's, "H1" or "W1" and on; times count from 0.

    Raises
    ------
    DatasetNotFoundError
        A file is not on this machine and cannot be downloaded.
    ValueError
        An argument is unknown, or a file is malformed.

    Examples
    --------
    >>> from tsattn.datasets import load_m4
    >>> load_m4("weekly", "test").shape
    (4667, 1)
    """
    check_one_of("frequency", frequency, ("hourly", "weekly"))
    check_one_of("split", split, SPLITS)
    parts = {part: _m4_part(frequency, part) for part in ("train", "test")}
    if list(parts["train"]) != list(parts["test"]):
        raise ValueError(f"the training and the test file of M4, {frequency}, must hold the same series")
    names = list(parts["train"])
    taken = ["train", "test"] if split is None else [split]
    blocks = [np.concatenate([parts[part][name] for part in taken])[:, None] for name in names]
    starts = [len(parts["train"][name]) if split == "test" else 0 for name in names]
    return Labelled.join(names, blocks, ["value"], names).deliver(True, return_type, starts)[0]


def m4_source(frequency: str, part: str) -> Source:
    """The file of a frequency's training or test part."""
    file = f"{frequency.capitalize()}-{part}.csv"
    return Source(f"m4/{file}", M4_PAGE, M4[frequency, part], f"{M4_RAW}/{part.capitalize()}/{file}")


def _m4_part(frequency: str, part: str) -> dict[str, np.ndarray]:
    path = locate(m4_source(frequency, part))
    return parse_m4(read(path), str(path))


def parse_m4(content: bytes, where: str) -> dict[str, np.ndarray]:
    """The series by name. A line is filled up with empty fields behind its last value."""
    series: dict[str, np.ndarray] = {}
    reader = csv.reader(split_lines(content)[1:], strict=True)
    try:
        for row in reader:
            if row:
                _add_m4(row, reader.line_num + 1, series, where)
    except csv.Error as error:
        raise ValueError(f"{where}, line {reader.line_num + 1}: {error}") from error
    return series


def _add_m4(row: list[str], number: int, series: dict[str, np.ndarray], where: str) -> None:
    name, *fields = row
    while fields and fields[-1] in {"", "NA"}:
        fields.pop()
    if not name or name in series or not fields:
        raise ValueError(f"{where}, line {number}: a line must hold a new name and its values, got {name[:40]!r}")
    try:
        values = np.array(fields, dtype=np.float64)
    except ValueError:
        values = np.full(1, np.nan)
    if not np.isfinite(values).all() or any("_" in field for field in fields):
        check_line(",".join(fields), number, len(fields), where, delimiter=",")
        raise ValueError(f"{where}, line {number}: not a line of numbers")
    series[name] = values
