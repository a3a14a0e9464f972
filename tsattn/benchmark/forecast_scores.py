"""Scores of forecasts. With truth y and forecast f, both (n, horizon, columns), means are over all entries alike.

Hyndman & Koehler, "Another look at measures of forecast accuracy", Int. J. Forecasting 22, 2006 (MASE); Makridakis,
Spiliotis & Assimakopoulos, "The M4 competition", Int. J. Forecasting 36, 2020 (sMAPE, OWA, seasonal naive 2).
"""

from collections.abc import Sequence

import numpy as np

from tsattn.benchmark.scores import error_scores
from tsattn.benchmark.series import Series

Z_90 = 1.645  # of the autocorrelation at the season: the competition's 90 % test


def smape(truth: np.ndarray, forecast: np.ndarray) -> float:
    """Symmetric mean absolute percentage error: 200 mean(|y - f| / (|y| + |f|)), 0 where both are 0."""
    size = np.abs(truth) + np.abs(forecast)
    return float(200 * (np.abs(truth - forecast) / np.where(size > 0, size, 1)).mean())


def naive_error(blocks: Sequence[np.ndarray], season: int) -> np.ndarray:
    """Mean |y(t) - y(t - season)| over the training rows of all series together, (columns,)."""
    steps = np.concatenate([np.abs(block[season:] - block[:-season]) for block in blocks])
    if not len(steps):
        raise ValueError(f"some training series must be longer than a season, {season}, "
                         f"got at most {max(map(len, blocks))} rows")
    return steps.mean(axis=0)


def mase(truth: np.ndarray, forecast: np.ndarray, unit: np.ndarray) -> float | None:
    """Mean absolute scaled error: mean over columns of mean |y - f| / unit, the unit as `naive_error` gives it.

    None where a column never changes from season to season.
    """
    if not (unit > 0).all():
        return None
    return float((np.abs(truth - forecast) / unit).mean())


def rolled_scores(series: Series, forecast: np.ndarray) -> dict[str, float | None]:
    """MAE, MSE, RMSE in the series' unit, sMAPE and MASE, of its scored columns."""
    places = series.places
    truth, forecast = series.truth()[:, :, places], forecast[:, :, places]
    unit = naive_error(series.blocks, series.season)[places]
    return {**error_scores((truth - forecast) / spread(series)), "smape": smape(truth, forecast),
            "mase": mase(truth, forecast, unit)}


def spread(series: Series) -> np.ndarray | float:
    """What errors are divided by: the scored columns' standard deviations in the training rows, or 1."""
    return np.concatenate(series.blocks)[:, series.places].std(axis=0) if series.unit == "z" else 1.0


def losses(series: Series, forecast: np.ndarray) -> np.ndarray:
    """The mean loss of each cutoff, (n,), whose mean is the leading score: squared for the MSE, else absolute."""
    places = series.places
    error = (series.truth() - forecast)[:, :, places] / spread(series)
    each = np.square(error) if series.leading == "mse" else np.abs(error)
    return each.mean(axis=(1, 2))
