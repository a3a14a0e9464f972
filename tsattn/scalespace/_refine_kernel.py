"""Compiled localisation of one extremum in a block of differences; `refine.py` is the same for torch.

Brown & Lowe, "Invariant features from interest point groups", BMVC 2002; Lowe, IJCV 2004, section 4.
Unknowns come in the order: space axes, then scale. A place is (level, flat sample).
"""

from typing import Any

import numpy as np

from tsattn.scalespace._kernels import compiled
from tsattn.scalespace.criteria import FAR, MOST_MOVES


@compiled
def step_of(axis: Any, sizes: Any, lanes: Any) -> Any:
    """How far apart in the flat block two samples next to each other along `axis` are; 0 for scale."""
    step = lanes if axis < sizes.size else 0
    for k in range(axis + 1, sizes.size):
        step *= sizes[k]
    return step


@compiled
def along(dogs: Any, s: Any, at: Any, axis: Any, sizes: Any, lanes: Any) -> Any:
    """First and second central difference along one unknown."""
    step = step_of(axis, sizes, lanes)
    up = 1 if axis == sizes.size else 0
    before, after = np.float64(dogs[s - up, at - step]), np.float64(dogs[s + up, at + step])
    return (after - before) / 2, after + before - 2 * np.float64(dogs[s, at])


@compiled
def across(dogs: Any, s: Any, at: Any, pair: Any, sizes: Any, lanes: Any) -> Any:
    """Mixed second difference along the two unknowns of `pair`."""
    a, b = step_of(pair[0], sizes, lanes), step_of(pair[1], sizes, lanes)
    up = 1 if pair[1] == sizes.size else 0  # scale is the last unknown, so only the second of a pair
    same = np.float64(dogs[s + up, at + a + b]) + np.float64(dogs[s - up, at - a - b])
    other = np.float64(dogs[s + up, at - a + b]) + np.float64(dogs[s - up, at + a - b])
    return (same - other) / 4


@compiled
def fill_system(dogs: Any, s: Any, at: Any, sizes: Any, lanes: Any, work: Any) -> None:
    """The linear system: Hessian, and the negative gradient in the last column."""
    n = sizes.size + 1
    for i in range(n):
        first, second = along(dogs, s, at, i, sizes, lanes)
        work[i, i], work[i, n] = second, -first
        for j in range(i + 1, n):
            work[i, j] = work[j, i] = across(dogs, s, at, (i, j), sizes, lanes)


@compiled
def solve(work: Any) -> Any:
    """Gauss with pivots, in place; the solution is left in the last column. False if singular."""
    n = work.shape[0]
    for i in range(n):
        best = i
        for j in range(i + 1, n):
            if abs(work[j, i]) > abs(work[best, i]):
                best = j
        if work[best, i] == 0.0:
            return False
        for k in range(n + 1):
            work[i, k], work[best, k] = work[best, k], work[i, k]
        for j in range(n):
            share = work[j, i] / work[i, i] if j != i else 0.0
            for k in range(n + 1):
                work[j, k] -= share * work[i, k]
    for i in range(n):
        work[i, n] /= work[i, i]
    return True


@compiled
def is_edge(dogs: Any, s: Any, at: Any, sizes: Any, lanes: Any, limit: Any) -> Any:
    """Whether an image's extremum lies on an edge: principal curvatures of unlike sign, or too unlike in size."""
    _, high = along(dogs, s, at, 0, sizes, lanes)
    _, wide = along(dogs, s, at, 1, sizes, lanes)
    mixed = across(dogs, s, at, (0, 1), sizes, lanes)
    determinant = high * wide - mixed * mixed
    return (high + wide) ** 2 >= limit * determinant  # holds too where Det <= 0: a product, not a quotient


@compiled
def inside(point: Any, sizes: Any, n_scales: Any) -> Any:
    """Whether the place has neighbours on every side."""
    good = 1 <= point[sizes.size] <= n_scales
    for axis in range(sizes.size):
        good &= 1 <= point[axis] <= sizes[axis] - 2
    return good


@compiled
def flat(point: Any, layout: Any, sizes: Any) -> Any:
    """The flat sample of the whole coordinates in `point`; `layout` is lanes, rows of a folded series or 0, origin."""
    at, lane, (lanes, rows, origin) = 0, 0, layout
    for axis in range(sizes.size):
        at = at * sizes[axis] + int(point[axis])
    if rows > 0:
        lane, at = at // rows, at % rows
    return origin + at * lanes + lane


@compiled
def unravel(at: Any, sizes: Any, point: Any) -> None:
    """Write the coordinates of a flat position into `point`."""
    for axis in range(sizes.size - 1, 0, -1):
        point[axis] = at % sizes[axis]
        at //= sizes[axis]
    point[0] = at


@compiled
def move(point: Any, work: Any) -> Any:
    """Step to the sample nearest to the fitted extremum; False if that is the sample we are at."""
    n = work.shape[0]
    moved = False
    for i in range(n):
        if abs(work[i, n]) > FAR:
            moved = True
    for i in range(n if moved else 0):
        point[i] += np.rint(work[i, n])
    return moved


@compiled
def localise(dogs: Any, layout: Any, sizes: Any, rules: Any, point: Any, work: Any) -> Any:
    """Refine `point` (position, level, value) in place; return its level as a whole number, 0 to drop it."""
    lanes, axes, n_scales = layout[0], sizes.size, dogs.shape[0] - 2
    limit = rules.edge if axes == 2 else 0.0
    moves = 0
    while rules.refine:
        s, at = int(point[axes]), flat(point, layout, sizes)
        fill_system(dogs, s, at, sizes, lanes, work)
        if not solve(work):
            return 0
        if not move(point, work):
            break
        moves += 1
        if moves > MOST_MOVES or not inside(point, sizes, n_scales):
            return 0
    s, at = int(point[axes]), flat(point, layout, sizes)
    if limit > 0 and is_edge(dogs, s, at, sizes, lanes, limit):
        return 0
    if rules.refine:
        value = np.float64(dogs[s, at])
        for i in range(axes + 1):
            first, _ = along(dogs, s, at, i, sizes, lanes)
            value += first * work[i, axes + 1] / 2
            point[i] += work[i, axes + 1]
        same_sign = value * point[axes + 1] > 0  # else the fit has wandered off to another kind of point
        point[axes + 1] = value
        if not same_sign or abs(value) < rules.contrast:
            return 0
    return s
