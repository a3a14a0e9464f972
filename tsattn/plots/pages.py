"""Figures with a place for their axes, and how they are written. Nothing touches matplotlib's global state."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

LEFT, RIGHT, TOP, BOTTOM = 0.8, 0.1, 0.1, 0.5  # inches about axes that stand beside others
LETTER = 0.075  # inches, of a legend


def figure(n_rows: int = 1, n_columns: int = 1, *, width: float = 7.0, height: float = 3.5,
           **options: Any) -> tuple[Figure, np.ndarray]:
    """A figure and its axes, (n_rows, n_columns); sizes in inches, `options` as `Figure.subplots` takes."""
    made = Figure(figsize=(width, height), layout="constrained")
    return made, made.subplots(n_rows, n_columns, squeeze=False, **options)


def beside(n: int, names: Sequence[str] = (), *, width: float = 2.7, height: float = 3.0) -> tuple[Figure, np.ndarray]:
    """A figure, its n axes of so many inches side by side, (1, n), and room for the names of a legend to their right.

    Its margins hold an axis of numbers of seven digits: to search for a layout takes half the time of a picture.
    """
    pitch, room = LEFT + width + RIGHT, 0.55 + LETTER * max(map(len, names)) if names else 0.0
    made = Figure(figsize=(n * pitch + room, height))
    across, up = made.get_size_inches()
    places = [((k * pitch + LEFT) / across, BOTTOM / up, width / across, 1 - (BOTTOM + TOP) / up) for k in range(n)]
    return made, np.array([[made.add_axes(place) for place in places]])


def framed(*, width: float, height: float, left: float) -> tuple[Figure, Axes]:
    """A figure that is filled by axes of so many inches, but for so much to their left."""
    made = Figure(figsize=(left + width, height))
    return made, made.add_axes((left / (left + width), 0, width / (left + width), 1))


def legend(axes: np.ndarray) -> None:
    """Write the first axes' labels to the right of the last."""
    handles, labels = axes[0, 0].get_legend_handles_labels()
    axes[0, -1].legend(handles, labels, loc="upper left", bbox_to_anchor=(1.02, 1.02), fontsize="small", frameon=False)


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
