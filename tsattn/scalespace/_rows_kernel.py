"""The compiled smoothing of images: a row at a time, first across rows, then along the row that came of it.

A row is a sum over pairs of rows at equal distance, and then over pairs of shifted copies of itself, three pairs in a
pass: with more, LLVM would have to ask of too many arrays whether they overlap, and would not vectorise. Sums are in
the order of `_kernels`, so that both give the same bits. Kernels are filled up with zeros to whole threes.

Rows are told by where they begin in flat arrays: to cut a row out would count references, which costs as much as a pass
and which threads wait for. Places are unsigned, since numba asks others for their sign.
"""

from typing import Any

import numpy as np

from tsattn.scalespace._kernels import CONSTANT, border, compiled, fused

TRIPLE = 3


@fused
def set_three(out: Any, to: Any, src: Any, at: Any, taps: Any, n: Any) -> None:
    """Set n samples to the sum of the taps 0..3; `at` is where in `src` the middle begins, then three pairs of rows."""
    o, c, d, e, f, g, h, k = to, at[0], at[1], at[2], at[3], at[4], at[5], at[6]
    w, w1, w2, w3 = taps[0], taps[1], taps[2], taps[3]
    for i in range(n):
        out[o + i] = (w * src[c + i] + w1 * (src[d + i] + src[e + i]) + w2 * (src[f + i] + src[g + i])
                      + w3 * (src[h + i] + src[k + i]))


@fused
def add_three(out: Any, to: Any, src: Any, at: Any, taps: Any, j: Any, n: Any) -> None:
    """Add the taps j..j+2, as `set_three`."""
    o, d, e, f, g, h, k = to, at[1], at[2], at[3], at[4], at[5], at[6]
    w1, w2, w3 = taps[j], taps[j + 1], taps[j + 2]
    for i in range(n):
        out[o + i] = (out[o + i] + w1 * (src[d + i] + src[e + i]) + w2 * (src[f + i] + src[g + i])
                      + w3 * (src[h + i] + src[k + i]))


@fused
def scale(out: Any, to: Any, src: Any, at: Any, tap: Any, n: Any) -> None:
    """Set n samples to one row, times its tap."""
    for i in range(n):
        out[to + i] = tap * src[at + i]


@fused
def add_row(out: Any, to: Any, src: Any, at: Any, tap: Any, n: Any) -> None:
    """Add one row, times its tap."""
    for i in range(n):
        out[to + i] = out[to + i] + tap * src[at + i]


@fused
def add_pair(out: Any, to: Any, src: Any, at: Any, other: Any, tap: Any, n: Any) -> None:
    """Add two rows, times their tap."""
    for i in range(n):
        out[to + i] = out[to + i] + tap * (src[at + i] + src[other + i])


@compiled
def smooth_across(src: Any, place: Any, shape: Any, taps: Any, mode: Any, out: Any, to: Any) -> None:
    """Smooth a row over those around it, into `out` from `to` on; `place` is where its image begins, and its number."""
    (height, width), (first, y) = shape, place
    n, to, reach = np.uintp(width), np.uintp(to), taps.size - 1
    if mode == CONSTANT and (y < reach or y + reach >= height):
        smooth_at_zeros(src, place, shape, taps, out, to)
        return
    centre = np.uintp(first + y * width)
    for j in range(1, taps.size, TRIPLE):
        at = (centre,
              np.uintp(first + border(y - j, height, mode) * width),
              np.uintp(first + border(y + j, height, mode) * width),
              np.uintp(first + border(y - j - 1, height, mode) * width),
              np.uintp(first + border(y + j + 1, height, mode) * width),
              np.uintp(first + border(y - j - 2, height, mode) * width),
              np.uintp(first + border(y + j + 2, height, mode) * width))
        if j == 1:
            set_three(out, to, src, at, taps, n)
        else:
            add_three(out, to, src, at, taps, j, n)


@compiled
def smooth_at_zeros(src: Any, place: Any, shape: Any, taps: Any, out: Any, to: Any) -> None:
    """As `smooth_across`, where rows beyond the border are zero: those are left out."""
    (height, width), (first, y) = shape, place
    n = np.uintp(width)
    scale(out, to, src, np.uintp(first + y * width), taps[0], n)
    for j in range(1, taps.size):
        above, below = np.uintp(first + (y - j) * width), np.uintp(first + (y + j) * width)
        if y - j >= 0 and y + j < height:
            add_pair(out, to, src, above, below, taps[j], n)
        elif y - j >= 0:
            add_row(out, to, src, above, taps[j], n)
        elif y + j < height:
            add_row(out, to, src, below, taps[j], n)


@compiled
def smooth_along(line: Any, width: Any, taps: Any, mode: Any, out: Any, to: Any) -> None:
    """Smooth the middle of `line`, which has room for as many samples as there are taps on either side."""
    reach, n, to = taps.size - 1, np.uintp(width), np.uintp(to)
    for k in range(1, reach + 1):
        left, right = border(-k, width, mode), border(width - 1 + k, width, mode)
        line[reach - k] = line[reach + left] if left >= 0 else 0
        line[reach + width - 1 + k] = line[reach + right] if right >= 0 else 0
    for j in range(1, taps.size, TRIPLE):
        at = (np.uintp(reach), np.uintp(reach - j), np.uintp(reach + j), np.uintp(reach - j - 1),
              np.uintp(reach + j + 1), np.uintp(reach - j - 2), np.uintp(reach + j + 2))
        if j == 1:
            set_three(out, to, line, at, taps, n)
        else:
            add_three(out, to, line, at, taps, j, n)


@compiled
def take_away(a: Any, first: Any, b: Any, second: Any, out: Any, to: Any, n: Any) -> None:
    """Set n samples of `out` to a - b."""
    p, q, o = np.uintp(first), np.uintp(second), np.uintp(to)
    for i in range(np.uintp(n)):
        out[o + i] = a[p + i] - b[q + i]


@compiled
def smooth_rows(src: Any, dst: Any, change: Any, work: Any, shape: Any, taps: Any, span: Any) -> None:
    """Smooth the rows span[0]..span[1] of images, one under another, from `src` into `dst`.

    Each of these, and `change`, is (flat numbers, where the first image begins, how far apart images are). `change`
    gets what smoothing made of the rows, unless it has no numbers. `shape` is (height, width, whether to smooth along
    rows too), `taps` (kernel, mode). `work` has room for a row and twice the taps.
    """
    (height, width, along), (kernel, mode) = shape, taps
    reach = kernel.size - 1
    for row in range(span[0], span[1]):
        k, y = row // height, row % height
        first, to = src[1] + k * src[2], dst[1] + k * dst[2] + y * width
        if along:
            smooth_across(src[0], (first, y), (height, width), kernel, mode, work, reach)
            smooth_along(work, width, kernel, mode, dst[0], to)
        else:
            smooth_across(src[0], (first, y), (height, width), kernel, mode, dst[0], to)
        if change[0].size:
            at = change[1] + k * change[2] + y * width
            take_away(dst[0], to, src[0], first + y * width, change[0], at, width)


@compiled
def between(near: Any, far: Any, out: Any) -> None:
    """Three quarters of one, a quarter of the other."""
    most, least = out.dtype.type(0.75), out.dtype.type(0.25)
    for i in range(out.size):
        out[i] = near[i] * most + far[i] * least


@compiled
def enlarge_rows(src: Any, dst: Any, work: Any, shape: Any, span: Any) -> None:
    """Fill the rows span[0]..span[1] of images twice as high and wide, flat, from `src`; see `octaves.enlarge`.

    `work` has room for a row and two samples.
    """
    height, width = shape
    line, most, least = work[1 : width + 1], work.dtype.type(0.75), work.dtype.type(0.25)
    for row in range(span[0], span[1]):
        k, y = row // (2 * height), row % (2 * height) // 2
        other = min(max(y + 1 if row % 2 else y - 1, 0), height - 1)
        near, far = (k * height + y) * width, (k * height + other) * width
        between(src[near : near + width], src[far : far + width], line)
        work[0], work[width + 1] = line[0], line[width - 1]
        out = dst[2 * row * width : 2 * (row + 1) * width]
        for i in range(width):
            here = work[i + 1] * most
            out[2 * i], out[2 * i + 1] = here + work[i] * least, here + work[i + 2] * least
