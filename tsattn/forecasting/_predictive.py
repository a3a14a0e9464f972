"""Variance and distribution of the values to come, from the same quantiles as intervals."""

from typing import Any

import numpy as np
import pandas as pd
from sktime.forecasting.base import ForecastingHorizon

from tsattn.forecasting._held_out import LEVELS


class PredictiveDistribution:
    """`predict_var` and `predict_proba` that agree with `predict_quantiles`; to be mixed in before sktime's forecaster.

    sktime derives both from a normal distribution through the quartiles, whose variance is 0 where the quartiles meet,
    as of counts that are mostly 0, and which reaches below 0 there.
    """

    _past: tuple[pd.DataFrame, pd.DataFrame | None]
    _limits: Any
    _predict_quantiles: Any

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
        """Return sktime's normal distribution with our mean and variance; none where a normal would break a limit."""
        if np.isfinite(self._limits(self._past[0])).any():
            raise NotImplementedError("predict_proba is a normal distribution, which has no limits, and y has bounds "
                                      "or holds counts: use predict_quantiles")
        return super()._predict_proba(fh=fh, X=X, marginal=marginal)  # type: ignore[misc]
