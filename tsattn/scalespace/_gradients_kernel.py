"""The compiled gradients around keypoints of images: histograms of their directions; `gradients.py` says what they are.

Magnitudes and directions of a line are computed first, in loops that LLVM makes into vectors, and then dealt out. The
arc tangent is Hastings' polynomial, right to 2e-6: what a histogram linear between its bins makes of it is far finer
than the samples are.
"""

from typing import Any

import numpy as np

from tsattn.scalespace._kernels import compiled, fused

ARC = np.array([0.99997726, -0.33262347, 0.19354346, -0.11643287, 0.05265332, -0.01172120, np.pi / 2, np.pi])
PEAK = 0.8  # of the highest direction
REACH = 2.5  # cells from the centre of a descriptor that count


@fused
def fill_line(image: Any, y: Any, first: Any, last: Any, arc: Any, line: Any) -> None:
    """Magnitude and direction of the gradient at the samples first..last of row y, into two rows of `line`."""
    a, b, c, d, e, f, quarter, half = arc[0], arc[1], arc[2], arc[3], arc[4], arc[5], arc[6], arc[7]
    zero, tiny = arc.dtype.type(0), arc.dtype.type(1e-30)
    here, up, down = np.uintp(y), np.uintp(y - 1), np.uintp(y + 1)
    left, middle, right = np.uintp(first - 1), np.uintp(first), np.uintp(first + 1)
    for i in range(np.uintp(last - first)):
        dx, dy = image[here, right + i] - image[here, left + i], image[down, middle + i] - image[up, middle + i]
        wide, high = abs(dx), abs(dy)
        low, top = (wide, high) if wide < high else (high, wide)
        x = low / (top + tiny)
        y2 = x * x
        angle = x * (a + y2 * (b + y2 * (c + y2 * (d + y2 * (e + y2 * f)))))
        angle = quarter - angle if high > wide else angle
        angle = half - angle if dx < zero else angle
        line[1, i] = -angle if dy < zero else angle
        line[0, i] = np.sqrt(dx * dx + dy * dy)


@compiled
def span(low: Any, high: Any, n: Any) -> Any:
    """The whole numbers from low to high, both included, that have neighbours among 0..n-1."""
    return max(int(np.ceil(low)), 1), min(int(np.floor(high)), n - 2) + 1


@compiled
def bell(first: Any, last: Any, centre: Any, width: Any, out: Any) -> None:
    """Gaussian weights of the samples first..last."""
    for i in range(first, last):
        out[i - first] = np.exp(-0.5 * ((i - centre) / width) ** 2)


@compiled
def point_around(image: Any, place: Any, width: Any, arc: Any, work: Any, bins: Any) -> None:
    """Add the directions within three `width`s of `place` (row, column) to `bins`, linearly, weighed by a Gaussian."""
    row, column = place
    n, reach = bins.size, 3 * width
    top, bottom = span(row - reach, row + reach, image.shape[0])
    left, right = span(column - reach, column + reach, image.shape[1])
    bell(left, right, column, width, work[2])
    bell(top, bottom, row, width, work[3])
    for y in range(top, bottom):
        half = np.sqrt(max(reach * reach - (y - row) ** 2, 0.0))
        first, last = span(column - half, column + half, image.shape[1])
        fill_line(image, y, first, last, arc, work)
        for i in range(last - first):
            share = work[0, i] * work[2, first - left + i] * work[3, y - top]
            at = work[1, i] * (n / (2 * np.pi)) + n
            low = int(at)
            part = at - low
            bins[low % n] += share * (1 - part)
            bins[(low + 1) % n] += share * part


@compiled
def point_all(levels: Any, which: Any, place: Any, width: Any, arc: Any, out: Any) -> None:
    """Fill the histograms of directions `out` (n, bins) of keypoints in `levels` (images, levels, height, width).

    `which` are image and level of each.
    """
    image, level = which
    work = np.empty((4, max(levels.shape[2], levels.shape[3])), levels.dtype)
    for k in range(len(out)):
        where = (place[k, 0], place[k, 1])
        point_around(levels[image[k], level[k]], where, width[k], arc, work, out[k])


@compiled
def deal(line: Any, n: Any, at: Any, step: Any, angle: Any, cells: Any) -> None:
    """Deal a line of n weighed magnitudes out to the cells: each to the two nearest rows, columns and directions.

    `at` is where the line begins, in cells counted from the first row and column before the descriptor, `step` how much
    further each sample is. `cells` are flat, and have room for what rounding takes beyond the last row. Places are
    unsigned, since numba asks others for their sign, so they must not be below 0.
    """
    real, one, nothing = cells.dtype.type, cells.dtype.type(1), cells.dtype.type(0)
    eight, around = real(8 / (2 * np.pi)), real(16 - angle * (8 / (2 * np.pi)))
    v0, u0, dv, du = real(at[0]), real(at[1]), real(step[0]), real(step[1])
    for i in range(np.uintp(n)):
        v, u = max(v0 + real(i) * dv, nothing), max(u0 + real(i) * du, nothing)
        o = line[1, i] * eight + around
        r, c, d = np.uintp(v), np.uintp(u), np.uintp(o)
        down, along, on = v - real(r), u - real(c), o - real(d)
        place = (r * np.uintp(6) + c) * np.uintp(8)
        d, e = place + (d & np.uintp(7)), place + ((d + np.uintp(1)) & np.uintp(7))
        lower = line[0, i] * down
        upper = line[0, i] - lower
        b, y = upper * along, lower * along
        a, x = upper - b, lower - y
        off = one - on
        cells[d] += a * off
        cells[e] += a * on
        cells[d + np.uintp(8)] += b * off
        cells[e + np.uintp(8)] += b * on
        cells[d + np.uintp(48)] += x * off
        cells[e + np.uintp(48)] += x * on
        cells[d + np.uintp(56)] += y * off
        cells[e + np.uintp(56)] += y * on


@compiled
def within(slope: Any, start: Any, low: Any, high: Any) -> Any:
    """The x from low to high where abs(start + slope x) is below REACH, as (low, high)."""
    if abs(slope) < 1e-12:
        return (low, high) if abs(start) < REACH else (1.0, 0.0)
    a, b = (-REACH - start) / slope, (REACH - start) / slope
    return max(low, min(a, b)), min(high, max(a, b))


@compiled
def describe_around(image: Any, place: Any, cell: Any, angle: Any, arc: Any, work: Any, cells: Any) -> None:
    """Fill `cells`, flat (6, 6, 8): the outermost rows and columns lie beyond the descriptor."""
    row, column = place
    cells[:] = 0
    along, across = np.cos(angle) / cell, np.sin(angle) / cell
    reach = REACH * cell * np.sqrt(2.0)
    top, bottom = span(row - reach, row + reach, image.shape[0])
    left, right = span(column - reach, column + reach, image.shape[1])
    bell(left, right, column, 2 * cell, work[2])
    bell(top, bottom, row, 2 * cell, work[3])
    for y in range(top, bottom):
        dy = y - row
        low, high = within(along, across * dy, -reach, reach)
        low, high = within(-across, along * dy, low, high)
        first, last = span(column + low + 1e-9, column + high - 1e-9, image.shape[1])
        if last <= first:
            continue
        fill_line(image, y, first, last, arc, work)
        for i in range(last - first):
            work[0, i] *= work[2, first - left + i] * work[3, y - top]
        dx = first - column
        start = (along * dy - across * dx + 2.5, along * dx + across * dy + 2.5)
        deal(work, last - first, start, (-across, along), angle, cells)


@compiled
def describe_all(levels: Any, which: Any, place: Any, cell: Any, angle: Any, arc: Any, out: Any) -> None:
    """Fill the descriptors `out` (n, 4, 4, 8), as `point_all`."""
    image, level = which
    work = np.empty((4, max(levels.shape[2], levels.shape[3])), levels.dtype)
    cells = np.empty(6 * 6 * 8 + 64, levels.dtype)
    for k in range(len(out)):
        where = (place[k, 0], place[k, 1])
        describe_around(levels[image[k], level[k]], where, cell[k], angle[k], arc, work, cells)
        out[k] = cells[:288].reshape(6, 6, 8)[1:5, 1:5]


@compiled
def pick(bins: Any, which: Any, angle: Any, height: Any) -> Any:
    """Write down the directions that stand out of each histogram, smoothed; return how many."""
    count, n = bins.shape[1], 0
    smooth = np.empty(count)
    for k in range(len(bins)):
        for i in range(count):
            row, a, b = bins[k], (i + 1) % count, (i + 2) % count
            smooth[i] = (6 * row[i] + 4 * (row[i - 1] + row[a]) + row[i - 2] + row[b]) / 16
        least, first = PEAK * smooth.max(), n
        for i in range(count):
            left, here, right = smooth[i - 1], smooth[i], smooth[(i + 1) % count]
            if left < here >= right and here >= least:
                turn = (i + 0.5 * (left - right) / (left - 2 * here + right)) * (2 * np.pi / count)
                which[n], angle[n], height[n] = k, turn if turn < np.pi else turn - 2 * np.pi, here
                n += 1
        if n == first:  # flat all around
            which[n], angle[n], height[n] = k, 0.0, smooth[0]
            n += 1
    return n
