"""The compiled writing of keypoints: from records, block by block, straight to where each belongs.

The order is series, octave, scale, position. A table has one row for each piece of a series, and one column for each
octave and scale; the sum of all that comes before tells where the first keypoint of a cell goes.
"""

from typing import Any, NamedTuple

from tsattn.scalespace._blocks import block_at
from tsattn.scalespace._kernels import compiled


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
def place_refined(records: Any, span: Any, fixed: Any, rules: Any, starts: Any, out: Any) -> None:
    """As `place_series`, for what has been refined."""
    position, sigmas, octaves, scales, out_value, polarity = out
    step, offset, _, octave, _ = fixed
    for k in range(span[0], span[1]):
        to = starts[records.piece[k]]
        starts[records.piece[k]] += 1
        octaves[to], scales[to], out_value[to] = octave, records.fine[k, 2], records.value[k]
        polarity[to] = 1 if records.value[k] < 0 else -1
        sigmas[to] = rules.sigma[octave - rules.first, 0] * 2.0 ** (records.fine[k, 1] / rules.per_octave)
        position[to, 0] = records.fine[k, 0] * step + offset


@compiled
def place(records: Any, where: Any, pyramid: Any, rules: Any, counts: Any, starts: Any, out: Any) -> None:
    """Write the records of a search of the rows where.first..where.last; `starts` move on."""
    row, k = where.first, 0
    while row < where.last:
        rows, pieces, cell = block_at(pyramid, where, row)
        row += rows
        for group in range(counts.shape[1]):
            o, s = group // rules.per_octave, group % rules.per_octave + 1
            some, total = starts[cell : cell + pieces, group], counts[cell : cell + pieces, group].sum()
            fixed = (rules.grid[o, 0], rules.grid[o, 1], rules.sigma[o, s], rules.first + o, s)
            if rules.refine:
                place_refined(records, (k, k + total), fixed, rules, some, out)
            else:
                place_series(records, (k, k + total), fixed, some, out)
            k += total
