"""LSTM-4 with scale-space or recurrent attention as loops over steps, in numpy: slow and dull on purpose.

Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, equations 5.6-5.12
and 5.5.2.4. It shares no code with the package.
"""

import numpy as np

from tests.reference.scale_attention import extremeness
from tests.reference.sdma import lstm, sigmoid


def glimpse_lstm(x, weights, glimpse):
    """One series (t, c) through an LSTM that reads the share sigmoid(W h + b) of each step."""
    w_in, w_hidden, b_in, b_hidden = weights
    w_glimpse, b_glimpse = glimpse
    size = w_hidden.shape[1]
    hidden, cell, out = np.zeros(size), np.zeros(size), []
    for step in x:
        seen = sigmoid(w_glimpse @ hidden + b_glimpse) * step
        z = w_in @ seen + b_in + w_hidden @ hidden + b_hidden
        enter, forget, new, leave = z[:size], z[size : 2 * size], z[2 * size : 3 * size], z[3 * size :]
        cell = sigmoid(forget) * cell + sigmoid(enter) * np.tanh(new)
        hidden = sigmoid(leave) * np.tanh(cell)
        out.append(hidden)
    return np.array(out)


def masked(y, previous, kernel, bias, *, dilation=1):
    """Features (t, h) under the mask from their predecessor's (t, c), smoothed by a kernel (h, h, w)."""
    n_steps, n_features = y.shape
    weighed = np.zeros_like(y)
    for h in range(n_features):
        change = np.array([abs(y[t, h] - np.mean(previous[t])) for t in range(n_steps)])
        weighed[:, h] = extremeness(change, np.ones(n_steps, bool)) * change
    out, width = np.zeros_like(y), kernel.shape[2]
    for t in range(n_steps):
        for h in range(n_features):
            smooth = bias[h]
            for w in range(width):
                source = t + dilation * (w - width // 2)
                if 0 <= source < n_steps:
                    smooth += kernel[h, :, w] @ weighed[source]
            out[t, h] = y[t, h] * sigmoid(smooth)
    return out


def halved(x):
    """Means of pairs of steps; a last one by itself stays."""
    return np.array([x[t : t + 2].mean(axis=0) for t in range(0, len(x), 2)])


def stack(x, layers, *, dilation=1):
    """One series (t, c) through LSTM layers, each (weights, smoothing or None), at half the steps after every second.

    `smoothing` is (kernel, bias) of the mask after the layer.
    """
    for number, (weights, smoothing) in enumerate(layers, 1):
        y = lstm(x, weights)
        x = y if smoothing is None else masked(y, x, *smoothing, dilation=dilation)
        if number % 2 == 0:
            x = halved(x)
    return x
