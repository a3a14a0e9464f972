"""Compiled sums over the scopes of events, for NumPy arrays; plain arrays only, rows shared between threads."""

from typing import Any

import numpy as np

from tsattn._threads import over_rows
from tsattn.scalespace._kernels import compiled

FAR = 38.0  # exp(-38^2 / 2) is about 1e-314: beyond it a mask is zero in float64
FRESH = 256  # samples after which the recurrence starts anew from an exact exponential


@compiled
def mean_between(rows: Any, offsets: Any, low: Any, high: Any, out: Any) -> None:
    """Mean of rows[i, low:high + 1] for the events offsets[i]:offsets[i + 1] of each row."""
    for i in range(rows.shape[0]):
        row = rows[i]
        for k in range(offsets[i], offsets[i + 1]):
            total = 0.0
            for t in range(low[k], high[k] + 1):
                total += row[t]
            out[k] = total / (high[k] + 1 - low[k])


@compiled
def add_side(row: Any, steps: Any, centre: Any, sigma: Any, weight: Any, direction: Any) -> None:
    """Add weight * exp(-(t - centre)^2 / (2 sigma^2)) at `steps` samples from the first beyond the centre on.

    The mask is a product of ratios that are themselves a geometric series: two multiplications a sample.
    """
    start = int(np.floor(centre)) + (1 if direction > 0 else 0)
    scale = 1.0 / (2.0 * sigma * sigma)
    shrink = np.exp(-2.0 * scale)
    for first in range(0, steps, FRESH):
        t = start + direction * first
        distance = abs(t - centre)
        value = weight * np.exp(-distance * distance * scale)
        ratio = np.exp(-(2.0 * distance + 1.0) * scale)
        for k in range(min(FRESH, steps - first)):
            row[t + direction * k] += value
            value *= ratio
            ratio *= shrink


@compiled
def add_masks(out: Any, offsets: Any, centre: Any, sigma: Any, weight: Any, reach: Any) -> None:
    """Add the masks of each row's events to the float64 rows of `out`, zero beyond reach * sigma."""
    n = out.shape[1]
    for i in range(out.shape[0]):
        row = out[i]
        for k in range(offsets[i], offsets[i + 1]):
            start = int(np.floor(centre[k]))
            last = int(np.floor(min(centre[k] + reach * sigma[k], n - 1.0)))
            first = int(np.ceil(max(centre[k] - reach * sigma[k], 0.0)))
            add_side(row, start - first + 1, centre[k], sigma[k], weight[k], -1)
            add_side(row, last - start, centre[k], sigma[k], weight[k], 1)


def means(rows: np.ndarray, offsets: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Mean of each event's samples low..high of its row of `rows` (series, T); float64."""
    out = np.empty(len(low))

    def work(first: int, last: int) -> None:
        mean_between(rows[first:last], offsets[first : last + 1], low, high, out)

    over_rows(work, len(rows), int((high - low).sum()))
    return out


def masks(
    shape: tuple[int, int], offsets: np.ndarray, centre: np.ndarray, sigma: np.ndarray, weight: np.ndarray, cut: bool
) -> np.ndarray:
    """Sum of weighted Gaussian masks (series, T), float64, within 3 sigma if `cut`."""
    out = np.zeros(shape)
    reach = 3.0 if cut else FAR

    def work(first: int, last: int) -> None:
        add_masks(out[first:last], offsets[first : last + 1], centre, sigma, weight, reach)

    over_rows(work, shape[0], len(centre) * shape[1])
    return out
