"""Squeeze and excitation and CBAM as loops, in numpy, one sample of any rank: slow and dull on purpose.

Hu et al., CVPR 2018, equations 2-4; Woo et al., ECCV 2018, equations 1-3. It shares no code with the package.
"""

import numpy as np

from tests.reference.sdma import sigmoid


def dense(z, narrow, widen):
    """Two dense layers with a ReLU between them."""
    hidden = [max(sum(w * v for w, v in zip(row, z, strict=True)), 0) for row in narrow]
    return np.array([sum(w * v for w, v in zip(row, hidden, strict=True)) for row in widen])


def values_of(channel, valid):
    return [channel[place] for place in np.ndindex(channel.shape) if valid[place]]


def squeeze_excitation(x, valid, narrow, widen):
    """Channels (c, ...) under their weights, zero where `valid` (...) is False."""
    squeezed = [sum(values_of(channel, valid)) / len(values_of(channel, valid)) for channel in x]
    weights = sigmoid(dense(squeezed, narrow, widen))
    out = np.zeros(x.shape)
    for c, *place in np.ndindex(x.shape):
        if valid[tuple(place)]:
            out[(c, *place)] = weights[c] * x[(c, *place)]
    return out


def cbam(x, valid, narrow, widen, kernel, bias):
    """Channels (c, ...) under their weights, then places under theirs; the kernel is (2, width, ...)."""
    means = [sum(values_of(channel, valid)) / len(values_of(channel, valid)) for channel in x]
    largest = [max(values_of(channel, valid)) for channel in x]
    weights = sigmoid(dense(means, narrow, widen) + dense(largest, narrow, widen))
    weighed = np.zeros(x.shape)
    for c, *place in np.ndindex(x.shape):
        if valid[tuple(place)]:
            weighed[(c, *place)] = weights[c] * x[(c, *place)]
    out = np.zeros(x.shape)
    for place in np.ndindex(x.shape[1:]):
        score = bias
        for entry in np.ndindex(kernel.shape[1:]):
            other = tuple(p + e - size // 2 for p, e, size in zip(place, entry, kernel.shape[1:], strict=True))
            if all(0 <= o < size for o, size in zip(other, x.shape[1:], strict=True)):
                column = [weighed[(c, *other)] for c in range(len(x))]
                score += kernel[(0, *entry)] * sum(column) / len(column) + kernel[(1, *entry)] * max(column)
        for c in range(len(x)):
            out[(c, *place)] = weighed[(c, *place)] * sigmoid(score)
    return out
