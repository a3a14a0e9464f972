"""BAM as loops, in numpy, one batch of any rank: slow and dull on purpose.

Park et al., BMVC 2018, equations 1-4, in training: statistics are those of the batch. It shares no code
with the package.
"""

import numpy as np

from tests.reference.sdma import sigmoid


def normalised(rows, eps=1e-5):
    """Columns of mean 0 and variance 1."""
    out = np.zeros(rows.shape)
    for j in range(rows.shape[1]):
        column = [row[j] for row in rows]
        mean = sum(column) / len(column)
        var = sum((value - mean) ** 2 for value in column) / len(column)
        for i in range(len(rows)):
            out[i, j] = (rows[i, j] - mean) / np.sqrt(var + eps)
    return out


def convolved(x, valid, kernel, bias, dilation):
    """Channels (c, ...) through a kernel (features, c, width, ...); places that are not valid count as zero."""
    out = np.zeros((len(kernel), *x.shape[1:]))
    for f, *place in np.ndindex(out.shape):
        total = bias[f]
        for entry in np.ndindex(kernel.shape[2:]):
            other = tuple(p + dilation * (e - size // 2) for p, e, size in
                          zip(place, entry, kernel.shape[2:], strict=True))
            if all(0 <= o < size for o, size in zip(other, x.shape[1:], strict=True)) and valid[other]:
                total += sum(kernel[(f, c, *entry)] * x[(c, *other)] for c in range(len(x)))
        out[(f, *place)] = total
    return out


def bam(batch, valids, dense, convolutions, dilation):
    """A batch (b, c, ...) under its mask, zero where `valids` (b, ...) is False."""
    (narrow, narrow_bias), (widen, widen_bias) = dense
    channel_scores, place_scores = [], []
    for x, valid in zip(batch, valids, strict=True):
        means = [np.mean([channel[place] for place in np.ndindex(valid.shape) if valid[place]]) for channel in x]
        channel_scores.append(widen @ np.maximum(narrow @ means + narrow_bias, 0) + widen_bias)
        for number, (kernel, bias) in enumerate(convolutions):
            x = convolved(x, valid, kernel, bias, dilation if number in (1, 2) else 1)
            x = x if number == 3 else np.maximum(x, 0)
        place_scores.append(x[0])
    channel_scores = normalised(np.array(channel_scores))
    places = [(b, *place) for b in range(len(batch)) for place in np.ndindex(valids[b].shape) if valids[b][place]]
    scores = normalised(np.array([[place_scores[b][tuple(place)]] for b, *place in places]))
    out = np.zeros(batch.shape)
    for (b, *place), score in zip(places, scores[:, 0], strict=True):
        for c in range(batch.shape[1]):
            here = (b, c, *place)
            out[here] = batch[here] * (1 + sigmoid(channel_scores[b][c] + score))
    return out
