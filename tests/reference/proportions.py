"""Proportions above thresholds as loops over steps: slow and dull on purpose. It shares no code with the package."""

import numpy as np


def ramp(height):
    """0 below -1/2, 1 above 1/2, a straight line between."""
    if height <= -0.5:
        return 0.0
    if height >= 0.5:
        return 1.0
    return height + 0.5


def proportions(x, channels, weights, thresholds, width):
    """One series (t, c): the share of its steps at which each mixture is above each of its thresholds, (m, k)."""
    out = np.zeros(thresholds.shape)
    for i, k in np.ndindex(thresholds.shape):
        for step in x:
            mixed = 0.0
            for channel, weight in zip(channels[i], weights[i], strict=True):
                mixed += weight * step[channel]
            out[i, k] += ramp((mixed - thresholds[i, k]) / width) / len(x)
    return out


def quantile(values, level):
    """The value whose rank, from 0, is nearest to that share of the highest rank."""
    ordered = sorted(values)
    return ordered[round(level * (len(ordered) - 1))]
