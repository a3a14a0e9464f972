"""Learning to forecast from windows: a linear map first, a network on what it leaves, then how far both miss."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn._checks import DivergenceError, check_fraction, warn_user
from tsattn._inputs import plain_frame
from tsattn.forecasting._held_out import conformal
from tsattn.forecasting._history import History, Units, by_column
from tsattn.forecasting._plan import FORECAST_LOSSES, Cutter, Plan
from tsattn.forecasting._reader import Reader, panel_of
from tsattn.nn.lag_ridge import PARTS, Choice, choose
from tsattn.nn.share import surely
from tsattn.training import Fitted, Training, fit_network
from tsattn.training.data import runs
from tsattn.training.run import EVALUATION, on_device
from tsattn.training.windows import Reading, Windows

HELD = 4096  # most windows that are held out: of more, evenly chosen ones
FEW = 20  # windows held out, below which a warning says so: 90 % intervals need as many to be ranks at all
SAMPLE = 512  # windows on which the saliency is fitted and its unit measured
STILL = 1e-12  # standard deviation of what counts as constant
LEAST = 1e-3  # of a window's unit: what a network's outputs are never put into a smaller unit than
LEVELS = np.arange(1, 200) / 200  # of the errors that intervals are made of
UNCHOSEN = (1e-2,)  # the linear map's penalty where there is nothing to choose it on


@dataclass(frozen=True)
class Model:
    """What was learned, but for the network.

    Attributes
    ----------
    plan : Plan
    n_targets : int
        Columns of y.
    units : tuple of ndarray, or None
        Mean and standard deviation of each column, where all series have the same.
    reader : Reader
    share : Tensor, (targets of a row,)
        Of the network's part in the forecast: what is likely to be worth it, by windows held out, see `surely`; 1 where
        there is no linear map.
    errors : ndarray, (levels, ahead, targets of a row)
        Quantiles, at `LEVELS`, of how far values lie above the nearest of the quantiles that the network says, on
        windows held out and in units of the rows.
    """

    plan: Plan
    n_targets: int
    units: Units | None
    reader: Reader
    share: Tensor
    errors: np.ndarray

    def forecast(self, network: nn.Module, series: Float[Tensor, "b t c"], known: Float[Tensor, "b a k"]
                 ) -> Float[Tensor, "b h q"]:
        """Return the forecast of windows, in units of their rows."""
        return self.said(network, series, known)[..., self.plan.middle]

    def said(self, network: nn.Module, series: Float[Tensor, "b t c"], known: Float[Tensor, "b a k"]
             ) -> Float[Tensor, "b h q l"]:
        """Return all that is said of windows, at the plan's levels, in units of their rows."""
        base, added = both(network, self.reader(series, known))
        return base.unsqueeze(-1) + weighed(added, self.share.to(base), self.plan.middle)

    def forecasts(self, network: nn.Module, rows: np.ndarray, starts: np.ndarray, device: str,
                  alpha: Sequence[float] | None = None) -> np.ndarray:
        """Return the forecasts of windows that begin at these rows, (n, ahead, targets of a row, 1).

        With `alpha` their quantiles at these levels, (n, ahead, targets of a row, levels).

        Raises
        ------
        ValueError
            A level is nearer to 0 or 1 than those that were measured.
        """
        read = self._middle if alpha is None else self._quantiles(alpha)
        cut = Cutter(rows, self.plan, self.reader.n_targets, with_future=False)
        network, where = on_device(network, device)
        with torch.no_grad():
            found = [read(self.said(network, series, known).cpu().double().numpy())
                     for series, known, _ in cuts(cut(starts, self.reader), where)]
        return np.concatenate(found)

    def _middle(self, said: np.ndarray) -> np.ndarray:
        return said[..., self.plan.middle, None]

    def _quantiles(self, alpha: Sequence[float]) -> Callable[[np.ndarray], np.ndarray]:
        """What makes quantiles of what is said: it, and how far values lay above it.

        Where levels go over from one that is said to the next, a quantile is at least those below.
        """
        outside = [level for level in alpha if not LEVELS[0] - 1e-9 <= level <= LEVELS[-1] + 1e-9]
        if outside:
            raise ValueError(f"quantiles must lie from {LEVELS[0]} to {LEVELS[-1]}, which are measured (coverage up to "
                             f"0.99), got {outside[0]}")
        place = np.interp(alpha, LEVELS, np.arange(len(LEVELS)))
        low = np.floor(place).astype(int)
        high, part = np.minimum(low + 1, len(LEVELS) - 1), place - low
        near, errors = nearest(self.plan.levels), np.moveaxis(self.errors, 0, -1)
        last = np.searchsorted(near, np.arange(len(self.plan.levels)), side="right") - 1  # place of each one's highest

        def read(said: np.ndarray) -> np.ndarray:
            floor = np.maximum.accumulate(said + errors[..., last], axis=-1)
            floor = np.concatenate([np.full_like(floor[..., :1], -np.inf), floor[..., :-1]], axis=-1)

            def at(places: np.ndarray) -> np.ndarray:
                return np.maximum(said[..., near[places]] + errors[..., places], floor[..., near[places]])

            return (1 - part) * at(low) + part * at(high)

        return read


def widths_of(reader: Reader, plan: Plan, n_columns: int) -> tuple[int, ...]:
    """Channels of each of a network's inputs, as a blank window has them."""
    blank = (torch.zeros(1, steps, n, dtype=torch.float32)
             for steps, n in ((plan.look_back, n_columns), (plan.ahead[-1], plan.n_known)))
    return tuple(part.shape[2] for part in reader(*blank).inputs)


def both(network: nn.Module, reading: Reading) -> tuple[Float[Tensor, "b h q"], Float[Tensor, "b h q l"]]:
    """The forecast without the network, and what the network would add to it at each level."""
    output = network(*reading.inputs, lengths=reading.lengths).float().unflatten(1, (*reading.base.shape[1:], -1))
    return reading.base, reading.unit.unsqueeze(-1) * output


def weighed(added: Float[Tensor, "b h q l"], share: Float[Tensor, " q"], middle: int) -> Float[Tensor, "b h q l"]:
    """What a network adds, with a share of what it adds to the forecast; how far its quantiles stand apart stays."""
    forecast = added[..., middle, None]
    return added - (1 - share.unsqueeze(-1)) * forecast


def nearest(levels: Sequence[float]) -> Int[np.ndarray, " levels"]:
    """Which of these levels is nearest to each of `LEVELS`."""
    return np.abs(LEVELS[:, None] - np.array(levels)).argmin(axis=1)


def cuts(windows: Windows, device: torch.device) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
    """Yield windows in batches that fit into memory."""
    for positions in torch.arange(len(windows)).split(runs(windows.lengths, EVALUATION)):
        yield windows.cut(positions, device)


def thinned(starts: np.ndarray, most: int) -> np.ndarray:
    """All of them, or every so many, so that there are at most so many."""
    return starts[:: max(1, -(-len(starts) // most))]


def learn(history: History, plan: Plan, training: Training, network_of: Callable[..., nn.Module], *,
          seed: int | None) -> tuple[Model, Fitted]:
    """Learn to forecast.

    Parameters
    ----------
    history : History
    plan : Plan
    training : Training
        Its validation is the fraction of each series, at its end, that is held out.
    network_of : callable
        `network_of(widths, n_columns, plan, n_said)` makes a network: `widths` are the channels of its inputs,
        `n_columns` those of a row; its outputs are those of each step ahead, target by target, level by level.
    seed : int or None

    Raises
    ------
    ValueError
        No series is long enough.
    DivergenceError
        Training diverged; its `fitted` is then the pair that is else returned, with the last good weights.
    """
    n_targets, units = history.n_targets, history.learned
    history = by_column(history) if plan.independent else history
    fraction = check_fraction("validation", training.validation)
    train, held = history.starts(plan.look_back, plan.ahead[-1], fraction, plan.stride)
    if len(train) == 0:
        raise ValueError(f"to learn takes windows of look_back={plan.look_back} steps and fh up to {plan.ahead[-1]} "
                         f"after them, without gaps there, beside the part held out (validation={fraction}): the "
                         f"longest series has {int(history.panel.lengths.max())} steps; give a longer one, or a "
                         "smaller look_back, fh or validation")
    held = thinned(held, HELD)
    if fraction and len(held) < FEW:
        warn_user(f"{len(held)} windows are held out, of series of up to {int(history.panel.lengths.max())} steps: too "
                  "few for intervals to cover what they say, or to choose by; give longer series, or a smaller "
                  "look_back or fh")
    cut = Cutter(history.rows, plan, history.n_targets)
    choice = _choose(cut, train, held)
    reader = _measure(cut, train, None if choice is None else choice[0].solve())
    positions = tuple(range(len(train), len(train) + len(held)))
    training = training.clone().set_params(validation=positions or 0.0)
    if not positions:
        training.set_params(patience=None)  # there is nothing to be patient by
    n_columns = len(history.panel.columns)
    widths = widths_of(reader, plan, n_columns)
    data = cut(np.concatenate([train, held]), reader)

    def finish(fitted: Fitted) -> tuple[Model, Fitted]:
        shown = cut(held if len(held) else thinned(train, HELD), reader)
        share, errors = _weigh(fitted.network, shown, plan, training.device)
        last = reader if choice is None else replace(reader, linear=choice[1].solve())
        return Model(plan, n_targets, units, last, share, errors), fitted

    try:
        n_said = cut.n_targets * len(plan.levels)
        fitted = fit_network(lambda: network_of(widths, n_columns, plan, n_said), data, training,
                             loss=FORECAST_LOSSES[plan.loss][0], seed=seed)
    except DivergenceError as error:
        error.fitted = finish(error.fitted)
        raise
    return finish(fitted)


def _choose(cut: Cutter, train: np.ndarray, held: np.ndarray) -> tuple[Choice, Choice] | None:
    """The linear map, to be solved on the windows to learn from, and on these and those held out."""
    if not cut.plan.kinds:
        return None
    given: Mapping[str, Any] = {"kinds": cut.plan.kinds}
    shown = np.array_split(held, min(PARTS, len(held))) if len(held) else [train]
    if len(held) == 0:
        given = {"kinds": cut.plan.kinds[:1], "penalties": UNCHOSEN}
    return choose(lambda: cut.parts(train), lambda: map(cut.parts, shown), **given)


def _measure(cut: Cutter, train: np.ndarray, linear: Any) -> Reader:
    """Fit the saliency on some of the windows to learn from, and measure what the linear map leaves on all."""
    some = thinned(train, SAMPLE)
    series, _, _ = next(cut.parts(some, len(some)))
    reader = Reader(cut.n_targets, cut.plan.within, None, torch.ones(1, dtype=torch.float32), linear,
                    torch.ones(len(cut.plan.ahead), cut.n_targets, dtype=torch.float32))
    z, _ = reader.window(series)
    if cut.plan.saliency is not None:
        reader = replace(reader, saliency=cut.plan.saliency.clone().fit(plain_frame(panel_of(z))))
        deviation = reader.salient(z).flatten(0, 1).std(0, correction=0)
        reader = replace(reader, saliency_scale=_or_one(deviation))
    left = [((future - reader.base(series, known)) / reader.window(series)[1][..., : cut.n_targets]).square().sum(0)
            for series, known, future in cut.parts(train)]
    rms = (sum(left[1:], start=left[0]) / len(train)).sqrt()
    return replace(reader, spread=torch.where(rms > 0, rms.clamp_min(LEAST), 1.0))


def _or_one(values: Tensor) -> Tensor:
    return torch.where(values > STILL, values, 1.0)


def _weigh(network: nn.Module, windows: Windows, plan: Plan, device: str) -> tuple[Tensor, np.ndarray]:
    """The network's share by what it is worth on these windows, and quantiles of how far values lie above it there."""
    network, where = on_device(network, device)
    left, more = [], []
    with torch.no_grad():
        for series, known, future in cuts(windows, where):
            base, added = both(network, windows.read(series, known))
            assert future is not None
            left.append((future - base).cpu())
            more.append(added.cpu())
    missing, said = torch.cat(left), torch.cat(more)
    if plan.kinds:
        share = surely(missing, said[..., plan.middle], plan.ahead[-1])
    else:  # there is no other forecast than the network's
        share = torch.ones(missing.shape[2], dtype=torch.float32)
    said, near = weighed(said, share, plan.middle), nearest(plan.levels)
    errors = [conformal((missing - said[..., level]).double().numpy(), LEVELS[near == level])
              for level in range(len(plan.levels))]
    return share, np.concatenate(errors)
