"""Which way an image's keypoints point, and what lies around them: histograms of gradients.

Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 60(2), 2004, sections 5 and 6. With L the level
that a keypoint was found in, (dy, dx) = (L(y + 1, x) - L(y - 1, x), L(y, x + 1) - L(y, x - 1)) the gradient at a
sample, of magnitude m = sqrt(dx^2 + dy^2) and direction atan2(dy, dx), and sigma the keypoint's in samples of L:

    directions   36 bins; m exp(-d^2 / (2 (1.5 sigma)^2)) of each sample at a distance d up to 4.5 sigma goes to the
                 two nearest bins; smoothed by (1, 4, 6, 4, 1) / 16; each peak of at least 0.8 of the highest is a
                 direction, between bins by a parabola
    descriptor   4 x 4 cells, each 3 sigma wide, turned into the keypoint's direction; m exp(-d^2 / (2 (6 sigma)^2))
                 goes to the nearest two rows, columns and of eight directions, counted from the keypoint's; the 128
                 numbers are divided by their norm, cut at 0.2, divided by their norm

Angles go from the axis of columns to that of rows: on a screen, where rows go down, with the clock. Samples at the
border of a level have no gradient. Differs: the window of directions is a disc; both windows are centred between
samples, where the keypoint is.
"""

from typing import Any

import numpy as np

from tsattn._threads import over_rows
from tsattn.scalespace import _gradients_kernel as compiled
from tsattn.scalespace._arrays import is_torch
from tsattn.scalespace._octavewise import Found

BINS = 36
WINDOW = 1.5  # sigma of the window of directions, in the keypoint's
CELL = 3.0  # width of a cell, likewise
CUT = 0.2
COST = 1000  # samples around a keypoint, roughly


def orient(found: Found, *, every: bool = True) -> tuple[Any, Any]:
    """Return for each direction of the keypoints (m,) which keypoint's it is, and the angle; or the highest only.

    A keypoint without any gradient around it has the direction 0. The directions of one are in the order of its bins.
    """
    which, angle, height = peaks(_histograms(found))
    if not every:
        order = np.lexsort((-height, which))
        first = order[np.unique(which[order], return_index=True)[1]]
        which, angle = which[first], angle[first]
    if is_torch(found.value):
        import torch

        return torch.from_numpy(which).to(found.value.device), torch.from_numpy(angle).to(found.value.device)
    return which, angle


def _histograms(found: Found) -> np.ndarray:
    """Directions around each keypoint, (n, 36), not smoothed."""
    if is_torch(found.value):
        from tsattn.scalespace import _gradients_torch

        bins: np.ndarray = _gradients_torch.directions(found, BINS, WINDOW).detach().double().cpu().numpy()
        return bins
    levels, out = found.octave.levels, np.zeros((len(found.value), BINS))
    arc, width = compiled.ARC.astype(levels.dtype), WINDOW * found.own_sigma

    def some(a: int, b: int) -> None:
        which = found.series[a:b], found.level[a:b]
        compiled.point_all(levels, which, found.place[a:b, 1:], width[a:b], arc, out[a:b])

    over_rows(some, len(out), COST * len(out), threads=found.threads)
    return out


def peaks(bins: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The directions that stand out of histograms (n, bins): whose each is, its angle from -pi up to pi, its height.

    Examples
    --------
    >>> import numpy as np
    >>> bins = np.zeros((2, 36))
    >>> bins[0, 9], bins[0, 27] = 1.0, 0.9
    >>> which, angle, _ = peaks(bins)
    >>> which.tolist(), (angle / np.pi).round(3).tolist()
    ([0, 0, 1], [0.5, -0.5, 0.0])
    """
    which = np.empty(bins.size // 2 + len(bins), np.int64)
    angle, height = np.empty(len(which)), np.empty(len(which))
    n = compiled.pick(np.asarray(bins, dtype=np.float64), which, angle, height)
    return which[:n], angle[:n], height[:n]


def describe_images(found: Found, which: Any, angle: Any) -> Any:
    """Descriptors (m, 128) of the keypoints `which` of those that were found, each turned by its angle."""
    if is_torch(found.value):
        from tsattn.scalespace import _gradients_torch

        return unit(_gradients_torch.cells(found, which, angle, CELL))
    levels, out = found.octave.levels, np.empty((len(which), 4, 4, 8), found.octave.levels.dtype)
    arc, cell = compiled.ARC.astype(levels.dtype), CELL * found.own_sigma[which]
    series, level, place = found.series[which], found.level[which], found.place[which, 1:]

    def part(a: int, b: int) -> None:
        some = series[a:b], level[a:b]
        compiled.describe_all(levels, some, place[a:b], cell[a:b], angle[a:b], arc, out[a:b])

    over_rows(part, len(out), COST * len(out), threads=found.threads)
    return unit(out.reshape(len(out), 128))


def unit(descriptors: Any) -> Any:
    """Descriptors of unit norm, cut, of unit norm again; zero where there is nothing.

    Examples
    --------
    >>> import numpy as np
    >>> unit(np.array([[3.0, 4.0, 0.0], [0.0, 0.0, 0.0]])).round(3).tolist()
    [[0.707, 0.707, 0.0], [0.0, 0.0, 0.0]]
    """
    for cut in (CUT, None):
        norm = (descriptors**2).sum(1)[:, None] ** 0.5
        descriptors = descriptors / (norm + (norm == 0))
        descriptors = descriptors if cut is None else descriptors.clip(max=cut)
    return descriptors
