"""Learning to forecast from windows: a linear map first, a network on what it leaves, then how far both miss."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from tsattn._checks import DivergenceError, check_fraction, warn_user
from tsattn._inputs import plain_frame
from tsattn.forecasting._held_out import ENOUGH, ErrorUnits, counted, reading
from tsattn.forecasting._history import History, Units, by_column
from tsattn.forecasting._missed import cross, quantiles
from tsattn.forecasting._plan import FORECAST_LOSSES, Cutter, Plan
from tsattn.forecasting._reader import Reader, panel_of
from tsattn.nn.lag_ridge import KINDS, PARTS, Choice, choose
from tsattn.nn.share import surely
from tsattn.training import Fitted, Training, fit_network
from tsattn.training.data import runs
from tsattn.training.run import EVALUATION, on_device
from tsattn.training.windows import Reading, Windows

HELD = 4096  # most windows that are held out: of more, evenly chosen ones
SAMPLE = 512  # windows on which the saliency is fitted and its unit measured
STILL = 1e-12  # standard deviation of what counts as constant
LEAST = 1e-3  # of a window's unit: what a network's outputs are never put into a smaller unit than
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
        Quantiles, at `LEVELS`, of how far values lie above the nearest of the quantiles that the network says, or above
        the forecast, in units of the rows and as `missed` says.
    missed : ErrorUnits or None
        What `errors` are measured in; None for units of the rows alone.
    counts : ndarray of bool, (n_targets,), or None
        Which columns of y hold whole numbers from 0 on, and nothing else.
    """

    plan: Plan
    n_targets: int
    units: Units | None
    reader: Reader
    share: Tensor
    errors: np.ndarray
    missed: ErrorUnits | None = None
    counts: np.ndarray | None = None

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

        With `alpha` also their quantiles at these levels behind them, (n, ahead, targets of a row, 1 + levels).

        Raises
        ------
        ValueError
            A level is nearer to 0 or 1 than those that were measured.
        """
        q = self.reader.n_targets
        units = self.missed or ErrorUnits.none(len(self.plan.ahead), q)
        read = None if alpha is None else reading(self.errors, units, self.plan.levels, alpha)
        cut = Cutter(rows, self.plan, q, with_future=False)
        network, where = on_device(network, device)
        found = []
        with torch.no_grad():
            for series, known, _ in cuts(cut(starts, self.reader), where):
                said = self.said(network, series, known).cpu().double().numpy()
                parts = [said[..., self.plan.middle, None]]
                if read is not None:
                    parts.append(read(said, units(series[..., :q].cpu().double().numpy())))
                found.append(np.concatenate(parts, axis=-1))
        return np.concatenate(found)


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


def cuts(windows: Windows, device: torch.device) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
    """Yield windows in batches that fit into memory."""
    for positions in torch.arange(len(windows)).split(runs(windows.lengths, EVALUATION)):
        yield windows.cut(positions, device)


def counted_in(history: History) -> np.ndarray:
    """Which targets hold whole numbers from 0 on, and nothing else, (targets,)."""
    values = history.panel.values[:, : history.n_targets]
    return np.asarray(((values >= 0) & (values == np.floor(values))).all(axis=0))


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
    n_targets, units, counts = history.n_targets, history.learned, counted_in(history)
    history = by_column(history) if plan.independent else history
    fraction = check_fraction("validation", training.validation)
    train, held = history.starts(plan.look_back, plan.ahead[-1], fraction, plan.stride)
    if len(train) == 0:
        raise ValueError(f"to learn takes windows of look_back={plan.look_back} steps and fh up to {plan.ahead[-1]} "
                         f"after them, without gaps there, beside the part held out (validation={fraction}): the "
                         f"longest series has {int(history.panel.lengths.max())} steps; give a longer one, or a "
                         "smaller look_back, fh or validation")
    held = thinned(held, HELD)
    if fraction and len(held) == 0:
        warn_user(f"0 windows are held out, of series of up to {int(history.panel.lengths.max())} steps: there is "
                  "nothing to choose the map and the epoch by; give longer series, or a smaller look_back or fh")
    cut = Cutter(history.rows, plan, history.n_targets)
    choice = _choose(cut, train, held, plan.kinds) if plan.kinds else None
    reader = _measure(cut, train, None if choice is None else choice[0].solve())
    positions = tuple(range(len(train), len(train) + len(held)))
    training = training.clone().set_params(validation=positions or 0.0)
    if not positions:
        training.set_params(patience=None)  # there is nothing to be patient by
    n_columns = len(history.panel.columns)
    widths = widths_of(reader, plan, n_columns)
    data = cut(np.concatenate([train, held]), reader)

    def finish(fitted: Fitted) -> tuple[Model, Fitted]:
        shown = held if len(held) else thinned(train, HELD)
        share, errors = _weigh(fitted.network, cut(shown, reader), plan, training.device)
        found = _missed(cut, train, held, errors, choice, per_window=history.panel.n > 1)
        last = reader if choice is None else replace(reader, linear=choice[1].solve())
        return Model(plan, n_targets, units, last, share, *found, counts), fitted

    try:
        n_said = cut.n_targets * len(plan.levels)
        fitted = fit_network(lambda: network_of(widths, n_columns, plan, n_said), data, training,
                             loss=FORECAST_LOSSES[plan.loss][0], seed=seed)
    except DivergenceError as error:
        error.fitted = finish(error.fitted)
        raise
    return finish(fitted)


def _choose(cut: Cutter, train: np.ndarray, held: np.ndarray, kinds: tuple[str, ...]) -> tuple[Choice, Choice]:
    """The linear map, to be solved on the windows to learn from, and on these and those held out."""
    given: Mapping[str, Any] = {"kinds": kinds}
    shown = np.array_split(held, min(PARTS, len(held))) if len(held) else [train]
    if len(held) == 0:
        given = {"kinds": kinds[:1], "penalties": UNCHOSEN}
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
    """The network's share by what it is worth on these windows, and how far values lie above what is then said."""
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
    return share, (missing.unsqueeze(-1) - weighed(said, share, plan.middle)).double().numpy()


def _missed(cut: Cutter, train: np.ndarray, held: np.ndarray, errors: np.ndarray,
            choice: tuple[Choice, Choice] | None, *, per_window: bool) -> tuple[np.ndarray, ErrorUnits]:
    """Quantiles of errors on windows held out, and where these are few on those learned from, by maps without them.

    Where none are held out, the network's own errors are known only on what it learned from, where it may have learned
    the noise. An error is then as large as the map's error and the distance between both forecasts together, as if
    these were independent. Signs take turns: the errors of a map with a penalty may all have one sign, as where a
    series rises steadily, and would move the interval away from the forecast.
    """
    middle, few = cut.plan.middle, len(held) == 0 or counted(held, cut.plan.ahead)[-1] < ENOUGH
    other = thinned(train, HELD) if few else train[:0]
    if len(held) == 0:
        (first, _), seen = choice or _choose(cut, train, held, KINDS), errors[..., middle]
        crossed = cross(cut, other, train, first)
        turns = np.where(np.arange(len(crossed)) % 2, 1, -1)[:, None, None]
        crossed, errors = turns * np.hypot(crossed, crossed - seen), errors[:0]
    elif few and choice is not None:
        crossed = cross(cut, other, np.concatenate([train, held]), choice[0])
    else:
        other, crossed = other[:0], np.empty((0, *errors.shape[1:3]))
    return quantiles(cut, held, errors, other, crossed, per_window=per_window)
