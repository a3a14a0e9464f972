"""One series with what was found in it: its events, its saliency, its attention."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
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
from tsattn.scalespace.events import SCOPE

MARKERS = {1: ("^", ORANGE, "bump"), -1: ("v", BLUE, "dip")}  # the markers say in print what the colours say
SERIES, SCALES, BETWEEN = 1.1, 0.75, 0.16  # inches
NEEDED = ["variate", "position", "sigma", "polarity"]  # columns of events


def plot_events(
    X: pd.DataFrame | pd.Series | np.ndarray,
    events: pd.DataFrame,
    saliency: pd.DataFrame | pd.Series | np.ndarray | None = None,
    attention: pd.DataFrame | pd.Series | np.ndarray | None = None,
    *,
    columns: Sequence[Hashable] | None = None,
    axes: Axes | Sequence[Axes] | None = None,
) -> np.ndarray:
    """Draw one series with its events, and its saliency and attention where given, over one time axis.

    For each column, from top to bottom: the series; its events, each a bar over its scope at the height of its scale
    in samples, with a marker at its centre (a triangle up in orange for a bump, down in blue for a dip); a strip of
    saliency; a strip of attention, dark to bright. Saliency of both signs runs from purple through white to orange.
    Each strip reaches to its own greatest value: its colours do not compare with those of another.

    Parameters
    ----------
    X : DataFrame (time, columns), Series, or array of shape (time,) or (time, columns)
        One series.
    events : DataFrame
        Its events, as ``UVTFSaliency().fit(X).events(X)`` gives them; of one instance.
    saliency : DataFrame (time, columns), Series or array, optional
        Saliency under the same columns, or under ``f"{column}__saliency"``; without labels, in the order of X.
    attention : Series, array of shape (time,) or (time, columns), or DataFrame (time, columns), optional
        One weight a time point, drawn below the last column; or one a column and time point, drawn below each.
    columns : sequence of labels, optional
        Which columns to draw, and in which order; all by default.
    axes : Axes or sequence of Axes, optional
        One for each column, whose space is shared out; a new figure by default.

    Returns
    -------
    ndarray of Axes, shape (columns,)
        The given ones, or those of a new figure, which is ``axes[0].figure``: a notebook shows it where it is the last
        line of a cell, and its ``savefig`` writes it. pyplot does not know it, so nothing has to be closed. For a
        window, or pyplot's own display, give axes of pyplot: ``axes=plt.subplots(len(X.columns), squeeze=False)[1]``.

    Raises
    ------
    ValueError
        If events are of several instances, of other columns or beyond the end of X, or if lengths, columns or the
        number of axes do not match.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from tsattn.plots import plot_events
    >>> from tsattn.transformations import UVTFSaliency
    >>> X = load_airline().to_frame()
    >>> uvtf = UVTFSaliency().fit(X)
    >>> axes = plot_events(X, uvtf.events(X), uvtf.transform(X))
    >>> len(axes[0].figure.axes)  # the series, the scales of its events, the strip of saliency
    3
    """
    X = _frame("X", X)
    columns = list(X.columns) if columns is None else list(columns)
    _check(X, events, columns)
    saliency = None if saliency is None else _frame("saliency", saliency, X)
    if isinstance(attention, np.ndarray) and attention.ndim == 2:
        attention = _frame("attention", attention, X)
    strips = [_strips(column, X, saliency, attention, last=column == columns[-1]) for column in columns]
    drawn = _place(strips) if axes is None else np.atleast_1d(np.asarray(axes, dtype=object)).ravel()
    if len(drawn) != len(columns):
        raise ValueError(f"axes must be one for each of {len(columns)} columns, got {len(drawn)}")
    time, lowest = numbers(X.index), []
    for ax, column, below in zip(drawn, columns, strips, strict=True):
        own = events[events["variate"] == column]
        lowest.append(_draw_column(ax, time, X[column].to_numpy(dtype=float), own, below, name=str(column)))
    label_time(lowest[-1], X.index)
    _legend(drawn[0], events)
    return drawn


def _frame(name: str, values: Any, X: pd.DataFrame | None = None) -> pd.DataFrame:
    """One series as a frame; without labels, under those of X or numbers."""
    if isinstance(values, pd.DataFrame):
        return values
    own = isinstance(values, pd.Series)
    frame = values.to_frame() if own else pd.DataFrame(np.asarray(values)) if np.ndim(values) in (1, 2) else None
    if frame is None:
        raise ValueError(f"{name} must be one series, a DataFrame, Series or array of one or two axes, got "
                         f"{type(values).__name__} of shape {np.shape(values)}")
    if X is not None and frame.shape[1] == X.shape[1]:
        return frame.set_axis(X.columns, axis=1)
    return frame


def _check(X: pd.DataFrame, events: pd.DataFrame, columns: list) -> None:
    unknown = [column for column in columns if column not in X.columns]
    if unknown or not columns:
        raise ValueError(f"columns must be one or more of {list(X.columns)}, got {columns}")
    if isinstance(X.index, pd.MultiIndex):
        raise ValueError("X must be one series, got a panel; choose an instance, as in X.loc[instance]")
    lacking = [name for name in NEEDED if name not in events.columns]
    if lacking:
        raise ValueError(f"events must have the columns {NEEDED}, got {list(events.columns)}; "
                         "make them by UVTFSaliency().fit(X).events(X)")
    foreign = [name for name in events["variate"].unique() if name not in X.columns]
    if foreign:
        raise ValueError(f"events must be of columns of X, {list(X.columns)}, got {foreign}; find them in this X")
    if len(events) and not events["position"].between(0, len(X) - 1).all():
        raise ValueError(f"events must lie within the {len(X)} time points of X, got positions "
                         f"{events['position'].min():g} to {events['position'].max():g}; find them in this X")
    levels = list(events.columns[:list(events.columns).index("variate")])
    if len(events[levels].drop_duplicates()) > 1:
        raise ValueError(f"events must be of one series, got several by {levels}; choose one")


def _strips(column: Hashable, X: pd.DataFrame, saliency: Any, attention: Any, *, last: bool) -> list[tuple]:
    """(name, values (time,), whether signed) of each strip below a column."""
    strips = []
    if saliency is not None:
        name = f"{column}__saliency" if f"{column}__saliency" in saliency.columns else column
        if name not in saliency.columns:
            raise ValueError(f"saliency must have a column {column!r}, got {list(saliency.columns)}")
        signed = bool((saliency.to_numpy(dtype=float) < 0).any())  # one palette for all columns
        strips.append(("saliency", saliency[name].to_numpy(dtype=float), signed))
    if isinstance(attention, pd.DataFrame):
        if column not in attention.columns:
            raise ValueError(f"attention must have a column {column!r}, got {list(attention.columns)}; a Series or an "
                             "array has one weight a time point")
        strips.append(("attention", attention[column].to_numpy(dtype=float), False))
    elif attention is not None and last:
        strips.append(("attention", np.asarray(attention, dtype=float).reshape(-1), False))
    for name, values, _ in strips:
        if len(values) != len(X):
            raise ValueError(f"{name} must have the {len(X)} time points of X, got {len(values)}")
    return strips


def _place(strips: list[list]) -> np.ndarray:
    """Axes of a new figure, one above the other, each as high as what it will hold."""
    heights = [SERIES + GAP + SCALES + len(below) * (STRIP + GAP) for below in strips]
    total = HEAD + FOOT + sum(heights) + BETWEEN * (len(heights) - 1)
    figure, top, axes = NotebookFigure(figsize=(WIDTH, total)), total - HEAD, []
    for height in heights:
        axes.append(figure.add_axes((0.13, (top - height) / total, 0.85, height / total)))
        top -= height + BETWEEN
    return np.array(axes, dtype=object)


def _draw_column(ax: Axes, time: np.ndarray, x: np.ndarray, events: pd.DataFrame, strips: list, *, name: str) -> Axes:
    """Fill the space of one column; return its lowest panel."""
    divider = make_axes_locatable(ax)
    panels = [ax, divider.append_axes("bottom", size=SCALES, pad=GAP, sharex=ax)]
    ax.plot(time, x, color=INK, linewidth=1.1)
    ax.set_ylabel(name, fontsize=MEDIUM, color=INK)
    ax.yaxis.set_major_locator(MaxNLocator(4))
    ax.ticklabel_format(axis="y", scilimits=(-3, 4), useMathText=True)
    ax.yaxis.get_offset_text().set_fontsize(SMALL)
    _draw_scopes(panels[1], time, events)
    for label, values, signed in strips:
        panels.append(divider.append_axes("bottom", size=STRIP, pad=GAP, sharex=ax))
        draw_strip(panels[-1], time, values, signed=signed, label=label)
    for panel in panels:
        bare(panel, axis=panel in panels[:2])
    for panel in panels[:2]:
        panel.yaxis.set_label_coords(-0.085, 0.5)  # in line, however wide the tick labels are
    half = (time[-1] - time[0]) / max(len(time) - 1, 1) / 2 or 0.5
    ax.set_xlim(time[0] - half, time[-1] + half)
    return panels[-1]


def _draw_scopes(ax: Axes, time: np.ndarray, events: pd.DataFrame) -> None:
    steps = np.arange(len(time))
    for polarity, (marker, color, _) in MARKERS.items():
        own = events[events["polarity"] == polarity]
        centre, sigma = own["position"].to_numpy(float), own["sigma"].to_numpy(float)
        left, right = (np.interp(centre + side * SCOPE * sigma, steps, time) for side in (-1, 1))
        ax.hlines(sigma, left, right, color=color, linewidth=1.6, alpha=0.45)
        ax.plot(np.interp(centre, steps, time), sigma, linestyle="none", marker=marker, color=color, markersize=4.5,
                markeredgecolor="white", markeredgewidth=0.4)
    sigma = events["sigma"].to_numpy(float)
    low, high = (sigma.min(), sigma.max()) if len(sigma) else (1.0, 4.0)
    ax.set_yscale("log", base=2)
    ax.set_ylim(low / 1.35, high * 1.35)
    ticks = 2.0 ** np.arange(np.ceil(np.log2(low / 1.35)), np.floor(np.log2(high * 1.35)) + 1)
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.set_ylabel("σ (samples)", fontsize=SMALL, color=INK)


def _legend(ax: Axes, events: pd.DataFrame) -> None:
    handles = [Line2D([], [], color=color, marker=marker, linewidth=1.6, markersize=4.5, markeredgecolor="white",
                      markeredgewidth=0.4, label=label)
               for polarity, (marker, color, label) in MARKERS.items() if (events["polarity"] == polarity).any()]
    if handles:
        ax.legend(handles=handles, loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize=SMALL,
                  borderaxespad=0.2, handlelength=2.4, columnspacing=1.2)
