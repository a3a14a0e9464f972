"""The encoder-decoder with additive attention as loops, in numpy: slow and dull on purpose.

Bahdanau, Cho & Bengio, ICLR 2015, equations 4-6 and appendix A. It shares no code with the package.
"""

import math

import numpy as np

from tests.reference.sdma import lstm, sigmoid


def look(state, features, w, u, v):
    """The context of a state (s,) among features (t, h), and the weight of each step."""
    scores = []
    for h in features:
        score = 0.0
        for unit in range(len(v)):
            score += v[unit] * math.tanh(w[unit] @ state + u[unit] @ h)
        scores.append(score)
    shares = [math.exp(score - max(scores)) for score in scores]
    weights = [share / sum(shares) for share in shares]
    context = np.zeros(features.shape[1])
    for weight, h in zip(weights, features, strict=True):
        context += weight * h
    return context, weights


def gru(x, state, weights):
    """One step of a gated recurrent unit; gates stacked in the order reset, update, new."""
    w_in, w_hidden, b_in, b_hidden = weights
    size, new_state = len(state), np.zeros(len(state))
    for i in range(size):
        of_input = [w_in[gate * size + i] @ x + b_in[gate * size + i] for gate in range(3)]
        of_state = [w_hidden[gate * size + i] @ state + b_hidden[gate * size + i] for gate in range(3)]
        reset, update = sigmoid(of_input[0] + of_state[0]), sigmoid(of_input[1] + of_state[1])
        new = math.tanh(of_input[2] + reset * of_state[2])
        new_state[i] = (1 - update) * new + update * state[i]
    return new_state


def both_ways(x, forwards, backwards):
    """One series (t, c) through two LSTMs, one from each end; their states side by side."""
    return np.concatenate([lstm(x, forwards), lstm(x[::-1], backwards)[::-1]], axis=1)


def forecast(features, future, *, start, attention, cell, head):
    """Outputs (n, k) and weights (n, t) from features (t, h) of one series and what is known, (n, f)."""
    state = np.tanh(start[0] @ features[0] + start[1])
    output, outputs, alignment = np.zeros(len(head[1])), [], []
    for known in future:
        context, weights = look(state, features, *attention)
        state = gru(np.concatenate([context, output, known]), state, cell)
        output = head[0] @ state + head[1]
        outputs.append(output)
        alignment.append(weights)
    return np.array(outputs), np.array(alignment)
