"""The compiled CPU path of the cross-talk mask, in float32: the exact sum, a row of time steps in the cache at a time.

The exponential is a power of two: the whole part of the exponent becomes the bits of a float, and 2^f, |f| <= 1/2, is a
polynomial of degree 5 fitted to the least greatest relative error, 7.5e-8. It vectorises, at 0.2 to 0.5 ns for each
pair of a query and a key step. The mask is a smooth function of one scalar query for each sample, and could be
interpolated between a few; to 1e-5 that takes 16 nodes, and half the time, where queries and keys have standard
deviation 0.5, 40 nodes and about the same time at 1, and loses beyond (benchmarks/cross_talk_speed.py).

Sums may be reordered (else they do not vectorise), always in the same way: threads share out rows or key heads, and
which thread computes one changes no bit of it. A loop that sums must not store as well: it would be vectorised only
where its arrays lie far enough apart in memory, and the sum's last bits would hang on where they lie. Rows of (key
head, step) are taken through one array and its indices: slices cost 30 ns each, a third of the time at 50 steps.
Padding rows to whole vectors gains nothing there.
"""

from typing import Any, no_type_check

import numpy as np
from numba import njit

TINY = np.float32(-100)  # the least exponent: far below any sum's rounding, well above the slow denormal numbers
ONE, BIAS, MANTISSA = np.float32(1), np.int32(127), np.int32(23)
P0, P1, P2, P3, P4, P5 = (
    np.float32(c) for c in (1.0000001192092896, 0.6931469440460205, 0.24022120237350464, 0.05550713092088699,
                            0.009675540961325169, 0.001327647129073739))

compiled = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
inlined = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"}, inline="always")


@inlined
@no_type_check  # nor may a check wrap what is compiled
def power_of_two(x: Any) -> Any:
    """2^x for x <= 0; NaN stays NaN."""
    x = TINY if x < TINY else x
    whole = np.rint(x)
    f = x - whole
    p = ((((P5 * f + P4) * f + P3) * f + P2) * f + P1) * f + P0
    return p * np.int32((np.int32(whole) + BIAS) << MANTISSA).view(np.float32)


@compiled
@no_type_check
def two_sides(key: Any, lengths: Any, keys: Any, tops: Any) -> None:
    """Fill `keys`, (batch, 2, heads, time), `key` less each head's greatest and less its least, and where these are."""
    for b in range(key.shape[0]):
        for h in range(key.shape[1]):
            greatest = least = 0
            for t in range(1, lengths[b]):
                greatest = t if key[b, h, t] > key[b, h, greatest] else greatest
                least = t if key[b, h, t] < key[b, h, least] else least
            tops[b, 0, h], tops[b, 1, h] = greatest, least
            for t in range(lengths[b]):
                keys[b, 0, h, t] = key[b, h, t] - key[b, h, greatest]
                keys[b, 1, h, t] = key[b, h, t] - key[b, h, least]


@compiled
@no_type_check
def masks(exponents: Any, keys: Any, lengths: Any, out: Any, first: Any, last: Any) -> None:
    """Fill the rows first ... last of `out`, (batch, rows, time), counted over the whole batch.

    `exponents`: (batch, rows) queries times log2(e). `keys`: see `two_sides`.
    """
    heads, row = keys.shape[2], np.empty(keys.shape[3], np.float32)
    for at in range(first, last):
        b, r = at // out.shape[1], at % out.shape[1]
        s = exponents[b, r]
        side, n = 0 if s > 0 else 1, lengths[b]
        out[b, r] = 0
        for h in range(heads):
            total = np.float32(0)
            for t in range(n):
                row[t] = power_of_two(s * keys[b, side, h, t])
            for t in range(n):
                total += row[t]
            scale = ONE / total
            for t in range(n):
                out[b, r, t] += scale * row[t]


@compiled
@no_type_check
def slopes(exponents: Any, keys: Any, tops: Any, lengths: Any, grad: Any, grads: Any, part: Any) -> None:
    """Fill the gradients of one part, (first sample, last, first key head, last), from that of `masks`' output.

    `tops`: (batch, 2, heads), the steps at which `keys` is zero. They are left out of the sums: where one step takes
    nearly all, its gradient is a small difference from the mean, which the others alone tell. `grads`: the queries',
    (batch, heads, rows), which stand apart by key head and are still to be summed, and the keys', (batch, heads, time),
    which must hold zeros and get log2(e) times too much.
    """
    by_query, by_key = grads
    row = np.empty(keys.shape[3], np.float32)
    for b in range(part[0], part[1]):
        n = lengths[b]
        for r in range(exponents.shape[1]):
            s = exponents[b, r]
            side = 0 if s > 0 else 1
            for h in range(part[2], part[3]):
                for t in range(n):
                    row[t] = power_of_two(s * keys[b, side, h, t])
                top = tops[b, side, h]
                unit, row[top] = row[top], 0  # 1, or NaN
                others, dot, slope = np.float32(0), np.float32(0), np.float32(0)
                for t in range(n):
                    others += row[t]
                    dot += row[t] * grad[b, r, t]
                scale = ONE / (unit + others)
                mean, factor = scale * (dot + unit * grad[b, r, top]), s * scale
                for t in range(n):
                    row[t] *= grad[b, r, t] - mean
                for t in range(n):
                    slope += row[t] * keys[b, side, h, t]
                for t in range(n):
                    by_key[b, h, t] += factor * row[t]
                by_query[b, h, r] = scale * slope
                by_key[b, h, top] += factor * scale * (grad[b, r, top] * others - dot)
