"""The compiled writing of keypoints: from records, block by block, straight to where each belongs.

The order is series, octave, scale, position. A table has one row for each piece of a series, and one column for each
octave and scale; the sum of all that comes before tells where the first keypoint of a cell goes.
"""

from typing import Any, NamedTuple

from tsattn.scalespace._blocks import block_at
from tsattn.scalespace._kernels import compiled
from tsattn.scalespace._refine_kernel import unravel


class Columns(NamedTuple):
    """Columns of `Keypoints`."""

    position: Any
    sigma: Any
    octave: Any
    scale: Any
    value: Any
    polarity: Any


@compiled
def add_up(counts: Any, starts: Any, offsets: Any) -> Any:
    """Fill `starts`, like `counts` (series, pieces, groups), and the series' `offsets`; return how many in all."""
    n_series, pieces, groups = counts.shape
    total = 0
    for k in range(n_series):
        offsets[k] = total
        for group in range(groups):
            for piece in range(pieces):
                starts[k, piece, group] = total
                total += counts[k, piece, group]
    offsets[n_series] = total
    return total


@compiled
def place_series(records: Any, span: Any, fixed: Any, starts: Any, out: Any) -> None:
    """Write the records first..last, all of one level of a block of series; `starts` are those of its pieces."""
    pieces, ats, values, _ = records
    position, sigmas, octaves, scales, out_value, polarity = out
    step, offset, sigma, octave, scale = fixed
    for k in range(span[0], span[1]):
        piece, value = pieces[k], values[k]
        to = starts[piece]
        starts[piece] = to + 1
        position[to, 0] = ats[k] * step + offset
        sigmas[to], octaves[to], scales[to], out_value[to] = sigma, octave, scale, value
        polarity[to] = 1 if value < 0 else -1


@compiled
def place_points(records: Any, span: Any, fixed: Any, sizes: Any, rules: Any, starts: Any, out: Any) -> None:
    """As `place_series`, for images and for what has been refined."""
    position, sigmas, octaves, scales, out_value, polarity = out
    step, offset, sigma, octave, scale = fixed
    axes = sizes.size
    for k in range(span[0], span[1]):
        to = starts[records.piece[k]]
        starts[records.piece[k]] += 1
        sigmas[to], octaves[to], scales[to], out_value[to] = sigma, octave, scale, records.value[k]
        polarity[to] = 1 if records.value[k] < 0 else -1
        unravel(records.at[k], sizes, position[to])
        if rules.refine:
            position[to] = records.fine[k, :axes]
            level, scales[to] = records.fine[k, axes], records.fine[k, axes + 1]
            sigmas[to] = rules.sigma[octave - rules.first, 0] * 2.0 ** (level / rules.per_octave)
        for axis in range(axes):
            position[to, axis] = position[to, axis] * step + offset


@compiled
def place(records: Any, where: Any, pyramid: Any, rules: Any, counts: Any, starts: Any, out: Any) -> None:
    """Write the records of a search of the rows where.first..where.last; `starts` move on."""
    row, k, simple = where.first, 0, pyramid.sizes.shape[1] == 1 and not rules.refine
    while row < where.last:
        rows, pieces, cell = block_at(pyramid, where, row)
        row += rows
        for group in range(counts.shape[1]):
            o, s = group // rules.per_octave, group % rules.per_octave + 1
            some, total = starts[cell : cell + pieces, group], counts[cell : cell + pieces, group].sum()
            fixed = (rules.grid[o, 0], rules.grid[o, 1], rules.sigma[o, s], rules.first + o, s)
            if simple:
                place_series(records, (k, k + total), fixed, some, out)
            else:
                place_points(records, (k, k + total), fixed, pyramid.sizes[o], rules, some, out)
            k += total
