"""Compiled counting of levels, for NumPy arrays; plain arrays only, rows shared between threads."""

from typing import Any

import numpy as np

from tsattn.scalespace._kernels import compiled


@compiled
def entropy(counts: Any, total: Any) -> Any:
    """Bits of a distribution of `total` things over places."""
    summed = 0.0
    for k in range(counts.size):
        if counts[k] > 0:
            summed += counts[k] * np.log2(counts[k])
    return max(np.log2(total) - summed / total, 0.0)


@compiled
def entropies(levels: Any, offsets: Any, boxes: Any, out: Any) -> None:
    """Entropy of levels[i, top:bottom + 1, left:right + 1] for the boxes offsets[i]:offsets[i + 1] of each row."""
    counts = np.zeros(256, np.int64)
    for i in range(levels.shape[0]):
        for k in range(offsets[i], offsets[i + 1]):
            top, bottom, left, right = boxes[k]
            counts[:] = 0
            for y in range(top, bottom + 1):
                for x in range(left, right + 1):
                    counts[levels[i, y, x]] += 1
            out[k] = entropy(counts, (bottom - top + 1) * (right - left + 1))
