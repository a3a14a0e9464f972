"""How complex the local features of an octave are, as a picture.

Garg, "On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, figure 3.4.
"""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from tsattn.plots._series import INK, MEDIUM, QUIET, SMALL, WIDTH, axes_of

if TYPE_CHECKING:
    from tsattn.design import OctavePlan

HEIGHT = 3.2  # inches
MARGIN = 0.05  # of the range of entropies


def plot_entropies(octave: "OctavePlan", *, ax: Axes | None = None) -> Axes:
    """Draw the histogram of an octave's entropies, and each of the Gaussians in it, which are the layers of its rack.

    Parameters
    ----------
    octave : OctavePlan
        One of a plan's `octaves`.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        The given one, or that of a new figure, which is ``ax.figure``; see `plot_events`.

    Raises
    ------
    TypeError
        It is something else, as a whole plan, whose `octaves` they are.

    Examples
    --------
    >>> import numpy as np
    >>> from tsattn.design import racknet, series_features
    >>> walks = np.random.default_rng(0).normal(size=(3000, 3)).cumsum(0)
    >>> plan = racknet(series_features(walks, np.full(10, 300)), ndim=1, random_state=0)
    >>> ax = plot_entropies(plan.octaves[0])
    >>> len(ax.lines) == len(plan.octaves[0].mixture.means)
    True
    """
    from tsattn.design import OctavePlan

    if not isinstance(octave, OctavePlan):
        raise TypeError(f"octave must be an OctavePlan, got {type(octave).__name__}; a plan has one for each rack, "
                        "plan.octaves[0]")
    ax = axes_of(ax, WIDTH, HEIGHT)
    centres = octave.centres
    width = 2 * float(centres[0])
    share, first = octave.counts / (octave.n_features * width), int(np.flatnonzero(octave.counts)[0])
    ax.bar(centres[first:], share[first:], width=width, color=QUIET, alpha=0.6)
    room = max(MARGIN * float(centres[-1] - centres[first]), 5 * width)
    low, high = centres[first] - room, centres[-1] + room
    grid = np.linspace(low, high, 500)
    for number, density in enumerate(octave.mixture.density(grid).T):
        mean, clusters = octave.mixture.means[number], octave.clusters[number]
        ax.plot(grid, density, color=f"C{number % 10}", linewidth=1.4,
                label=f"{mean:.2f} bits: a layer of {clusters} clusters")
    ax.set_xlim(low, high)
    ax.set_xlabel("entropy in bits", fontsize=MEDIUM, color=INK)
    ax.set_ylabel("density of features", fontsize=MEDIUM, color=INK)
    ax.set_title(f"octave {octave.octave}, {octave.n_features} features", fontsize=SMALL, color=INK)
    ax.legend(frameon=False, fontsize=SMALL)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=SMALL, colors=INK, length=2.5)
    return ax
