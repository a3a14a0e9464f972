"""SDMA as loops over steps and layers, in numpy: slow and dull on purpose. It shares no code with the package."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm(x, weights):
    """One series (t, c) through an LSTM; gates stacked in the order input, forget, cell, output."""
    w_in, w_hidden, b_in, b_hidden = weights
    size = w_hidden.shape[1]
    hidden, cell, out = np.zeros(size), np.zeros(size), []
    for step in x:
        z = w_in @ step + b_in + w_hidden @ hidden + b_hidden
        enter, forget, new, leave = z[:size], z[size : 2 * size], z[2 * size : 3 * size], z[3 * size :]
        cell = sigmoid(forget) * cell + sigmoid(enter) * np.tanh(new)
        hidden = sigmoid(leave) * np.tanh(cell)
        out.append(hidden)
    return np.array(out)


def block(data, saliency, data_weights, saliency_weights, *, mutual=True):
    """Equation 6.12: (G_T, G_A, Y). Without `mutual` only the data are attended."""
    y_t, y_a = lstm(data, data_weights), lstm(saliency, saliency_weights)
    g_t = y_t * sigmoid(y_a)
    if not mutual:
        return g_t, y_a, g_t
    g_a = y_a * sigmoid(y_t)
    return g_t, g_a, g_t + g_a


def sdma(data, saliency, layers, *, architecture="single", mutual=True):
    """One series (t, v) and its saliency (t, s) through all blocks; `layers` holds a pair of weights for each."""
    x, s = data, saliency
    for data_weights, saliency_weights in layers:
        g_t, g_a, y = block(x, s, data_weights, saliency_weights, mutual=mutual)
        x, s = (y, saliency) if architecture == "type2" else (g_t, g_a)
    return y


def convolution(x, kernel, dilation=1):
    """One series (t, c) under a kernel (h, c, w), zeros beyond both ends."""
    n_steps, (n_out, n_in, width) = len(x), kernel.shape
    out = np.zeros((n_steps, n_out))
    for t in range(n_steps):
        for h in range(n_out):
            for c in range(n_in):
                for w in range(width):
                    source = t + dilation * (w - width // 2)
                    if 0 <= source < n_steps:
                        out[t, h] += kernel[h, c, w] * x[source, c]
    return out
