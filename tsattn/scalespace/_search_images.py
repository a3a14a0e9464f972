"""The compiled search for extrema in one octave of images, or of volumes: line by line of the last axis."""

from typing import Any, NamedTuple

from tsattn.scalespace._kernels import compiled
from tsattn.scalespace._refine_kernel import localise, unravel
from tsattn.scalespace._search import larger, list_marks, smaller


class ImageRules(NamedTuple):
    """Which extrema count."""

    threshold: Any  # (1,) in the type of the data
    beyond: Any  # (2,) likewise: a bump's difference lies below the first, a dip's above the second
    contrast: float  # asked of refined values
    refine: bool
    edge: float  # the largest Tr^2 / Det of the Hessian; 0 for no such test
    near: Any  # (m,) flat shifts to the neighbouring lines, the own line among them


class ImageRecords(NamedTuple):
    """Keypoints in the order of image, level, place."""

    image: Any  # (capacity,) int64
    level: Any  # (capacity,) int64, the level whose difference is an extremum
    fine: Any  # (capacity, axes + 1) float64: level and position, in samples of the octave, between samples if refined
    value: Any  # (capacity,) in the type of the data


class LineMarks(NamedTuple):
    """Working memory of the search."""

    byte: Any  # (line,) uint8, what may be an extremum
    word: Any  # the same memory, eight at a time
    at: Any  # (line,) flat places of the marks
    point: Any  # (axes + 2,) position in the octave, level, value
    system: Any  # (axes + 1, axes + 2)


@compiled
def mark_line(marks: Any, dogs: Any, start: Any, limits: Any) -> None:
    """Mark what of a line, which begins at `start`, beats its neighbours in it and in the levels below and above.

    `dogs` are the three levels, `limits` the threshold and what differences must lie beyond.
    """
    lower, middle, upper = dogs
    theta, lowest, highest = limits
    mid, left, right = middle[start:], middle[start - 1 :], middle[start + 1 :]
    low, low_left, low_right = lower[start:], lower[start - 1 :], lower[start + 1 :]
    high, high_left, high_right = upper[start:], upper[start - 1 :], upper[start + 1 :]
    for i in range(marks.size):
        a, b = larger(larger(left[i], right[i]), low[i]), larger(larger(low_left[i], low_right[i]), high[i])
        c, d = smaller(smaller(left[i], right[i]), low[i]), smaller(smaller(low_left[i], low_right[i]), high[i])
        a, c = larger(a, larger(high_left[i], high_right[i])), smaller(c, smaller(high_left[i], high_right[i]))
        top, bottom = larger(theta * larger(a, b), highest), smaller(theta * smaller(c, d), lowest)
        marks[i] = (mid[i] > top) | (mid[i] < bottom)


@compiled
def is_extremum(dogs: Any, at: Any, near: Any, theta: Any) -> Any:
    """Whether the sample of an image beats all its 3^(axes + 1) - 1 neighbours."""
    lower, middle, upper = dogs
    sign = middle.dtype.type(1 if middle[at] > 0 else -1)
    v = sign * middle[at]
    for r in range(near.size):
        for k in range(-1, 2):
            other = at + near[r] + k
            if not (v > theta * (sign * lower[other]) and v > theta * (sign * upper[other])):
                return False
            if other != at and not v > theta * (sign * middle[other]):
                return False
    return True


@compiled
def keep(dogs: Any, place: Any, sizes: Any, rules: Any, marks: Any, records: Any, n: Any) -> Any:
    """Write down the extremum at `place` (image, level, sample) as the n-th if it stays; return how many there are."""
    (image, s, at), point, axes = place, marks.point, sizes.size
    unravel(at, sizes, point)
    point[axes], point[axes + 1] = s, dogs[s, at]
    if rules.refine or rules.edge > 0:
        s = localise(dogs, (1, 0, 0), sizes, rules, point, marks.system)
        if s == 0:
            return n
    records.image[n], records.level[n], records.value[n] = image, s, point[axes + 1]
    records.fine[n, 0] = point[axes]
    for k in range(axes):
        records.fine[n, k + 1] = point[k]
    return n + 1


@compiled
def is_inner(line: Any, sizes: Any) -> Any:
    """Whether a line of the last axis has neighbours on every side."""
    good = True
    for k in range(sizes.size - 2, -1, -1):
        good &= 1 <= line % sizes[k] <= sizes[k] - 2
        line //= sizes[k]
    return good


@compiled
def search_lines(dogs: Any, sizes: Any, span: Any, rules: Any, marks: Any, records: Any) -> Any:
    """Search the lines span[0]..span[1] of `dogs` (images, levels, samples); return how many keypoints, -1 if too many.

    Lines of all images are counted through.
    """
    width, n = sizes[-1], 0
    lines = dogs.shape[2] // width
    limits = (rules.threshold[0], rules.beyond[0], rules.beyond[1])
    for image in range(span[0] // lines, (span[1] - 1) // lines + 1):
        stack = dogs[image]
        for s in range(1, dogs.shape[1] - 1):
            three = (stack[s - 1], stack[s], stack[s + 1])
            for line in range(max(span[0] - image * lines, 0), min(span[1] - image * lines, lines)):
                if not is_inner(line, sizes):
                    continue
                if n + width > records.value.size:
                    return -1
                start = line * width + 1
                mark_line(marks.byte[: width - 2], three, start, limits)
                marks.byte[width - 2 : width + 5] = 0
                m = list_marks(marks.byte, marks.word, width - 2, start, marks.at)
                for k in range(m):
                    if is_extremum(three, marks.at[k], rules.near, limits[0]):
                        n = keep(stack, (image, s, marks.at[k]), sizes, rules, marks, records, n)
    return n
