"""What all forecasters share: sktime's contract."""

from typing import Any

import pandas as pd
from sktime.datatypes import update_data
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon

from tsattn._checks import DivergenceError, warn_user
from tsattn.forecasting._history import History, together
from tsattn.forecasting._network import UNITS, WindowNetwork
from tsattn.forecasting._saving import (
    Standing,
    Table,
    check_all,
    check_history,
    check_model,
    check_plan,
    check_standing,
)
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

    panels_: History  # all that it was pretrained on

    def _pretrain(self, y: pd.DataFrame, X: pd.DataFrame | None = None, fh: Any = None) -> "NetworkForecaster":
        if fh is None:
            raise ValueError("pretrain needs the horizon that is to be forecast: pass fh, as to fit")
        history = self._history_of(y, X)
        self._learn(history, ahead_of(fh, ends_of(y)), labels_of(X))
        self.panels_ = together([history])
        return self

    def _pretrain_update(self, y: pd.DataFrame, X: pd.DataFrame | None = None, fh: Any = None) -> "NetworkForecaster":
        """Learn anew from all panels passed so far."""
        ahead = self.model_.plan.ahead
        self._check_pretrained(y, X, ahead if fh is None else ahead_of(fh, ends_of(y)))
        panels = together([self.panels_, self._history_of(y, X, anew=True)])
        self._learn(panels, ahead, labels_of(X))
        self.panels_ = panels
        return self

    def _fit(self, y: pd.DataFrame, X: pd.DataFrame | None, fh: ForecastingHorizon) -> "NetworkForecaster":
        history, ahead = self._history_of(y, X), ahead_of(fh, ends_of(y))
        if hasattr(self, "model_"):  # pretrained: what it learned stays as it is
            self._check_pretrained(y, X, ahead)
            self._remember(y, X, history)
            return self
        self._remember(y, X, history)
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
        named = isinstance(y.index, pd.DatetimeIndex) and y.index.freq is not None  # a calendar of one's own, perhaps
        if not named and not history.panel.has_even_steps():
            warn_user("the time index of y is uneven, and its rows are taken as a step apart: give rows of NaN for the "
                      "steps that are left out")
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

    @property
    def _standing(self) -> Standing:
        """What a file holds of the series that it was fitted to; there is none before."""
        if not self.is_fitted:
            raise AttributeError("_standing")
        try:
            return self._stand()
        except AttributeError as error:  # which would read as: there is none
            raise TypeError(f"what sktime remembers of {type(self).__name__} is not where it was: {error}") from error

    @_standing.setter
    def _standing(self, standing: Standing) -> None:
        check_standing(standing)
        y, X = standing.y.frame(), None if standing.X is None else standing.X.frame()
        self._check_pretrained(y, X, self.model_.plan.ahead)
        self._remember(y, X, self._history_of(y, X))
        self._cutoff, self._fh = standing.cutoff, standing.fh
        self._y_metadata = {"mtype": standing.container, "feature_names": standing.names}
        self._y_mtype_last_seen, self._converter_store_y = standing.container, standing.kept

    def _stand(self) -> Standing:
        y, X = self._past
        kept = {key: list(part) if isinstance(part, list) else part for key, part in self._converter_store_y.items()}
        return Standing(Table.of(y), None if X is None else Table.of(X), self._cutoff, self.fh,
                        str(self._y_metadata["mtype"]), list(self._get_varnames()), kept)

    def _as_fitted(self) -> None:
        """Set what sktime's fit and pretrain remember, and check that what was read belongs together."""
        fitted, pretrained = hasattr(self, "_past"), hasattr(self, "panels_")
        if not hasattr(self, "model_") or not (fitted or pretrained):
            raise ValueError(f"a {type(self).__name__} that has learned must have a model and series")
        model, plan = self.model_, self.model_.plan
        check_plan(plan)
        histories = ([self.panels_] if pretrained else []) + ([self._history_of(*self._past)] if fitted else [])
        units = UNITS[self.scaling]
        for history in histories:
            check_history(history, model, units)
        longest = max(int(history.panel.lengths.max()) for history in histories)
        check_all("model", {
            "look_back": plan.look_back == self.look_back and longest >= plan.look_back + plan.ahead[-1],
            "units": (model.units is not None) == (units == "standard"),
        })
        check_model(model)
        if pretrained:
            self.panels_ = together([self.panels_])
            self._pretrained_attrs = sorted(self.get_tag("pretrain:fitted_params"))
        self._is_vectorized = False
        self._state = "fitted" if fitted else "pretrained"

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
