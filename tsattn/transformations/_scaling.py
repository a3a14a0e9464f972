"""Scaling of variates before detection: what the contrast threshold is measured in."""

import numpy as np

from tsattn._panel import Panel

SCALINGS = ("standard", "minmax", "series", None)
ROUNDING = 64 * np.finfo(np.float64).eps  # share of a value by which equal values differ after a few operations
SMOOTHED = 1e-12  # the same after smoothing, of the largest value of the series that is smoothed


def measure(values: np.ndarray, starts: np.ndarray, scaling: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Centre and scale of each run of rows and each column: two arrays of shape (runs, columns).

    A column that is constant in a run gets its value as centre and scale 1, so that it becomes 0. Constant is what
    varies by no more than its values are rounded: divided by that, rounding would become a channel of noise.
    """
    centre, scale = spread(values, starts, scaling)
    return centre, np.where(scale == 0, 1.0, scale)


def spread(values: np.ndarray, starts: np.ndarray, scaling: str | None,
           least: np.ndarray | float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """The same with scale 0 for a constant; what varies by no more than `least` is one too."""
    low, high = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    if scaling is None:
        return np.zeros_like(low), np.ones_like(low)
    if scaling == "minmax":
        centre, scale = low, high - low
    else:
        counts = np.diff(starts, append=len(values))
        run = np.repeat(np.arange(len(starts)), counts)
        centre = low + np.add.reduceat(values - low[run], starts) / counts[:, None]
        power = np.frexp(high - low)[1]  # squares neither overflow nor vanish, and keep their bits
        squares = np.ldexp(values - centre[run], -power[run]) ** 2
        scale = np.ldexp(np.sqrt(np.add.reduceat(squares, starts) / counts[:, None]), power)
    constant = scale <= np.maximum(ROUNDING * np.maximum(np.abs(low), np.abs(high)), least)
    return np.where(constant, low, centre), np.where(constant, 0.0, scale)


def scaled(panel: Panel, scaling: str | None, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Rows of the panel in units of the fitted scale, or of each series' own."""
    if scaling is None:
        return panel.values
    if scaling == "series":
        centre, scale = measure(panel.values, panel.offsets[:-1], "standard")
        return (panel.values - centre[panel.instance]) / scale[panel.instance]
    return (panel.values - centre) / scale
