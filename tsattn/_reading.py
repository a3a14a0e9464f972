"""How estimators read what they are given: which container, which instance each label is of, and at what times."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from tsattn._containers import refusal
from tsattn._instances import aligned, names_of
from tsattn._panel import Panel


def timed(X: Any) -> Panel:
    """The panel that a container holds, once its names and times have been looked at."""
    panel = Panel.from_sktime(X)
    if panel.ids.hasnans:
        raise refusal(X, panel=True) or ValueError("the instances of X must have names, found a missing one")
    panel.check_times("give rows of NaN for the times between, or resample the series")
    return panel


class Reading:
    """Fitting, scoring and answering by the names of instances; to be mixed in before a base class of sktime."""

    check_is_fitted: Callable[[], None]
    _check_parameters: Callable[[], None]

    def fit(self, X: Any, y: Any) -> Any:
        """Learn from labelled series.

        Parameters
        ----------
        X : panel in any of sktime's containers
            A DataFrame indexed by instance and time, an array (instances, channels, time), a list of DataFrames...
        y : array, list, Series or DataFrame, shape (n,), or (n, targets)
            What each instance is. A Series or DataFrame whose index holds the names of the instances of `X` may have
            any order. Without an index, with a default one, or where `X` has no names (arrays, lists), the order is
            that of `X`.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            The index of `y` names other instances than `X` has, or one twice; a series has a time twice.
        TypeError
            `X` or `y` is of another kind, or holds what cannot be learned.

        Warns
        -----
        UserWarning
            Times are uneven: each row is read as one step, whatever lies between.
        """
        self._check_parameters()
        return super().fit(X, self._told(X, y))  # type: ignore[misc] # sktime's

    def score(self, X: Any, y: Any, **kwargs: Any) -> float:
        """How well what is predicted of `X` agrees with `y`, which is paired with it as in fit.

        Returns
        -------
        float
            The accuracy of a classifier, R² of a regressor (with sktime's `multioutput`, of several targets).
        """
        return super().score(X, self._told(X, y), **kwargs)  # type: ignore[misc]

    def _fit_predict_boilerplate(self, X: Any, y: Any, *args: Any, **kwargs: Any) -> Any:
        self._check_parameters()
        return super()._fit_predict_boilerplate(X, self._told(X, y), *args, **kwargs)  # type: ignore[misc]

    def predict_frame(self, X: Any) -> pd.DataFrame:
        """What is predicted, under the names of the instances.

        Parameters
        ----------
        X : panel in any of sktime's containers
            As in fit.

        Returns
        -------
        DataFrame, one row an instance, in the order of `X`
            Column "prediction"; of a classifier also a column "probability_<label>" for each class. Fitted to several
            targets: the prediction of each, under its name.

        Raises
        ------
        NotFittedError
            Before fit.
        """
        self.check_is_fitted()
        names = names_of(X)
        answers = self._answers(X)
        return answers if names is None else answers.set_axis(names)

    def _checked(self, y: Any) -> Any:
        """Labels or values as they are learned; raises where they cannot be."""
        raise NotImplementedError

    def _told(self, X: Any, y: Any) -> Any:
        """What is told of the instances of `X`, in their order."""
        y, names = aligned(X, self._checked(y)), names_of(X)
        if not isinstance(y, pd.DataFrame) or names is None:
            return y
        # of several targets sktime takes numbers as the index only, and fits each anew: numbers that name nothing
        start = 0 if -len(y) in names else -len(y)
        return y.set_axis(pd.RangeIndex(start, start + len(y)))

    def _check_input(self, X: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(X, np.ndarray) and X.size == 0:  # sktime passes some of these
            raise refusal(X, panel=True) or ValueError("X is empty") from None
        try:
            return super()._check_input(X, *args, **kwargs)  # type: ignore[misc]
        except Exception as error:  # sktime's messages list all that it takes, in 1300 characters
            raise refusal(X, panel=True) or error from None

    def _answers(self, X: Any) -> pd.DataFrame:
        found = self.predict(X)  # type: ignore[attr-defined] # sktime's
        return found if isinstance(found, pd.DataFrame) else pd.DataFrame({"prediction": found})
