"""The compiled pyramid of one block: level after level, difference after difference, octave after octave.

A block of series is a few strips, each flat (rows, 16). Short series stand side by side, one a lane. A long one is
folded into one strip: lane p holds its samples p * rows and on, so that even a single series fills the lanes; what
lies beyond the end of a lane is the beginning of the next.
"""

from typing import Any, NamedTuple

from tsattn.scalespace._kernels import (
    LANES,
    border,
    compiled,
    convolve,
    copy,
    fill_borders,
    gather,
)

KEEP, AVERAGE, DECIMATE = 0, 1, 2


class Pyramid(NamedTuple):
    """What the kernels need to know of an octave ladder; the rows of `taps` are levels 0..S+2 and the reducer."""

    taps: Any  # (octaves, S + 4, 1 + whole fives) in the type of the data
    radius: Any  # (octaves, S + 4) int64; 0 is no smoothing
    sizes: Any  # (octaves, 1) int64
    rows: Any  # (octaves,) int64, of a strip of series
    strips: int  # of a block
    folded: bool
    source: int  # the level that is smoothed before averaging
    reduce: int
    mode: int


class Buffers(NamedTuple):
    """Working memory of one thread, (strips, strip of the first octave), where not said otherwise."""

    level: Any  # strips of series begin at `margin` in the first three
    upper: Any
    base: Any
    dogs: Any  # (S + 2, block): strip after strip, with a row before and after each if they are of series
    margin: int


class Range(NamedTuple):
    """What to search: rows first..last of the data, and the part of each whose keypoints count."""

    first: int
    last: int
    start: float  # keypoints whose sample lies in [start, stop) along the first axis, in samples of the part
    stop: float
    size: int  # samples of a whole row
    begin: int  # where in its row the part begins
    cell: int  # of the counts of a row, where the part's begin
    cells: int  # how many a row has


@compiled
def stride_of(pyramid: Any, o: Any) -> Any:
    """How far apart in the differences of an octave two strips begin."""
    return ((pyramid.rows[o] + 3) // 4 * 4 + 2) * LANES


@compiled
def block_at(pyramid: Any, where: Any, row: Any) -> Any:
    """The block that begins with `row`: how many rows of the data it takes, its pieces, and the cell of the first."""
    if pyramid.folded:
        return 1, LANES, row * where.cells + where.cell
    rows = min(LANES * pyramid.strips, where.last - row)
    return rows, rows, row


@compiled
def load(flat: Any, first: Any, size: Any, pyramid: Any, buffers: Any, lanes: Any) -> None:
    """Fill `buffers.base` with the block whose first sample is `first`, and whose series lie `size` apart."""
    n, rows = pyramid.sizes[0, 0], pyramid.rows[0]
    for g in range((lanes + LANES - 1) // LANES):
        base = buffers.base[g, buffers.margin :]
        if pyramid.folded:
            rest = n % rows  # of the last lane, which is rarely full
            gather(flat, first, (1, rows), base, rest, n // rows + 1)
            gather(flat, first + rest, (1, rows), base[rest * LANES :], rows - rest, n // rows)
        else:
            some = min(lanes - g * LANES, LANES)
            if some < LANES:  # idle lanes are constant, so that nothing is found there
                base[:] = 0
            gather(flat, first + g * LANES * size, (1, size), base, n, some)


@compiled
def fill_between(block: Any, at: Any, rows: Any, radius: Any) -> None:
    """Fill `radius` rows on either side of a folded series: what stands so many lanes to the left or right.

    Whole rows are copied, shifted; what has no lane to its left or right gets anything.
    """
    for k in range(1, radius + 1):
        lanes = (k - 1) // rows + 1
        above, below = block[at - k * LANES :], block[at + (rows - 1 + k) * LANES :]
        last = block[at + (lanes * rows - k) * LANES - lanes :]
        first = block[at + (k - 1 - (lanes - 1) * rows) * LANES + lanes :]
        for lane in range(LANES):
            above[lane] = last[lane]
        for lane in range(LANES):
            below[lane] = first[lane]


@compiled
def fill_folded(block: Any, at: Any, n: Any, rows: Any, radius: Any, mode: Any) -> None:
    """Fill what lies beyond the ends of a series of n samples, folded into lanes of `rows`, and of its lanes."""
    for t in range(n, min(n + radius, LANES * rows)):
        j = border(t, n, mode)
        block[at + t % rows * LANES + t // rows] = block[at + j % rows * LANES + j // rows] if j >= 0 else 0
    fill_between(block, at, rows, radius)
    for k in range(1, radius + 1):
        for lane in range(min((k - 1) // rows + 1, LANES)):
            j = border(lane * rows - k, n, mode)
            block[at - k * LANES + lane] = block[at + j % rows * LANES + j // rows] if j >= 0 else 0
            far = LANES - 1 - lane
            j = border(far * rows + rows - 1 + k, n, mode)
            row = at + (rows - 1 + k) * LANES
            block[row + far] = block[at + j % rows * LANES + j // rows] if j >= 0 else 0


@compiled
def smooth(src: Any, dst: Any, buffers: Any, pyramid: Any, which: Any, dogs: Any) -> None:
    """Smooth the strips `src` into `dst`; `which` is (octave, level), and `dogs` get the differences, if any are given.

    Samples that lie beyond the border are put where they belong in `src`.
    """
    o, s = which
    n, rows, radius, margin = pyramid.sizes[o, 0], pyramid.rows[o], pyramid.radius[o, s], buffers.margin
    size, taps, mode = (rows + 3) // 4 * 4 * LANES, pyramid.taps[o, s], pyramid.mode
    for g in range(src.shape[0]):
        strip, out = src[g], dst[g]
        first = g * (size + 2 * LANES) + LANES
        change = dogs[first : first + size] if dogs.size else dogs
        if pyramid.folded:
            fill_folded(strip, margin, n, rows, radius, mode)
        elif radius > 0:
            fill_borders(strip, margin, n, radius, mode)
        if radius > 0:
            convolve(strip, margin, out[margin : margin + size], taps, radius, change)
        else:
            copy(strip[margin:], out[margin:], size)
            change[:] = 0


@compiled
def halve_rows(src: Any, dst: Any, rows: Any, average: Any) -> None:
    """The mean of each pair of rows, or every second; what beyond the last pair is halved too, is never looked at."""
    share = src.dtype.type(0.5)
    for i in range((rows + 1) // 2):
        old, new = src[2 * i * LANES :], dst[i * LANES :]
        for lane in range(LANES):
            new[lane] = (old[lane] + old[lane + LANES]) * share if average else old[lane]


@compiled
def reduce_block(src: Any, buffers: Any, pyramid: Any, o: Any) -> None:
    """Make the next octave's base from a level: halve every strip, or keep it."""
    for g in range(src.shape[0]):
        old, new = src[g, buffers.margin :], buffers.base[g, buffers.margin :]
        if pyramid.reduce == KEEP:
            copy(old, new, pyramid.rows[o] * LANES)
        else:
            halve_rows(old, new, pyramid.rows[o], pyramid.reduce == AVERAGE)


@compiled
def build_octave(pyramid: Any, o: Any, buffers: Any, strips: Any) -> None:
    """Fill `buffers.dogs` with octave `o`, whose input is `buffers.base`, and make the next octave's base.

    One loop with one call to smooth: the compiler puts a copy of the kernels wherever they are called.
    """
    n_scales, dogs = pyramid.radius.shape[1] - 4, buffers.dogs
    level, upper, base = buffers.level[:strips], buffers.upper[:strips], buffers.base[:strips]
    last, average = o == pyramid.sizes.shape[0] - 1, pyramid.reduce == AVERAGE
    reduced = last or not average
    s = 0
    while s < n_scales + 3:
        reducing = not reduced and s == pyramid.source + 1
        which = (o, n_scales + 3 if reducing else s)
        some = dogs[s - 1] if s > 0 and not reducing else dogs[0, :0]
        smooth(base if s == 0 else level, level if s == 0 else upper, buffers, pyramid, which, some)
        if reducing:
            reduce_block(upper, buffers, pyramid, o)
            reduced = True
            continue
        if s > 0:
            level, upper = upper, level
        if not average and s == n_scales and not last:
            reduce_block(level, buffers, pyramid, o)
        s += 1
    if pyramid.folded:
        for s in range(n_scales + 2):
            fill_between(dogs[s], LANES, pyramid.rows[o], 1)
