"""What a file holds of a forecaster beside its parameters and weights, and whether that belongs together."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from sktime.datatypes import mtype_to_scitype
from sktime.forecasting.base import ForecastingHorizon
from torch import Tensor

from tsattn._checks import check_bool, check_int, check_one_of, is_label
from tsattn._panel import LARGEST, Panel
from tsattn.forecasting._held_out import LEVELS, ErrorUnits
from tsattn.forecasting._history import History, Units
from tsattn.forecasting._learning import Model
from tsattn.forecasting._plan import FORECAST_LOSSES, Plan
from tsattn.forecasting._reader import Reader
from tsattn.nn.lag_ridge import KINDS
from tsattn.transformations._base import PanelTransformer

SCITYPES = ("Series", "Panel", "Hierarchical")  # by the levels of an index


@dataclass(frozen=True, eq=False)
class Table:
    """A frame of numbers.

    Attributes
    ----------
    values : ndarray of float64, shape (rows, columns)
        As forecasters read it; what is missing is NaN.
    index, columns : pandas.Index
    """

    values: np.ndarray
    index: pd.Index
    columns: pd.Index

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "Table":
        """Take a frame apart."""
        return cls(frame.to_numpy(np.float64, na_value=np.nan), frame.index, frame.columns)

    def frame(self) -> pd.DataFrame:
        """Return the frame."""
        if not isinstance(self.index, pd.Index) or not isinstance(self.columns, pd.Index):
            raise ValueError(f"the labels of a table must be an index, got {type(self.index).__name__} and "
                             f"{type(self.columns).__name__}")
        return pd.DataFrame(self.values, self.index, self.columns)


@dataclass(frozen=True, eq=False)
class Standing:
    """Where a fitted forecaster stands: the series that forecasts go on from, and what is asked of it.

    Attributes
    ----------
    y : Table
    X : Table or None
    cutoff : pandas.Index
    fh : ForecastingHorizon
    container : str
        sktime's name of the container that y came in, and that forecasts are given in.
    names : list
        Labels that quantiles stand under.
    kept : dict
        What sktime keeps of that container.
    """

    y: Table
    X: Table | None
    cutoff: pd.Index
    fh: ForecastingHorizon
    container: str
    names: list[Any]
    kept: dict[str, Any]


RECORDS = (Model, ErrorUnits, Plan, Reader, History, Panel, Table, Standing)  # what these are made of, forecasters are


def check_plan(plan: Plan) -> None:
    """Raise unless a plan makes sense."""
    for name in ("look_back", "stride") + (() if plan.per_epoch is None else ("per_epoch",)):
        check_int(name, getattr(plan, name))
    for name in ("independent", "within"):
        check_bool(name, getattr(plan, name))
    check_one_of("loss", plan.loss, FORECAST_LOSSES)
    for kind in plan.kinds:
        check_one_of("kind", kind, KINDS)
    levels, ahead = plan.levels, plan.ahead
    fine = {
        "ahead": type(ahead) is tuple and all(type(step) is int for step in ahead) and list(ahead) == sorted({*ahead})
        and ahead[0] > 0,
        "exogenous": all(map(is_label, plan.exogenous)),
        "saliency": plan.saliency is None or isinstance(plan.saliency, PanelTransformer),
        "n_known": type(plan.n_known) is int and plan.n_known in (0, len(plan.exogenous)),
        "levels": type(levels) is tuple and list(levels) == sorted({*levels}) and levels[plan.middle] == 0.5
        and levels[0] > 0 and levels[-1] < 1,
    }
    check_all("plan", fine)


def check_model(model: Model) -> None:
    """Raise unless the parts of a model belong together."""
    plan, reader = model.plan, model.reader
    q = 1 if plan.independent else model.n_targets
    n, shape = q + len(plan.exogenous), (len(plan.ahead), q)
    check_all("model", {
        "units": model.units is None or units_fit(model.units, model.n_targets + len(plan.exogenous)),
        "reader": (reader.n_targets, reader.within, reader.linear is None) == (q, plan.within, not plan.kinds),
        "saliency": type(reader.saliency) is type(plan.saliency)
        and (reader.saliency is None
             or (reader.saliency.is_fitted and reader.saliency.feature_names_in_ == [*range(n)])),
        "share": is_part(model.share, (q,)) and bool((model.share <= 1).all()),
        "spread": is_part(reader.spread, shape),
        "errors": model.errors.dtype == np.float64 and model.errors.shape == (len(LEVELS), *shape)
        and bool(np.isfinite(model.errors).all()),
        "missed": model.missed is None or misses_fit(model.missed, plan.look_back, shape),
        "counts": model.counts is None or (model.counts.dtype == bool and model.counts.shape == (model.n_targets,)),
    })
    with torch.no_grad():
        read = reader(*(torch.zeros(1, steps, width, dtype=torch.float32)
                        for steps, width in ((plan.look_back, n), (plan.ahead[-1], plan.n_known))))
    n_salient = 1 if plan.saliency is None else read.inputs[1].shape[2]
    check_all("reader", {
        "saliency_scale": is_part(reader.saliency_scale, (n_salient,)) and bool((reader.saliency_scale > 0).all()),
        "linear": read.base.shape == (1, *shape) and bool(read.base.isfinite().all()),
    })


def misses_fit(units: ErrorUnits, look_back: int, shape: tuple[int, int]) -> bool:
    """Whether these are units of errors of windows so long, at so many steps ahead and targets."""
    return (
        units.plain.dtype == bool and units.plain.shape == shape[:1]
        and type(units.lag) is int and 1 <= units.lag < look_back
        and type(units.power) is float and 0 <= units.power <= 1
        and units.usual.dtype == np.float64 and units.usual.shape == shape[1:]
        and bool(np.isfinite(units.usual).all() and (units.usual >= 0).all())
    )


def check_history(history: History, model: Model, units: str | None) -> None:
    """Raise unless the parts of a history belong together, and are such as a model of these units reads."""
    panel, n_rows = history.panel, len(history.panel.values)
    n_columns = model.n_targets + len(model.plan.exogenous)
    check_all("series", {
        "units": history.units == units,
        "n_targets": type(history.n_targets) is int and history.n_targets == model.n_targets,
        "values": panel.values.dtype == np.float64 and panel.values.shape == (n_rows, n_columns)
        and bool(np.isfinite(panel.values).all()),
        "columns": panel.columns == [*range(n_columns)],
        "units of the model": model.units is None or within(panel.values, model.units),
        "observed": history.observed.dtype == bool and history.observed.shape == (n_rows,),
    })


def check_standing(standing: Standing) -> None:
    """Raise unless the parts of where a forecaster stands belong together."""
    n_levels = standing.y.index.nlevels
    check_all("standing", {
        "cutoff": isinstance(standing.cutoff, pd.Index) and len(standing.cutoff) == 1,
        "fh": isinstance(standing.fh, ForecastingHorizon),
        "container": mtype_to_scitype(standing.container) == SCITYPES[min(n_levels, len(SCITYPES)) - 1],
        "names": len(standing.names) == len(standing.y.columns) and all(map(is_label, standing.names)),
    })


def horizon_fits(fh: ForecastingHorizon, ahead: tuple[int, ...]) -> bool:
    """Whether a horizon asks for as many steps as a model answers; where they are counted, they must be the same."""
    steps = fh.to_pandas()
    counted = fh.is_relative and pd.api.types.is_integer_dtype(steps.dtype)  # times and durations are as they may be
    return len(steps) == len(ahead) and (not counted or list(steps) == list(ahead))


def check_all(what: str, fine: dict[str, bool]) -> None:
    """Raise ValueError, naming the first part that is not fine, if there is one."""
    wrong = [name for name, fits in fine.items() if not fits]
    if wrong:
        raise ValueError(f"{wrong[0]} of a forecaster's {what} must fit the rest of it")


def is_part(value: Tensor, shape: tuple[int, ...]) -> bool:
    """Whether a tensor is of this shape, of float32, finite and not below 0."""
    right = value.shape == shape and value.dtype == torch.float32
    return right and bool(value.isfinite().all() and (value >= 0).all())


def units_fit(units: Units, n_columns: int) -> bool:
    """Whether these are a mean and a standard deviation of each column."""
    return len(units) == 2 and all(
        unit.dtype == np.float64 and unit.shape == (n_columns,) and np.isfinite(unit).all() for unit in units
    ) and bool((units[1] > 0).all())


def within(values: np.ndarray, units: Units) -> bool:
    """Whether values are in the range of float32 in these units."""
    mean, scale = units
    with np.errstate(over="ignore"):
        return bool((np.maximum(values.max(0) - mean, mean - values.min(0)) / scale < LARGEST).all())
