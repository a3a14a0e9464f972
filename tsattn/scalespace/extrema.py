"""Extrema of the difference-of-Gaussians pyramid.

Lowe, IJCV 2004, sections 3.1 and 4, for any number of space axes; on series Candan et al., "sDTW", PVLDB 5(11), 2012.
A sample D is an extremum if sign(D) D > threshold * (sign(D) D of each neighbour): the 3^(axes + 1) - 1 samples next
to it in space and scale. A plateau therefore has none (nor has a bump that is symmetric about the middle between
two samples of its octave: they are equal), and nothing is reported on the border of the stack.
"""

import warnings
from collections.abc import Sequence
from typing import Any

from tsattn.scalespace._arrays import is_torch, prepare
from tsattn.scalespace._ladder import LEAST_SAMPLES, Ladder
from tsattn.scalespace.criteria import Criteria
from tsattn.scalespace.keypoints import Keypoints


def detect(
    x: Any,
    *,
    axes: Sequence[int] = (-1,),
    n_octaves: int | str = 3,
    scales_per_octave: int = 3,
    sigma0: float = 1.6,
    threshold: float = 1.0,
    contrast: float | None = None,
    polarity: str = "both",
    refine: bool | None = None,
    edge_ratio: float | None = 10.0,
    mode: str = "reflect",
    kernel: str = "discrete",
    truncate: float = 4.0,
    reduce: str | None = "auto",
    assumed_blur: float = 0.0,
    double: bool = False,
) -> Keypoints:
    """Find the extrema of the difference-of-Gaussians pyramid of each series or image.

    Parameters
    ----------
    x : array or tensor, any shape
        Real numbers, all finite; never scaled. float32 is searched in float32.
    axes : sequence of int, default (-1,)
        The space axes: one for series, two for images. Every other axis is a batch, in which no item sees another.
    n_octaves, scales_per_octave, sigma0, mode, kernel, truncate, reduce, assumed_blur, double
        The pyramid, as in `octaves`.
    threshold : float, default 1.0
        How many times its largest neighbour an extremum must exceed; 1 is a strict extremum.
    contrast : float, default 0.005 for one space axis, 0.03 for more
        The least absolute difference of Gaussians, in units of x.
    polarity : {"both", "bump", "dip"}, default "both"
        A bump rises above its surroundings; its difference is negative, as the coarser level is the lower one.
    refine : bool, default False for one space axis, True for more
        Fit a quadratic and report position and scale between samples; what does not settle within 5 moves is
        dropped, and contrast is asked of the fitted value.
    edge_ratio : float or None, default 10
        On images, the largest ratio of principal curvatures; unlike signs are dropped too. None keeps them all.

    Returns
    -------
    Keypoints
        Positions and sigmas in input samples, sorted by (series, octave, scale, position). Input of fewer than 8
        samples along an axis has none, and one warning says so.

    Raises
    ------
    TypeError, ValueError
        As `octaves`; also for criteria outside their range.

    Examples
    --------
    >>> import numpy as np
    >>> t = np.arange(101)
    >>> found = detect(np.exp(-0.5 * ((t - 50) / 2) ** 2), polarity="bump")
    >>> found.position.tolist(), found.sigma.round(2).tolist()
    ([[50.0]], [2.54])
    """
    x, order = prepare(x, axes)
    n_axes = len(order)
    contrast = (0.005 if n_axes == 1 else 0.03) if contrast is None else contrast
    criteria = Criteria(threshold, contrast, polarity, n_axes > 1 if refine is None else bool(refine), edge_ratio)
    ladder = Ladder(n_octaves, scales_per_octave, sigma0, mode, kernel, truncate, reduce, assumed_blur, double)
    sizes = tuple(x.shape[x.ndim - n_axes :])
    if not ladder.rungs(sizes):
        warnings.warn(
            f"x has {min(sizes)} samples along an axis; an octave needs {LEAST_SAMPLES}, so there are no keypoints",
            UserWarning,
            stacklevel=2,
        )
    flat = x.reshape(-1, *sizes)
    if n_axes > 1 or is_torch(x):  # either path is loaded when first needed
        from tsattn.scalespace import _octavewise

        return _octavewise.find(flat, ladder, criteria)
    from tsattn.scalespace import _detect

    return _detect.find(flat, ladder, criteria)
