"""Quantiles of errors, number by number: slow and dull on purpose.

It shares no code with the package.
"""

import math

from scipy.stats import t as student

LEVELS = [k / 200 for k in range(1, 200)]


def apart(starts, step):
    """How many windows are taken if each begins at least `step` rows after the one taken before."""
    count, free = 0, -math.inf
    for start in starts:
        if start >= free:
            count, free = count + 1, start + step
    return count


def mean_square(errors):
    return sum(error * error for error in errors) / len(errors)


def scales(squares, counts, ahead):
    """Standard deviation at each step, of one target: 10 errors' worth of the law, and each step's own."""
    floored = [max(square, 1e-12) for square in squares]
    best = None
    for twentieth in range(21):
        b = twentieth / 20
        c = sum(square / step ** (2 * b) for square, step in zip(floored, ahead, strict=True)) / len(ahead)
        cost = sum(math.log(c * step ** (2 * b)) for step in ahead) / len(ahead)
        if best is None or cost < best[0]:
            best = cost, b, c
    _, b, c = best
    law = [c * step ** (2 * b) for step in ahead]
    return [math.sqrt((n * own + 10 * grown) / (n + 10)) for n, own, grown in zip(counts, floored, law, strict=True)]


def rank(errors, level):
    """The order statistic of split conformal intervals."""
    ordered, place = sorted(errors), level * (len(errors) + 1)
    number = math.ceil(place - 1e-9) if level > 0.5 else math.floor(place + 1e-9)
    return ordered[min(max(number, 1), len(errors)) - 1]


def few_and_many(held, held_starts, crossed, crossed_starts, ahead):
    """Quantiles at all levels of one target's errors: lists (windows) of lists (steps); returned (levels, steps)."""
    squares, counts, of_held = [], [], []
    for j, step in enumerate(ahead):
        n = apart(held_starts, step)
        more = min(apart(crossed_starts, step), max(19 - n, 0))
        whole = n * mean_square([row[j] for row in held])
        if more:
            whole += more * mean_square([row[j] for row in crossed])
        squares.append(whole / (n + more))
        counts.append(n + more)
        of_held.append(n)
    sizes = scales(squares, counts, ahead)
    freedom = max(sum(counts) / len(counts), 2)
    table = []
    for level in LEVELS:
        row = []
        for j in range(len(ahead)):
            law = sizes[j] * student.ppf(level, freedom)
            if of_held[j] < 19:
                row.append(law)
                continue
            nearest = 1 / (of_held[j] + 1)  # the tail of the last level that has a rank
            outer = [one for one in LEVELS if one >= nearest - 1e-9 and 1 - one >= nearest - 1e-9]
            inner = min(max(level, outer[0]), outer[-1])
            row.append(rank([one[j] for one in held], inner) + law - sizes[j] * student.ppf(inner, freedom))
        table.append(row)
    return table


def roughness(window, lag, usual):
    """Root mean squared difference at a lag over the usual one, which counts for four differences."""
    squares = [(window[t] - window[t - lag]) ** 2 for t in range(lag, len(window))]
    return math.sqrt((4 + sum(squares) / usual**2) / (4 + len(squares)))
