"""From a panel to what a network reads: gaps filled, scaled, with its saliency series beside it.

Everything is learned from the training panel once, and applied to any other as it was learned.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from tsattn._checks import warn_user
from tsattn._panel import Panel
from tsattn.training import Sequences
from tsattn.transformations._scaling import ROUNDING, SMOOTHED, measure, spread

ALL = np.array([0])  # all rows as one run
LEAST_SHARE = 1e-3  # of what series vary by on the average: a series that varies less is not blown up to vary as much


@dataclass(frozen=True)
class Scale:
    """Centre and scale of each column, over a training panel; "series" takes each series' own instead.

    Attributes
    ----------
    kind : {"standard", "series", None}
    centre, scale : ndarray of float64, shape (columns,)
        With "series" the scale is the least that a series is divided by, and the centre is not used.
    """

    kind: str | None
    centre: np.ndarray
    scale: np.ndarray

    @classmethod
    def learn(cls, panel: Panel, kind: str | None, size: float = 0.0) -> "Scale":
        """Measure a panel; a constant column gets its value as centre and scale 1, so that it becomes 0.

        `size` is the largest magnitude of the series that the panel's were smoothed from, if they were: what varies by
        their rounding is constant. With "series", what is constant within each series is divided by how much it differs
        between them.
        """
        rounding = np.maximum(SMOOTHED * size, ROUNDING * np.abs(panel.values).max(axis=0))
        centre, scale = (part[0] for part in spread(panel.values, ALL, kind, rounding))
        if kind == "series":
            own, _ = spread(panel.values, panel.offsets[:-1], kind)
            _, within = spread(panel.values - own[panel.instance], ALL, kind, rounding)
            scale = np.where(within[0] > 0, LEAST_SHARE * within[0], scale)
        return cls(kind, centre, np.where(scale == 0, 1.0, scale))

    def units(self, panel: Panel) -> tuple[np.ndarray, np.ndarray]:
        """Centre and scale of each series of a panel, each (n, columns)."""
        if self.kind != "series":
            shape = (panel.n, len(self.centre))
            return np.broadcast_to(self.centre, shape), np.broadcast_to(self.scale, shape)
        centre, scale = measure(panel.values, panel.offsets[:-1], self.kind)
        return centre, np.maximum(scale, self.scale)

    def __call__(self, panel: Panel) -> Panel:
        """Return the panel in units of the scale."""
        if self.kind is None:
            return panel
        if self.kind != "series":
            return replace(panel, values=(panel.values - self.centre) / self.scale)
        centre, scale = self.units(panel)
        return replace(panel, values=(panel.values - centre[panel.instance]) / scale[panel.instance])


@dataclass(frozen=True)
class Prepared:
    """A panel as fitted inputs see it: what a network reads, and what explains it, are made of this.

    Attributes
    ----------
    series : Panel
        Filled and scaled.
    observed : ndarray of bool, shape (rows, columns)
        Where the panel had a value.
    saliency : Panel or None
        The transformer's output for the series, before its own scaling.
    """

    series: Panel
    observed: np.ndarray
    saliency: Panel | None = None


@dataclass(frozen=True)
class Inputs:
    """What fit learned about the inputs of a network.

    Attributes
    ----------
    columns : list
        Labels of the columns, in order.
    fill : ndarray of float64, shape (columns,)
        Mean of each column: what a series gets that has no value there at all.
    scale : Scale
        Of the series.
    observed : bool
        Whether the training panel had gaps: then one more channel a column says where a value was observed.
    saliency : transformer or None
        Fitted; reads the scaled series.
    saliency_names : tuple
        Labels of its output's columns.
    saliency_scale : Scale or None
        Of its output.
    """

    columns: list[Any]
    fill: np.ndarray
    scale: Scale
    observed: bool
    saliency: Any = None
    saliency_names: tuple[Any, ...] = ()
    saliency_scale: Scale | None = None

    @classmethod
    def learn(cls, panel: Panel, *, scaling: str | None, saliency: Any) -> tuple["Inputs", Prepared]:
        """Fit scaling and a clone of the `saliency` transformer (None for none) to a training panel.

        Returned with it is the training panel, prepared: to measure the saliency's scale, it had to be.
        """
        panel.check_finite("allow")
        fill, observed = _means(panel), ~np.isnan(panel.values)
        filled = _filled(panel, fill)
        if scaling is None:
            _warn_of_vanishing(filled)
        inputs = cls(panel.columns, fill, Scale.learn(filled, scaling), not observed.all())
        series = inputs.scale(filled)
        if saliency is None:
            return inputs, Prepared(series, observed)
        inputs = replace(inputs, saliency=saliency.clone().fit(plain_frame(series)))
        output = inputs._salient(series)
        scale = Scale.learn(output, scaling, float(np.abs(series.values).max()))
        return (replace(inputs, saliency_names=tuple(output.columns), saliency_scale=scale),
                Prepared(series, observed, output))

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each of the network's inputs."""
        n = len(self.columns) * (2 if self.observed else 1)
        return (n,) if self.saliency is None else (n, len(self.saliency_names))

    def __call__(self, panel: Panel, **labels: Any) -> Sequences:
        """Return the network's inputs; `labels` (target, weight, n_classes, other ids) go with them."""
        return self.sequences(self.prepare(panel), **labels)

    def prepare(self, panel: Panel) -> Prepared:
        """Check a panel against the one learned from; fill and scale it, and compute its saliency."""
        panel.check_columns(self.columns)
        panel.check_finite("allow")
        series = self.scale(replace(_filled(panel, self.fill), columns=self.columns))
        return Prepared(series, ~np.isnan(panel.values), None if self.saliency is None else self._salient(series))

    def sequences(self, prepared: Prepared, **labels: Any) -> Sequences:
        """Return the network's inputs of a prepared panel; for `labels` see a call."""
        series = prepared.series
        values = [np.hstack([series.values, prepared.observed]) if self.observed else series.values]
        if prepared.saliency is not None and self.saliency_scale is not None:
            values.append(self.saliency_scale(prepared.saliency).values)
        columns, flags = self._stems()
        labels = {"ids": series.ids.tolist(), **labels}
        return Sequences(values, series.lengths, columns=columns, flags=flags, **labels)

    def _stems(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """For each input: the column that each channel stems from, and whether it only says what was observed."""
        n = len(self.columns)
        series = np.arange(self.widths[0])
        columns, flags = [series % n], [series >= n]
        if self.saliency is not None:
            owners = _owners(self.saliency_names, self.columns)
            columns.append(np.array([n + i if owner is None else owner for i, owner in enumerate(owners)]))
            flags.append(np.zeros(len(owners), dtype=bool))
        return columns, flags

    def saliency_of(self, prepared: Prepared) -> np.ndarray:
        """Return the saliency of a prepared panel, one value a row and column: several of one column by their norm.

        Outputs are those of a column if they bear its label, or its label before the last two underscores.
        """
        output = prepared.saliency
        if output is None:
            raise ValueError("there is no saliency to show: the estimator was made with saliency=None")
        owners = _owners(output.columns, self.columns)
        reduced = []
        for position, column in enumerate(self.columns):
            own = [i for i, owner in enumerate(owners) if owner == position]
            own = [i for i in own if output.columns[i] != column] or own
            if not own:
                raise ValueError(f"saliency must have an output named after each column; {column!r} has none among "
                                 f"{list(output.columns)}")
            part = output.values[:, own]
            reduced.append(part[:, 0] if len(own) == 1 else np.linalg.norm(part, axis=1))
        return np.stack(reduced, axis=1)

    def following(self, prepared: Prepared) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]] | None:
        """How the second input follows the first, if it is linear in it; None if it is not, or there is none.

        Its scale is held as it is for this panel. Returned are its value in each series where the first input is 0,
        (n, channels), and the function that carries slopes back, from (rows, channels) to (rows, columns).
        """
        salient = prepared.saliency
        if salient is None or self.saliency_scale is None or not getattr(self.saliency, "linear", False):
            return None
        centre, scale = self.saliency_scale.units(salient)

        def pull_back(slopes: np.ndarray) -> np.ndarray:
            units = replace(salient, values=slopes / scale[salient.instance])
            return self.saliency.pull_back(plain_frame(units)).to_numpy()

        return -centre / scale, pull_back

    def _salient(self, series: Panel) -> Panel:
        """The transformer's output, as a panel of the same rows."""
        output = self.saliency.transform(plain_frame(series))
        shape = getattr(output, "shape", None)
        if not isinstance(output, pd.DataFrame) or len(output) != len(series.values):
            raise ValueError(f"saliency must be a transformer of series to series of the same length: from "
                             f"{series.values.shape} it made {type(output).__name__} of shape {shape}")
        salient = replace(series, values=output.to_numpy(dtype=np.float64), columns=list(output.columns))
        if not np.isfinite(salient.values).all():
            raise ValueError(f"saliency must be finite, and {type(self.saliency).__name__} returned NaN or infinity")
        return salient


def _owners(names: Sequence[Any], columns: list[Any]) -> list[int | None]:
    """Position of the column that bears each name, or bears it before the last two underscores; None where none."""
    whole = {column: position for position, column in enumerate(columns)}
    text = {str(column): position for position, column in enumerate(columns)}
    return [whole.get(name, text.get(str(name).rsplit("__", 1)[0])) for name in names]


def _warn_of_vanishing(panel: Panel) -> None:
    """Warn of columns whose values float32, in which networks compute, does not tell from 0."""
    size = np.abs(panel.values).max(axis=0)
    lost = np.flatnonzero((size > 0) & (size < np.finfo(np.float32).tiny))
    if len(lost):
        warn_user(f"column {panel.columns[lost[0]]!r} has values of at most {size[lost[0]]:.2g}, which are 0 to a "
                  "network in float32; use scaling='standard'")


def _empty(panel: Panel) -> np.ndarray:
    """True at the rows and columns of series that have no value at all in that column."""
    return np.logical_and.reduceat(np.isnan(panel.values), panel.offsets[:-1])[panel.instance]


def _means(panel: Panel) -> np.ndarray:
    """Mean of each column over the series that have values there; 0 for a column without any."""
    filled, empty = panel.interpolated().values, _empty(panel)
    return np.where(empty, 0.0, filled).sum(axis=0) / np.maximum((~empty).sum(axis=0), 1)


def _filled(panel: Panel, fill: np.ndarray) -> Panel:
    """Gaps on a line within each series; where there is nothing to draw a line between, the column's `fill`."""
    filled = panel.interpolated()
    if filled is panel:
        return panel
    return replace(filled, values=np.where(_empty(panel), fill, filled.values))


def plain_frame(panel: Panel) -> pd.DataFrame:
    """The rows of a panel under whole numbers: instances 0, 1, ... and time points 0, 1, ..."""
    steps = np.arange(len(panel.values)) - panel.offsets[panel.instance]
    index = pd.MultiIndex.from_arrays([panel.instance, steps], names=["instances", "timepoints"])
    return pd.DataFrame(panel.values, index=index, columns=pd.Index(panel.columns, tupleize_cols=False), copy=False)
