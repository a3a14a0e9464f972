"""One forecast with what it rests on: the past, the steps ahead, their interval, the attention to the last window."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from mpl_toolkits.axes_grid1 import make_axes_locatable

from tsattn.plots._series import (
    BLUE,
    FOOT,
    GAP,
    HEAD,
    INK,
    MEDIUM,
    ORANGE,
    SMALL,
    STRIP,
    WIDTH,
    NotebookFigure,
    bare,
    draw_strip,
    label_time,
    numbers,
)

SERIES = 1.8  # inches
NAME, TITLE = 9, 30  # letters of a column's name beside its strip, and beside the series


def plot_forecast(
    past: pd.DataFrame | pd.Series,
    forecast: pd.DataFrame | pd.Series,
    interval: pd.DataFrame | None = None,
    attention: pd.DataFrame | None = None,
    *,
    actual: pd.DataFrame | pd.Series | None = None,
    column: Hashable = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the forecast of one column after its past, and which steps and columns of the last window it rests on.

    From top to bottom: the past in black, the forecast in orange, its interval as a band around it, and what came to
    pass as a dashed blue line; then a strip for each column that the forecaster read, dark to bright, all on one
    scale: their shares add up to 1.

    Parameters
    ----------
    past : Series or DataFrame (time, columns)
        One series up to the forecast; as much of it as is to be seen.
    forecast : Series or DataFrame
        As `predict` gives it.
    interval : DataFrame, optional
        As `predict_interval` gives it, of one coverage.
    attention : DataFrame, optional
        As `attention` of a forecaster gives it, of one series; asked for `target=column`, it says what this forecast
        rests on.
    actual : Series or DataFrame, optional
        What came to pass.
    column : label, optional
        Which column to draw; the first one of `past` by default.
    ax : Axes, optional
        Where to draw, with room for the strips below it taken from it; a new figure by default.

    Returns
    -------
    Axes
        The given ones, or those of a new figure, which is ``ax.figure``: a notebook shows it where it is the last line
        of a cell, and its ``savefig`` writes it. pyplot does not know it, so nothing has to be closed.

    Raises
    ------
    ValueError
        If a column is not in all of them or stands twice, if a panel is given, if the interval is not of one coverage
        or of other times than the forecast, or if attention lies outside of the past that is drawn.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from tsattn.forecasting import SDMAForecaster
    >>> from tsattn.plots import plot_forecast
    >>> from tsattn.training import Training
    >>> y = load_airline()
    >>> forecaster = SDMAForecaster(look_back=24, training=Training(epochs=1, validation=0.2), random_state=0)
    >>> forecast = forecaster.fit(y, fh=range(1, 13)).predict()
    >>> ax = plot_forecast(y["1957":], forecast, forecaster.predict_interval(), forecaster.attention())
    >>> len(ax.figure.axes)  # the series and the strip of its one column
    2
    """
    known = _column("past", past, past.columns[0] if column is None and isinstance(past, pd.DataFrame) else column)
    column = known.name if column is None else column
    ahead = _column("forecast", forecast, column)
    strips = [] if attention is None else _strips(attention, known)
    if ax is None:
        height = HEAD + FOOT + SERIES + len(strips) * (STRIP + GAP)
        figure = NotebookFigure(figsize=(WIDTH, height))
        ax = figure.add_axes((0.13, FOOT / height, 0.85, (height - HEAD - FOOT) / height))
    ax.plot(numbers(known.index), known, color=INK, linewidth=1.1, label="past")
    if interval is not None:
        low, high, coverage = _band(interval, ahead, column)
        name = f"{100 * coverage:g} % interval"
        if len(ahead) == 1:  # a band would have no width
            ax.vlines(numbers(ahead.index), low, high, color=ORANGE, alpha=0.25, linewidth=6, label=name)
        else:
            ax.fill_between(numbers(ahead.index), low, high, color=ORANGE, alpha=0.25, linewidth=0, label=name)
    ax.plot(numbers(ahead.index), ahead, color=ORANGE, linewidth=1.6, marker="o" if len(ahead) == 1 else None,
            markersize=3, label="forecast")
    if actual is not None:
        came = _column("actual", actual, column)
        ax.plot(numbers(came.index), came, color=BLUE, linewidth=1.1, linestyle="--", label="actual")
    ax.set_ylabel("" if column is None else _short(column, TITLE), fontsize=MEDIUM, color=INK)
    ax.ticklabel_format(axis="y", scilimits=(-3, 4), useMathText=True)
    ax.yaxis.get_offset_text().set_fontsize(SMALL)
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=4, frameon=False, fontsize=SMALL, borderaxespad=0.2)
    panels = _below(ax, strips)
    for panel in panels:
        bare(panel, axis=panel is ax)
    label_time(panels[-1], known.index)
    return ax


def _below(ax: Axes, strips: list[tuple[str, np.ndarray, np.ndarray]]) -> list[Axes]:
    """Draw the strips below a panel, all on one scale; return the panel and theirs."""
    divider, panels = make_axes_locatable(ax), [ax]
    high = max((float(values.max()) for _, _, values in strips), default=0.0)
    for name, time, values in strips:
        panels.append(divider.append_axes("bottom", size=STRIP, pad=GAP, sharex=ax))
        draw_strip(panels[-1], time, values, label=name, high=high)
    return panels


def _column(name: str, values: Any, column: Hashable) -> pd.Series:
    """One column of one series; of a Series, and of a frame's only column, the name may be missing."""
    if not isinstance(values, pd.Series | pd.DataFrame) or len(values) == 0:
        raise ValueError(f"{name} must be a Series or a DataFrame with times in its index, got {type(values).__name__} "
                         f"of shape {np.shape(values)}")
    _check_single(name, values)
    if isinstance(values, pd.DataFrame):
        own = [label == column for label in values.columns]
        if sum(own) != 1 and not (column is None and len(own) == 1):
            raise ValueError(f"{name} must have one column {column!r}, got {list(values.columns)}")
        return values.iloc[:, own.index(True) if any(own) else 0]
    if column is not None and values.name is not None and values.name != column:
        raise ValueError(f"{name} must be of the column {column!r}, got {values.name!r}")
    return values


def _check_single(name: str, values: pd.Series | pd.DataFrame) -> None:
    if isinstance(values.index, pd.MultiIndex):
        raise ValueError(f"{name} must be of one series, got a panel; choose an instance, as in {name}.loc[instance]")


def _band(interval: pd.DataFrame, ahead: pd.Series, column: Hashable) -> tuple[np.ndarray, np.ndarray, float]:
    """Lower and upper ends, and the coverage, of the column that is forecast."""
    if not isinstance(interval, pd.DataFrame) or interval.columns.nlevels != 3:
        raise ValueError("interval must be a DataFrame as predict_interval gives it, with columns (name, coverage, "
                         "lower or upper)")
    _check_single("interval", interval)
    if not interval.index.equals(ahead.index):
        raise ValueError(f"interval must have the times of the forecast, {ahead.index[0]} to {ahead.index[-1]}, got "
                         f"{len(interval)} from {interval.index[0]}")
    names = interval.columns.get_level_values(0)
    own = interval.loc[:, names == (column if column is not None else names[0])]  # type: ignore[index] # a mask
    coverages = sorted(set(own.columns.get_level_values(1)))
    if len(coverages) != 1 or own.shape[1] != 2:
        raise ValueError(f"interval must have one coverage of the column {column!r}, got coverages {coverages} of "
                         f"{sorted(set(names))}")
    sides = own.columns.get_level_values(2)
    low, high = (own.loc[:, sides == side].to_numpy(float)[:, 0] for side in ("lower", "upper"))
    return low, high, coverages[0]


def _strips(attention: pd.DataFrame, known: pd.Series) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """(name, times, shares) of each column that was read."""
    if not isinstance(attention, pd.DataFrame):
        raise ValueError(f"attention must be a DataFrame as attention() gives it, got {type(attention).__name__}")
    _check_single("attention", attention)
    missing = attention.index.difference(known.index)
    if len(missing):
        raise ValueError(f"attention must lie within the past that is drawn, {known.index[0]} to {known.index[-1]}, "
                         f"and has {missing[0]}: draw all of the past that the forecaster knows")
    time, labels = numbers(attention.index), [label if isinstance(label, tuple) else ("", label)
                                              for label in attention.columns]
    plain = [label for _, label in labels]
    names = ["attention"] if len(labels) == 1 else [
        _short(label if plain.count(label) == 1 else f"{kind} {label}", NAME) for kind, label in labels]
    return [(name, time, attention.iloc[:, place].to_numpy(float)) for place, name in enumerate(names)]


def _short(name: Hashable, most: int) -> str:
    return str(name) if len(str(name)) <= most else f"{str(name)[:most - 1]}…"
