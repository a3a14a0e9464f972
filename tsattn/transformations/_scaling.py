"""Scaling of variates before detection: what the contrast threshold is measured in."""

import numpy as np

from tsattn._panel import Panel

SCALINGS = ("standard", "minmax", "series", None)


def measure(values: np.ndarray, starts: np.ndarray, scaling: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Centre and scale of each run of rows and each column: two arrays of shape (runs, columns).

    A column that is constant in a run gets its value as centre and scale 1, so that it becomes 0 exactly.
    """
    low, high = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    if scaling is None:
        return np.zeros_like(low), np.ones_like(low)
    if scaling == "minmax":
        centre, scale = low, high - low
    else:
        counts = np.diff(starts, append=len(values))
        run = np.repeat(np.arange(len(starts)), counts)
        centre = low + np.add.reduceat(values - low[run], starts) / counts[:, None]
        scale = np.sqrt(np.add.reduceat((values - centre[run]) ** 2, starts) / counts[:, None])
    constant = (low == high) | (scale == 0)
    return np.where(constant, low, centre), np.where(constant, 1.0, scale)


def scaled(panel: Panel, scaling: str | None, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Rows of the panel in units of the fitted scale, or of each series' own."""
    if scaling is None:
        return panel.values
    if scaling == "series":
        centre, scale = measure(panel.values, panel.offsets[:-1], "standard")
        return (panel.values - centre[panel.instance]) / scale[panel.instance]
    return (panel.values - centre) / scale
