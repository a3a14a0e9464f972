"""Saliency series: where in time each variate holds events, weighed by their amplitude.

Events: Candan et al., "sDTW", PVLDB 2012. For each variate, with centre t_i, scale σ_i and amplitude a_i of its events,
A(t) = Σ_i a_i exp(-(t - t_i)² / (2 σ_i²)): each Gaussian scaled to peak 1.
"""

import numpy as np
import pandas as pd

from tsattn._checks import check_bool, check_one_of
from tsattn._panel import Panel
from tsattn.scalespace import saliency_series
from tsattn.scalespace.events import nearest_sample
from tsattn.scalespace.saliency import AMPLITUDES
from tsattn.transformations._base import same_container
from tsattn.transformations._detection import Block, EventTransformer

OUTPUTS = ("saliency", "both", "events")


class UVTFSaliency(EventTransformer):
    """Saliency series of each variate, from the events of its temporal scale space.

    Each variate is scaled, its events are found as extrema of the difference of Gaussians, and
    A(t) = Σ_i a_i exp(-(t - t_i)² / (2 σ_i²)) sums them up. A variate without events gives 0 everywhere.

    Parameters
    ----------
    output : {"saliency", "both", "events"}, default="saliency"
        The saliency series under the input's columns; the input's columns followed by ``f"{column}__saliency"``; or,
        under the input's columns, the amplitude of each event at the sample nearest to its centre and 0 elsewhere.
    amplitude : {"average", "center", "unit", "scale-space"}, default="average"
        a_i: mean of the scaled series within t_i ± 3 σ_i; its value at the centre, on a line between
        samples; 1; or, in place of the mask, the scaled series smoothed at σ_i.
    cut : bool, default=False
        Let a mask end at t_i ± 3 σ_i.
    scaling : {"standard", "minmax", "series", None}, default="standard"
        What a variate is scaled by before detection, which is also what amplitudes and `contrast` are measured in: mean
        0 and variance 1 over the training data; its range over the training data to [0, 1]; mean 0 and variance 1 in
        each series by itself; nothing. A constant variate becomes 0.
    n_octaves : int or "auto", default=3
        Doublings of scale; ``"auto"`` takes as many as leave 8 samples of the longest training series.
    scales_per_octave : int, default=3
        Scales in each octave.
    sigma0 : float, default=1.6
        Scale of the first level, in samples.
    threshold : float, default=1.0
        An extremum must exceed this multiple of its largest neighbour.
    contrast : float, default=0.005
        Least absolute difference of Gaussians of an event, in scaled units.
    polarity : {"both", "bump", "dip"}, default="both"
        Which events to keep.
    refine : bool, default=False
        Fit position and scale between the samples.
    mode : {"reflect", "nearest", "constant"}, default="reflect"
        How a series continues beyond its ends.
    missing : {"raise", "interpolate"}, default="raise"
        Refuse NaN, or fill them on a line in each series first: a gap has no events of its own but those of that line.

    Attributes
    ----------
    centre_, scale_ : ndarray, shape (columns,)
        Fitted scaling; 0 and 1 without, and unused with ``scaling="series"``.
    n_octaves_ : int
        Octaves in use.
    feature_names_in_ : list
        Columns seen in fit; transform asks for the same.

    Raises
    ------
    ValueError
        On NaN (unless `missing="interpolate"`), infinity, columns other than in fit, an unknown choice, or a time that
        stands twice in a series or goes back.

    Warns
    -----
    UserWarning
        Once for series too short to have events (they get zeros), once for an uneven time index.

    References
    ----------
    Candan, Rossini, Sapino and Wang, "sDTW: computing DTW distances using locally relevant constraints based on salient
    feature alignments", PVLDB 2012.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from tsattn.transformations import UVTFSaliency
    >>> saliency = UVTFSaliency()
    >>> saliency.fit_transform(load_airline()).shape
    (144,)
    >>> saliency.events(load_airline()).columns[:4].tolist()
    ['instance', 'variate', 't', 'position']
    """

    def __init__(self, output="saliency", amplitude="average", cut=False, scaling="standard", n_octaves=3,
                 scales_per_octave=3, sigma0=1.6, threshold=1.0, contrast=0.005, polarity="both", refine=False,
                 mode="reflect", missing="raise"):
        self.output = output
        self.amplitude = amplitude
        self.cut = cut
        super().__init__(
            scaling=scaling, n_octaves=n_octaves, scales_per_octave=scales_per_octave, sigma0=sigma0,
            threshold=threshold, contrast=contrast, polarity=polarity, refine=refine, mode=mode, missing=missing)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_one_of("output", self.output, OUTPUTS)
        check_one_of("amplitude", self.amplitude, AMPLITUDES)
        check_bool("cut", self.cut)
        if self.output == "events" and self.amplitude == "scale-space":
            raise ValueError("amplitude must be one number an event where output='events', got 'scale-space'; "
                             "choose one of 'average', 'center', 'unit'")

    def _apply(self, panel: Panel) -> pd.DataFrame | np.ndarray:
        self._warn(panel)
        out = np.zeros(panel.values.shape)
        for block in self._blocks(panel):
            series = self._at_centres(block) if self.output == "events" else saliency_series(
                block.x, block.events, amplitude=self.amplitude, cut=self.cut, mode=self.mode)
            out[block.rows] = series.transpose(0, 2, 1)
        if self.output != "both":
            return same_container(panel, out, panel.columns)
        names = [f"{column}__saliency" for column in panel.columns]
        return same_container(panel, np.hstack([panel.values, out]), panel.columns + names)

    def _at_centres(self, block: Block) -> np.ndarray:
        """Amplitudes of the events at their centres, 0 elsewhere; several at one sample add up."""
        series, steps = block.events.series, block.x.shape[-1]
        centre = block.events.center
        flat = block.x.reshape(-1, steps)
        if self.amplitude == "center":
            before = np.minimum(centre.astype(np.int64), steps - 2)
            weight = centre - before
            amplitude = (1 - weight) * flat[series, before] + weight * flat[series, before + 1]
        else:
            amplitude = np.ones(len(series)) if self.amplitude == "unit" else block.events.amplitude
        out = np.zeros(flat.shape)
        np.add.at(out, (series, nearest_sample(centre, steps - 1)), amplitude)
        return out.reshape(block.x.shape)

    @classmethod
    def get_test_params(cls, parameter_set="default"):  # noqa: ARG003
        """Parameter sets that sktime's own checks run with."""
        return [{}, {"output": "both", "amplitude": "unit", "cut": True, "scaling": "series", "missing": "interpolate"},
                {"output": "events", "scaling": None, "n_octaves": "auto", "refine": True}]
