"""Forecasting tasks: their data, how it is cut, and in what it is scored."""

from functools import partial
from typing import Any

import numpy as np

from tsattn.benchmark.forecasting import ForecastTask
from tsattn.benchmark.series import Series

SML_TRAIN = 3600  # published rows of both segments together
SML_TARGET = "Temperature_Comedor_Sensor"
ETT_TRAIN, ETT_TEST, ETT_END = 8640, 11520, 14400  # hours: 12 months, after 4 more, after 4 more
SAMPLE_SEED = 0  # of the series that slow forecasters are tried on: part of the protocol
ETT_HORIZONS = (96, 192, 336, 720)


def sml2010() -> Any:
    """SML2010 (Zamora-Martínez et al. 2014), the dining room's temperature a quarter of an hour ahead, in °C.

    All columns that vary are given, 19 of 22; one is scored. Both training segments are given apart. Rows of the test
    part stand end to end: the two that the publisher lacks (2 May 2012, 3:00 and 4:45) are neither made up nor scored.
    """
    from tsattn.datasets import load_sml2010

    panel = load_sml2010()
    train = panel.iloc[:SML_TRAIN]
    varying = train.columns[train.std() > 0]
    last = panel[varying].loc[panel.index[-1][0]]
    return Series(train[varying], last, horizon=1, first=SML_TRAIN - (len(panel) - len(last)), scored=(SML_TARGET,),
                  season=1)


def etth1(horizon: int = 96) -> Any:
    """ETTh1 (Zhou et al. 2021): 12 months to learn from, 4 to forecast after 4 between; errors in z-scores.

    Forecasts start at every hour of the test part from which all of the horizon lies in it, and look back into the
    months before it. The oil temperature is the target of residuals; all 7 columns are scored.
    """
    from tsattn.datasets import load_ett

    y = load_ett().iloc[:ETT_END]
    y = y[["OT", *y.columns.drop("OT")]]
    return Series(y.iloc[:ETT_TRAIN], y, horizon=horizon, first=ETT_TEST, season=24, unit="z", leading="mse")


def m4(frequency: str = "hourly", sample: int | None = None) -> Any:
    """M4's hourly or weekly series (Makridakis et al. 2020), each forecast once, 48 hours or 13 weeks on.

    Seasons are 24 hours, and 1 week, as the competition counts them. With a `sample` so many series, the same always.
    """
    from tsattn.datasets import load_m4

    train, test = load_m4(frequency, "train"), load_m4(frequency, "test")
    if sample is not None:
        names = train.index.get_level_values(0).unique()
        kept = names[np.sort(np.random.default_rng(SAMPLE_SEED).choice(len(names), sample, replace=False))]
        train, test = train.loc[kept], test.loc[kept]
    return Series(train, test, horizon=len(test) // len(test.index.get_level_values(0).unique()),
                  season={"hourly": 24, "weekly": 1}[frequency], leading="owa")


SML = ForecastTask("sml2010", sml2010, about="one step of 15 minutes ahead; rows 0-3599 / 3600-4136")
ETT = tuple(ForecastTask(f"etth1-{horizon}", partial(etth1, horizon), about=f"{horizon} hours ahead; 12/4/4 months")
            for horizon in ETT_HORIZONS)
M4 = tuple(ForecastTask(f"m4-{frequency}", partial(m4, frequency), about=f"{what} ahead, from the end of each series")
           for frequency, what in (("hourly", "48 hours"), ("weekly", "13 weeks")))
M4_SAMPLES = tuple(ForecastTask(f"m4-{frequency}-50", partial(m4, frequency, 50), about="50 of the series")
                   for frequency in ("hourly", "weekly"))
