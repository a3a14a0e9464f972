"""The compiled search for extrema: octave by octave in a block that stays in cache, see `_kernels`."""

from typing import Any, NamedTuple

import numpy as np

from tsattn.scalespace._kernels import build_octave, compiled, interleave
from tsattn.scalespace._refine_kernel import localise


class Rules(NamedTuple):
    """Which extrema count, and how answers come back to input samples; rows are octaves."""

    threshold: Any  # (1,) in the type of the data
    contrast: Any  # (2,) likewise: before and after refining
    bump: bool
    dip: bool
    refine: bool
    edge: float  # the largest Tr^2 / Det of an image's Hessian; 0 for no such test
    rows: Any  # (octaves, n) flat starts of the inner rows of the last axis, before lanes; -1 where there are no more
    near: Any  # (octaves, m) flat shifts to the neighbouring rows, the own row among them, before lanes
    grid: Any  # (octaves, 2) step and offset
    sigma: Any  # (octaves, levels) in input samples
    first: int  # number of the first octave
    per_octave: int  # S


class Found(NamedTuple):
    """Columns that a search fills."""

    series: Any
    position: Any  # (capacity, axes)
    level: Any  # becomes sigma
    octave: Any
    scale: Any
    value: Any


class Marks(NamedTuple):
    """Working memory of the search: what may be an extremum, one candidate, and the keypoints of one block."""

    byte: Any  # (block,) uint8
    word: Any  # the same memory, eight at a time
    at: Any  # (block,) flat places of the extrema of one run
    point: Any  # (axes + 2,) position in the octave, level, value
    system: Any  # (axes + 1, axes + 2)
    first: Any  # (lanes + 1,) where the keypoints of each lane go
    found: Found  # in the order of octave, scale, position, lane; `series` is the lane


class Range(NamedTuple):
    """What to search: rows first..last of the data, and the part of each whose keypoints count."""

    first: int
    last: int
    lanes: int
    start: float  # keypoints whose sample lies in [start, stop) along the first axis, in samples of the part
    stop: float
    size: int  # samples of a whole row
    begin: int  # where in its row the part begins


@compiled
def larger(a: Any, b: Any) -> Any:
    return a if a > b else b  # max() minds the sign of zero and NaN, and is not made into vectors


@compiled
def smaller(a: Any, b: Any) -> Any:
    return a if a < b else b


@compiled
def mark(marks: Any, dogs: Any, s: Any, start: Any, step: Any, theta: Any, least: Any) -> None:
    """Mark what beats its two neighbours along the last axis and the three samples above and below: all of a series."""
    count = marks.size
    mid, left, right = dogs[s, start : start + count], dogs[s, start - step :], dogs[s, start + step :]
    low, high = dogs[s - 1, start:], dogs[s + 1, start:]
    low_left, low_right = dogs[s - 1, start - step :], dogs[s - 1, start + step :]
    high_left, high_right = dogs[s + 1, start - step :], dogs[s + 1, start + step :]
    for i in range(count):
        v = mid[i]
        a, b = larger(larger(left[i], right[i]), low[i]), larger(larger(low_left[i], low_right[i]), high[i])
        c, d = smaller(smaller(left[i], right[i]), low[i]), smaller(smaller(low_left[i], low_right[i]), high[i])
        a, c = larger(a, larger(high_left[i], high_right[i])), smaller(c, smaller(high_left[i], high_right[i]))
        top = (v >= least) & (v > theta * larger(a, b))
        bottom = (-v >= least) & (v < theta * smaller(c, d))
        marks[i] = top | bottom


@compiled
def is_extremum(dogs: Any, s: Any, at: Any, lanes: Any, near: Any, theta: Any) -> Any:
    """Whether the sample beats all its 3^(axes + 1) - 1 neighbours."""
    sign = dogs.dtype.type(1 if dogs[s, at] > 0 else -1)
    v = sign * dogs[s, at]
    for r in range(near.size):
        for k in range(-1, 2):
            other = at + (near[r] + k) * lanes
            if not (v > theta * (sign * dogs[s - 1, other]) and v > theta * (sign * dogs[s + 1, other])):
                return False
            if other != at and not v > theta * (sign * dogs[s, other]):
                return False
    return True


@compiled
def pick(marks: Any, dogs: Any, place: Any, near: Any, theta: Any, wanted: Any) -> Any:
    """List the extrema among the marked samples of a run in `marks.at`; return how many.

    `place` is (s, start, count, lanes) and the flat range that counts; `wanted` is whether bumps and dips are.
    Nothing but plain arrays is touched in here: references to them are counted, and threads would wait for counts.
    """
    s, start, count, lanes, begin, end = place
    byte, word, found = marks.byte, marks.word, marks.at
    n = 0
    for w in range((count + 7) // 8):
        if word[w] == 0:
            continue
        for i in range(8 * w, min(8 * w + 8, count)):
            at = start + i
            if byte[i] == 0 or not begin <= at < end or not wanted[1 if dogs[s, at] > 0 else 0]:
                continue
            if near.size == 1 or is_extremum(dogs, s, at, lanes, near, theta):
                found[n] = at
                n += 1
    return n


@compiled
def keep(found: Any, dogs: Any, place: Any, sizes: Any, ats: Any, n: Any) -> Any:
    """Append the extrema `ats` of level s as they are; `place` is (octave, s, lanes). Return the new count."""
    o, s, lanes = place
    series, position, level, octave, scale, value = found
    for k in range(ats.size):
        at = ats[k]
        rest = at // lanes
        series[n] = at - rest * lanes
        for axis in range(sizes.size - 1, 0, -1):
            position[n, axis] = rest % sizes[axis]
            rest //= sizes[axis]
        position[n, 0] = rest
        level[n], octave[n], scale[n], value[n] = s, o, s, dogs[s, at]
        n += 1
    return n


@compiled
def localise_all(marks: Any, dogs: Any, lanes: Any, sizes: Any, rules: Any, first: Any, n: Any) -> Any:
    """Localise the extrema first..n of the block; those that fail are overwritten. Return the new count."""
    found, point, axes = marks.found, marks.point, sizes.size
    for k in range(first, n):
        point[:axes] = found.position[k]
        point[axes], point[axes + 1] = found.level[k], found.value[k]
        scale = localise(dogs, found.series[k], lanes, sizes, rules, point, marks.system)
        if scale > 0:
            found.series[first], found.octave[first], found.scale[first] = found.series[k], found.octave[k], scale
            found.position[first] = point[:axes]
            found.level[first], found.value[first] = point[axes], point[axes + 1]
            first += 1
    return first


@compiled
def search_octave(o: Any, pyramid: Any, rules: Any, dogs: Any, marks: Any, window: Any, n: Any) -> Any:
    """Search all scales of octave `o`; return how many keypoints there are now."""
    sizes, lanes, rows, near = pyramid.sizes[o], window.lanes, rules.rows[o], rules.near[o]
    theta, least, wanted, before = rules.threshold[0], rules.contrast[0], (rules.bump, rules.dip), n
    inner = lanes
    for axis in range(1, sizes.size):
        inner *= sizes[axis]
    step, offset = rules.grid[o, 0], rules.grid[o, 1]
    begin = int(np.ceil((window.start - offset) / step)) * inner
    end = int(np.ceil(min((window.stop - offset) / step, float(sizes[0])))) * inner
    count = (sizes[-1] - 2) * lanes
    for s in range(1, dogs.shape[0] - 1):
        for r in range(rows.size):
            if rows[r] < 0:
                break
            start = (rows[r] + 1) * lanes
            mark(marks.byte[:count], dogs, s, start, lanes, theta, least)
            marks.byte[count : count + 7] = 0
            m = pick(marks, dogs, (s, start, count, lanes, begin, end), near, theta, wanted)
            n = keep(marks.found, dogs, (o, s, lanes), sizes, marks.at[:m], n)
    if rules.refine or rules.edge > 0:
        n = localise_all(marks, dogs, lanes, sizes, rules, before, n)
    return n


@compiled
def hand_over(found: Any, n: Any, starts: Any, rows: Any, out: Any, n_out: Any, rules: Any) -> Any:
    """Append the n keypoints of a block to `out`, lane by lane and in input samples; `rows` is (first row, lanes)."""
    first, lanes = rows
    grid, sigma, axes = rules.grid, rules.sigma, out.position.shape[1]
    lane_of, position, level, octave, scale, value = found
    out_series, out_position, out_sigma, out_octave, out_scale, out_value = out
    starts[:] = 0
    for k in range(n):
        starts[lane_of[k] + 1] += 1
    starts[0] = n_out
    for lane in range(lanes):
        starts[lane + 1] += starts[lane]
    for k in range(n):
        lane, o = lane_of[k], octave[k]
        at = starts[lane]
        starts[lane] += 1
        out_series[at], out_octave[at], out_scale[at], out_value[at] = first + lane, o + rules.first, scale[k], value[k]
        for axis in range(axes):
            out_position[at, axis] = position[k, axis] * grid[o, 0] + grid[o, 1]
        s = scale[k]
        out_sigma[at] = sigma[o, s] if level[k] == s else sigma[o, 0] * 2.0 ** (level[k] / rules.per_octave)
    return n_out + n


@compiled
def search(rows: Any, window: Any, pyramid: Any, rules: Any, buffers: Any, marks: Any, out: Any) -> Any:
    """Search the flat `rows` from window.first until window.last, or until `out` may overflow.

    Return the next row and the number of keypoints.
    """
    row, n_out, n = window.first, 0, 1
    for axis_size in pyramid.sizes[0]:
        n *= axis_size
    while row < window.last and n_out + marks.found.series.size <= out.series.size:
        lanes = min(window.lanes, window.last - row)
        part = Range(row, row + lanes, lanes, window.start, window.stop, window.size, window.begin)
        interleave(rows[row * window.size + window.begin :], window.size, buffers.base[buffers.margin :], n, lanes)
        found = 0
        for o in range(pyramid.sizes.shape[0]):
            build_octave(pyramid, o, buffers, lanes)
            found = search_octave(o, pyramid, rules, buffers.dogs, marks, part, found)
        n_out = hand_over(marks.found, found, marks.first, (row, lanes), out, n_out, rules)
        row += lanes
    return row, n_out
