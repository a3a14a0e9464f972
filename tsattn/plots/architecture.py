"""The shape of a network as a picture: a bar a layer, as high as it has kernels, rack by rack."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.patches import Patch

from tsattn.plots._series import BLUE, INK, MEDIUM, ORANGE, QUIET, SMALL, WIDTH, axes_of

if TYPE_CHECKING:
    from tsattn.design import Architecture

HEIGHT = 2.4  # inches
COLOURS = (BLUE, ORANGE, "#009e73", "#cc79a7", "#56b4e9")  # of edges, the shortest first; Okabe and Ito's
GAP = 0.6  # bars between racks, where places are halved


def plot_architecture(architecture: "Architecture", *, ax: Axes | None = None) -> Axes:
    """Draw the layers of an architecture, their kernels over them, each edge of kernels in its colour.

    Parameters
    ----------
    architecture : Architecture
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        The given one, or that of a new figure, which is ``ax.figure``; see `plot_events`.

    Raises
    ------
    TypeError
        It is something else, as a plan, whose attribute `architecture` is one.

    Examples
    --------
    >>> from tsattn.design import Architecture, Layer
    >>> made = Architecture(((Layer(8), Layer(77)), (Layer(44, edge=5),)))
    >>> ax = plot_architecture(made)
    >>> [text.get_text() for text in ax.texts]
    ['8', '77', '44']
    """
    from tsattn.design import Architecture

    if not isinstance(architecture, Architecture):
        raise TypeError(f"architecture must be an Architecture, got {type(architecture).__name__}; a plan has one, "
                        "plan.architecture")
    ax = axes_of(ax, WIDTH, HEIGHT)
    at, middles, labels = 0.0, [], []
    highest = max(layer.kernels for rack in architecture.racks for layer in rack)
    edges = sorted({layer.edge for rack in architecture.racks for layer in rack})
    few = len(edges) <= len(COLOURS)  # else their colours go from dark to light, and the legend stands beside the bars
    shades = COLOURS if few else [to_hex(colormaps["viridis"](share)) for share in np.linspace(0.0, 0.9, len(edges))]
    colours = dict(zip(edges, shades, strict=False))
    for number, rack in enumerate(architecture.racks):
        if number:
            at += GAP
            ax.axvline(at - (1 + GAP) / 2, color=QUIET, linewidth=0.8, linestyle=":")
        for layer in rack:
            ax.bar(at, layer.kernels, width=0.8, color=colours[layer.edge])
            ax.text(at, layer.kernels, str(layer.kernels), ha="center", va="bottom", fontsize=SMALL, color=INK)
            at += 1
        middles.append(at - (len(rack) + 1) / 2)
        labels.append(f"rack {number + 1}")
    ax.set_xticks(middles, labels)
    ax.set_ylim(0, 1.15 * highest)
    ax.set_ylabel("kernels", fontsize=MEDIUM, color=INK)
    ax.set_title(f"{architecture.pooling} pooling by 2 at each dotted line", fontsize=SMALL, color=INK, loc="left")
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=SMALL, colors=INK, length=0)
    signs = [Patch(color=colours[edge], label=f"edge {edge}") for edge in edges]
    ax.legend(handles=signs, loc="lower right" if few else "center left", bbox_to_anchor=(1, 1 if few else 0.5),
              ncols=len(signs) if few else 1, frameon=False, fontsize=SMALL)
    return ax
