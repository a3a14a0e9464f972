"""What all forecasters share: sktime's contract."""

from typing import Any

import pandas as pd
from sktime.datatypes import update_data
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon

from tsattn._checks import DivergenceError
from tsattn.forecasting._history import History, together
from tsattn.forecasting._network import WindowNetwork
from tsattn.forecasting._times import Ends, ahead_of, ends_of, forecast_frame, labels_of


class NetworkForecaster(WindowNetwork, BaseForecaster):
    """A forecaster with a network: direct, for all steps of the horizon and all targets at once."""

    _tags = {  # noqa: RUF012 - sktime's form
        "authors": ["tsattn"],
        "maintainers": ["tsattn"],
        "y_inner_mtype": ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"],
        "X_inner_mtype": ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"],
        "capability:multivariate": True,
        "capability:exogenous": True,
        "capability:non_contiguous_X": False,
        "capability:categorical_in_X": False,
        "capability:insample": False,
        "capability:pred_int": True,
        "capability:pred_int:insample": False,
        "capability:missing_values": True,
        "capability:unequal_length": True,
        "capability:update": True,
        "capability:pretrain": True,
        "pretrain:fitted_params": ["model_", "network_", "history_", "best_epoch_", "n_parameters_", "panels_"],
        "requires-fh-in-fit": True,
        "X-y-must-have-same-index": True,
        "enforce_index_type": None,
        "capability:random_state": True,
        "property:randomness": "derandomized",
        "tests:vm": False,
    }
    _config = {"remember_data": False}  # noqa: RUF012 - what is remembered is ours
    _y: Any = None
    _X: Any = None

    panels_: list[History]

    def _pretrain(self, y: pd.DataFrame, X: pd.DataFrame | None = None, fh: Any = None) -> "NetworkForecaster":
        if fh is None:
            raise ValueError("pretrain needs the horizon that is to be forecast: pass fh, as to fit")
        history = self._history_of(y, X)
        self._learn(history, ahead_of(fh, ends_of(y)), labels_of(X))
        self.panels_ = [history]
        return self

    def _pretrain_update(self, y: pd.DataFrame, X: pd.DataFrame | None = None, fh: Any = None) -> "NetworkForecaster":
        """Learn anew from all panels passed so far."""
        ahead = self.model_.plan.ahead
        self._check_pretrained(y, X, ahead if fh is None else ahead_of(fh, ends_of(y)))
        panels = [*self.panels_, self._history_of(y, X, anew=True)]
        self._learn(together(panels), ahead, labels_of(X))
        self.panels_ = panels
        return self

    def _fit(self, y: pd.DataFrame, X: pd.DataFrame | None, fh: ForecastingHorizon) -> "NetworkForecaster":
        history, ahead = self._history_of(y, X), ahead_of(fh, ends_of(y))
        self._remember(y, X, history)
        if hasattr(self, "model_"):  # pretrained: what it learned stays as it is
            self._check_pretrained(y, X, ahead)
            return self
        try:
            self._learn(history, ahead, labels_of(X))
        except DivergenceError as error:
            self.model_, fitted = error.fitted
            self._keep(fitted)
            self._is_fitted = True  # with the last good weights
            raise
        return self

    def _update(self, y: pd.DataFrame, X: pd.DataFrame | None = None, update_params: bool = True
                ) -> "NetworkForecaster":
        try:
            self._go_on(y, X, anew=update_params and not hasattr(self, "panels_"))
        except Exception as error:
            self._set_cutoff_from_y(self._past[0])  # sktime moves it first
            error.add_note("the forecaster is as it was before the update")
            raise
        return self

    def _go_on(self, y: pd.DataFrame, X: pd.DataFrame | None, *, anew: bool) -> None:
        self._check_columns(y, X)
        y = update_data(self._past[0], y)
        X = None if X is None else update_data(self._past[1], X)
        if anew:
            history = self._history_of(y, X, anew=True)
            self._check_long_enough(history)
            self._learn(history, ahead_of(self.fh, ends_of(y)), labels_of(X))
        self._remember(y, X, self._history_of(y, X))

    def _remember(self, y: pd.DataFrame, X: pd.DataFrame | None, history: History) -> None:
        self._check_long_enough(history)
        self._past = (y, X)
        self._tail = history.tail(self.look_back)

    def _check_long_enough(self, history: History) -> None:
        if lacking := history.lacking(self.look_back):
            raise ValueError(f"a forecast reads look_back={self.look_back} steps, and series {lacking[0]!r} has "
                             f"{lacking[1]}: give a longer one, or leave it out")

    def _check_horizon(self, fh: ForecastingHorizon, ends: Ends) -> None:
        """Raise unless fh lies as far ahead of every series as it did in fit: an absolute one does not after update."""
        ahead = ahead_of(fh, ends)
        if ahead != self.model_.plan.ahead:
            raise ValueError(f"fh must lie as many steps ahead as in fit, {list(self.model_.plan.ahead)}, and lies "
                             f"{list(ahead)} ahead of the series as they end now: update with update_params=True, or "
                             "fit with steps ahead")

    def _check_pretrained(self, y: pd.DataFrame, X: pd.DataFrame | None, ahead: tuple[int, ...]) -> None:
        """Raise unless series are like those that the network learned from; targets may have other names."""
        model, exogenous = self.model_, labels_of(X)
        if y.shape[1] != model.n_targets or exogenous != model.plan.exogenous:
            raise ValueError(f"y must have {model.n_targets} columns and X the columns {model.plan.exogenous}, as in "
                             f"pretraining, got {y.shape[1]} and {exogenous}")
        if ahead != model.plan.ahead:
            raise ValueError(f"fh must be the pretrained one, {list(model.plan.ahead)} steps ahead, got {list(ahead)}")

    def _after(self, fh: ForecastingHorizon, X: pd.DataFrame | None, columns: pd.Index,
               alpha: list[float] | None = None) -> pd.DataFrame:
        """Forecasts, or their quantiles, at the times of fh after the end of each series."""
        y = self._past[0]
        ends = ends_of(y)
        self._check_horizon(fh, ends)
        found = self._after_each(self._future(X, ends), alpha)
        return forecast_frame(found.reshape(*found.shape[:2], -1), ends, y.index.names, fh, columns)

    def _predict(self, fh: ForecastingHorizon, X: pd.DataFrame | None) -> pd.DataFrame:
        return self._after(fh, X, self._past[0].columns)

    def _predict_quantiles(self, fh: ForecastingHorizon, X: pd.DataFrame | None, alpha: list[float]) -> pd.DataFrame:
        return self._after(fh, X, pd.MultiIndex.from_product([self._get_varnames(), alpha]), alpha)
