"""What forecasts lie between."""

import math
import numbers
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from tsattn._checks import plain


def check_bounds(bounds: Any) -> tuple[float, float]:
    """Return the least and the greatest value, infinite where a side is open.

    Raises
    ------
    ValueError
        These are no two increasing numbers.

    Examples
    --------
    >>> check_bounds((0, None)), check_bounds(None)
    ((0.0, inf), (-inf, inf))
    """
    pair = (None, None) if bounds is None else bounds
    if not isinstance(pair, tuple | list) or len(pair) != 2 or not all(map(_is_bound, pair)):
        raise ValueError(f"bounds must be None or a pair (low, high) of numbers, with None for an open side, such as "
                         f"(0, None), got {plain(bounds)!r}")
    low, high = (side if bound is None else float(bound)
                 for side, bound in zip((-math.inf, math.inf), pair, strict=True))
    if low >= high:
        raise ValueError(f"bounds must increase, got {plain(bounds)!r}")
    return low, high


def _is_bound(bound: Any) -> bool:
    real = isinstance(bound, numbers.Real) and not isinstance(bound, bool | np.bool_)
    return bound is None or (real and math.isfinite(bound))


def check_within(y: pd.DataFrame, bounds: Any) -> None:
    """Raise ValueError where a value of y lies out of bounds, naming its column."""
    low, high = check_bounds(bounds)
    if bounds is None:
        return
    values = y.to_numpy(np.float64, na_value=np.nan)
    outside = (values < low) | (values > high)
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise ValueError(f"y must lie within bounds={plain(bounds)!r}, and column {plain(y.columns[column])!r} has "
                         f"{values[row, column]}: set wider bounds, or correct the value")


def within(found: Float[np.ndarray, "n h q k"], low: Float[np.ndarray, "q 1"], high: Float[np.ndarray, "q 1"]
           ) -> Float[np.ndarray, "n h q m"]:
    """Forecasts within bounds; of forecasts with their quantiles behind them, the quantiles alone.

    Quantiles move as far as their forecast is moved, and are then cut off, so that a forecast beyond a bound still has
    values on this side of it.

    Examples
    --------
    >>> within(np.array([[[[-2.0, -5.0, 1.0]]]]), np.zeros((1, 1)), np.full((1, 1), np.inf)).tolist()
    [[[[0.0, 3.0]]]]
    """
    forecast = found[..., :1]
    kept = np.clip(forecast, low, high)
    return np.asarray(kept if found.shape[-1] == 1 else np.clip(found[..., 1:] + (kept - forecast), low, high))
