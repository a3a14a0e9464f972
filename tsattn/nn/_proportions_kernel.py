"""The compiled CPU path of proportions: one mixture at a time, all of its steps in the cache, forward and backward.

A mixture is few channels of many, so that a step costs as many products as channels that are mixed, and one clipped
difference a threshold; no array of (batch, time, mixture) is ever made. Sums may be reordered (else they do not
vectorise), always in the same way.
"""

from typing import Any, no_type_check

import numpy as np
from numba import njit

compiled = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz", "nnan"})


@compiled
@no_type_check
def mixture(x: Any, channels: Any, weights: Any, out: Any) -> None:
    """Fill `out`, (time,), with the sum of the channels of `x`, (channel, time), by their weights."""
    for t in range(len(out)):
        out[t] = 0
    for j in range(len(channels)):
        weight = weights[j]
        if weight != 0:
            row = x[channels[j]]
            for t in range(len(out)):
                out[t] += weight * row[t]


@compiled
@no_type_check
def proportions(x: Any, lengths: Any, mixtures: Any, out: Any, first: Any, last: Any) -> None:
    """Fill rows first ... last of `out`, (batch, mixture, threshold), from `x`, (batch, channel, time).

    `mixtures` are channels, weights and thresholds, the latter two in units of the ramp's width.
    """
    channels, weights, thresholds = mixtures
    zero, half, one = x.dtype.type(0), x.dtype.type(0.5), x.dtype.type(1)
    for b in range(first, last):
        n = lengths[b]
        values = np.empty(n, x.dtype)
        series = x[b, :, :n]
        for i in range(len(channels)):
            mixture(series, channels[i], weights[i], values)
            for j in range(thresholds.shape[1]):
                shift = half - thresholds[i, j]
                total = zero
                for t in range(n):
                    share = values[t] + shift
                    share = share if share > zero else zero
                    total += share if share < one else one
                out[b, i, j] = total / n


@compiled
@no_type_check
def slopes(x: Any, lengths: Any, mixtures: Any, gradient: Any, out: Any, first: Any, last: Any) -> None:
    """Add to rows first ... last of `out`, as `x`, what a gradient of the proportions means for `x`."""
    channels, weights, thresholds = mixtures
    half = x.dtype.type(0.5)
    for b in range(first, last):
        n = lengths[b]
        values, slope = np.empty(n, x.dtype), np.empty(n, x.dtype)
        series = x[b, :, :n]
        for i in range(len(channels)):
            mixture(series, channels[i], weights[i], values)
            slope[:] = 0
            for j in range(thresholds.shape[1]):
                threshold, each = thresholds[i, j], gradient[b, i, j] / n
                for t in range(n):
                    slope[t] += each if abs(values[t] - threshold) <= half else x.dtype.type(0)
            for j in range(len(channels[i])):
                weight = weights[i, j]
                if weight != 0:
                    row = out[b, channels[i, j]]
                    for t in range(n):
                        row[t] += weight * slope[t]
