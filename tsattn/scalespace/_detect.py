"""Detection in series in NumPy arrays: prepares the compiled search and puts its answers together.

Each thread works on a few series at a time, small enough to stay in cache; long series are cut into overlapping
parts, whose overlap covers all smoothing, so that the answers are those of the whole.
"""

from typing import Any, NamedTuple

import numpy as np

from tsattn._threads import over_rows
from tsattn.scalespace import _blocks, _kernels, _placing, _search
from tsattn.scalespace._arrays import distinct, offsets_of
from tsattn.scalespace._dense import MODE, aligned
from tsattn.scalespace._ladder import Ladder, Rung
from tsattn.scalespace.criteria import MOST_MOVES, Criteria
from tsattn.scalespace.keypoints import Keypoints
from tsattn.scalespace.octaves import enlarge

REDUCE = {None: _blocks.KEEP, "average": _blocks.AVERAGE, "decimate": _blocks.DECIMATE}
PART = 16384  # samples of a part of a long series, without its overlap
BLOCK = 16384  # samples of a block of short series
LONG = 2048  # samples; longer series are folded, so that a block stays in the second cache
FEW = 8  # series; fewer are folded if they have
SHORT = 256  # samples
RECORDS = 1 << 16  # taken at a time


class Plan(NamedTuple):
    """One part of the series: where it begins, which positions count, and what the kernels need for it."""

    begin: int
    window: tuple[float, float]
    pyramid: _blocks.Pyramid
    rules: _search.Rules


class Found(NamedTuple):
    """What one call of the search found, and where it searched."""

    records: _search.Records
    where: _blocks.Range
    plan: Plan


def find(x: np.ndarray, ladder: Ladder, criteria: Criteria) -> Keypoints:
    """Find the keypoints of `x`, (series, time)."""
    rungs = ladder.rungs(x.shape[1:])
    if ladder.double and rungs:
        x = np.ascontiguousarray(enlarge(x, 1))
    parts = _parts(rungs, criteria) if rungs else []
    folded = x.shape[1] > LONG or (len(x) < FEW and x.shape[1] >= SHORT)
    plans = []
    for begin, end, window in parts:
        part = _rungs_of(rungs, ladder, end - begin, begin * rungs[0].step)
        plans.append(Plan(begin, window, _pyramid(part, ladder, x.dtype, folded), _rules(part, criteria, x.dtype)))
    pieces = len(plans) * (_kernels.LANES if folded else 1)
    counts = np.zeros((len(x), pieces, len(rungs) * ladder.scales_per_octave), np.int64)
    if not plans:
        found = []
    elif len(x) < FEW and len(plans) > 1:  # then threads share the parts instead of the series
        found = over_rows(lambda a, b: _find_rows(x, plans, (a, b), (0, len(x)), counts), len(plans), x.size)
    else:
        align = 1 if folded else _kernels.LANES * plans[0].pyramid.strips
        every = (0, len(plans))
        found = over_rows(lambda a, b: _find_rows(x, plans, every, (a, b), counts), len(x), x.size, align=align)
    return _join([one for some in found for one in some], counts, x.dtype)


def _parts(rungs: list[Rung], criteria: Criteria) -> list[tuple[int, int, tuple[float, float]]]:
    """(begin, end, window of positions in input samples) of the parts that a series is cut into."""
    n, first = rungs[0].sizes[0], rungs[0].step
    whole = [(0, n, (-1.0, float(n)))]
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


def _rungs_of(rungs: list[Rung], ladder: Ladder, n: int, begin: float) -> list[Rung]:
    """The same octaves for a part of n samples that begins at `begin`, in input samples."""
    average = ladder.reducer_for(1) == "average"
    part = []
    for k, rung in enumerate(rungs):
        if k and rung.step > rungs[k - 1].step:
            n = n // 2 if average else (n + 1) // 2
        part.append(Rung(rung.index, (n,), rung.step, rung.offset + begin, rung.sigmas, rung.taps, rung.reducer))
    return part


def _pyramid(rungs: list[Rung], ladder: Ladder, dtype: Any, folded: bool) -> _blocks.Pyramid:
    kernels = [[*rung.taps, rung.reducer] for rung in rungs]
    radius = np.array([[len(taps) - 1 for taps in row] for row in kernels])
    taps = np.zeros((*radius.shape, 1 + _kernels.whole(int(radius.max()), _kernels.PAIRS)), dtype)
    for place in np.ndindex(*radius.shape):
        taps[place][: radius[place] + 1] = kernels[place[0]][place[1]]
    reduce = ladder.reducer_for(1)
    source = ladder.source() if reduce == "average" else -1
    sizes = np.array([rung.sizes for rung in rungs])
    rows = sizes[:, 0].copy()
    if folded:  # every octave halves the lanes too
        steps = np.array([round(rung.step / rungs[0].step) for rung in rungs])
        rows = _kernels.whole(int(rows[0]), _kernels.LANES * int(steps[-1])) // _kernels.LANES // steps
    strips = 1 if folded else max(BLOCK // (int(rows[0]) * _kernels.LANES), 1)
    return _blocks.Pyramid(taps, radius, sizes, rows, strips, folded, source, REDUCE[reduce], MODE[ladder.mode])


def _rules(rungs: list[Rung], criteria: Criteria, dtype: Any) -> _search.Rules:
    """The criteria as arrays."""
    return _search.Rules(
        threshold=np.array([criteria.threshold], dtype),
        beyond=criteria.bounds(dtype),
        contrast=criteria.contrast,
        refine=criteria.refine,
        edge=0.0,
        grid=np.array([[rung.step, rung.offset] for rung in rungs]),
        sigma=np.array([rung.sigmas for rung in rungs]),
        first=rungs[0].index,
        per_octave=len(rungs[0].sigmas) - 3,
    )


def _find_rows(
    x: np.ndarray, plans: list[Plan], some: tuple[int, int], rows: tuple[int, int], counts: np.ndarray
) -> list[Found]:
    """The keypoints of some series, part after part; parts of one size share their memory."""
    found: list[Found] = []
    flat, size = x.reshape(-1), x.shape[1]
    cells = counts.shape[1] // len(plans)
    sizes, memory, table = None, None, counts.reshape(-1, counts.shape[2])
    for k in range(*some):
        plan, row = plans[k], rows[0]
        if memory is None or sizes != plan.pyramid.sizes.tolist():
            sizes = plan.pyramid.sizes.tolist()
            memory = _memory(plan.pyramid, x.dtype)
        while row < rows[1]:
            records = _records(max(2 * memory[1].most, RECORDS), x.dtype, plan.rules.refine)
            where = _blocks.Range(row, rows[1], *plan.window, size, plan.begin, k * cells, counts.shape[1])
            row, count = _search.search(flat, where, plan.pyramid, plan.rules, memory, records, table)
            records = _search.Records(*[column[:count] for column in records])
            found.append(Found(records, where._replace(last=row), plan))
    return found


def _memory(pyramid: _blocks.Pyramid, dtype: Any) -> tuple[_blocks.Buffers, _search.Marks]:
    n_levels, strips, lanes = pyramid.radius.shape[1] - 2, pyramid.strips, _kernels.LANES
    margin = (pyramid.taps.shape[2] - 1) * lanes
    block = _kernels.whole(int(pyramid.rows[0]), _kernels.ROWS) * lanes
    dog = block + 2 * lanes
    beyond = _kernels.ROWS * lanes  # marks are made by whole fours of rows
    level, upper, base = (aligned((strips, block + 2 * margin), dtype) for _ in range(3))
    dogs = aligned((n_levels, strips * dog + beyond), dtype)
    buffers = _blocks.Buffers(level, upper, base, dogs, margin)
    word = np.zeros((strips * dog + beyond) // 8 + 2, np.uint64)
    point, system, at = np.empty(3), np.empty((2, 3)), np.empty(strips * dog + 8, np.int32)
    most = strips * int(pyramid.rows.sum()) * lanes * (n_levels - 2) + 1  # below threshold 1 every sample may count
    return buffers, _search.Marks(word.view(np.uint8), word, at, point, system, most)


def _records(capacity: int, dtype: Any, refined: bool) -> _search.Records:
    """Room for keypoints; what is not written takes no memory."""
    fine = np.empty((capacity if refined else 0, 3))
    return _search.Records(np.empty(capacity, np.int32), np.empty(capacity, np.int32), np.empty(capacity, dtype), fine)


def _join(found: list[Found], counts: np.ndarray, dtype: Any) -> Keypoints:
    """Write what was found in order; threads share the records."""
    starts, offsets = np.empty_like(counts), np.empty(len(counts) + 1, np.int64)
    n = _placing.add_up(counts, starts, offsets)
    octave, scale, polarity = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int8)
    out = _placing.Columns(np.empty((n, 1)), np.empty(n), octave, scale, np.empty(n, dtype), polarity)
    cells = (counts.shape[0] * counts.shape[1], counts.shape[2])
    table = counts.reshape(cells), starts.reshape(cells)

    def write(first: int, last: int) -> None:
        for records, where, plan in found[first:last]:
            _placing.place(records, where, plan.pyramid, plan.rules, *table, out)

    over_rows(write, len(found), 10 * n)
    if found and found[0].plan.rules.refine:  # which moves keypoints to other scales and places
        series = np.repeat(np.arange(len(counts)), np.diff(offsets))
        only = distinct(series, out.octave, out.scale, *out.position.T, out.sigma)
        out = _placing.Columns(*[column[only] for column in out])
        offsets = offsets_of(series[only], len(counts))
    return Keypoints(*out, offsets)
