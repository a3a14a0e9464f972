"""Benchmarks as pictures: each function draws arrays or frames on the axes it is given and returns them.

Nothing here touches matplotlib's global state: figures are objects, made by `figure` and written by `as_svg`.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

OURS, THEIRS = "#0b5394", "#b45f06"  # told apart in greyscale and by the colour-blind
STYLES = ("-", "--", ":", "-.")
NAMED = 16  # channels of an image that can be named
BETWEEN = 2  # squares, in cells
ROUND = 0.005  # of a row: less is 0 per cent, and a dot
MARKERS = "os^Dvph*X<>"


def figure(n_rows: int = 1, n_columns: int = 1, *, width: float = 7.0, height: float = 3.5,
           **options: Any) -> tuple[Figure, np.ndarray]:
    """A figure and its axes, (n_rows, n_columns); sizes in inches, `options` as `Figure.subplots` takes."""
    made = Figure(figsize=(width, height), layout="constrained")
    return made, made.subplots(n_rows, n_columns, squeeze=False, **options)


def stacked(titles: Sequence[str], n_columns: int = 1, *, width: float = 7.0,
            heights: Sequence[float]) -> tuple[Figure, np.ndarray]:
    """A figure of rows with a title and a height of their own, and its axes, (len(titles), n_columns)."""
    made = Figure(figsize=(width, sum(heights)), layout="constrained")
    rows = made.subfigures(len(titles), 1, squeeze=False, height_ratios=list(heights))[:, 0]
    for row, title in zip(rows, titles, strict=True):
        row.suptitle(title, x=0.01, ha="left", fontsize="small", fontweight="bold")
    return made, np.array([row.subplots(1, n_columns, squeeze=False)[0] for row in rows])


def as_svg(drawn: Figure) -> bytes:
    """A figure as an SVG document, letters as outlines, without a date: it looks the same everywhere."""
    file = BytesIO()
    FigureCanvasSVG(drawn).print_svg(file, metadata={"Date": None, "Creator": None})
    return file.getvalue()


def plot_learning_curves(curves: Mapping[str, Sequence[pd.DataFrame]], ax: Axes, *, column: str = "train_loss") -> Axes:
    """Draw a column of histories over epochs: a colour a name, a thin line a run, a thick, labelled one their mean.

    Parameters
    ----------
    curves : mapping from a name to histories
        Each history has a row an epoch; those without `column` are left out.
    ax : Axes
        Where to draw.
    column : str, default="train_loss"
        What to draw.
    """
    for place, (name, histories) in enumerate(curves.items()):
        series = [history[column].astype(float).to_numpy() for history in histories if column in history]
        if not series:
            continue
        colour, style = f"C{place % 10}", STYLES[place // 10 % len(STYLES)]
        for one in series:
            ax.plot(np.arange(1, len(one) + 1), one, style, color=colour, linewidth=0.6, alpha=0.5)
        longest = max(map(len, series))
        padded = np.array([np.pad(one, (0, longest - len(one)), constant_values=np.nan) for one in series])
        known = np.isfinite(padded)
        mean = np.where(known, padded, 0).sum(0) / np.maximum(known.sum(0), 1)
        mean[~known.any(0)] = np.nan
        ax.plot(np.arange(1, longest + 1), mean, style, color=colour, linewidth=1.8, label=name)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("epoch")
    ax.set_ylabel(column.replace("_", " "))
    return _bare(ax)


def plot_pareto(table: pd.DataFrame, ax: Axes, *, x: str = "fit_seconds", y: str = "accuracy",
                lower: bool = False) -> Axes:
    """Draw a score against a time on a logarithmic axis, a point an estimator, with the spread of the score.

    Parameters
    ----------
    table : DataFrame
        A row an estimator, its name in the index; columns `x` (NaN: not drawn, but in the legend), `y`, `{y}_sd` (NaN
        for none) and "ours" (bool). Points that no other beats on both axes are joined by a line.
    ax : Axes
        Where to draw.
    lower : bool, default=False
        Whether the score is better lower.
    """
    front = table[table[x].notna()].sort_values([x, y], ascending=[True, lower])
    rank = -front[y] if lower else front[y]
    front = front[rank > rank.cummax().shift(fill_value=-np.inf)]
    ax.step(front[x], front[y], where="post", color="#999999", linewidth=0.8, linestyle=":", zorder=1)
    for place, (name, row) in enumerate(table.iterrows()):
        spread = row[f"{y}_sd"]
        ax.errorbar(row[x], row[y], yerr=None if np.isnan(spread) else spread, fmt=MARKERS[place % len(MARKERS)],
                    color=OURS if row["ours"] else THEIRS, markersize=6, capsize=2, linewidth=1, label=str(name))
    ax.set_xscale("log")
    ax.set_xlabel(x.replace("_", " "))
    ax.set_ylabel(y.replace("_", " "))
    return _bare(ax)


def plot_critical_difference(ranks: pd.Series, ax: Axes, *, difference: float,
                             groups: Sequence[Sequence[str]] = (), ours: Sequence[str] = ()) -> Axes:
    """Draw mean ranks on a line, the best to the left; groups that a test cannot tell apart are joined by bars.

    Demšar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7, 2006, figure 1.

    Parameters
    ----------
    ranks : Series
        Mean ranks, 1 the best, by name.
    ax : Axes
        Where to draw.
    difference : float
        The critical difference, drawn as a ruler.
    groups : sequence of sequences of names
        As `tsattn.benchmark.across.cliques` gives them.
    ours : sequence of names
        In another colour.
    """
    ordered = ranks.sort_values(kind="stable")
    half, end = -(-len(ordered) // 2), max(float(ordered.iloc[-1]), 1 + difference)
    first = 1.0 + len(groups)  # of the names' lines, below the bars
    ax.hlines(0, 1, end, color="black", linewidth=1)
    ticks = np.arange(1, int(end) + 1)
    ax.vlines(ticks, -0.25, 0, color="black", linewidth=1)
    for tick in ticks.tolist():
        ax.text(tick, -0.4, str(tick), ha="center", va="bottom", fontsize="small")
    ax.hlines(-1.8, 1, 1 + difference, color="black", linewidth=1.5)
    ax.text(1 + difference / 2, -1.9, f"critical difference {difference:.2f}", ha="center", va="bottom",
            fontsize="x-small")
    for place, group in enumerate(groups):
        inside = ordered[list(group)]
        ax.hlines(0.6 + place, inside.min() - 0.03, inside.max() + 0.03, color="#555555", linewidth=4)
    margin = 0.06 * (end - 1)
    for place, (name, rank) in enumerate(ordered.items()):
        left = place < half
        level = first + (place if left else len(ordered) - 1 - place)
        side = 1 - margin if left else end + margin
        color = OURS if name in ours else THEIRS
        ax.plot([rank, rank, side], [0, level, level], color=color, linewidth=0.9)
        ax.text(side, level, f"{name}  {rank:.2f} " if left else f" {rank:.2f}  {name}", color=color, fontsize="small",
                ha="right" if left else "left", va="center")
    ax.set_ylim(first + half, -2.6)
    ax.set_xlim(1 - margin, end + margin)
    ax.set_axis_off()
    return ax


def plot_confusions(counts: Mapping[str, np.ndarray], ax: Axes, *, classes: Sequence[str], across: int) -> Axes:
    """Draw how often each class (a row) is taken for each (a column, in the same order), a square a name.

    Grey is the share of the row; mistakes are written in per cent of it.

    Parameters
    ----------
    counts : mapping from a name to an array of shape (classes, classes)
        True, predicted.
    ax : Axes
        Where to draw.
    classes : sequence of str
        Their names, written beside the first square of each line.
    across : int
        Squares in a line.
    """
    n, pitch = len(classes), len(classes) + BETWEEN
    down = -(-len(counts) // across)
    canvas, marks = np.full((down * pitch, across * pitch - BETWEEN), np.nan), []
    for place, (name, own) in enumerate(counts.items()):
        top, left = place // across * pitch + BETWEEN, place % across * pitch
        total = own.sum(axis=1, keepdims=True)
        shares = own / np.where(total > 0, total, 1)
        canvas[top : top + n, left : left + n] = shares
        ax.text(left + (n - 1) / 2, top - 0.8, name, ha="center", va="bottom", fontsize="x-small")
        marks += [(left + predicted, top + true, shares[true, predicted])
                  for true, predicted in np.argwhere(own * (1 - np.eye(n)) > 0).tolist()]
    ax.imshow(canvas, cmap="Greys", vmin=0, vmax=1, interpolation="nearest", aspect="auto")
    for x, y, share in marks:
        ax.text(x, y, f"{100 * share:.0f}" if share > ROUND else "·", ha="center", va="center", fontsize=6,
                color="white" if share > 0.5 else "#c00000")
    rows = [line * pitch + BETWEEN + place for line in range(down) for place in range(n)]
    ax.set_yticks(rows, list(classes) * down, fontsize="xx-small")
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def plot_channels(values: np.ndarray, ax: Axes, *, columns: Sequence[str] = (), signed: bool = False,
                  events: pd.DataFrame | None = None, bar: bool = False) -> Axes:
    """Draw (time, channel) as an image, a row a channel; events, if given, as bars of their scope at their channel.

    Parameters
    ----------
    values : array of shape (time, channel)
        What to draw.
    ax : Axes
        Where to draw.
    columns : sequence of str
        The channels' names; all, or every few, are written where there is room.
    signed : bool, default=False
        Colours on both sides of 0; else from 0 up.
    events : DataFrame, optional
        Columns "variate" (a channel's name), "position" and "sigma", in steps.
    bar : bool, default=False
        A colour bar beside the axes.
    """
    limit = float(np.nanmax(np.abs(values), initial=0)) or 1.0
    image = ax.imshow(values.T, aspect="auto", interpolation="nearest", cmap="RdBu_r" if signed else "magma_r",
              vmin=-limit if signed else 0, vmax=limit)
    if events is not None and len(events):
        places = events["variate"].astype(str).map({str(name): row for row, name in enumerate(columns)})
        known = events[places.notna()].assign(place=places[places.notna()])
        ax.hlines(known["place"], (known["position"] - known["sigma"]).clip(lower=0),
                  (known["position"] + known["sigma"]).clip(upper=len(values) - 1), color="#111111", linewidth=0.7)
    step = max(1, -(-len(columns) // NAMED))
    ax.set_yticks(range(0, len(columns), step), [str(name) for name in columns[::step]], fontsize="x-small")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.tick_params(labelsize="x-small", length=2)
    if bar:
        scale = ax.figure.colorbar(image, ax=ax, pad=0.02, fraction=0.05, aspect=35, format="%.2g",
                                   ticks=MaxNLocator(4))
        scale.ax.tick_params(labelsize="x-small", length=2)
    return ax


def _bare(ax: Axes) -> Axes:
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.2)
    return ax
