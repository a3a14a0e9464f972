"""The extremeness of scale-space attention as loops: slow and dull on purpose. It shares no code with the package."""

import numpy as np


def extremeness(x, valid):
    """One channel of any rank: the share of existing neighbours, itself among them, that each value is not below."""
    out = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        below, count = 0, 0
        for step in np.ndindex((3,) * x.ndim):
            other = tuple(p + s - 1 for p, s in zip(place, step, strict=True))
            if all(0 <= o < size for o, size in zip(other, x.shape, strict=True)) and valid[other]:
                count += 1
                below += int(x[place] >= x[other])
        out[place] = below / count if count else 0
    return out
