"""Indoor temperature of a solar house (UCI 274), every 15 minutes, in two stretches of time.

Zamora-Martínez, Romeu, Botella-Rocamora & Pardo, "On-line learning of indoor temperature forecasting models towards
energy efficiency", Energy and Buildings 83, 2014.
"""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from tsattn._checks import check_one_of
from tsattn.datasets._containers import SPLITS
from tsattn.datasets._sources import Source, locate, read
from tsattn.datasets._text import parse_table, parse_times, split_lines

PUBLISHER = "https://archive.ics.uci.edu/dataset/274"
URL = "https://archive.ics.uci.edu/static/public/274/sml2010.zip"
SOURCES = {  # by segment, in the order of time; the ids sort in it too
    "2012-03": Source("sml2010/NEW-DATA-1.T15.txt", PUBLISHER,
                      "bd5a4c4f1f6a0652258179c9963fb5c90885eedee4a981617898c18d6b5c4541", URL, "NEW-DATA-1.T15.txt"),
    "2012-04": Source("sml2010/NEW-DATA-2.T15.txt", PUBLISHER,
                      "1c008643381903a51557a0599cbd7706ae71b07f2d449d165b17f13b6e12a97e", URL, "NEW-DATA-2.T15.txt"),
}
N_TRAIN = 3600  # rows of both segments together
N_COLUMNS = 24  # date and time, then the variates
STEP = timedelta(minutes=15)
GAPS = [STEP, 2 * STEP]  # two rows are missing
RETURN_TYPES = ("pd-multiindex", "df-list", "pd.DataFrame")


def load_sml2010(split: str | None = None, return_type: str | None = None, *, regular: bool = False) -> Any:
    """Load the indoor temperatures: 2764 and 1373 quarters of an hour, 22 variates.

    6 days and 17.5 hours lie between the two segments. Every container but "pd.DataFrame" keeps them apart, so that no
    window reaches across. The second segment lacks 2 May, 3:00 and 4:45.

    Parameters
    ----------
    split : {None, "train", "test"}, default=None
        By time: "train" is the first 3600 rows (the first segment and 836 rows of the second), "test" the last 537.
    return_type : {"pd-multiindex", "df-list", "pd.DataFrame"}, default="pd-multiindex"
        "pd-multiindex" is a panel whose instances are the segments "2012-03" and "2012-04", over (segment, time);
        "df-list" a list of frames, one a segment; "pd.DataFrame" one frame whose index has the gap.
    regular : bool, default=False
        Whether to put in the two missing rows, by linear interpolation. Then the frames of "df-list" have a frequency,
        which forecasters ask for; otherwise the first has.

    Returns
    -------
    container of `return_type`
        The publisher's column names, units °C, %, ppm, lux, W/m². The usual target is `Temperature_Comedor_Sensor`
        (dining room); `Temperature_Habitacion_Sensor` (bedroom) follows it at r = 0.995. `Exterior_Entalpic_1`, `_2`
        and `_turbo` are constant. `Day_Of_Week` counts from 1, Monday.

    Raises
    ------
    DatasetNotFoundError
        A file is not on this machine and cannot be downloaded.
    ValueError
        An argument is unknown, or a file is malformed.

    Examples
    --------
    >>> from tsattn.datasets import load_sml2010
    >>> first, second = load_sml2010(return_type="df-list")
    >>> len(first), len(second), first.index.freqstr
    (2764, 1373, '15min')
    """
    import pandas as pd

    check_one_of("split", split, SPLITS)
    kind = check_one_of("return_type", return_type or RETURN_TYPES[0], RETURN_TYPES)
    segments, before = {}, 0
    for name, source in SOURCES.items():
        path = locate(source)
        frame = parse_sml(read(path), str(path))
        edge = min(max(N_TRAIN - before, 0), len(frame))
        before += len(frame)
        kept = {None: frame, "train": frame.iloc[:edge], "test": frame.iloc[edge:]}[split]
        if len(kept):
            segments[name] = kept.asfreq("15min").interpolate() if regular else kept
    if kind == "df-list":
        return list(segments.values())
    if kind == "pd.DataFrame":
        return pd.concat(segments.values())
    return pd.concat(segments, names=["segment", "time"])


def parse_sml(content: bytes, where: str) -> Any:
    """The frame of one file, over its times. The header's first word is a lone `#`, not a column."""
    import pandas as pd

    lines = split_lines(content)
    columns = [word.partition(":")[2] for word in lines[0].split()[1:]]
    if not lines[0].startswith("#") or len(columns) != N_COLUMNS or columns[:2] != ["Date", "Time"]:
        raise ValueError(f"{where}, line 1: must be '#' and {N_COLUMNS} names such as 1:Date, got {lines[0][:40]!r}")
    rows = [(line.split(maxsplit=2), number) for number, line in enumerate(lines[1:], 2) if line.strip()]
    numbers = [number for _, number in rows]
    for fields, number in rows:
        if len(fields) < 3:
            raise ValueError(f"{where}, line {number}: a line must hold a date, a time and {N_COLUMNS - 2} numbers")
    times = parse_times([f"{fields[0]} {fields[1]}" for fields, _ in rows], numbers, "%d/%m/%Y %H:%M", GAPS, where)
    values = parse_table([fields[2] for fields, _ in rows], numbers, N_COLUMNS - 2, where)
    index = pd.DatetimeIndex(np.array(times, dtype="datetime64[s]"), name="time")
    frame = pd.DataFrame(values, index=index, columns=columns[2:])
    if all(later - time == STEP for time, later in pairwise(times)):
        return frame.asfreq("15min")
    return frame
