"""How far values lie from forecasts: ranks of errors where enough are known, and a law where few are.

Of a step ahead, errors of windows whose futures overlap repeat each other, so that they are counted as the windows that
lie apart, `counted`. At a level with a tail of mass a there is a rank from 1/a - 1 errors on (split conformal). With
fewer than `ENOUGH` in all, errors follow a Student t about 0 whose scale grows by a power of the steps ahead; beyond
the last rank, the same law goes on from it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import stdtrit

LEVELS = np.arange(1, 200) / 200  # of the errors that intervals are made of
ENOUGH = 19  # errors that lie apart, from which intervals of 90 % are ranks: 1 / 0.05 - 1
POWERS = np.arange(21) / 20  # of the steps ahead, by which errors may grow
STEADY = 10.0  # errors that the law counts for, beside those of a step itself
FREEDOM = 2.0  # least degrees of freedom of a Student t
TINY = 1e-6  # of a row's unit: the least scale of an error
SHARES = np.arange(5) / 4  # powers of a window's roughness that errors may follow
SEASONAL = 0.8  # of the mean squared step, below which a difference at another lag is the measure of roughness
WINDOWS = 4.0  # differences that the usual roughness counts for, beside a window's own
SURE = 2.0  # gain in log-likelihood from which errors follow the roughness of windows


@dataclass(frozen=True)
class ErrorUnits:
    """What the quantiles of errors are measured in, and from where.

    Attributes
    ----------
    plain : ndarray of bool, (ahead,)
        Steps whose quantiles lie about the forecast itself, and not about the nearest quantile that the network says.
    lag : int
        Steps between the values whose differences are a window's roughness.
    power : float, within [0, 1]
        Errors are in units of the roughness, relative to the usual one, to this power; 0: all windows are alike.
    usual : ndarray, (targets,)
        Root mean square of these differences over the windows learned from.
    """

    plain: Bool[np.ndarray, " h"]
    lag: int
    power: float
    usual: Float[np.ndarray, " q"]

    def __call__(self, series: Float[np.ndarray, "b t q"]) -> Float[np.ndarray, "b q"]:
        """Return the unit of the errors of each window and target."""
        return np.asarray(self.roughness(series) ** self.power)

    def roughness(self, series: Float[np.ndarray, "b t q"]) -> Float[np.ndarray, "b q"]:
        """Return each window's root mean squared difference over the usual one, drawn to 1 by a few usual ones."""
        apart = np.square(series[:, self.lag :] - series[:, : -self.lag])
        usual = np.where(self.usual > 0, self.usual, 1.0) ** 2
        n = apart.shape[1]
        found = np.sqrt((WINDOWS + n * apart.mean(axis=1) / usual) / (WINDOWS + n))
        return np.where(self.usual > 0, found, 1.0)

    @classmethod
    def none(cls, n_steps: int, n_targets: int) -> "ErrorUnits":
        """Units of the rows alone, about the nearest quantile that is said."""
        return cls(np.zeros(n_steps, dtype=bool), 1, 0.0, np.zeros(n_targets))

    @classmethod
    def of(cls, series: Float[np.ndarray, "b t q"], n_steps: int) -> "ErrorUnits":
        """Measure the usual roughness of windows, at the lag at which they repeat best; errors do not follow it yet."""
        lags = range(1, series.shape[1] // 2 + 1)
        squares = np.array([np.square(series[:, lag:] - series[:, :-lag]).mean(axis=(0, 1)) for lag in lags])
        whole = squares.sum(axis=1)
        best = int(whole.argmin())
        place = best if whole[best] < SEASONAL * whole[0] else 0
        return cls(np.zeros(n_steps, dtype=bool), lags[place], 0.0, np.sqrt(squares[place]))

    def share(self, errors: Float[np.ndarray, "n h q"], series: Float[np.ndarray, "n t q"], n_apart: float) -> float:
        """Return the power of roughness that errors follow: the likeliest for Laplace's law, if it is clearly so."""
        size, rough = np.abs(errors), self.roughness(series)[:, None]
        if not (size.mean(axis=0) > 0).all():
            return 0.0
        costs = [float((np.log((size / rough**power).mean(axis=0)) + power * np.log(rough).mean(axis=0)).mean())
                 for power in SHARES]
        best = int(np.argmin(costs))
        return float(SHARES[best]) if n_apart * (costs[0] - costs[best]) > SURE else 0.0


def conformal(errors: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Order statistics of n errors by which split conformal intervals cover what they promise; (levels, ...).

    At level p above a half the ceil(p (n + 1))-th smallest, at others the floor(p (n + 1))-th, as far as there are so
    many: a new error, exchangeable with these, lies between those of two levels at least as often as they say (Vovk,
    Gammerman & Shafer, "Algorithmic learning in a random world", 2005; Romano, Patterson & Candès, NeurIPS 2019).

    Examples
    --------
    >>> import numpy as np
    >>> conformal(np.arange(1.0, 20.0), np.array([0.05, 0.5, 0.95])).tolist()
    [1.0, 10.0, 19.0]
    """
    ordered, n = np.sort(errors, axis=0), len(errors)
    rank = levels * (n + 1)
    upper, lower = np.ceil(rank - 1e-9), np.floor(rank + 1e-9)  # 0.95 * 20 is 19, whatever is lost in rounding
    return np.asarray(ordered[np.where(levels > 0.5, upper, lower).clip(1, n).astype(int) - 1])


def counted(starts: Int[np.ndarray, " n"], ahead: Sequence[int]) -> Int[np.ndarray, " h"]:
    """Number of windows, by their first rows in increasing order, that are as far apart as each step lies ahead.

    Examples
    --------
    Seven windows in a row, and one of another series:

    >>> counted(np.array([0, 1, 2, 3, 4, 5, 6, 50]), (1, 3, 12)).tolist()
    [8, 4, 2]
    """
    found = np.zeros(len(ahead), dtype=int)
    for place, step in enumerate(ahead):
        position = 0
        while position < len(starts):
            found[place] += 1
            position = int(np.searchsorted(starts, starts[position] + step))
    return found


def pooled(held: Float[np.ndarray, "n h q"], n_held: Int[np.ndarray, " h"], more: Float[np.ndarray, "m h q"],
           n_more: Int[np.ndarray, " h"]) -> tuple[Float[np.ndarray, "h q"], Float[np.ndarray, " h"]]:
    """Mean squared error at each step, and of how many errors: more of them count as far as too few are held out."""
    weight = np.minimum(n_more, np.maximum(ENOUGH - n_held, 0))
    total = n_held + weight
    parts = [count[:, None] * (np.square(errors).mean(axis=0) if len(errors) else np.zeros(held.shape[1:]))
             for errors, count in ((held, n_held), (more, weight))]
    return sum(parts) / np.maximum(total, 1)[:, None], total


def grown(squares: Float[np.ndarray, "h q"], counts: Float[np.ndarray, " h"], ahead: Sequence[int]
          ) -> Float[np.ndarray, "h q"]:
    """Standard deviation at each step: its mean square, drawn to the law s^2 = c step^(2 b).

    c and b are those of greatest likelihood for normal errors of mean 0, each step counting alike: b has the least
    log(mean(square / step^(2 b))) + 2 b mean(log step), and c is the first mean.

    Examples
    --------
    A random walk's errors grow by the root of the steps:

    >>> grown(np.array([[1.0], [2.0], [4.0]]), np.zeros(3), (1, 2, 4)).ravel().round(2).tolist()
    [1.0, 1.41, 2.0]
    """
    steps = np.array(ahead, dtype=float)[:, None]
    floor = np.maximum(squares, TINY**2)
    means = np.array([(floor / steps ** (2 * power)).mean(axis=0) for power in POWERS])
    best = (np.log(means) + 2 * POWERS[:, None] * np.log(steps).mean()).argmin(axis=0)
    law = means[best, np.arange(len(best))] * steps ** (2 * POWERS[best])
    own = counts[:, None]
    return np.sqrt((own * floor + STEADY * law) / (own + STEADY))


def table(errors: Float[np.ndarray, "n h q l"], near: Int[np.ndarray, " levels"], counts: Int[np.ndarray, " h"],
          scale: Float[np.ndarray, "h q"], freedom: float) -> Float[np.ndarray, "levels h q"]:
    """Quantiles of errors at `LEVELS`, of each about the level that is said nearest to it; about 0 where few are known.

    Where a level's tail is too thin for a rank, the quantile goes on from the last one that has a rank by the law.
    """
    law = stdtrit(max(freedom, FREEDOM), LEVELS)[:, None, None] * scale
    ranked = counts >= ENOUGH
    if not ranked.any():
        return np.asarray(law)
    ranks = np.concatenate([conformal(errors[..., level], LEVELS[near == level]) for level in range(errors.shape[3])])
    place = np.arange(len(LEVELS))[:, None]
    first = np.ceil((len(LEVELS) + 1) / (np.maximum(counts, ENOUGH) + 1) - 1e-9).astype(int) - 1
    last = len(LEVELS) - 1 - first  # places of the outer levels that have ranks
    inner, step = np.clip(place, first, last), np.arange(len(counts))
    found = ranks[inner, step] + law - law[inner, step]
    wide = ranks[last, step] - ranks[first, step] > TINY
    found = np.where(wide, found, found + law * (TINY / scale))
    return np.asarray(np.where(ranked[:, None], found, law))


def reading(errors: Float[np.ndarray, "levels h q"], units: ErrorUnits, said_at: Sequence[float],
            alpha: Sequence[float]) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """What makes quantiles at `alpha` of what is said of windows at some levels, (n, h, q, l), and the errors' units.

    Each is the nearest level that is said, and how far values lay above it. Where levels go over from one that is said
    to the next, a quantile is at least those below.

    Raises
    ------
    ValueError
        A level is nearer to 0 or 1 than those that were measured.
    """
    outside = [level for level in alpha if not LEVELS[0] - 1e-9 <= level <= LEVELS[-1] + 1e-9]
    if outside:
        raise ValueError(f"quantiles must lie from {LEVELS[0]} to {LEVELS[-1]}, which are measured (coverage up to "
                         f"0.99), got {outside[0]}")
    place = np.interp(alpha, LEVELS, np.arange(len(LEVELS)))
    low = np.floor(place).astype(int)
    high, part = np.minimum(low + 1, len(LEVELS) - 1), place - low
    near, errors = nearest(said_at), np.moveaxis(errors, 0, -1)
    last = np.searchsorted(near, np.arange(len(said_at)), side="right") - 1  # place of each one's highest
    plain, middle = units.plain[:, None, None], len(said_at) // 2

    def read(said: np.ndarray, unit: np.ndarray) -> np.ndarray:
        unit = unit[:, None, :, None]
        floor = np.maximum.accumulate(said + unit * errors[..., last], axis=-1)
        floor = np.concatenate([np.full_like(floor[..., :1], -np.inf), floor[..., :-1]], axis=-1)

        def at(places: np.ndarray) -> np.ndarray:
            missed = unit * errors[..., places]
            about = np.maximum(said[..., near[places]] + missed, floor[..., near[places]])
            return np.where(plain, said[..., middle, None] + missed, about)

        return np.asarray((1 - part) * at(low) + part * at(high))

    return read


def nearest(levels: Sequence[float]) -> Int[np.ndarray, " levels"]:
    """Which of these levels is nearest to each of `LEVELS`."""
    return np.asarray(np.abs(LEVELS[:, None] - np.array(levels)).argmin(axis=1))
