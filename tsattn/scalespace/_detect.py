"""Detection on NumPy arrays: prepares the compiled search and puts its answers together.

Each thread works on a few series at a time, small enough to stay in cache; long series are cut into overlapping
parts, whose overlap covers all smoothing, so that the answers are those of the whole.
"""

from typing import Any, NamedTuple

import numpy as np

from tsattn.scalespace import _kernels, _search
from tsattn.scalespace._dense import MODE, aligned, lanes_for
from tsattn.scalespace._ladder import Ladder, Rung
from tsattn.scalespace._pool import over_rows
from tsattn.scalespace.extrema import MOST_MOVES, Criteria
from tsattn.scalespace.keypoints import BUMP, DIP, Keypoints
from tsattn.scalespace.octaves import enlarge

REDUCE = {None: _kernels.KEEP, "average": _kernels.AVERAGE, "decimate": _kernels.DECIMATE}
PART = 16384  # samples of a part of a long series, without its overlap
FEW = 8  # series


class Plan(NamedTuple):
    """One part of the series: where it begins, which positions count, and what the kernels need for it."""

    begin: int
    window: tuple[float, float]
    pyramid: _kernels.Pyramid
    rules: _search.Rules


def find(x: np.ndarray, ladder: Ladder, criteria: Criteria) -> Keypoints:
    """Find the keypoints of `x`, (series, *space)."""
    rungs, n_axes = ladder.rungs(x.shape[1:]), x.ndim - 1
    if not rungs:
        return _join([_columns(0, n_axes, x.dtype)], len(x), False)
    if ladder.double:
        x = np.ascontiguousarray(enlarge(x, n_axes, ladder.reducer_for(n_axes), ladder.mode))
    plans = []
    for begin, end, window in _parts(rungs, criteria):
        part = _rungs_of(rungs, ladder, x.shape[1:] if n_axes > 1 else (end - begin,), begin * rungs[0].step)
        plans.append(Plan(begin, window, _pyramid(part, ladder, x.dtype), _rules(part, criteria, x.dtype)))
    if len(x) < FEW and len(plans) > 1:  # then threads share the parts instead of the series
        found = over_rows(lambda a, b: _find_rows(x, plans[a:b], 0, len(x)), len(plans), x.size)
    else:
        align = _lanes(x, plans[0])
        found = over_rows(lambda a, b: _find_rows(x, plans, a, b), len(x), x.size, align=align)
    return _join([_columns(0, n_axes, x.dtype), *(one for some in found for one in some)], len(x), criteria.refine)


def _parts(rungs: list[Rung], criteria: Criteria) -> list[tuple[int, int, tuple[float, float]]]:
    """(begin, end, window of positions in input samples) of the parts that a series is cut into."""
    n, first = rungs[0].sizes[0], rungs[0].step
    whole = [(0, n, (-1.0, float(n)))]
    if len(rungs[0].sizes) > 1:
        return whole
    reach = 0.0
    for rung in rungs:
        radii = sum(len(taps) - 1 for taps in rung.taps) + len(rung.reducer) - 1
        reach += (radii + 2 + (MOST_MOVES if criteria.refine else 0)) * rung.step / first
    unit = round(rungs[-1].step / first)
    halo = -(-int(reach + 1) // unit) * unit
    core = -(-max(PART, 4 * halo) // unit) * unit
    if n <= core + 2 * halo:
        return whole
    parts = []
    for start in range(0, n, core):
        begin, end = max(start - halo, 0), min(start + core + halo, n)
        parts.append((begin, end, (start * first if start else -1.0, (start + core) * first)))
    return parts


def _rungs_of(rungs: list[Rung], ladder: Ladder, sizes: tuple[int, ...], begin: float) -> list[Rung]:
    """The same octaves for a part of other sizes that begins at `begin`, in input samples."""
    average = ladder.reducer_for(len(sizes)) == "average"
    part = []
    for k, rung in enumerate(rungs):
        if k and rung.step > rungs[k - 1].step:
            sizes = tuple(n // 2 if average else (n + 1) // 2 for n in sizes)
        part.append(Rung(rung.index, sizes, rung.step, rung.offset + begin, rung.sigmas, rung.taps, rung.reducer))
    return part


def _pyramid(rungs: list[Rung], ladder: Ladder, dtype: Any) -> _kernels.Pyramid:
    kernels = [[*rung.taps, rung.reducer] for rung in rungs]
    radius = np.array([[len(taps) - 1 for taps in row] for row in kernels])
    taps = np.zeros((*radius.shape, radius.max() + 1), dtype)
    for place in np.ndindex(*radius.shape):
        taps[place][: radius[place] + 1] = kernels[place[0]][place[1]]
    reduce = ladder.reducer_for(len(rungs[0].sizes))
    source = ladder.source() if reduce == "average" else -1
    sizes = np.array([rung.sizes for rung in rungs])
    return _kernels.Pyramid(taps, radius, sizes, source, REDUCE[reduce], MODE[ladder.mode])


def _rules(rungs: list[Rung], criteria: Criteria, dtype: Any) -> _search.Rules:
    """The criteria as arrays, and the rows of each octave: those with a neighbour on every side."""
    least = np.nextafter(np.zeros(1, dtype), np.ones(1, dtype))  # zero is no extremum, whatever the contrast
    contrast = np.maximum(least, np.array([0.0 if criteria.refine else criteria.contrast, criteria.contrast], dtype))
    starts, near = [], []
    for rung in rungs:
        strides = [int(np.prod(rung.sizes[k + 1 :])) for k in range(len(rung.sizes) - 1)]
        start, shift = np.zeros(1, int), np.zeros(1, int)
        for n, stride in zip(rung.sizes[:-1], strides, strict=True):
            start = (start[:, None] + np.arange(1, n - 1) * stride).ravel()
            shift = (shift[:, None] + np.array([-1, 0, 1]) * stride).ravel()
        starts.append(start)
        near.append(shift)
    rows = np.full((len(rungs), max(map(len, starts))), -1)
    for k, start in enumerate(starts):
        rows[k, : len(start)] = start
    return _search.Rules(
        threshold=np.array([criteria.threshold], dtype),
        contrast=contrast,
        bump=criteria.polarity != "dip",
        dip=criteria.polarity != "bump",
        refine=criteria.refine,
        edge=criteria.edge_limit(len(rungs[0].sizes)),
        rows=rows,
        near=np.array(near),
        grid=np.array([[rung.step, rung.offset] for rung in rungs]),
        sigma=np.array([rung.sigmas for rung in rungs]),
        first=rungs[0].index,
        per_octave=len(rungs[0].sigmas) - 3,
    )


def _lanes(x: np.ndarray, plan: Plan) -> int:
    return min(lanes_for(int(plan.pyramid.sizes[0, 0])), len(x)) if x.ndim == 2 else 1


def _find_rows(x: np.ndarray, plans: list[Plan], first: int, last: int) -> list[_search.Found]:
    """The keypoints of some series, part after part; parts of one size share their memory."""
    found: list[_search.Found] = []
    flat, size = x.reshape(-1), int(np.prod(x.shape[1:]))
    sizes, buffers, marks = None, None, None
    for plan in plans:
        row, lanes = first, _lanes(x, plan)
        if marks is None or sizes != plan.pyramid.sizes.tolist():
            sizes = plan.pyramid.sizes.tolist()
            buffers, marks = _memory(plan.pyramid, int(np.prod(sizes[0])), lanes, x.dtype)
        while row < last:
            out = _columns(2 * len(marks.found.series), x.ndim - 1, x.dtype)  # what is not written takes no memory
            part = _search.Range(row, last, lanes, *plan.window, size, plan.begin)
            row, count = _search.search(flat, part, plan.pyramid, plan.rules, buffers, marks, out)
            found.append(_search.Found(*[column[:count] for column in out]))
    return found


def _memory(pyramid: _kernels.Pyramid, n: int, lanes: int, dtype: Any) -> tuple[_kernels.Buffers, _search.Marks]:
    block, n_axes, n_scales = n * lanes, pyramid.sizes.shape[1], pyramid.radius.shape[1] - 4
    counts = pyramid.sizes.prod(1)
    padded = counts[:, None] // pyramid.sizes * (pyramid.sizes + 2 * pyramid.radius.max())
    reach = int(pyramid.radius.max()) * lanes
    margin = -(-reach // 16) * 16 if n_axes == 1 else 0  # whole cache lines
    level, upper, base = (aligned(block + 2 * margin, dtype) for _ in range(3))
    dogs = aligned((n_scales + 2) * block, dtype).reshape(n_scales + 2, block)
    work = aligned(int(padded.max()) * lanes if n_axes > 1 else 0, dtype)
    buffers = _kernels.Buffers(level, upper, base, work, dogs, margin)
    word = np.zeros(block // 8 + 2, np.uint64)
    found = _columns(lanes * n_scales * counts.sum(), n_axes, dtype)  # below threshold 1 every sample may count
    point, system = np.empty(n_axes + 2), np.empty((n_axes + 1, n_axes + 2))
    at, first = np.empty(block, np.int64), np.empty(lanes + 1, np.int64)
    return buffers, _search.Marks(word.view(np.uint8), word, at, point, system, first, found)


def _columns(capacity: int, n_axes: int, dtype: Any) -> _search.Found:
    octave, scale = np.empty(capacity, np.int8), np.empty(capacity, np.int8)
    real = np.empty((capacity, n_axes)), np.empty(capacity)
    return _search.Found(np.empty(capacity, np.int32), *real, octave, scale, np.empty(capacity, dtype))


def _join(parts: list[_search.Found], n_series: int, refined: bool) -> Keypoints:
    """One array a column, in order; threads share the columns, as most of this is waiting for new memory."""
    keys = ("series", "octave", "scale")
    series, octave, scale = (np.concatenate([getattr(part, name) for part in parts]) for name in keys)
    order = _order(series.astype(np.int64), octave, scale, parts, refined)
    names = ("position", "level", "octave", "scale", "value")

    def work(first: int, last: int) -> list[np.ndarray]:
        columns = [np.concatenate([getattr(part, name) for part in parts]) for name in names[first:last]]
        columns = columns if order is None else [column[order] for column in columns]
        return [column.astype(np.int64) if column.dtype == np.int8 else column for column in columns]

    shared = over_rows(work, len(names), 20 * len(series))
    position, sigma, octave, scale, value = (column for some in shared for column in some)
    polarity = np.where(value < 0, np.int8(BUMP), np.int8(DIP))
    offsets = np.concatenate([[0], np.cumsum(np.bincount(series, minlength=n_series))])
    return Keypoints(position, sigma, octave, scale, value, polarity, offsets)


def _order(series: Any, octave: Any, scale: Any, parts: list[_search.Found], refined: bool) -> np.ndarray | None:
    """What sorts by series, octave, scale, position; None if nothing need move."""
    if not len(series):
        return None
    n_octaves, n_scales = int(np.ptp(octave)) + 1, int(scale.max())
    key = (series * n_octaves + (octave - octave.min())) * n_scales + (scale - 1)
    if refined:  # which moves keypoints to other scales and places
        position = np.concatenate([part.position for part in parts])
        return np.lexsort((*position.T[::-1], key))
    if (key[1:] >= key[:-1]).all():
        return None
    # parts of long series: positions ascend already, and a stable sort keeps that; 16 bits are sorted by counting
    return np.argsort(key.astype(np.uint16) if key.max() <= np.iinfo(np.uint16).max else key, kind="stable")
