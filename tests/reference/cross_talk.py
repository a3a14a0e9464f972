"""The cross-talk mask and its gradients as loops over samples, heads, units and steps: slow and dull on purpose.

Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, equations 7.8-7.9.
It shares no code with the package.
"""

import math

import numpy as np


def softmax(logits):
    largest = max(logits)
    powers = [math.exp(logit - largest) for logit in logits]
    return [power / sum(powers) for power in powers]


def cross_talk(query, key, valid):
    """(b, h, u, t) of query (b, h, u), key (b, k, t) and valid steps (b, t)."""
    out = np.zeros((*query.shape, key.shape[-1]))
    for b, h, u in np.ndindex(query.shape):
        steps = [t for t in range(key.shape[-1]) if valid[b, t]]
        for k in range(key.shape[1]):
            mask = softmax([float(query[b, h, u]) * float(key[b, k, t]) for t in steps])
            for t, weight in zip(steps, mask, strict=True):
                out[b, h, u, t] += weight
    return out


def gradients(query, key, valid, grad):
    """Of sum(grad * cross_talk(query, key, valid)) in query and in key.

    Summed over pairs of steps: d p_t / d (q k_t) = p_t sum_s p_s and d p_t / d (q k_s) = -p_t p_s, s other than t, so
    that nothing large cancels where one step takes nearly all.
    """
    by_query, by_key = np.zeros(query.shape), np.zeros(key.shape)
    for b, h, u in np.ndindex(query.shape):
        steps = [t for t in range(key.shape[-1]) if valid[b, t]]
        q = float(query[b, h, u])
        for k in range(key.shape[1]):
            mask = softmax([q * float(key[b, k, t]) for t in steps])
            for i, t in enumerate(steps):
                for j, s in enumerate(steps):
                    pair = mask[i] * mask[j] * (float(grad[b, h, u, t]) - float(grad[b, h, u, s]))
                    by_key[b, k, t] += pair * q
                    by_query[b, h, u] += pair * (float(key[b, k, t]) - float(key[b, k, s])) / 2
    return by_query, by_key
