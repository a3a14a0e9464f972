"""The distribution of the values to come: quantiles, intervals, and variance and normal distribution from them."""

from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from sktime.forecasting.base import ForecastingHorizon

from tsattn._checks import plain
from tsattn.forecasting._held_out import LEVELS

REACH = 3.0  # standard deviations, beyond which a normal distribution has a thousandth on each side


class PredictiveDistribution:
    """What a forecaster says beside its forecasts; to be mixed in before sktime's forecaster.

    Levels are checked before sktime reads them. `predict_var` and `predict_proba` agree with `predict_quantiles`.
    sktime takes both from a normal distribution through the quartiles. For counts that are mostly 0 the quartiles are
    both 0; its variance would be 0 too.
    """

    _past: tuple[pd.DataFrame, pd.DataFrame | None]
    _limits: Any
    _predict_quantiles: Any

    def predict_quantiles(self, fh: Any = None, X: Any = None, alpha: Any = None) -> pd.DataFrame:
        """Forecast quantiles; see sktime's `BaseForecaster.predict_quantiles`."""
        alpha = None if alpha is None else check_levels("alpha", alpha)
        return super().predict_quantiles(fh=fh, X=X, alpha=alpha)  # type: ignore[misc, no-any-return] # sktime's

    def predict_interval(self, fh: Any = None, X: Any = None, coverage: Any = 0.9) -> pd.DataFrame:
        """Forecast intervals; see sktime's `BaseForecaster.predict_interval`."""
        coverage = check_levels("coverage", coverage)
        return super().predict_interval(fh=fh, X=X, coverage=coverage)  # type: ignore[misc, no-any-return] # sktime's

    def _predict_var(self, fh: ForecastingHorizon, X: pd.DataFrame | None = None, cov: bool = False) -> pd.DataFrame:
        """Return the variance of the quantiles at `LEVELS`, each as probable as the others."""
        if cov:
            raise NotImplementedError("covariances between steps ahead are not estimated, and cov=True asks for them: "
                                      "use cov=False")
        y = self._past[0]
        found = self._predict_quantiles(fh, X, list(LEVELS))
        variance = found.to_numpy().reshape(len(found), y.shape[1], len(LEVELS)).var(axis=2)
        return pd.DataFrame(variance, index=found.index, columns=y.columns)

    def _predict_proba(self, fh: ForecastingHorizon, X: pd.DataFrame | None = None, marginal: bool = True) -> Any:
        """Return sktime's normal distribution with our mean and variance, where it does not reach beyond a limit."""
        found = super()._predict_proba(fh=fh, X=X, marginal=marginal)  # type: ignore[misc] # sktime's
        low, high = (limit[:, 0] for limit in self._limits(self._past[0]))
        mean, reach = found.mean(), REACH * np.sqrt(found.var())
        if ((mean - reach < low) | (mean + reach > high)).any(axis=None):
            raise NotImplementedError("predict_proba is a normal distribution, and here it would reach beyond the "
                                      "bounds of y, or below 0 where y holds counts: use predict_quantiles")
        return found


def check_levels(name: str, given: Any) -> list[float]:
    """Return the levels that are asked for, one or several, as a list; raise unless all lie between 0 and 1.

    Raises
    ------
    TypeError
        One is no number.
    ValueError
        There is none, or one does not lie between 0 and 1.

    Examples
    --------
    >>> check_levels("coverage", 0.9), check_levels("alpha", (0.05, 0.95))
    ([0.9], [0.05, 0.95])
    """
    rule = f"{name} must lie between 0 and 1, as one number or a list of them, got"
    given = given.item() if isinstance(given, np.ndarray) and given.ndim == 0 else given
    levels = list(given) if isinstance(given, list | tuple | np.ndarray | pd.Series | pd.Index) else [given]
    if not levels:
        raise ValueError(f"{rule} {given!r}: pass a number such as 0.9")
    for level in map(plain, levels):
        if isinstance(level, bool) or not isinstance(level, Real):
            raise TypeError(f"{rule} {level!r}: pass a number such as 0.9")
        share = float(level)
        if not 0 < share < 1:
            cure = f"write {share:g} % as {share / 100:g}" if 1 < share <= 99 else "pass a number such as 0.9"
            raise ValueError(f"{rule} {level!r}: {cure}")
    return [float(level) for level in levels]
