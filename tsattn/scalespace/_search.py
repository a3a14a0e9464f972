"""The compiled search for extrema: octave by octave in a block that stays in cache, see `_blocks`.

What is found goes into records, which say where in its block a keypoint lies, and into a table of counts for each
piece of a series; with the table, `_placing` writes every keypoint straight to where it belongs.
"""

from typing import Any, NamedTuple

import numpy as np

from tsattn.scalespace._blocks import block_at, build_octave, load, stride_of
from tsattn.scalespace._kernels import LANES, ROWS, SHIFT, compiled
from tsattn.scalespace._refine_kernel import localise


class Rules(NamedTuple):
    """Which extrema count, and how answers come back to input samples; rows are octaves."""

    threshold: Any  # (1,) in the type of the data
    beyond: Any  # (2,) likewise: a bump's difference lies below the first, a dip's above the second
    contrast: float  # asked of refined values
    refine: bool
    edge: float  # 0: the test of edges is one of images
    grid: Any  # (octaves, 2) step and offset
    sigma: Any  # (octaves, levels) in input samples
    first: int  # number of the first octave
    per_octave: int  # S


class Records(NamedTuple):
    """Keypoints block by block, in the order of octave, scale, place."""

    piece: Any  # (capacity,) int32, of the block: the series, or the lane of a folded one
    at: Any  # int32, flat position in the octave
    value: Any
    fine: Any  # (capacity, 3) refined position, level, whole level; no rows unless refined


class Marks(NamedTuple):
    """Working memory of the search."""

    byte: Any  # (block,) uint8, what may be an extremum
    word: Any  # the same memory, eight at a time
    at: Any  # (block,) flat places of the marks of one run
    point: Any  # (3,) position in the octave, level, value
    system: Any  # (2, 3)
    most: int  # keypoints a block may have


@compiled
def larger(a: Any, b: Any) -> Any:
    return a if a > b else b  # max() minds the sign of zero and NaN, and is not made into vectors


@compiled
def smaller(a: Any, b: Any) -> Any:
    return a if a < b else b


@compiled
def mark_rows(marks: Any, dogs: Any, limits: Any) -> None:
    """Mark what beats its neighbours in time and those above and below the three, for whole fours of rows.

    `dogs` are the differences below, here and above, from the row before; `limits` the threshold and what differences
    must lie beyond. Four rows at a time have half of the comparisons in common.
    """
    lower, middle, upper = dogs
    theta, low, high = limits
    for t in range(0, marks.size, ROWS * LANES):
        x, y, z, out = lower[t:], middle[t:], upper[t:], marks[t:]
        for i in range(LANES):
            r, u, v, w = i + 16, i + 32, i + 48, i + 64
            a, b, c, d = larger(x[r], z[r]), larger(x[u], z[u]), larger(x[v], z[v]), larger(x[w], z[w])
            top0, top5 = larger(larger(x[i], z[i]), y[i]), larger(larger(x[i + 80], z[i + 80]), y[i + 80])
            top1, top2, top3, top4 = larger(a, y[r]), larger(b, y[u]), larger(c, y[v]), larger(d, y[w])
            a, b = larger(a, larger(top0, top2)), larger(b, larger(top1, top3))
            c, d = larger(c, larger(top2, top4)), larger(d, larger(top3, top5))
            e, f, g, h = smaller(x[r], z[r]), smaller(x[u], z[u]), smaller(x[v], z[v]), smaller(x[w], z[w])
            end0, end5 = smaller(smaller(x[i], z[i]), y[i]), smaller(smaller(x[i + 80], z[i + 80]), y[i + 80])
            end1, end2, end3, end4 = smaller(e, y[r]), smaller(f, y[u]), smaller(g, y[v]), smaller(h, y[w])
            e, f = smaller(e, smaller(end0, end2)), smaller(f, smaller(end1, end3))
            g, h = smaller(g, smaller(end2, end4)), smaller(h, smaller(end3, end5))
            out[i] = (y[r] > larger(theta * a, high)) | (y[r] < smaller(theta * e, low))
            out[r] = (y[u] > larger(theta * b, high)) | (y[u] < smaller(theta * f, low))
            out[u] = (y[v] > larger(theta * c, high)) | (y[v] < smaller(theta * g, low))
            out[v] = (y[w] > larger(theta * d, high)) | (y[w] < smaller(theta * h, low))


@compiled
def list_marks(byte: Any, word: Any, count: Any, start: Any, found: Any) -> Any:
    """List the marked among `count` samples, which begin at `start`; return how many.

    Nothing but plain arrays is touched in here: references to them are counted, and threads would wait for counts.
    """
    n = 0
    for w in range((count + 7) // 8):
        if word[w] == 0:
            continue
        for i in range(8 * w, 8 * w + 8):
            found[n] = start + i  # overwritten unless it counts: cheaper than a branch that cannot be foreseen
            n += byte[i]
    return n


@compiled
def keep_rows(at: Any, dog: Any, layout: Any, window: Any, records: Any, n: Any, counts: Any) -> Any:
    """Append those of the places `at` in a block of series that lie in the window; return how many there are now.

    `layout` is how far apart two strips lie, how many rows they have, and how far a series moves on from lane to
    lane; `counts` one a piece.
    """
    (stride, rows, move), (low, high) = layout, window
    piece, place, value = records.piece, records.at, records.value
    strip, start = 0, LANES  # past the row before the strip
    for k in range(at.size):
        while at[k] >= start - LANES + stride:
            strip, start = strip + LANES, start + stride
        i = at[k] - start
        row, lane = i >> SHIFT, i & (LANES - 1)
        t = row + lane * move
        good = (row < rows) & (low <= t) & (t < high)
        piece[n], place[n], value[n] = strip + lane, t, dog[at[k]]
        counts[strip + lane] += good
        n += good
    return n


@compiled
def search_rows(place: Any, pyramid: Any, rules: Any, found: Any, where: Any, counts: Any) -> Any:
    """Search one level of a block of series, `place`; `found` is (dogs, marks, records, how many)."""
    (o, s), (dogs, marks, records, n) = place, found
    stride, (step, offset) = stride_of(pyramid, o), rules.grid[o]
    count = (len(counts) + LANES - 1) // LANES * stride - 2 * LANES
    rounded = (count + ROWS * LANES - 1) // (ROWS * LANES) * ROWS * LANES  # what is marked beyond is not listed
    low = max(np.ceil((where.start - offset) / step), 1.0)
    high = min(np.ceil((where.stop - offset) / step), pyramid.sizes[o, 0] - 1.0)
    limits = (rules.threshold[0], rules.beyond[0], rules.beyond[1])
    mark_rows(marks.byte[:rounded], (dogs[s - 1], dogs[s], dogs[s + 1]), limits)
    m = list_marks(marks.byte, marks.word, count, LANES, marks.at)
    rows, window = pyramid.rows[o], (int(low), int(high))
    layout = (stride, rows, rows if pyramid.folded else 0)
    return keep_rows(marks.at[:m], dogs[s], layout, window, records, n, counts)


@compiled
def localise_all(place: Any, pyramid: Any, rules: Any, found: Any, first: Any, counts: Any) -> Any:
    """Localise the keypoints from `first` on, those of one level; those that fail are overwritten. As `search_rows`."""
    (o, s), (dogs, marks, records, n) = place, found
    sizes, point, rows = pyramid.sizes[o], marks.point, pyramid.rows[o] if pyramid.folded else 0
    for k in range(first, n):
        piece, at = records.piece[k], records.at[k]
        point[0], point[1], point[2] = at, s, records.value[k]
        origin = piece // LANES * stride_of(pyramid, o) + LANES + piece % LANES
        layout = (LANES, rows, LANES if rows > 0 else origin)
        scale = localise(dogs, layout, sizes, rules, point, marks.system)
        if scale == 0:
            counts[piece] -= 1
            continue
        records.piece[first], records.at[first], records.value[first] = piece, at, point[2]
        if rules.refine:
            records.fine[first, 0], records.fine[first, 1], records.fine[first, 2] = point[0], point[1], scale
        first += 1
    return first


@compiled
def search_block(pyramid: Any, rules: Any, memory: Any, records: Any, part: Any, counts: Any) -> Any:
    """Search a block, whose samples are in the base; `memory` is (buffers, marks), `part` (range, keypoints before).

    Return how many keypoints there are now; add them to `counts` (pieces, octaves * scales).
    """
    (buffers, marks), (where, n) = memory, part
    group, strips = 0, (len(counts) + LANES - 1) // LANES
    for o in range(pyramid.sizes.shape[0]):
        build_octave(pyramid, o, buffers, strips)
        for s in range(1, buffers.dogs.shape[0] - 1):
            before, found, some = n, (buffers.dogs, marks, records, n), counts[:, group]
            n = search_rows((o, s), pyramid, rules, found, where, some)
            if rules.refine:
                n = localise_all((o, s), pyramid, rules, (buffers.dogs, marks, records, n), before, some)
            group += 1
    return n


@compiled
def search(flat: Any, where: Any, pyramid: Any, rules: Any, memory: Any, records: Any, counts: Any) -> Any:
    """Search rows of the data from where.first until where.last, or until the records may overflow.

    Return the next row and the number of keypoints.
    """
    buffers, marks = memory
    row, n = where.first, 0
    while row < where.last and n + marks.most < records.at.size:
        rows, lanes, cell = block_at(pyramid, where, row)
        load(flat, row * where.size + where.begin, where.size, pyramid, buffers, lanes)
        n = search_block(pyramid, rules, memory, records, (where, n), counts[cell : cell + lanes])
        row += rows
    return row, n
