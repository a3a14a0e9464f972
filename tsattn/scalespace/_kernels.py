"""The compiled CPU path: smoothing, reduction and extrema of blocks of series or images.

A block is flat: (*space, lanes), where the lanes are independent series standing side by side. Smoothing along an
axis is then one sum of shifted contiguous slices, the shift being the size of what follows the axis; short series
are as fast as long ones because many share one loop. Taps go four pairs at a time: fewer passes over the output.

Of fast-math only the fusing of a product into a sum is allowed, and only in the sums over taps: every sample sees the
same operations in the same order, so that a constant series is still constant after smoothing, and gives nothing.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

REFLECT, NEAREST, CONSTANT = 0, 1, 2
KEEP, AVERAGE, DECIMATE = 0, 1, 2
CHUNK = 2048  # samples smoothed at a time: they and their shifted neighbours stay in the first cache

compiled = njit(nogil=True, cache=True, error_model="numpy")
fused = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})


class Pyramid(NamedTuple):
    """What the kernels need to know of an octave ladder; the rows of `taps` are levels 0..S+2 and the reducer."""

    taps: Any  # (octaves, S + 4, r + 1) in the type of the data
    radius: Any  # (octaves, S + 4) int64; 0 is no smoothing
    sizes: Any  # (octaves, axes) int64
    source: int  # the level that is smoothed before averaging
    reduce: int
    mode: int


class Buffers(NamedTuple):
    """Flat working memory of one thread, each as long as a block's first octave."""

    level: Any  # the first three with a margin before and after, if blocks have one axis
    upper: Any
    base: Any
    work: Any  # with room for the borders, if they have several
    dogs: Any  # (S + 2, block)
    margin: int


@compiled
def border(i: Any, n: Any, mode: Any) -> Any:
    """Which of n samples stands at i; -1 where there is none."""
    if 0 <= i < n:
        return i
    if mode == CONSTANT:
        return -1
    if mode == NEAREST:
        return 0 if i < 0 else n - 1
    i %= 2 * n
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
def fill_borders(work: Any, n: Any, inner: Any, radius: Any, mode: Any) -> None:
    """Fill the `radius` samples on either side of the n that stand in the middle of `work`."""
    middle = work[radius * inner :]
    for k in range(2 * radius):
        i = k - radius if k < radius else n + k - radius
        j = border(i, n, mode)
        out = work[(i + radius) * inner : (i + radius + 1) * inner]
        if j < 0:
            out[:] = 0
        else:
            copy(middle[j * inner : (j + 1) * inner], out, inner)


@compiled
def scale(out: Any, values: Any, weight: Any) -> None:
    for i in range(out.size):
        out[i] = weight * values[i]


@fused
def add_four_pairs(out: Any, padded: Any, centre: Any, inner: Any, taps: Any, j: Any) -> None:
    """Add the taps j..j+3 on both sides; contiguous slices let the compiler use whole vectors."""
    m = out.size
    w0, w1, w2, w3 = taps[j], taps[j + 1], taps[j + 2], taps[j + 3]
    a, b = centre - j * inner, centre + j * inner
    l0, r0 = padded[a : a + m], padded[b : b + m]
    l1, r1 = padded[a - inner : a - inner + m], padded[b + inner : b + inner + m]
    l2, r2 = padded[a - 2 * inner : a - 2 * inner + m], padded[b + 2 * inner : b + 2 * inner + m]
    l3, r3 = padded[a - 3 * inner : a - 3 * inner + m], padded[b + 3 * inner : b + 3 * inner + m]
    for i in range(m):
        total = out[i] + w0 * (l0[i] + r0[i])
        total = total + w1 * (l1[i] + r1[i])
        total = total + w2 * (l2[i] + r2[i])
        out[i] = total + w3 * (l3[i] + r3[i])


@fused
def set_four_pairs(out: Any, padded: Any, centre: Any, inner: Any, taps: Any) -> None:
    """The taps 0..4 on both sides; as `add_four_pairs`, but nothing need be read back."""
    m = out.size
    w, w1, w2, w3, w4 = taps[0], taps[1], taps[2], taps[3], taps[4]
    middle = padded[centre : centre + m]
    l1, r1 = padded[centre - inner : centre - inner + m], padded[centre + inner : centre + inner + m]
    l2, r2 = padded[centre - 2 * inner : centre - 2 * inner + m], padded[centre + 2 * inner : centre + 2 * inner + m]
    l3, r3 = padded[centre - 3 * inner : centre - 3 * inner + m], padded[centre + 3 * inner : centre + 3 * inner + m]
    l4, r4 = padded[centre - 4 * inner : centre - 4 * inner + m], padded[centre + 4 * inner : centre + 4 * inner + m]
    for i in range(m):
        total = w * middle[i] + w1 * (l1[i] + r1[i])
        total = total + w2 * (l2[i] + r2[i])
        total = total + w3 * (l3[i] + r3[i])
        out[i] = total + w4 * (l4[i] + r4[i])


@fused
def add_two_pairs(out: Any, padded: Any, centre: Any, inner: Any, taps: Any, j: Any) -> None:
    """Add the taps j and j + 1 on both sides."""
    m = out.size
    w0, w1 = taps[j], taps[j + 1]
    a, b = centre - j * inner, centre + j * inner
    l0, r0 = padded[a : a + m], padded[b : b + m]
    l1, r1 = padded[a - inner : a - inner + m], padded[b + inner : b + inner + m]
    for i in range(m):
        total = out[i] + w0 * (l0[i] + r0[i])
        out[i] = total + w1 * (l1[i] + r1[i])


@fused
def add_pair(out: Any, padded: Any, centre: Any, shift: Any, weight: Any) -> None:
    m = out.size
    left, right = padded[centre - shift : centre - shift + m], padded[centre + shift : centre + shift + m]
    for i in range(m):
        out[i] += weight * (left[i] + right[i])


@compiled
def convolve_flat(padded: Any, out: Any, taps: Any, inner: Any) -> None:
    """Convolve with the symmetric kernel `taps` (0..r); `out` begins r * inner into `padded`."""
    radius = taps.size - 1
    for start in range(0, out.size, CHUNK):
        chunk = out[start : min(start + CHUNK, out.size)]
        centre = start + radius * inner
        if radius >= 4:
            set_four_pairs(chunk, padded, centre, inner, taps)
            j = 5
        else:
            scale(chunk, padded[centre:], taps[0])
            j = 1
        while j + 3 <= radius:
            add_four_pairs(chunk, padded, centre, inner, taps, j)
            j += 4
        if j + 1 <= radius:
            add_two_pairs(chunk, padded, centre, inner, taps, j)
            j += 2
        if j <= radius:
            add_pair(chunk, padded, centre, j * inner, taps[j])


@compiled
def smooth_axis(src: Any, dst: Any, work: Any, shape: Any, taps: Any, mode: Any) -> None:
    """Smooth the middle axis of `src`, flat (outer, n, inner), into `dst`, which may be `src`."""
    outer, n, inner = shape
    size, margin = n * inner, (taps.size - 1) * inner
    padded = work[: size + 2 * margin]
    for k in range(outer):
        copy(src[k * size : (k + 1) * size], padded[margin:], size)
        fill_borders(padded, n, inner, taps.size - 1, mode)
        convolve_flat(padded, dst[k * size : (k + 1) * size], taps, inner)


@compiled
def smooth_block(src: Any, dst: Any, buffers: Any, sizes: Any, lanes: Any, taps: Any, mode: Any) -> None:
    """Smooth every space axis of the block (*sizes, lanes) that begins `buffers.margin` into `src`, into `dst`.

    The borders of a single axis are filled in the margin of `src`, which saves a copy.
    """
    margin, radius, outer, inner = buffers.margin, taps.size - 1, 1, lanes
    for n in sizes:
        inner *= n
    if radius == 0:
        copy(src[margin:], dst[margin:], inner)
    elif sizes.size == 1:
        padded = src[margin - radius * lanes : margin + inner + radius * lanes]
        fill_borders(padded, sizes[0], lanes, radius, mode)
        convolve_flat(padded, dst[margin : margin + inner], taps, lanes)
    else:
        for axis in range(sizes.size):
            inner //= sizes[axis]
            smooth_axis(src if axis == 0 else dst, dst, buffers.work, (outer, sizes[axis], inner), taps, mode)
            outer *= sizes[axis]


@compiled
def interleave(rows: Any, size: Any, block: Any, n: Any, lanes: Any) -> None:
    """Write the first n samples of each flat row of `size` side by side into the flat `block` (n, lanes)."""
    for lane in range(lanes):
        row = rows[lane * size : lane * size + n]
        for i in range(n):
            block[i * lanes + lane] = row[i]


@compiled
def part_lanes(block: Any, rows: Any, n: Any, lanes: Any) -> None:
    """Undo `interleave`; rows have n samples."""
    for lane in range(lanes):
        row = rows[lane * n : (lane + 1) * n]
        for i in range(n):
            row[i] = block[i * lanes + lane]


@compiled
def smooth_rows(rows: Any, out: Any, taps: Any, lanes: Any, mode: Any) -> None:
    """Smooth each row of (m, n), `lanes` rows at a time."""
    m, n = rows.shape
    flat, flat_out = rows.ravel(), out.ravel()
    block = np.empty(n * lanes, rows.dtype)
    work = np.empty((n + 2 * (taps.size - 1)) * lanes, rows.dtype)
    for first in range(0, m, lanes):
        some = min(lanes, m - first)
        margin = (taps.size - 1) * some
        interleave(flat[first * n :], n, work[margin:], n, some)
        fill_borders(work, n, some, taps.size - 1, mode)
        convolve_flat(work, block[: n * some], taps, some)
        part_lanes(block, flat_out[first * n :], n, some)


@compiled
def smooth_columns(blocks: Any, out: Any, taps: Any, mode: Any) -> None:
    """Smooth the middle axis of (m, n, inner)."""
    m, n, inner = blocks.shape
    work = np.empty((n + 2 * (taps.size - 1)) * inner, blocks.dtype)
    for k in range(m):
        smooth_axis(blocks[k].ravel(), out[k].ravel(), work, (1, n, inner), taps, mode)


@compiled
def halve_axis(src: Any, dst: Any, shape: Any, average: Any) -> None:
    """Halve the middle axis of `src`, flat (outer, n, inner): the mean of each pair, or every second sample."""
    outer, n, inner = shape
    half, share = n // 2 if average else (n + 1) // 2, src.dtype.type(0.5)
    for k in range(outer):
        old, new = src[k * n * inner : (k + 1) * n * inner], dst[k * half * inner : (k + 1) * half * inner]
        if inner == 1 and average:
            for i in range(half):
                new[i] = (old[2 * i] + old[2 * i + 1]) * share
            continue
        for i in range(half):  # no slices: inner may be as short as two
            at = 2 * i * inner
            for j in range(inner):
                new[i * inner + j] = (old[at + j] + old[at + inner + j]) * share if average else old[at + j]


@compiled
def reduce_block(src: Any, dst: Any, sizes: Any, lanes: Any, reduce: Any) -> None:
    """Make the next octave's base of a block: halve every axis, or keep it."""
    inner = lanes
    for n in sizes:
        inner *= n
    if reduce == KEEP:
        copy(src, dst, inner)
        return
    outer = 1
    for axis in range(sizes.size):
        n = sizes[axis]
        inner //= n
        halve_axis(src if axis == 0 else dst, dst, (outer, n, inner), reduce == AVERAGE)
        outer *= n // 2 if reduce == AVERAGE else (n + 1) // 2


@compiled
def build_octave(pyramid: Any, o: Any, buffers: Any, lanes: Any) -> None:
    """Fill `buffers.dogs` with octave `o`, whose input is `buffers.base`, and make the next octave's base."""
    taps, radius, sizes, mode = pyramid.taps[o], pyramid.radius[o], pyramid.sizes[o], pyramid.mode
    n_scales, count = radius.size - 4, lanes
    for n in sizes:
        count *= n
    level, upper, margin = buffers.level, buffers.upper, buffers.margin
    last = o == pyramid.sizes.shape[0] - 1
    smooth_block(buffers.base, level, buffers, sizes, lanes, taps[0, : radius[0] + 1], mode)
    for s in range(1, n_scales + 3):
        if pyramid.reduce == AVERAGE and s - 1 == pyramid.source and not last:
            reducer = taps[n_scales + 3, : radius[n_scales + 3] + 1]
            smooth_block(level, upper, buffers, sizes, lanes, reducer, mode)
            reduce_block(upper[margin:], buffers.base[margin:], sizes, lanes, AVERAGE)
        smooth_block(level, upper, buffers, sizes, lanes, taps[s, : radius[s] + 1], mode)
        subtract(upper[margin:], level[margin:], buffers.dogs[s - 1, :count])
        level, upper = upper, level
        if pyramid.reduce != AVERAGE and s == n_scales and not last:
            reduce_block(level[margin:], buffers.base[margin:], sizes, lanes, pyramid.reduce)
