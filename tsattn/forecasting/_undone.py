"""What is left of a forecaster when a call fails or is interrupted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tsattn._checks import DivergenceError


class Undone:
    """Public methods that change a forecaster, whole or not at all; to be mixed in before sktime's forecaster.

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
        with undone(self, told="pretrain"):
            self._check_parameters()
            return super().pretrain(y, X=X, fh=fh)  # type: ignore[misc] # sktime's

    def update(self, y: Any, X: Any = None, update_params: bool = True) -> Any:
        """Go on from new values; see sktime's `BaseForecaster.update`."""
        with undone(self, told="the update"):
            self._check_parameters()
            return super().update(_sized(y), X=X, update_params=update_params)  # type: ignore[misc] # sktime's

    def update_predict_single(self, y: Any = None, fh: Any = None, X: Any = None, update_params: bool = True) -> Any:
        """Go on from new values, and forecast; see sktime's `BaseForecaster.update_predict_single`."""
        with undone(self, told="the update"):
            return super().update_predict_single(_sized(y), fh=fh, X=X, update_params=update_params)  # type: ignore[misc]

    def update_predict(self, y: Any, cv: Any = None, X: Any = None, update_params: bool = True,
                       reset_forecaster: bool = True) -> Any:
        """Go on through new values, forecasting on the way; see sktime's `BaseForecaster.update_predict`.

        An array is read as a frame, for sktime has no table of forecasts for it.
        """
        with undone(self, told="the update"):
            if isinstance(y, np.ndarray):
                X, y = self._check_X_y(X=X, y=y)
            return super().update_predict(  # type: ignore[misc] # sktime's
                y, cv=cv, X=X, update_params=update_params, reset_forecaster=reset_forecaster)


def _sized(y: Any) -> Any:
    """A number in place of an array of no axes, whose length sktime would ask for."""
    return y[()] if isinstance(y, np.ndarray) and y.ndim == 0 else y


@contextmanager
def undone(owner: Any, *kept: type[BaseException], told: str = "") -> Iterator[None]:
    """Put an object's attributes back as they were if what follows fails, but for the errors that are `kept`."""
    before = {name: dict(value) if isinstance(value, dict) else value for name, value in vars(owner).items()}
    try:
        yield
    except kept:
        raise
    except BaseException as error:
        owner.__dict__ = before
        note = f"the forecaster is as it was before {told}"
        if told and note not in getattr(error, "__notes__", []):
            error.add_note(note)
        raise
