"""Statistical models by statsmodels, fitted once and then rolled: new rows change their states, not their parameters.

Hyndman, Koehler, Ord & Snyder, "Forecasting with exponential smoothing", Springer 2008; Durbin & Koopman, "Time series
analysis by state space methods", OUP 2012; Lütkepohl, "New introduction to multiple time series analysis", Springer
2005. Differs: of several training series, each has a model of its own, and what is rolled is that of the longest.
"""

import warnings
from abc import abstractmethod
from typing import Any

import numpy as np
from statsmodels.tsa.statespace.exponential_smoothing import ExponentialSmoothing
from statsmodels.tsa.statespace.sarimax import SARIMAX
from statsmodels.tsa.vector_ar.var_model import VAR

from tsattn.benchmark.forecasters import OfOneColumn, Roller, last_rows


class StateForecaster(OfOneColumn):
    """State-space models of one column."""

    def _learn(self, blocks):
        self.models_ = []
        for block in blocks:
            # of an optimiser that stopped early, or starts anew; forecasts are scored, whatever it says
            with warnings.catch_warnings(action="ignore", category=UserWarning):
                self.models_.append(self._model(block[:, self.target]).fit(disp=False))
        self.longest_ = int(np.argmax([len(block) for block in blocks]))

    @abstractmethod
    def _model(self, values: np.ndarray) -> Any:
        """The model of a series, unfitted."""

    def _from(self, values, cutoffs):
        model = self.models_[self.longest_]
        out = self._still(values, cutoffs)
        column = values[:, self.target]
        if self.horizon_ == 1:  # one pass of the filter says what is next after each row
            known = model.apply(column[: cutoffs[-1] + 1])
            out[:, 0, self.target] = known.predict(0, cutoffs[-1])[cutoffs]
            return out
        known, rows = model.apply(column[: cutoffs[0]]), cutoffs[0]
        for place, cutoff in enumerate(cutoffs):
            if cutoff > rows:
                known, rows = known.append(column[rows:cutoff]), cutoff
            out[place, self.steps_ - 1, self.target] = self._ahead(known)
        return out

    def _ahead(self, model):
        return model.forecast(self.horizon_)[self.steps_ - 1]

    @property
    def n_parameters_(self):
        return sum(len(model.params) for model in self.models_)


class ETS(StateForecaster):
    """Exponential smoothing with additive errors, a damped additive trend, and an additive season where there is one.

    Examples
    --------
    >>> import pandas as pd
    >>> y = pd.DataFrame({"a": 10 + np.sin(np.arange(60.0))})
    >>> len(ETS().fit(y.iloc[:50], fh=[1]).rolling(y, first=50))
    10
    """

    def __init__(self, season=1, target=0):
        self.season = season
        self.target = target

    def _model(self, values):
        return ExponentialSmoothing(values, trend=True, damped_trend=True, initialization_method="heuristic",
                                    seasonal=self.season if self.season > 1 else None)


class ARIMA(StateForecaster):
    """Differences that follow their own past and past errors: SARIMAX of an `order` and a `seasonal_order`.

    Examples
    --------
    >>> import pandas as pd
    >>> y = pd.DataFrame({"a": 10 + np.sin(np.arange(60.0))})
    >>> len(ARIMA((2, 1, 0)).fit(y.iloc[:50], fh=[1]).rolling(y, first=50))
    10
    """

    def __init__(self, order=(3, 1, 1), seasonal_order=(0, 0, 0, 0), target=0):
        self.order = order
        self.seasonal_order = seasonal_order
        self.target = target

    def _model(self, values):
        return SARIMAX(values, order=self.order, seasonal_order=self.seasonal_order)


class VectorAutoregression(Roller):
    """All columns from the last `lags` rows of all, by least squares, a step after the other.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = np.random.default_rng(0).normal(size=(60, 2)).cumsum(0)
    >>> y = pd.DataFrame(rows, columns=["a", "b"])
    >>> VectorAutoregression(2).fit(y.iloc[:50], fh=[1, 2]).rolling(y, first=50).shape
    (18, 2)
    """

    def __init__(self, lags=10):
        self.lags = lags

    def _learn(self, blocks):
        self.model_ = VAR(max(blocks, key=len)).fit(self.lags)

    def _from(self, values, cutoffs):
        windows = last_rows(values, cutoffs, self.lags)
        coefficients, constant = self.model_.coefs, self.model_.intercept
        for _ in range(self.horizon_):
            known = windows[:, ::-1][:, : self.lags]
            following = np.einsum("pij,npj->ni", coefficients, known) + constant
            windows = np.concatenate([windows, following[:, None]], axis=1)
        return windows[:, self.lags :]

    @property
    def n_parameters_(self):
        return self.model_.params.size
