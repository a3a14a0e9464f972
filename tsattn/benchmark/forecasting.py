"""Forecasting: rows in time, which an estimator learns from once and then forecasts from every cutoff."""

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sktime.forecasting.base import BaseForecaster

from tsattn.benchmark.forecast_scores import OUTSIDE, interval_scores, losses, panel_scores, rolled_scores
from tsattn.benchmark.kinds import Answer, Asked, Kind
from tsattn.benchmark.series import Series
from tsattn.benchmark.suite import Cell, Task

WARM_UP = 400  # rows that an estimator is fitted on before the clock starts, beyond its look-back
EDGES = [OUTSIDE / 2, 1 - OUTSIDE / 2]
FIGURES = 5  # of the losses and residuals in a row


@dataclass(frozen=True)
class ForecastInfo:
    """What a forecaster's maker may know of its task.

    Examples
    --------
    >>> ForecastInfo("etth1", n_train=8640, n_channels=7, horizon=96, season=24, target=6).horizon
    96
    """

    task: str
    n_train: int
    n_channels: int
    horizon: int
    season: int
    target: int  # position of the first scored column


@dataclass(frozen=True)
class ForecastTask(Task):
    """A `Task` whose `load` returns a `Series`; time cuts it, and nothing else does.

    Examples
    --------
    >>> from tsattn.benchmark.forecast_tasks import sml2010
    >>> ForecastTask("sml2010", sml2010).kind.name
    'forecasting'
    """

    def __post_init__(self):
        if self.split != "official":
            raise ValueError(f"a forecasting task has the official split alone, got {self.split!r}")

    @property
    def kind(self) -> Kind:
        """How its cells are computed."""
        return FORECASTING


def _split(series: Series, _task: Task, _fold: int) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(len(series.train)), series.cutoffs


def _info(cell: Cell, series: Series, train: np.ndarray) -> ForecastInfo:
    return ForecastInfo(cell.task.name, len(train), series.train.shape[1], series.horizon, series.season,
                        series.places[0])


def _facts(series: Series, train: np.ndarray, test: np.ndarray) -> Answer:
    return {"kind": "forecasting", "n_train": len(train), "n_test": len(test), "n_series": len(series.blocks),
            "n_channels": series.train.shape[1], "horizon": series.horizon, "season": series.season,
            "scored": list(series.scored), "target": str(series.y.columns[series.places[0]]), "unit": series.unit,
            "rolled": series.first is not None, "leading": series.leading}


def _few(series: Series, _train: np.ndarray) -> tuple[Series, np.ndarray, np.ndarray]:
    short = series.short(WARM_UP + 3 * series.horizon)
    return short, np.arange(len(short.train)), short.cutoffs


def _ask(forecaster: Any, series: Series, _train: np.ndarray, _test: np.ndarray) -> Asked:
    """Fit once, then forecast from every cutoff of the test part, or from the end of every series."""
    if series.first is not None and not hasattr(forecaster, "rolling"):
        raise TypeError(f"a forecaster must have rolling(y, first) to be asked at every row, got a "
                        f"{type(forecaster).__name__}; put it into a SktimeForecaster")
    fh = list(range(1, series.horizon + 1))
    start = perf_counter()
    forecaster.fit(series.train, fh=fh)
    fitted = perf_counter()
    said = forecaster.predict() if series.first is None else forecaster.rolling(series.y, first=series.first)
    done = perf_counter()
    return Asked(_checked(said, series), fitted - start, done - fitted)


def _checked(said: pd.DataFrame, series: Series) -> np.ndarray:
    """Forecasts as (n, horizon, columns).

    Raises
    ------
    ValueError
        There is not one row for each step of each cutoff, at its time, or a value is not finite.
    """
    if series.first is None:
        times = series.y.index
        found = said.index if set(said.index) != set(times) else times
        said = said.reindex(found)  # a forecaster may sort the series
    else:
        ahead = series.cutoffs[:, None] + np.arange(series.horizon)
        times = series.y.index[ahead.ravel()]
        found = said.index.get_level_values(-1)
    if len(found) != len(times) or not (found == times).all():
        raise ValueError(f"a forecaster must answer every step of every cutoff, {len(times)} rows at the times of y, "
                         f"got {len(found)}")
    values = said[series.y.columns].to_numpy(np.float64)
    if not np.isfinite(values).all():
        raise ValueError("forecasts must be finite, got NaN or infinity")
    return values.reshape(-1, series.horizon, values.shape[1])


def _outcome(forecaster: Any, series: Series, _train: np.ndarray, _test: np.ndarray, forecast: np.ndarray) -> Answer:
    target = series.places[0]
    residuals = (series.truth() - forecast)[:, 0, target]
    scores = panel_scores if series.first is None else rolled_scores
    return {"scores": {**scores(series, forecast), **_intervals(forecaster, series)},
            "losses": as_text(losses(series, forecast)), "residuals": as_text(residuals)}


def _intervals(forecaster: Any, series: Series) -> Answer:
    """Scores of the intervals of a forecaster that has some; the benchmark's own have none."""
    if not isinstance(forecaster, BaseForecaster) or not forecaster.get_tag("capability:pred_int"):
        return {}
    columns = series.y.columns
    said = (forecaster.predict_quantiles(alpha=EDGES) if series.first is None else
            forecaster.rolling(series.y, first=series.first, alpha=EDGES))
    return interval_scores(series, *(_checked(said.xs(edge, axis=1, level=1)[columns], series) for edge in EDGES))


def as_text(values: np.ndarray) -> str:
    """Numbers in five figures with spaces between: a tenth of what they take in a row as a list.

    Examples
    --------
    >>> as_text(np.array([1 / 3, -20.0]))
    '0.33333 -20'
    """
    return " ".join(f"{value:.{FIGURES}g}" for value in values)


def from_text(text: str) -> np.ndarray:
    """What `as_text` wrote.

    Examples
    --------
    >>> from_text("0.33333 -20").tolist()
    [0.33333, -20.0]
    """
    return np.array(text.split(), dtype=np.float64)


FORECASTING = Kind("forecasting", _split, _info, _facts, _few, _ask, _outcome, libraries=("statsmodels",))
