"""Benchmarks as pictures: each function draws arrays or frames on the axes it is given and returns them.

Nothing here touches matplotlib's global state: figures are objects, made and written by `tsattn.plots.pages`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.textpath import TextPath
from matplotlib.ticker import MaxNLocator, NullLocator
from matplotlib.transforms import Affine2D

OURS, THEIRS = "#0b5394", "#b45f06"  # told apart in greyscale and by the colour-blind
STYLES = ("-", "--", ":", "-.")
NAMED = 16  # channels of an image that can be named
BETWEEN = 2  # squares, in cells
ROUND = 0.005  # of a row: less is 0 per cent, and a dot
MARKERS = "os^Dvph*X<>"
FEW = 10  # runs that are drawn one by one
BAND = (0.1, 0.9)  # of more runs
LEAST, MOST = 3, 6  # numbers on a logarithmic axis


def plot_learning_curves(curves: Mapping[str, np.ndarray], ax: Axes, *, quantity: str = "train loss") -> Axes:
    """Draw runs over epochs: a colour a name, a thick, labelled line the mean of its runs.

    Up to 10 runs are thin lines; of more, a band goes from the run nearest to the 10th percentile to the one nearest
    to the 90th.

    Parameters
    ----------
    curves : mapping from a name to an array of shape (runs, epochs)
        NaN where a run has ended, or has no value.
    ax : Axes
        Where to draw.
    quantity : str, default="train loss"
        What the runs are of.
    """
    for place, (name, runs) in enumerate(curves.items()):
        colour, style = f"C{place % 10}", STYLES[place // 10 % len(STYLES)]
        known = np.isfinite(runs)
        count = known.sum(axis=0)
        if not count.any():
            continue
        epochs, there = np.arange(1, runs.shape[1] + 1), count > 0
        if len(runs) <= FEW:
            lines = [np.column_stack([epochs[own], run[own]]) for run, own in zip(runs, known, strict=True)]
            ax.add_collection(LineCollection(lines, colors=colour, linestyles=style, linewidths=0.6, alpha=0.5))
        else:
            ordered = np.sort(np.where(known, runs, np.inf), axis=0)
            low, high = (np.take_along_axis(ordered, np.rint(share * (count - 1).clip(0)).astype(int)[None], 0)[0]
                         for share in BAND)
            ax.fill_between(epochs[there], low[there], high[there], color=colour, alpha=0.2, linewidth=0)
        mean = np.where(known, runs, 0).sum(axis=0)[there] / count[there]
        ax.plot(epochs[there], mean, style, color=colour, linewidth=1.8, label=name)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.set_xlabel("epoch")
    ax.set_ylabel(quantity)
    return _bare(ax)


def plot_pareto(table: pd.DataFrame, ax: Axes, *, x: str = "fit_seconds", y: str = "accuracy",
                lower: bool = False) -> Axes:
    """Draw a score against a time on a logarithmic axis, a point an estimator, with the spread of the score.

    Parameters
    ----------
    table : DataFrame
        A row an estimator, its name in the index; columns `x` (above 0; NaN: not drawn, but in the legend), `y`,
        `{y}_sd` (NaN for none) and "ours" (bool). Points that no other beats on both axes are joined by a line.
    ax : Axes
        Where to draw.
    lower : bool, default=False
        Whether the score is better lower.
    """
    front = table[table[x].notna()].sort_values([x, y], ascending=[True, lower])
    rank = -front[y] if lower else front[y]
    front = front[rank > rank.cummax().shift(fill_value=-np.inf)]
    ax.step(front[x], front[y], where="post", color="#999999", linewidth=0.8, linestyle=":", zorder=1)
    across, up, spread, ours = (table[column].to_numpy() for column in (x, y, f"{y}_sd", "ours"))
    for color, own in ((OURS, ours), (THEIRS, ~ours)):
        ax.errorbar(across[own], up[own], yerr=spread[own], fmt="none", ecolor=color, capsize=2, elinewidth=1)
    for place, name in enumerate(table.index):
        ax.plot(across[place], up[place], MARKERS[place % len(MARKERS)], color=OURS if ours[place] else THEIRS,
                markersize=6, label=str(name))
    _logarithmic(ax, table[x])
    ax.set_xlabel(x.replace("_", " "))
    ax.set_ylabel(y.replace("_", " "))
    return _bare(ax)


def _logarithmic(ax: Axes, values: pd.Series) -> None:
    """Make the horizontal axis logarithmic, with a few plain numbers: matplotlib's own, 4 x 10^2, collide."""
    ax.set_xscale("log")
    ax.xaxis.set_minor_locator(NullLocator())
    low, high = float(values.min()), float(values.max())
    if not low <= high:  # NaN: of none
        return
    margin = max((high / low) ** 0.06, 1.5 * (low / high) ** 0.5)  # twice as much lies within: so does a tick
    first, last = low / margin, high * margin
    decades = 10.0 ** np.arange(np.floor(np.log10(first)), np.ceil(np.log10(last)))
    ticks: list[float] = []
    for parts in ((1,), (1, 3), (1, 2, 5), range(1, 10)):
        if len(ticks) < LEAST:
            ticks = [part * decade for decade in decades for part in parts if first <= part * decade <= last]
    ticks = ticks[:: -(-len(ticks) // MOST)]
    ax.set_xticks(ticks, [f"{tick:,.0f}" if tick >= 1 else f"{tick:g}" for tick in ticks])
    ax.set_xlim(first, last)


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
        Where to draw; the classes' names lie to its left.
    classes : sequence of str
        Their names, written beside the first square of each line.
    across : int
        Squares in a line.
    """
    n, pitch = len(classes), len(classes) + BETWEEN
    down = -(-len(counts) // across)
    canvas = np.full((down * pitch, across * pitch - BETWEEN), np.nan)
    marks: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for place, (name, own) in enumerate(counts.items()):
        top, left = place // across * pitch + BETWEEN, place % across * pitch
        total = own.sum(axis=1, keepdims=True)
        shares = own / np.where(total > 0, total, 1)
        canvas[top : top + n, left : left + n] = shares
        ax.text(left + (n - 1) / 2, top - 0.8, name, ha="center", va="bottom", fontsize="x-small")
        for true, predicted in np.argwhere(own * (1 - np.eye(n)) > 0).tolist():
            share = shares[true, predicted]
            mark = f"{100 * share:.0f}" if share > ROUND else "·", "white" if share > 0.5 else "#c00000"
            marks.setdefault(mark, []).append((left + predicted, top + true))
    ax.imshow(canvas, cmap="Greys", vmin=0, vmax=1, interpolation="nearest", aspect="auto")
    for (text, color), places in marks.items():
        _stamp(ax, text, places, color)
    for place in range(down * n):
        ax.text(-0.8, place // n * pitch + BETWEEN + place % n, classes[place % n], ha="right", va="center",
                fontsize="xx-small")
    ax.set_axis_off()
    return ax


def _stamp(ax: Axes, text: str, places: Sequence[tuple[float, float]], color: str) -> None:
    """Write one text at many places: its outline once, and where it goes, a twentieth of the time of texts."""
    outline = TextPath((0, 0), text, size=6)
    box = outline.get_extents()
    centred = outline.transformed(Affine2D().translate(-(box.x0 + box.x1) / 2, -(box.y0 + box.y1) / 2))
    stamps = PathCollection([centred], offsets=places, offset_transform=ax.transData, facecolors=color, linewidths=0,
                            label=text)
    stamps.set_transform(Affine2D().scale(1 / 72) + ax.figure.dpi_scale_trans)
    ax.add_collection(stamps, autolim=False)


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
