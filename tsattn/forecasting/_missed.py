"""How far forecasts miss, measured: on windows held out, and on others by linear maps that were solved without them."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from tsattn.forecasting._held_out import ENOUGH, LEVELS, ErrorUnits, counted, grown, nearest, pooled, table
from tsattn.forecasting._plan import Cutter
from tsattn.nn.lag_ridge import PARTS, Choice, Moments

Errors = Float[np.ndarray, "n h q"]


def quantiles(cut: Cutter, held: Int[np.ndarray, " n"], errors: Float[np.ndarray, "n h q l"],
              other: Int[np.ndarray, " m"], crossed: Errors, *, per_window: bool) -> tuple[np.ndarray, ErrorUnits]:
    """Quantiles of how far values lie above forecasts, and what they are measured in.

    Parameters
    ----------
    cut : Cutter
    held, other : ndarray
        First rows of windows: of those held out, and of those learned from.
    errors : ndarray
        Of the former, at each level that is said.
    crossed : ndarray
        Of the latter, by what did not learn from them; read as far as too few windows are held out.
    per_window : bool
        Whether errors may follow each window's roughness.

    Returns
    -------
    ndarray, (levels, ahead, targets)
    ErrorUnits
    """
    ahead, middle = cut.plan.ahead, errors.shape[3] // 2
    if len(held) == 0:  # there are only those that are crossed
        held, errors, other, crossed, middle = other, crossed[..., None], held, errors[..., 0], 0
        about = np.zeros(len(LEVELS), dtype=int)
    else:
        about = nearest(cut.plan.levels)
    n_held, n_other = counted(held, ahead), counted(other, ahead)
    series = _targets(cut, np.concatenate([held, other]))
    units = ErrorUnits.of(series, len(ahead))
    if per_window:
        both = np.concatenate([errors[..., middle], crossed])
        units = replace(units, power=units.share(both, series, float((n_held + n_other).mean())))
    unit = units(series)[:, None]
    errors, crossed = errors / unit[: len(held), ..., None], crossed / unit[len(held):]
    squares, counts = pooled(errors[..., middle], n_held, crossed, n_other)
    found = table(errors, about, n_held, grown(squares, counts, ahead), float(counts.mean()))
    return found, replace(units, plain=(n_held < ENOUGH) | (errors.shape[3] < len(cut.plan.levels)))


def cross(cut: Cutter, starts: Int[np.ndarray, " n"], whole: Int[np.ndarray, " m"], choice: Choice) -> Errors:
    """Errors on windows, block of neighbours by block, of maps that are solved on those of `whole` apart from them.

    Futures of those apart share no step with the block's, as long as half of the windows are left; of fewer, the
    farthest half is taken. Where there are no others, the forecast is the last value.
    """
    found = []
    for block in np.array_split(starts, min(PARTS, len(starts))):
        away = np.maximum(block[0] - whole, whole - block[-1])
        apart = whole[away >= np.clip(np.median(away), 1, cut.plan.ahead[-1])]
        moments = {read: Moments.of(read, cut.parts(apart)) for read in choice.moments} if len(apart) else None
        solved = None if moments is None else replace(choice, moments=moments).solve()
        for series, known, future in cut.parts(block):
            base = series[:, -1:, : cut.n_targets] if solved is None else solved(series, known)
            found.append((future - base).double().numpy())
    return np.concatenate(found)


def _targets(cut: Cutter, starts: Int[np.ndarray, " n"]) -> Float[np.ndarray, "n t q"]:
    parts = [series[..., : cut.n_targets].double().numpy() for series, _, _ in cut.parts(starts)]
    return np.concatenate(parts)
