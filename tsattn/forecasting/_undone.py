"""Calls that change a forecaster: where one fails or is interrupted, the forecaster is put back as it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tsattn._checks import DivergenceError


class Undone:
    """The public methods that change a forecaster, wrapped so that each takes full effect or none.

    To be mixed in before sktime's forecaster.

    A `fit` that fails or is interrupted leaves the forecaster unfitted (pretrained, if it was), one that diverges with
    its last good weights. An `update` or `pretrain` that fails or is interrupted leaves it as it was.
    """

    is_fitted: bool
    _reset_at: Any
    _check_X_y: Any
    _check_parameters: Any

    def fit(self, y: Any, X: Any = None, fh: Any = None) -> Any:
        """Fit to one series or several; see sktime's `BaseForecaster.fit`."""
        if self.is_fitted:
            self._reset_at("pretrained")
        with undone(self, DivergenceError):
            self._check_parameters()
            return super().fit(y, X=X, fh=fh)  # type: ignore[misc] # sktime's

    def fit_predict(self, y: Any, X: Any = None, fh: Any = None, X_pred: Any = None) -> Any:
        """Fit, and forecast from the end of `y`; see sktime's `BaseForecaster.fit_predict`."""
        return self.fit(y, X=X, fh=fh).predict(X=X if X_pred is None else X_pred)

    def pretrain(self, y: Any, X: Any = None, fh: Any = None) -> Any:
        """Learn from a panel, for series that are fitted later; see sktime's `BaseForecaster.pretrain`."""
        with undone(self, call="pretrain"):
            self._check_parameters()
            return super().pretrain(y, X=X, fh=fh)  # type: ignore[misc] # sktime's

    def update(self, y: Any, X: Any = None, update_params: bool = True) -> Any:
        """Go on from new values; see sktime's `BaseForecaster.update`."""
        with undone(self, call="the update"):
            self._check_parameters()
            return super().update(_sized(y), X=X, update_params=update_params)  # type: ignore[misc] # sktime's

    def update_predict_single(self, y: Any = None, fh: Any = None, X: Any = None, update_params: bool = True) -> Any:
        """Go on from new values, and forecast; see sktime's `BaseForecaster.update_predict_single`."""
        with undone(self, call="the update"):
            return super().update_predict_single(_sized(y), fh=fh, X=X, update_params=update_params)  # type: ignore[misc]

    def update_predict(self, y: Any, cv: Any = None, X: Any = None, update_params: bool = True,
                       reset_forecaster: bool = True) -> Any:
        """Go on through new values, forecasting on the way; see sktime's `BaseForecaster.update_predict`.

        An array is read as a frame, for sktime has no table of forecasts for it.
        """
        with undone(self, call="the update"):
            if isinstance(y, np.ndarray):
                X, y = self._check_X_y(X=X, y=y)
            return super().update_predict(  # type: ignore[misc] # sktime's
                y, cv=cv, X=X, update_params=update_params, reset_forecaster=reset_forecaster)


def _sized(y: Any) -> Any:
    """A number in place of an array of no axes, whose length sktime would ask for."""
    return y[()] if isinstance(y, np.ndarray) and y.ndim == 0 else y


@contextmanager
def undone(owner: Any, *kept: type[BaseException], call: str = "") -> Iterator[None]:
    """Put an object's attributes back as they were if the block fails with any error but those of the types in `kept`.

    A note on the error then says so, naming the `call`, unless that is empty.
    """
    # dicts are copied, as sktime changes those that it keeps, such as its settings and metadata, in place
    before = {name: dict(value) if isinstance(value, dict) else value for name, value in vars(owner).items()}
    try:
        yield
    except kept:
        raise
    except BaseException as error:
        owner.__dict__ = before
        note = f"the forecaster is as it was before {call}"
        if call and note not in getattr(error, "__notes__", []):
            error.add_note(note)
        raise
