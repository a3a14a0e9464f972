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
NAME = 12  # letters of a column's name beside its strip


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
        Which column to draw; the first one by default.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        The given ones, or those of a new figure, which is ``ax.figure``: a notebook shows it where it is the last line
        of a cell, and its ``savefig`` writes it. pyplot does not know it, so nothing has to be closed.

    Raises
    ------
    ValueError
        If there is no such column, if a panel is given, or if attention lies outside of the past that is drawn.

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
    known = _column("past", past, column)
    ahead = _column("forecast", forecast, column)
    strips = [] if attention is None else _strips(attention, known)
    if ax is None:
        height = HEAD + FOOT + SERIES + len(strips) * (STRIP + GAP)
        figure = NotebookFigure(figsize=(WIDTH, height))
        ax = figure.add_axes((0.13, FOOT / height, 0.85, (height - HEAD - FOOT) / height))
    ax.plot(numbers(known.index), known, color=INK, linewidth=1.1, label="past")
    if interval is not None:
        low, high, coverage = _band(interval, ahead)
        ax.fill_between(numbers(ahead.index), low, high, color=ORANGE, alpha=0.25, linewidth=0,
                        label=f"{100 * coverage:g} % interval")
    ax.plot(numbers(ahead.index), ahead, color=ORANGE, linewidth=1.6, marker="o" if len(ahead) == 1 else None,
            markersize=3, label="forecast")
    if actual is not None:
        came = _column("actual", actual, column)
        ax.plot(numbers(came.index), came, color=BLUE, linewidth=1.1, linestyle="--", label="actual")
    ax.set_ylabel(str(known.name), fontsize=MEDIUM, color=INK)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, fontsize=SMALL, borderaxespad=0.2)
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
    """One column of one series."""
    if not isinstance(values, pd.Series | pd.DataFrame):
        raise ValueError(f"{name} must be a Series or a DataFrame with times in its index, got {type(values).__name__}")
    if isinstance(values.index, pd.MultiIndex):
        raise ValueError(f"{name} must be of one series, got a panel; choose an instance, as in {name}.loc[instance]")
    if isinstance(values, pd.Series):
        return values
    if column is not None and column not in values.columns:
        raise ValueError(f"{name} must have the column {column!r}, got {list(values.columns)}")
    return values.iloc[:, 0] if column is None else values[column]  # type: ignore[return-value] # one of them


def _band(interval: pd.DataFrame, ahead: pd.Series) -> tuple[np.ndarray, np.ndarray, float]:
    """Lower and upper ends, and the coverage, of the column that is forecast."""
    names = interval.columns.get_level_values(0)
    own = interval.loc[:, names == (ahead.name if ahead.name in set(names) else names[0])]
    coverages = sorted(set(own.columns.get_level_values(1)))
    if len(coverages) != 1 or len(own) != len(ahead):
        raise ValueError(f"interval must be of one coverage and of the {len(ahead)} steps of the forecast, got "
                         f"coverages {coverages} and {len(own)} steps")
    sides = own.columns.get_level_values(2)
    low, high = (own.loc[:, sides == side].to_numpy(float)[:, 0] for side in ("lower", "upper"))
    return low, high, coverages[0]


def _strips(attention: pd.DataFrame, known: pd.Series) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """(name, times, shares) of each column that was read."""
    if isinstance(attention.index, pd.MultiIndex):
        raise ValueError("attention must be of one series, got a panel; choose an instance, as in "
                         "attention.loc[instance]")
    if not attention.index.isin(known.index).all():
        raise ValueError(f"attention must lie within the past that is drawn, from {known.index[0]} to "
                         f"{known.index[-1]}, and begins at {attention.index[0]}; draw a longer past")
    time = numbers(attention.index)
    names = [str(label[1] if isinstance(label, tuple) else label) for label in attention.columns]
    names = ["attention"] if len(names) == 1 else [
        name if len(name) <= NAME else f"{name[:NAME - 1]}…" for name in names]
    return [(name, time, attention.iloc[:, place].to_numpy(float)) for place, name in enumerate(names)]
