"""The compiled CPU path of series: smoothing; `_rows_kernel` is that of images.

Work is done on blocks of rows of 16 lanes, (rows, 16): a lane is one series, or a piece of a long one (see `_blocks`).
Sixteen float32 are one cache line and one AVX-512 register, so a row is never split.

A smoothed row is a sum over pairs of rows at equal distance. Five pairs go at a time for four rows at once: then a row
that is loaded serves several sums, and loads no longer set the pace; with eight pairs the registers run out, and it
takes twice as long. Kernels are filled up with zeros, which changes no sum.

Of fast-math only the fusing of a product into a sum is allowed, and only in the sums over taps: every sample sees the
same operations in the same order, so that a constant series is still constant after smoothing, and gives nothing.
"""

from typing import Any

from numba import njit

REFLECT, NEAREST, CONSTANT = 0, 1, 2
LANES, SHIFT = 16, 4  # and the power of two it is
PAIRS = 5  # of taps in a pass; the last may do with three
ROWS = 4  # in a step of a pass: a block has room for whole fours
CHUNK = 128 * LANES  # samples smoothed at a time, which stay in the first cache from pass to pass

compiled = njit(nogil=True, cache=True, error_model="numpy")
fused = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})


def whole(n: int, unit: int) -> int:
    """The least multiple of `unit` that is not below n."""
    return -(-n // unit) * unit


@compiled
def border(i: Any, n: Any, mode: Any) -> Any:
    """Which of n samples stands at i; -1 where there is none."""
    if 0 <= i < n:
        return i
    if mode == CONSTANT:
        return -1
    if mode == NEAREST:
        return 0 if i < 0 else n - 1
    if not -n <= i < 2 * n:  # a radius may exceed n, but a division for each row would be felt
        i %= 2 * n
    if i < 0:
        return -1 - i
    return i if i < n else 2 * n - 1 - i


@compiled
def copy(src: Any, dst: Any, count: Any) -> None:
    for i in range(count):
        dst[i] = src[i]


@compiled
def subtract(a: Any, b: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = a[i] - b[i]


@compiled
def fill_borders(block: Any, at: Any, n: Any, radius: Any, mode: Any) -> None:
    """Fill the `radius` rows on either side of the n rows that begin at `at`."""
    if mode == REFLECT and radius <= n:  # the common case, without a question for each row
        front, back = block[at - radius * LANES :], block[at + (n - radius) * LANES :]
        for k in range(radius):
            inside, outside = (radius + k) * LANES, (radius - 1 - k) * LANES
            for lane in range(LANES):
                front[outside + lane] = front[inside + lane]
            for lane in range(LANES):
                back[inside + lane] = back[outside + lane]
        return
    for k in range(2 * radius):
        i = k - radius if k < radius else n + k - radius
        j = border(i, n, mode)
        row, source = block[at + i * LANES :], block[at + max(j, 0) * LANES :]
        for lane in range(LANES):
            row[lane] = source[lane] if j >= 0 else 0


@fused
def set_five(out: Any, block: Any, at: Any, taps: Any) -> None:
    """Set whole fours of rows `out` to the sum of the taps 0..5; their own rows begin at `at`.

    Slices that begin at the first row needed leave only constant distances, which the compiler can check once.
    """
    w, w1, w2, w3, w4, w5 = taps[0], taps[1], taps[2], taps[3], taps[4], taps[5]
    for t in range(0, out.size, ROWS * LANES):
        x, y, o = block[at + t - 5 * LANES :], block[at + t :], out[t:]
        for i in range(LANES):
            a = w * y[i] + w1 * (x[i + 64] + y[i + 16]) + w2 * (x[i + 48] + y[i + 32])
            b = w * y[i + 16] + w1 * (y[i] + y[i + 32]) + w2 * (x[i + 64] + y[i + 48])
            c = w * y[i + 32] + w1 * (y[i + 16] + y[i + 48]) + w2 * (y[i] + y[i + 64])
            d = w * y[i + 48] + w1 * (y[i + 32] + y[i + 64]) + w2 * (y[i + 16] + y[i + 80])
            a = a + w3 * (x[i + 32] + y[i + 48]) + w4 * (x[i + 16] + y[i + 64]) + w5 * (x[i] + y[i + 80])
            b = b + w3 * (x[i + 48] + y[i + 64]) + w4 * (x[i + 32] + y[i + 80]) + w5 * (x[i + 16] + y[i + 96])
            c = c + w3 * (x[i + 64] + y[i + 80]) + w4 * (x[i + 48] + y[i + 96]) + w5 * (x[i + 32] + y[i + 112])
            d = d + w3 * (y[i] + y[i + 96]) + w4 * (x[i + 64] + y[i + 112]) + w5 * (x[i + 48] + y[i + 128])
            o[i], o[i + 16], o[i + 32], o[i + 48] = a, b, c, d


@fused
def add_five(out: Any, block: Any, at: Any, taps: Any, j: Any) -> None:
    """Add the taps j..j+4 to whole fours of rows `out`."""
    w0, w1, w2, w3, w4 = taps[j], taps[j + 1], taps[j + 2], taps[j + 3], taps[j + 4]
    for t in range(0, out.size, ROWS * LANES):
        x, y, o = block[at + t - (j + 4) * LANES :], block[at + t + j * LANES :], out[t:]
        for i in range(LANES):
            a = o[i] + w0 * (x[i + 64] + y[i]) + w1 * (x[i + 48] + y[i + 16])
            b = o[i + 16] + w0 * (x[i + 80] + y[i + 16]) + w1 * (x[i + 64] + y[i + 32])
            c = o[i + 32] + w0 * (x[i + 96] + y[i + 32]) + w1 * (x[i + 80] + y[i + 48])
            d = o[i + 48] + w0 * (x[i + 112] + y[i + 48]) + w1 * (x[i + 96] + y[i + 64])
            a = a + w2 * (x[i + 32] + y[i + 32]) + w3 * (x[i + 16] + y[i + 48]) + w4 * (x[i] + y[i + 64])
            b = b + w2 * (x[i + 48] + y[i + 48]) + w3 * (x[i + 32] + y[i + 64]) + w4 * (x[i + 16] + y[i + 80])
            c = c + w2 * (x[i + 64] + y[i + 64]) + w3 * (x[i + 48] + y[i + 80]) + w4 * (x[i + 32] + y[i + 96])
            d = d + w2 * (x[i + 80] + y[i + 80]) + w3 * (x[i + 64] + y[i + 96]) + w4 * (x[i + 48] + y[i + 112])
            o[i], o[i + 16], o[i + 32], o[i + 48] = a, b, c, d


@fused
def add_three(out: Any, block: Any, at: Any, taps: Any, j: Any) -> None:
    """As `add_five`, for the taps j..j+2."""
    w0, w1, w2 = taps[j], taps[j + 1], taps[j + 2]
    for t in range(0, out.size, ROWS * LANES):
        x, y, o = block[at + t - (j + 2) * LANES :], block[at + t + j * LANES :], out[t:]
        for i in range(LANES):
            a = o[i] + w0 * (x[i + 32] + y[i]) + w1 * (x[i + 16] + y[i + 16]) + w2 * (x[i] + y[i + 32])
            b = o[i + 16] + w0 * (x[i + 48] + y[i + 16]) + w1 * (x[i + 32] + y[i + 32]) + w2 * (x[i + 16] + y[i + 48])
            c = o[i + 32] + w0 * (x[i + 64] + y[i + 32]) + w1 * (x[i + 48] + y[i + 48]) + w2 * (x[i + 32] + y[i + 64])
            d = o[i + 48] + w0 * (x[i + 80] + y[i + 48]) + w1 * (x[i + 64] + y[i + 64]) + w2 * (x[i + 48] + y[i + 80])
            o[i], o[i + 16], o[i + 32], o[i + 48] = a, b, c, d


@compiled
def convolve(block: Any, at: Any, out: Any, taps: Any, radius: Any, change: Any) -> None:
    """Convolve the rows from `at` on with the symmetric kernel `taps`, zero beyond `radius`, into whole fours of rows.

    `change` becomes what that made of them, unless it is empty.
    """
    for start in range(0, out.size, CHUNK):
        chunk = out[start : min(start + CHUNK, out.size)]
        set_five(chunk, block, at + start, taps)
        j = 6
        while j + 2 < radius:
            add_five(chunk, block, at + start, taps, j)
            j += 5
        if j <= radius:
            add_three(chunk, block, at + start, taps, j)
        if change.size:
            subtract(chunk, block[at + start :], change[start : start + chunk.size])


@compiled
def gather(src: Any, first: Any, steps: Any, block: Any, n: Any, lanes: Any) -> None:
    """Fill n rows of the first `lanes` lanes; `steps` are the distances in `src` of rows and of lanes."""
    row_step, lane_step = steps
    for i in range(n):
        row, out = src[first + i * row_step :], block[i * LANES :]
        if lanes == LANES:  # a known number is written as one vector, and thrice as fast
            for lane in range(LANES):
                out[lane] = row[lane * lane_step]
        else:
            for lane in range(lanes):
                out[lane] = row[lane * lane_step]


@compiled
def scatter(block: Any, dst: Any, first: Any, steps: Any, n: Any, lanes: Any) -> None:
    """Undo `gather`."""
    row_step, lane_step = steps
    for i in range(n):
        row, out = block[i * LANES :], dst[first + i * row_step :]
        for lane in range(lanes):
            out[lane * lane_step] = row[lane]


@compiled
def smooth_series(src: Any, dst: Any, work: Any, n: Any, taps: Any, mode: Any) -> None:
    """Smooth the series of `src`, flat (series, n), into `dst`.

    `taps` is (radius, kernel); `work` is two blocks, the first with room for the borders.
    """
    radius, kernel = taps
    size, at = (n + ROWS - 1) // ROWS * ROWS * LANES, (kernel.size - 1) * LANES
    block, out = work[: size + 2 * at], work[size + 2 * at : 2 * size + 2 * at]
    count = src.size // n
    for first in range(0, count, LANES):
        lanes = min(LANES, count - first)
        gather(src, first * n, (1, n), block[at:], n, lanes)
        fill_borders(block, at, n, radius, mode)
        convolve(block, at, out, kernel, radius, out[:0])
        scatter(out, dst, first * n, (1, n), n, lanes)
