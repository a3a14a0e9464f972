"""Regression tasks: series with a number each."""

from itertools import chain

import numpy as np
import pandas as pd

from tsattn.benchmark.data import Data
from tsattn.benchmark.panels import RegressionTask

DAY, AHEAD, EVERY = 96, 12, 4  # rows of 15 minutes: what is read, what is answered for, and from window to window


def covid3month() -> Data:
    """Covid3Month (Tan et al. 2021), the copy inside sktime: 140 + 61 countries, 84 days of cases; deaths a case."""
    from sktime.datasets import load_covid_3month
    from sktime.datatypes import convert_to

    parts = [load_covid_3month(split=part) for part in ("train", "test")]
    return Data.joined(*((convert_to(X, "pd-multiindex"), np.asarray(y, dtype=np.float64)) for X, y in parts))


def sml2010_hours() -> Data:
    """SML2010 (Zamora-Martínez et al. 2014): from 24 hours of 19 columns, the dining room's mean of the next 3 hours.

    A window begins every hour, and lies with its target in one segment. Those whose target ends before row 3600 are to
    train, those whose target begins there or later to test.
    """
    from tsattn.benchmark.forecast_tasks import sml2010

    series = sml2010()
    early = series.blocks[0]
    late = series.y.to_numpy(np.float64)
    return windows({"2012-03": (early, len(early)), "2012-04": (late, series.first)}, series.y.columns)


def windows(segments: dict[str, tuple[np.ndarray, int]], columns) -> Data:
    """Windows of (rows, columns) arrays, each with the number of its rows to train on; targets are of column 0."""
    parts = list(chain.from_iterable(_of(name, *segment) for name, segment in segments.items()))
    X = pd.concat({name: pd.DataFrame(past, columns=columns) for name, past, _, _ in parts}, names=["instance", "time"])
    return Data(X, np.array([target for _, _, target, _ in parts]), np.array([early for *_, early in parts]))


def _of(segment: str, rows: np.ndarray, n_train: int):
    for start in range(0, len(rows) - DAY - AHEAD + 1, EVERY):
        first = start + DAY
        early, late = first + AHEAD <= n_train, first >= n_train
        if early or late:
            yield f"{segment}-{start:04}", rows[start:first], float(rows[first : first + AHEAD, 0].mean()), early


HOURS = RegressionTask("sml2010-hours", sml2010_hours, steps=DAY, about="the next 3 hours' mean, °C, from 24 hours")
COVID = RegressionTask("covid3month", covid3month, steps=84, about="deaths a case, by country")
