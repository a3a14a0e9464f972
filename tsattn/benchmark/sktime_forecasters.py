"""Forecasters of sktime's, from row to row."""

from copy import deepcopy
from typing import Any

import numpy as np
import pandas as pd

from tsattn.benchmark.forecasters import OfOneColumn


class SktimeForecaster(OfOneColumn):
    """A forecaster with sktime's interface, for one column, `target`; the others are answered with their last value.

    Each training series has a model of its own; what is rolled must go on where the last of them ends.

    Parameters
    ----------
    forecaster : BaseForecaster
        Unfitted; of univariate series.
    target : int, default=0
        The column, by its position.
    refit : bool, default=True
        At each cutoff it is fitted anew, on all rows of the series before it. With False what it has learned stays, and
        only its cutoff moves: quicker, and as good for forecasters of a window's last rows, such as a reduction to
        regression; one that has learned a state would forecast from its old one.

    Examples
    --------
    >>> from sktime.forecasting.naive import NaiveForecaster
    >>> y = pd.DataFrame({"a": [1.0, 2.0, 4.0, 8.0]})
    >>> SktimeForecaster(NaiveForecaster("last")).fit(y.iloc[:2], fh=[1]).rolling(y, first=2)["a"].tolist()
    [2.0, 4.0]
    """

    def __init__(self, forecaster, target=0, refit=True):
        self.forecaster = forecaster
        self.target = target
        self.refit = refit

    def _learn(self, blocks):
        self.models_ = [self.forecaster.clone().fit(_series(block[:, self.target], 0), fh=self.steps_)
                        for block in blocks]
        self.last_ = blocks[-1]

    def _from(self, values, cutoffs):
        rows = len(self.last_)
        if cutoffs[0] < rows or not np.array_equal(values[:rows], self.last_):
            raise ValueError(f"rows to roll must begin with the {rows} of the last training series, and first must not "
                             f"lie before their end, got {len(values)} rows and first={cutoffs[0]}")
        known, column = deepcopy(self.models_[-1]), values[:, self.target]
        out = self._still(values, cutoffs)
        for place, cutoff in enumerate(cutoffs):
            if cutoff > rows and self.refit:
                known.fit(_series(column[:cutoff], 0), fh=self.steps_)
            elif cutoff > rows:
                known.update(_series(column[rows:cutoff], rows), update_params=False)
            rows = cutoff
            out[place, self.steps_ - 1, self.target] = self._ahead(known)
        return out

    def _ahead(self, model):
        return model.predict()


def _series(values: np.ndarray, first: int) -> Any:
    return pd.Series(values, index=pd.RangeIndex(first, first + len(values)))
