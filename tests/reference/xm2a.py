"""XM2A's layer as loops over series, heads, units and steps, in numpy: slow and dull on purpose.

Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, equations 7.4-7.11.
It shares no code with the package.
"""

import math

import numpy as np


def span(variant, h):
    """(entries of the kernel, steps of the average before it, steps between entries) of head h = 1, 2, ..."""
    small = math.ceil(2 ** (h - 1) / h)
    return {"default": (h, 1, 1), "msmsa": (2 * h - 1, 1, 1), "exp": (2 ** (h - 1), 1, 1), "pool": (1, h, 1),
            "exp-pool": (1, 2 ** (h - 1), 1), "hybrid": (h, small, small)}[variant]


def window(t, entries, dilation, n_steps):
    """Steps under a window whose length stays, None where they lie outside the series."""
    first = t - (dilation * (entries - 1)) // 2
    steps = [first + dilation * i for i in range(entries)]
    return [s if 0 <= s < n_steps else None for s in steps]


def scale(x, kernel, bias, variant, h):
    """One series (t, c) under the kernels (u, c, w) of head h: (t, u)."""
    entries, pool, dilation = span(variant, h)
    n_steps = len(x)
    averaged = np.array([
        np.mean([x[s] for s in window(t, pool, 1, n_steps) if s is not None], axis=0) for t in range(n_steps)
    ])
    out = np.zeros((n_steps, len(kernel)))
    for t in range(n_steps):
        for u in range(len(kernel)):
            out[t, u] = bias[u]
            for w, s in enumerate(window(t, entries, dilation, n_steps)):
                if s is not None:
                    out[t, u] += sum(kernel[u, c, w] * averaged[s, c] for c in range(x.shape[1]))
    return out


def describe(features, descriptor):
    """Query (u,) and key (t,) of features (t, u)."""
    summary = {"average": np.mean, "max": np.max}[descriptor]
    return (np.array([summary(features[:, u]) for u in range(features.shape[1])]),
            np.array([summary(features[t]) for t in range(len(features))]))


def mask(query, key, axis, rescale):
    """softmax of the outer product, (t, u)."""
    logits = np.array([[q * k for q in query] for k in key])
    powers = np.exp(logits - logits.max())
    weights = powers / powers.sum(0 if axis == "time" else 1, keepdims=True)
    return weights * (logits.shape[0 if axis == "time" else 1] if rescale else 1)


def attended(x, heads, values, *, variant, talk, descriptor, axis="time", rescale=True, activation=None):
    """The sum over masks of each head, before its norm: a list of (t, u). Heads and values are (kernel, bias) pairs."""
    activation = activation or (lambda z: z)
    features = [activation(scale(x, *weights, variant, h)) for h, weights in enumerate(heads, 1)]
    own = [activation(scale(x, *weights, variant, h)) for h, weights in enumerate(values, 1)] or features
    described = [describe(one, descriptor) for one in features]
    query_of_value, key_of_value = describe(own[0], descriptor)
    out = []
    for h, (query, key) in enumerate(described):
        if talk == "self":
            pairs = [(query, key)]
        elif talk == "scale":
            pairs = [(query, other) for _, other in described]
        else:
            pairs = [(query_of_value, key), (query, key_of_value)]
        value = own[0] if talk == "input" else own[h]
        out.append(sum(mask(*pair, axis, rescale) * value for pair in pairs))
    return out


def normalised(batch, norm, weight, bias, eps=1e-5):
    """A list of series, each a list of heads (t, u); weight and bias are (h, u)."""
    if norm == "none":
        return batch
    out = [[np.zeros_like(head) for head in series] for series in batch]
    for h, u in np.ndindex(weight.shape):
        column = np.concatenate([series[h][:, u] for series in batch])
        for i, series in enumerate(batch):
            least = 0 if norm == "batch" else 0.01 * np.mean(np.square(series))
            for t, row in enumerate(series[h]):
                seen = column if norm == "batch" else row
                deviation = np.sqrt(max(seen.var(), least) + eps)
                out[i][h][t, u] = (row[u] - seen.mean()) / deviation * weight[h, u] + bias[h, u]
    return out


def layer(batch, heads, values, output, *, norm="layer", weight=None, bias=None, **options):
    """A list of series (t, c) through one layer in training; `output` is (c, heads x units), the transpose of W_O."""
    joined = normalised([attended(x, heads, values, **options) for x in batch], norm, weight, bias)
    return [np.concatenate(series, axis=1) @ output.T for series in joined]
