"""Any forecaster of sktime's, fitted once and then rolled."""

from copy import deepcopy
from typing import Any

import numpy as np
import pandas as pd

from tsattn.benchmark.forecasters import Roller, last_rows


class SktimeForecaster(Roller):
    """A forecaster with sktime's interface, for one column, `target`; the others are answered with their last value.

    It learns once; new rows reach it by `update(..., update_params=False)`. Rows to be rolled are counted on from those
    that it has learned from, as if they came next: a forecaster of the last rows sees no difference. Of several
    training series each has a model of its own, and what is rolled is that of the longest.

    Parameters
    ----------
    forecaster : BaseForecaster
        Unfitted; of univariate series.
    target : int, default=0
        The column, by its position.

    Examples
    --------
    >>> from sktime.forecasting.naive import NaiveForecaster
    >>> y = pd.DataFrame({"a": [1.0, 2.0, 4.0, 8.0]})
    >>> SktimeForecaster(NaiveForecaster("last")).fit(y.iloc[:2], fh=[1]).rolling(y, first=2)["a"].tolist()
    [2.0, 4.0]
    """

    def __init__(self, forecaster, target=0):
        self.forecaster = forecaster
        self.target = target

    def _learn(self, blocks):
        self.models_ = [self.forecaster.clone().fit(_series(block[:, self.target], 0), fh=self.steps_)
                        for block in blocks]
        self.longest_ = int(np.argmax([len(block) for block in blocks]))

    def _from(self, values, cutoffs):
        known, rows = deepcopy(self.models_[self.longest_]), 0
        learned = int(known.cutoff[0]) + 1
        out = last_rows(values, cutoffs, 1).repeat(self.horizon_, axis=1)
        for place, cutoff in enumerate(cutoffs):
            if cutoff > rows:
                known.update(_series(values[rows:cutoff, self.target], learned + rows), update_params=False)
                rows = cutoff
            out[place, self.steps_ - 1, self.target] = known.predict()
        return out

    def _ends(self, blocks):
        found = []
        for block, model in zip(blocks, self.models_, strict=True):
            out = last_rows(block, np.array([len(block)]), 1).repeat(self.horizon_, axis=1)
            out[0, self.steps_ - 1, self.target] = model.predict()
            found.append(out)
        return found


def _series(values: np.ndarray, first: int) -> Any:
    return pd.Series(values, index=pd.RangeIndex(first, first + len(values)))
