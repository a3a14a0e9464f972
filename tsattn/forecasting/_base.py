"""What all forecasters share: sktime's contract."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.offsets import BaseOffset
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon

from tsattn._checks import DivergenceError, check_int, warn_user
from tsattn.forecasting._frames import beside, check_given, joined, levels_of, repeated
from tsattn.forecasting._history import History, together
from tsattn.forecasting._network import UNITS, WindowNetwork
from tsattn.forecasting._predictive import PredictiveDistribution
from tsattn.forecasting._saving import (
    Standing,
    Table,
    check_all,
    check_history,
    check_model,
    check_plan,
    check_standing,
    horizon_fits,
)
from tsattn.forecasting._times import Ends, ahead_of, ends_of, horizon_of, labels_of, series_labels, shown_fh
from tsattn.forecasting._undone import Undone

LONG = 400  # characters of an error that lists all types that there are
FARTHEST = 2**20  # steps ahead
ARRAYS = ("np.ndarray", "numpy3D")  # containers that say nothing of times


class NetworkForecaster(Undone, PredictiveDistribution, WindowNetwork, BaseForecaster):
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
    _fh: Any

    panels_: History  # all that it was pretrained on

    def _check_X_y(self, X: Any = None, y: Any = None, y_inner_mtype: Any = None, multivariate: bool | None = None
                   ) -> tuple[Any, Any]:
        """Check y and X by our own rules first; rows of an array go on from the end of those in fit."""
        if isinstance(y, pd.Series) and y.name is None and hasattr(self, "_past") and self._past[0].shape[1] == 1 \
                and self._past[0].columns[0] != 0:  # 0 stands for no name, in fit too
            y = y.rename(self._past[0].columns[0])
        for name, given in (("y", y), ("X", X)):
            if given is not None:
                check_given(name, given, self.cutoff[0] if self.is_fitted and y_inner_mtype is None else None)
        if X is not None and y is not None:
            X = beside(X, y)
        elif X is not None and self.is_fitted and levels_of(X) == 1 and self._ends.keys is not None:
            X = repeated(pd.DataFrame(X), self._ends.keys)
        goes_on = self.is_fitted and y_inner_mtype is None and isinstance(y, np.ndarray)
        if goes_on and self._y_metadata["mtype"] not in ARRAYS:
            raise ValueError(f"y must carry its times, as before, and an array has none: pass a Series or a DataFrame "
                             f"whose index goes on from {self.cutoff[0]}")
        try:
            X_inner, y_inner = super()._check_X_y(X, y, y_inner_mtype, multivariate)
        except TypeError as error:
            if len(str(error)) < LONG:
                raise
            raise TypeError(f"y and X must be of types that sktime reads series from, such as Series and DataFrame, "
                            f"got {type(y).__name__} and {type(X).__name__}") from None
        if goes_on:
            X_inner, y_inner = (self._going_on(part) if isinstance(given, np.ndarray) else part
                                for part, given in ((X_inner, X), (y_inner, y)))
        return X_inner, y_inner

    def _going_on(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame made of an array, at the times after the end of each series."""
        n, keys = len(self._ends.clocks), self._ends.keys
        if keys is not None and not series_labels(frame.index).unique().equals(keys):
            raise ValueError(f"an array in update must hold the {n} series of fit, got {len(frame)} rows in all")
        return frame.set_axis(self._ends.after(range(1, len(frame) // n + 1), frame.index.names))

    def _check_fh(self, fh: Any, pred_int: bool = False) -> ForecastingHorizon:  # noqa: ARG002 - sktime's signature
        """As sktime's, but that times are counted by `ahead_of`, and that an fh which is passed stays as it was."""
        if fh is None:
            if self._fh is None:
                raise ValueError("fit needs the horizon that is to be forecast: pass fh, such as [1, 2, 3]")
            return self._fh
        fh = horizon_of(fh)
        if fh.is_relative and not isinstance(fh.to_pandas(), pd.TimedeltaIndex) and min(fh) < 1:
            raise NotImplementedError(f"in-sample forecasts are not made: fh must be at least 1, got {shown_fh(fh)}")
        if self.is_fitted and self._fh is not None and not np.array_equal(fh, self._fh):
            raise ValueError(f"fh must be that of fit, {shown_fh(self._fh)}, got {shown_fh(fh)}: leave it out, give "
                             "it to the cv of update_predict, or fit again")
        if not self.is_fitted or self._fh is None:
            self._fh = fh
        return self._fh

    def _pretrain(self, y: pd.DataFrame, X: pd.DataFrame | None = None, fh: Any = None) -> "NetworkForecaster":
        if fh is None:
            raise ValueError("pretrain needs the horizon that is to be forecast: pass fh, as to fit")
        history = self._history_of(y, X, anew=True)
        self._learn(history, ahead_of(fh, self._ends_of(y)), labels_of(X))
        self.panels_ = together([history])
        return self

    def _pretrain_update(self, y: pd.DataFrame, X: pd.DataFrame | None = None, fh: Any = None) -> "NetworkForecaster":
        """Learn anew from all panels passed so far."""
        if not hasattr(self, "panels_"):  # fitted, to series that are none to pretrain on
            return self._pretrain(y, X, self.fh if fh is None else fh)
        ahead = self.model_.plan.ahead
        self._check_pretrained(y, X, ahead if fh is None else ahead_of(fh, self._ends_of(y)))
        panels = together([self.panels_, self._history_of(y, X, anew=True)])
        self._learn(panels, ahead, labels_of(X))
        self.panels_ = panels
        return self

    def _fit(self, y: pd.DataFrame, X: pd.DataFrame | None, fh: ForecastingHorizon) -> "NetworkForecaster":
        history = self._history_of(y, X)
        self._check_long_enough(history)
        ends = self._ends_of(y)
        ahead = ahead_of(fh, ends)
        self._check_times_to_come(ends, ahead)
        if hasattr(self, "model_"):  # pretrained: what it learned stays as it is
            self._check_pretrained(y, X, ahead)
            self._remember(y, X, history, ends)
            return self
        self._remember(y, X, history, ends)
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
        self._check_columns(y, X)
        past_y, past_X = self._past
        n_before = len(past_y)
        y = joined(past_y, y, "y")
        X = None if X is None or past_X is None else joined(past_X, X, "X")
        if len(y) == n_before:
            warn_user(f"update has put values in place of others and added none: the times of y lie before the end, "
                      f"{self._ends.clocks[0].last[0]}; new values need an index that goes on from there")
        anew = update_params and not hasattr(self, "panels_")
        history = self._history_of(y, X, anew=anew)
        self._check_long_enough(history)
        ends = self._ends_of(y, self._ends.steps)
        ahead = ahead_of(self.fh, ends) if anew else self.model_.plan.ahead
        self._check_times_to_come(ends, ahead)
        if anew:
            self._learn(history, ahead, labels_of(X))
            history = self._history_of(y, X)
        self._remember(y, X, history, ends)
        self._set_cutoff_from_y(y)  # sktime's is that of what is new, which may lie before the end
        return self

    def _update_predict_single(self, y: pd.DataFrame, fh: ForecastingHorizon, X: pd.DataFrame | None = None,
                               update_params: bool = True) -> pd.DataFrame:
        return self._update(y, X, update_params)._predict(fh, X)

    def _ends_of(self, y: pd.DataFrame, known: Sequence[BaseOffset] = ()) -> Ends:
        """Where series end; a warning where they leave steps out."""
        ends = ends_of(y, known)
        ends.warn_if_uneven()
        return ends

    def _check_times_to_come(self, ends: Ends, ahead: tuple[int, ...]) -> None:
        """Raise before anything is learned where a forecast would have no time to stand at."""
        check_int("the last step of fh", ahead[-1], maximum=FARTHEST)
        ends.after(range(1, ahead[-1] + 1) if self.future_X else ahead)

    def _remember(self, y: pd.DataFrame, X: pd.DataFrame | None, history: History, ends: Ends) -> None:
        self._past = (y, X)
        self._ends = ends
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
        history = self._history_of(y, X)
        self._check_long_enough(history)
        self._remember(y, X, history, self._ends_of(y))
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
            "horizon": not fitted or horizon_fits(self._fh, plan.ahead),
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
        self._check_horizon(fh, self._ends)
        found = self._after_each(self._future(X), alpha)
        index = self._ends.after(self.model_.plan.ahead, self._past[0].index.names)
        return pd.DataFrame(found.reshape(len(index), -1), index=index, columns=columns)

    def _predict(self, fh: ForecastingHorizon, X: pd.DataFrame | None) -> pd.DataFrame:
        return self._after(fh, X, self._past[0].columns)

    def _predict_quantiles(self, fh: ForecastingHorizon, X: pd.DataFrame | None, alpha: list[float]) -> pd.DataFrame:
        return self._after(fh, X, pd.MultiIndex.from_product([self._get_varnames(), alpha]), alpha)
