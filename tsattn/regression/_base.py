"""What all regressors with a network share: values in, values out."""

from typing import Any

import numpy as np
import pandas as pd
from sktime.regression.base import BaseRegressor
from torch import nn

from tsattn._checks import check_bool, check_one_of
from tsattn._choices import LOSSES
from tsattn._estimator import OF_PANELS, NetworkEstimator
from tsattn._inputs import Inputs
from tsattn._labels import as_table, check_values
from tsattn._reading import Reading, timed
from tsattn.nn.ridge_head import StepRidge
from tsattn.training import Training
from tsattn.transformations._scaling import spread

FEW = 40  # series, of which a fifth is one for each part by which the error of the network's share is told


class NetworkRegressor(Reading, NetworkEstimator, BaseRegressor):
    """A regressor with a network, which learns the target in units of its standard deviation."""

    _tags = OF_PANELS
    USUAL = Training(validation=0.2)

    linear: bool
    loss: str
    target_mean_: float
    target_scale_: float

    def __init__(self) -> None:
        super().__init__()
        del self.fit_time_  # sktime sets it to 0: what ends in an underscore is there once it has been learned

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_one_of("loss", self.loss, LOSSES)
        check_bool("linear", self.linear)

    def _as_fitted(self) -> None:
        super()._as_fitted()
        missing = [name for name in ("inputs_", "target_mean_", "target_scale_") if not hasattr(self, name)]
        if missing:
            raise ValueError(f"a fitted {type(self).__name__} must have {missing[0]}")

    @property
    def _n_outputs(self) -> int:
        return 1

    @property
    def share_(self) -> float:
        """The share of the network in the answer; 1 where nothing measured it."""
        return float(getattr(self.network_, "share", 1.0))

    def _usual(self, n_series: int) -> Training:
        return self.USUAL if n_series >= FEW else Training()

    def _advisers(self, inputs: Inputs, n_outputs: int) -> list[nn.Module]:
        first = [StepRidge(inputs.widths[0], n_outputs)] if check_bool("linear", self.linear) else []
        return first + super()._advisers(inputs, n_outputs)

    def _checked(self, y: Any) -> Any:
        y = as_table(y)
        values = check_values(y)
        if isinstance(y, pd.Series):
            return pd.Series(values, y.index, name=y.name)
        return pd.DataFrame(values, y.index, y.columns) if isinstance(y, pd.DataFrame) else values

    def _fit(self, X: Any, y: np.ndarray) -> "NetworkRegressor":
        loss = LOSSES[check_one_of("loss", self.loss, LOSSES)]
        self.target_mean_, self.target_scale_ = units(y)
        target = (y - self.target_mean_) / (self.target_scale_ or 1.0)
        self._train(timed(X), self._n_outputs, objective={"loss": loss}, target=target)
        return self

    def _predict(self, X: Any) -> np.ndarray:
        return self.target_mean_ + self.target_scale_ * self._outputs(X)[:, 0]


def units(y: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of values; of equal ones their value and 0.

    Examples
    --------
    >>> units(np.array([1.0, 3.0])), units(np.array([0.1, 0.1, 0.1]))
    ((2.0, 1.0), (0.1, 0.0))
    """
    size = float(np.abs(y).max()) or 1.0  # squares of what is left neither overflow nor vanish
    mean, deviation = spread(y[:, None] / size, np.array([0]), "standard")
    return size * float(mean[0, 0]), size * float(deviation[0, 0])
