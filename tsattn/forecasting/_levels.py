"""Levels of quantiles and coverages of intervals, checked before sktime reads them."""

from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from tsattn._checks import plain


class Leveled:
    """Quantiles and intervals; to be mixed in before sktime's forecaster."""

    def predict_quantiles(self, fh: Any = None, X: Any = None, alpha: Any = None) -> pd.DataFrame:
        """Forecast quantiles; see sktime's `BaseForecaster.predict_quantiles`."""
        alpha = None if alpha is None else check_levels("alpha", alpha)
        return super().predict_quantiles(fh=fh, X=X, alpha=alpha)  # type: ignore[misc, no-any-return] # sktime's

    def predict_interval(self, fh: Any = None, X: Any = None, coverage: Any = 0.9) -> pd.DataFrame:
        """Forecast intervals; see sktime's `BaseForecaster.predict_interval`."""
        coverage = check_levels("coverage", coverage)
        return super().predict_interval(fh=fh, X=X, coverage=coverage)  # type: ignore[misc, no-any-return] # sktime's


def check_levels(name: str, given: Any) -> list[float]:
    """Return the levels that are asked for, one or several, as a list; raise unless all lie between 0 and 1.

    Raises
    ------
    TypeError
        One is no number.
    ValueError
        There is none, or one does not lie between 0 and 1.

    Examples
    --------
    >>> check_levels("coverage", 0.9), check_levels("alpha", (0.05, 0.95))
    ([0.9], [0.05, 0.95])
    """
    rule = f"{name} must lie between 0 and 1, as one number or a list of them, got"
    levels = list(given) if isinstance(given, list | tuple | np.ndarray | pd.Series | pd.Index) and np.ndim(given) \
        else [given]
    if not levels:
        raise ValueError(f"{rule} {given!r}: pass a number such as 0.9")
    for level in map(plain, levels):
        if isinstance(level, bool) or not isinstance(level, Real):
            raise TypeError(f"{rule} {level!r}: pass a number such as 0.9")
        share = float(level)
        if not 0 < share < 1:
            cure = f"write {share:g} % as {share / 100:g}" if 1 < share < 100 else "pass a number such as 0.9"
            raise ValueError(f"{rule} {level!r}: {cure}")
    return [float(level) for level in levels]
