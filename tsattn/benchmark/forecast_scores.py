"""Scores of forecasts. With truth y and forecast f, both (n, horizon, columns), means are over all entries alike.

Hyndman & Koehler, "Another look at measures of forecast accuracy", Int. J. Forecasting 22, 2006 (MASE); Makridakis,
Spiliotis & Assimakopoulos, "The M4 competition", Int. J. Forecasting 36, 2020 (sMAPE, OWA, seasonal naive 2).
"""

from collections.abc import Sequence

import numpy as np
from statsmodels.tsa.seasonal import seasonal_decompose

from tsattn.benchmark.scores import error_scores
from tsattn.benchmark.series import Series

OUTSIDE = 0.1  # of values, by the intervals that are scored
Z_90 = 1.645  # the competition tests the autocorrelation at the season at 90 %, one-sided


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


def is_seasonal(values: np.ndarray, season: int) -> bool:
    """Whether a series has a season, as M4 tests it: r(m) > 1.645 sqrt((1 + 2 (r(1)^2 + ... + r(m - 1)^2)) / n).

    r are the autocorrelations, m the season and n the number of rows, at least three seasons.
    """
    if season == 1 or len(values) < 3 * season:
        return False
    apart = values - values.mean()
    total = float(apart @ apart)
    r = [float(apart[lag:] @ apart[:-lag]) / total if total else 0.0 for lag in range(1, season + 1)]
    limit = Z_90 * ((1 + 2 * sum(one**2 for one in r[:-1])) / len(values)) ** 0.5
    return abs(r[-1]) > limit


def naive2(values: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """Seasonal naive 2 of one series: its last value without the season, times the season to come, (horizon,).

    Classical multiplicative decomposition, where `is_seasonal`; the last value otherwise.
    """
    if not is_seasonal(values, season):
        return np.full(horizon, values[-1])
    factors = seasonal_decompose(values, model="multiplicative", period=season).seasonal
    return values[-1] / factors[-1] * factors[len(values) - season + np.arange(horizon) % season]


def panel_scores(series: Series, forecast: np.ndarray) -> dict[str, float | None]:
    """As `rolled_scores`, of series that are forecast once each, and M4's overall weighted average.

    Each series' MASE is in units of its own naive error. OWA = (sMAPE / sMAPE of naive 2 + MASE / MASE of naive 2) / 2.
    """
    truth = series.truth()
    reference = np.stack([naive2(block[:, 0], series.horizon, series.season) for block in series.blocks])[:, :, None]
    scaled, units = losses(series, forecast), losses(series, reference)
    percent, percents = smape(truth, forecast), smape(truth, reference)
    return {**error_scores(truth - forecast), "smape": percent, "mase": float(scaled.mean()),
            "owa": float((percent / percents + scaled.mean() / units.mean()) / 2)}


def rolled_scores(series: Series, forecast: np.ndarray) -> dict[str, float | None]:
    """MAE, MSE, RMSE in the series' unit, sMAPE and MASE, of its scored columns."""
    places = series.places
    truth, forecast = series.truth()[:, :, places], forecast[:, :, places]
    unit = naive_error(series.blocks, series.season)[places]
    return {**error_scores((truth - forecast) / spread(series)), "smape": smape(truth, forecast),
            "mase": mase(truth, forecast, unit)}


def interval_scores(series: Series, low: np.ndarray, high: np.ndarray) -> dict[str, float | None]:
    """How many values lie within intervals of 90 %, and the interval score: their width, and 20 times any miss.

    With a = 0.1, the mean of u - l + 2 / a (max(l - y, 0) + max(y - u, 0)); least for the true quantiles (Gneiting &
    Raftery, "Strictly proper scoring rules, prediction, and estimation", JASA 102, 2007). In the unit of the errors.
    """
    truth, low, high = (each[:, :, series.places] for each in (series.truth(), low, high))
    missed = np.maximum(low - truth, 0) + np.maximum(truth - high, 0)
    unit = spread(series) if series.first is not None else 1.0
    return {"coverage": float((missed == 0).mean()),
            "interval_score": float(((high - low + 2 / OUTSIDE * missed) / unit).mean())}


def spread(series: Series) -> np.ndarray | float:
    """What errors are divided by: the scored columns' standard deviations in the training rows, or 1."""
    return np.concatenate(series.blocks)[:, series.places].std(axis=0) if series.unit == "z" else 1.0


def losses(series: Series, forecast: np.ndarray) -> np.ndarray:
    """The mean loss of each cutoff, (n,): squared errors where the MSE leads, else absolute ones.

    For series that are forecast once each it is the MASE of each.
    """
    places = series.places
    if series.first is None:
        units = np.array([naive_error([block], series.season)[places] for block in series.blocks])
        return (np.abs(series.truth() - forecast)[:, :, places] / units[:, None]).mean(axis=(1, 2))
    error = (series.truth() - forecast)[:, :, places] / spread(series)
    each = np.square(error) if series.leading == "mse" else np.abs(error)
    return each.mean(axis=(1, 2))
