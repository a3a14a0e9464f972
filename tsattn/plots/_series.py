"""What pictures of one series share: a time axis in the index's own labels, strips of colour, ink."""

from io import BytesIO

import numpy as np
import pandas as pd
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# from Okabe and Ito's palette, told apart with every kind of colour vision
INK, QUIET, ORANGE, BLUE = "#222222", "#8a8a8a", "#d55e00", "#0072b2"
SIGNED, UNSIGNED = "PuOr_r", "cividis"
SMALL, MEDIUM = 8, 9  # points: legible at one column's width
WIDTH, STRIP, GAP = 6.4, 0.13, 0.07  # inches
HEAD, FOOT = 0.32, 0.5  # inches


class NotebookFigure(Figure):
    """A figure that a notebook shows, although pyplot does not know it."""

    def _repr_png_(self) -> bytes:
        buffer = BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


def axes_of(ax: Axes | None, width: float, height: float) -> Axes:
    """The given axes, or those of a new figure of this size in inches."""
    return NotebookFigure(figsize=(width, height), layout="constrained").add_subplot() if ax is None else ax


def draw_strip(ax: Axes, time: np.ndarray, values: np.ndarray, *, label: str, signed: bool = False,
               high: float | None = None) -> None:
    """Draw values (time,) as colours, up to the greatest of them or to `high`."""
    high = high or float(np.abs(values[np.isfinite(values)]).max(initial=0)) or 1.0
    steps = np.diff(time) if len(time) > 1 else np.ones(1)
    around = np.concatenate([[time[0] - steps[0]], time, [time[-1] + steps[-1]]])
    edges = (around[1:] + around[:-1]) / 2
    ax.pcolormesh(edges, [0, 1], values[None], cmap=SIGNED if signed else UNSIGNED, vmin=-high if signed else 0,
                  vmax=high, rasterized=True)
    ax.set_yticks([])
    ax.set_ylabel(label, fontsize=SMALL, color=INK, rotation=0, ha="right", va="center", labelpad=4)


def bare(panel: Axes, *, axis: bool) -> None:
    """Leave a panel its values' axis, or nothing; times are written once, below the lowest one."""
    panel.tick_params(labelsize=SMALL, colors=INK, length=2.5, labelbottom=False, bottom=False)
    for side, spine in panel.spines.items():
        spine.set_visible(side == "left" and axis)
        spine.set_color(QUIET)


def label_time(lowest: Axes, index: pd.Index) -> None:
    """Write the times below the lowest panel."""
    lowest.tick_params(labelbottom=True, bottom=True)
    if isinstance(index, pd.DatetimeIndex | pd.PeriodIndex):
        locator = dates.AutoDateLocator(minticks=3, maxticks=8)
        lowest.xaxis.set_major_locator(locator)
        lowest.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
        lowest.xaxis.get_offset_text().set_fontsize(SMALL)
    lowest.set_xlabel("time" if index.name is None else str(index.name), fontsize=MEDIUM, color=INK)


def numbers(index: pd.Index) -> np.ndarray:
    """Time labels as numbers that matplotlib can draw."""
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if isinstance(index, pd.DatetimeIndex):
        return np.asarray(dates.date2num(index.tz_localize(None).to_numpy()))
    return index.to_numpy(dtype=float)
