"""A forecaster's network: how it comes about, what it says of many windows, and what that rests on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from tsattn._checks import check_bool, check_int, check_one_of, draw_seed, plain, shown, warn_user
from tsattn._estimator import NetworkEstimator
from tsattn._relevance import integrated_gradients
from tsattn._settings import made_in_float32, undisturbed
from tsattn.forecasting._bounds import check_bounds, check_within, within
from tsattn.forecasting._history import History, by_column
from tsattn.forecasting._learning import Model, learn, widths_of
from tsattn.forecasting._plan import FORECAST_LOSSES, Cutter, Plan
from tsattn.forecasting._predictive import check_levels
from tsattn.forecasting._steps import clock_of
from tsattn.forecasting._times import UNEVEN, Ends, future_of, labels_of
from tsattn.nn.lag_ridge import KINDS
from tsattn.training import Training

UNITS = {"window": "series", "series": "series", "standard": "standard", None: None}  # of rows, by `scaling`
LINEAR: dict[str | None, tuple[str, ...]] = {"auto": KINDS, **{kind: (kind,) for kind in KINDS}, None: ()}
AT_ONCE = 64  # windows explained together


class WindowNetwork(NetworkEstimator):
    """A network on windows; to be mixed in before sktime's forecaster."""

    SCALINGS = UNITS
    USUAL = Training(batch_size=64, lr=2e-3, validation=0.2, patience=8, augment=())

    look_back: int
    linear: str | None
    independent: bool
    future_X: bool
    loss: str
    stride: int
    windows_per_epoch: int | None
    bounds: tuple[float | None, float | None] | None
    model_: Model
    # the series that forecasts go on from: y and X as they were given, and the last window of each
    _past: tuple[pd.DataFrame, pd.DataFrame | None]
    _tail: History
    _ends: Ends
    _check_X: Any  # sktime's

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_int("look_back", self.look_back, minimum=2)
        for name in ("stride",) if self.windows_per_epoch is None else ("stride", "windows_per_epoch"):
            check_int(name, getattr(self, name))
        check_one_of("linear", self.linear, LINEAR)
        check_one_of("loss", self.loss, FORECAST_LOSSES)
        for name in ("independent", "future_X"):
            check_bool(name, getattr(self, name))
        self._training()

    def _trained(self, widths: tuple[int, ...], n_columns: int, n_outputs: int) -> nn.Module:
        """What is trained; of a family's mixin."""
        raise NotImplementedError

    def _built(self, widths: tuple[int, ...], n_columns: int, plan: Plan, n_said: int) -> nn.Module:
        """The network with fresh weights; of each step ahead it says so many numbers."""
        return self._trained(widths, n_columns, len(plan.ahead) * n_said)

    def _blank(self) -> nn.Module:
        plan, reader = self.model_.plan, self.model_.reader
        n_columns = reader.n_targets + len(plan.exogenous)
        widths = widths_of(reader, plan, n_columns)
        with torch.device("meta"), made_in_float32():
            return self._built(widths, n_columns, plan, reader.n_targets * len(plan.levels))

    def _history_of(self, y: pd.DataFrame, X: pd.DataFrame | None, *, anew: bool = False) -> History:
        """The series, in units that were learned before where these are kept, unless they are to be learned anew."""
        check_within(y, self.bounds)
        fixed = self.model_.units if hasattr(self, "model_") and not anew else None
        return History.read(y, X, units=UNITS[check_one_of("scaling", self.scaling, UNITS)], fixed=fixed)

    def _check_columns(self, y: pd.DataFrame, X: pd.DataFrame | None) -> None:
        for name, frame, past in [("y", y, self._past[0]), ("X", X, self._past[1])]:
            if labels_of(frame) != labels_of(past):
                raise ValueError(f"{name} must have the columns seen in fit, {shown(labels_of(past))}, got "
                                 f"{shown(labels_of(frame))}")

    def _training(self) -> Training:
        """How to train; named recipes of augmentation are for whole series, and left out."""
        training = (self.USUAL if self.training is None else self.training).clone()
        if training.groups is not None or isinstance(training.validation, tuple):
            raise ValueError("a forecaster holds out the last part of each series: its training must have groups=None "
                             f"and a fraction as validation, got validation={plain(training.validation)!r}")
        return training.set_params(augment=()) if isinstance(training.augment, str) else training  # type: ignore[no-any-return]

    @undisturbed
    def _learn(self, history: History, ahead: tuple[int, ...], exogenous: list[Any]) -> None:
        """Learn from windows; what was learned before stays if training diverges."""
        plan = Plan(
            look_back=int(self.look_back), ahead=ahead, exogenous=exogenous,
            n_known=len(exogenous) if self.future_X else 0, independent=bool(self.independent),
            within=self.scaling == "window", kinds=LINEAR[self.linear], saliency=self._saliency_transformer(),
            loss=self.loss, levels=FORECAST_LOSSES[self.loss][1], stride=int(self.stride),
            per_epoch=None if self.windows_per_epoch is None else int(self.windows_per_epoch))
        self.model_, fitted = learn(history, plan, self._training(), self._built, seed=draw_seed(self.random_state))
        self._keep(fitted)

    def _rows_before(self, future: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """The last window of each series (of each target of it), what is known after it; and where windows begin."""
        tail, plan, q = self._tail, self.model_.plan, self.model_.n_targets
        single = by_column(tail) if plan.independent else tail
        each = np.split(single.rows, single.panel.offsets[1:-1])
        n_more = plan.ahead[-1] if plan.n_known else 0
        if future is not None:
            future = (future - tail.centre[:, None, q:]) / tail.scale[:, None, q:]
        blocks = []
        for number, block in enumerate(each):
            more = np.zeros((n_more, block.shape[1]))
            if future is not None:
                more[:, -plan.n_known:] = future[number // q if plan.independent else number]
            blocks += [block, more]
        return np.concatenate(blocks), np.arange(len(each)) * (plan.look_back + n_more)

    @undisturbed
    def _after_each(self, future: np.ndarray | None, alpha: Sequence[float] | None = None) -> np.ndarray:
        """Forecasts after the end of each series, or their quantiles, in units of y, (n, ahead, targets, 1 or more)."""
        model, tail = self.model_, self._tail
        rows, starts = self._rows_before(future)
        found = model.forecasts(self.network_, rows, starts, self._device, alpha)
        q = model.n_targets
        if model.plan.independent:  # from (n q, ahead, 1, quantiles)
            found = np.moveaxis(found[:, :, 0].reshape(-1, q, found.shape[1], found.shape[3]), 1, 2)
        found = found * tail.scale[:, None, :q, None] + tail.centre[:, None, :q, None]
        return within(found, *self._limits(self._past[0]))

    def _limits(self, y: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """What forecasts of each target lie between, (targets, 1): the bounds, and 0 for counts, if y has no others."""
        low, high = (np.full((y.shape[1], 1), bound) for bound in check_bounds(self.bounds))
        counts = self.model_.counts
        if counts is not None and counts.any():
            counted = counts & ~(y < 0).any(axis=0).to_numpy(bool)
            low = np.where(counted[:, None], np.maximum(low, 0), low)
        return low, high

    def _future(self, X: pd.DataFrame | None) -> np.ndarray | None:
        """What is known of the future, (n, steps, columns), or None where it is not read."""
        plan = self.model_.plan
        return future_of(X, self._ends, plan.exogenous, plan.ahead[-1]) if plan.n_known else None

    @undisturbed
    def rolling(self, y: pd.DataFrame | pd.Series, X: pd.DataFrame | None = None, *, first: int, step: int = 1,
                alpha: Sequence[float] | None = None) -> pd.DataFrame:
        """Forecast from many cutoffs of one series, without fitting again.

        Parameters
        ----------
        y : DataFrame or Series
            One series with the columns seen in fit: the one fitted to, going on, or another one. Its own units, where
            `scaling` asks for them, are those of the steps that the first forecast knows.
        X : DataFrame, optional
            Exogenous columns at the times of `y`.
        first : int
            Steps of `y` that the first forecast knows; at least `look_back`.
        step : int, default=1
            Steps from a cutoff to the next.
        alpha : list of float, optional
            Levels of quantiles that are asked for in place of forecasts, as by `predict_quantiles`.

        Returns
        -------
        DataFrame
            Indexed by (cutoff, time): the last time known, and the time forecast; columns as `y`, or pairs (column,
            level). The last cutoff is the last one after which `y` holds all of fh.

        Raises
        ------
        NotFittedError
            Before fit.
        ValueError
            The columns are not those of fit, no cutoff fits, or `alpha` holds a level that was not measured.
        """
        self.check_is_fitted()
        alpha = None if alpha is None else check_levels("alpha", alpha)
        model, plan, q = self.model_, self.model_.plan, self.model_.n_targets
        frame = y.to_frame(self._past[0].columns[0]) if isinstance(y, pd.Series) else y
        if not isinstance(frame, pd.DataFrame) or isinstance(frame.index, pd.MultiIndex):
            raise ValueError("y must be one series, as a DataFrame or a Series: roll over those of a panel one by one")
        X = X.to_frame() if isinstance(X, pd.Series) else X
        if not isinstance(X, pd.DataFrame | None):
            raise TypeError(f"X must be a DataFrame or a Series, got {type(X).__name__}: give it the index of y")
        self._check_columns(frame, X)
        check_within(frame, self.bounds)
        whole = History.read(frame, X, units=None)
        if (clock := clock_of(frame.index)) is None or not clock.even:
            warn_user(UNEVEN)
        if check_int("first", first) < plan.look_back:
            raise ValueError(f"first must be at least look_back={plan.look_back}, got {first}")
        cutoffs = np.arange(first, len(frame) - plan.ahead[-1] + 1, check_int("step", step))
        if len(cutoffs) == 0:
            raise ValueError(f"y must hold {first} steps and {plan.ahead[-1]} after them, got {len(frame)}")
        known = self._tail
        if known.units == "series":
            known = self._history_of(frame.iloc[:first], None if X is None else X.loc[frame.index[:first]])
        centre, scale = known.centre[0], known.scale[0]
        rows = (whole.panel.values - centre) / scale
        parts = [np.column_stack([rows[:, j], rows[:, q:]]) for j in range(q)] if plan.independent else [rows]
        found = np.concatenate([model.forecasts(self.network_, part, cutoffs - plan.look_back, self._device, alpha)
                                for part in parts], axis=2) * scale[:q, None] + centre[:q, None]
        found = within(found, *self._limits(frame.iloc[:first]))
        columns = frame.columns if alpha is None else pd.MultiIndex.from_product([frame.columns, alpha])
        times = frame.index
        index = pd.MultiIndex.from_arrays(
            [np.repeat(times[cutoffs - 1], len(plan.ahead)),
             times[(cutoffs[:, None] + np.array(plan.ahead) - 1).ravel()]], names=["cutoff", "time"])
        return pd.DataFrame(found.reshape(-1, len(columns)), index=index, columns=columns)

    @undisturbed
    def attention(self, X: Any = None, *, target: Any = None, steps: int | tuple[int, ...] | None = None
                  ) -> pd.DataFrame:
        """Which steps and columns of the last window of each series a forecast rests on.

        With f the mean forecast of a target over some steps ahead, x the window in units of its series, and its mean 0,
        the relevance of step t and column v is the integrated gradient

            r_tv = x_tv * integral from 0 to 1 of df(a x)/dx_tv da

        of the whole forecast, the linear map's part and the network's, through saliency that is linear; the attention
        is its absolute value, divided by the sum over the window. The r of a window add up to f(x) - f(0).

        Parameters
        ----------
        X : DataFrame, optional
            What is known of the future, as for `predict`.
        target : label, optional
            Column of y; the first one by default.
        steps : int or tuple of int, optional
            Steps ahead, of those in fh; all by default.

        Returns
        -------
        DataFrame
            Indexed by the times of the windows (within instances where there are some), under the columns of y and X
            as pairs ("y", label) and ("X", label).

        Raises
        ------
        NotFittedError
            Before fit.
        ValueError
            There is no such target or step.

        References
        ----------
        Sundararajan, Taly & Yan, "Axiomatic attribution for deep networks", ICML 2017.
        """
        self.check_is_fitted()
        model, plan, q = self.model_, self.model_.plan, self.model_.n_targets
        y, past_X = self._past
        target = y.columns[0] if target is None else target
        which = list(y.columns).index(check_one_of("target", target, list(y.columns)))
        wanted = (steps,) if isinstance(steps, int) else steps or plan.ahead
        chosen = [plan.ahead.index(check_one_of("steps", step, plan.ahead)) for step in wanted]
        rows, starts = self._rows_before(self._future(self._check_X(X)))
        if plan.independent:
            starts, place = starts[which::q], 0
        else:
            place = which
        windows = Cutter(rows, plan, model.reader.n_targets, with_future=False)(starts, model.reader)
        found = []
        for positions in torch.arange(len(windows)).split(AT_ONCE):
            series, known, _ = windows.cut(positions)

            def score(series: torch.Tensor, known: torch.Tensor = known) -> torch.Tensor:
                return model.forecast(self.network_, series, known)[:, chosen, place].mean(1)

            found.append(integrated_gradients(score, [series], [torch.zeros_like(series)])[0])
        relevance = torch.cat(found).double().abs().numpy()
        total = relevance.sum(axis=(1, 2), keepdims=True)
        shares = np.where(total > 0, relevance / np.where(total > 0, total, 1), 1 / relevance[0].size)
        columns = [("y", label) for label in y.columns] + [("X", label) for label in labels_of(past_X)]
        if plan.independent:
            whole = np.zeros((*shares.shape[:2], len(columns)))
            whole[..., [which, *range(q, len(columns))]] = shares
            shares = whole
        times = [y.index[len(y) - plan.look_back:]] if not isinstance(y.index, pd.MultiIndex) else [
            part.index[-plan.look_back:] for _, part in y.groupby(level=list(range(y.index.nlevels - 1)), sort=False)]
        index = times[0] if len(times) == 1 else times[0].append(times[1:])
        return pd.DataFrame(shares.reshape(-1, len(columns)), index=index, columns=pd.MultiIndex.from_tuples(columns))

    def saliency_series(self, X: Any) -> pd.DataFrame:
        """A forecaster's saliency is of each window, not of a series; use the transformer itself.

        Raises
        ------
        NotImplementedError
            Always.
        """
        raise NotImplementedError("a forecaster computes the saliency of each window by itself; for that of a series "
                                  "use ScaleSpaceChannels or UVTFSaliency")
