"""Fixed-length features from the events of each series, for classifiers that take one row an instance.

Events and their descriptors: Candan et al., "sDTW", PVLDB 2012. The bag of descriptors follows Sivic and Zisserman,
"Video Google", ICCV 2003: each descriptor counts for the nearest of `n_words` centres found by k-means.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from tsattn._checks import check_int, check_random_state, draw_seed
from tsattn._panel import Panel
from tsattn.scalespace import describe
from tsattn.transformations._detection import Block, EventTransformer

STATISTICS = ("count", "amplitude", "sigma", "position")
MOST_WORDS = 10_000
FIT_DESCRIPTORS = 20_000  # enough to place the centres; k-means on more costs time without moving them much


class UVTFEvents(EventTransformer):
    """Counts, amplitudes, scales, positions and shapes of the events of each series, one row an instance.

    For each variate and octave: the number of events, and the means of their amplitude, of their scale in samples and
    of their position as a fraction of the length; all 0 where there is no event. For each variate and word: how many
    events have a descriptor nearest to that word.

    Parameters
    ----------
    n_words : int, default=16
        Words of the bag of descriptors, found by k-means on the training data; 0 leaves the bag out. Where the training
        data hold fewer different descriptors than that, the words beyond them stay 0.
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
    random_state : int, numpy.random.RandomState or None, default=None
        Where k-means starts. None differs from fit to fit; the global generator is never touched.

    Attributes
    ----------
    words_ : ndarray, shape (words, descriptor length)
        Centres of the bag.
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
        Once for series too short to have events (their row is 0), once for an uneven time index.

    References
    ----------
    Candan, Rossini, Sapino and Wang, "sDTW: computing DTW distances using locally relevant constraints based on salient
    feature alignments", PVLDB 2012. Sivic and Zisserman, "Video Google: a text retrieval approach to object matching in
    videos", ICCV 2003.

    Examples
    --------
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sktime.datasets import load_unit_test
    >>> from tsattn.transformations import UVTFEvents
    >>> X, y = load_unit_test(split="train", return_type="numpy3D")
    >>> pipeline = UVTFEvents(random_state=0) * RandomForestClassifier(random_state=0)
    >>> pipeline.fit(X, y).predict(X).shape
    (20,)
    """

    _tags = {  # noqa: RUF012 (sktime's own form)
        "scitype:transform-output": "Primitives",
        "transform-returns-same-time-index": False,
        "capability:unequal_length:removes": True,
        "capability:random_state": True,
        "property:randomness": "derandomized",
    }

    def __init__(self, n_words=16, scaling="standard", n_octaves=3, scales_per_octave=3, sigma0=1.6, threshold=1.0,
                 contrast=0.005, polarity="both", refine=False, mode="reflect", missing="raise", random_state=None):
        self.n_words = n_words
        self.random_state = random_state
        super().__init__(
            scaling=scaling, n_octaves=n_octaves, scales_per_octave=scales_per_octave, sigma0=sigma0,
            threshold=threshold, contrast=contrast, polarity=polarity, refine=refine, mode=mode, missing=missing)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_int("n_words", self.n_words, minimum=0, maximum=MOST_WORDS)
        check_random_state(self.random_state)

    def _learn(self, panel: Panel) -> None:
        super()._learn(panel)
        seed = draw_seed(self.random_state)
        if self.n_words:
            descriptors = self._table(panel, self._describe)["descriptor"]
            self.words_ = _words(descriptors, self.n_words, seed)

    def _apply(self, panel: Panel) -> pd.DataFrame:
        self._warn(panel)
        found = self._table(panel, self._describe if self.n_words else None)
        variate = found["instance"] * len(panel.columns) + found["variate"]
        parts = [_statistics(found, panel, self.n_octaves_)]
        names = [f"{column}__octave{octave}__{name}" for column in panel.columns for octave in range(self.n_octaves_)
                 for name in STATISTICS]
        if self.n_words:
            place = variate * self.n_words + _nearest(found["descriptor"], self.words_)
            parts.append(np.bincount(place, minlength=panel.n * len(panel.columns) * self.n_words))
            names += [f"{column}__word{word}" for column in panel.columns for word in range(self.n_words)]
        values = np.hstack([part.reshape(panel.n, -1) for part in parts]).astype(np.float64, copy=False)
        return pd.DataFrame(values, index=panel.ids, columns=names)

    def _describe(self, block: Block) -> np.ndarray:
        # at the scale of the level: a refined sigma is each event's own, and each would be a smoothing of its own
        sigma = self.sigma0 * 2.0 ** (block.events.octave + block.events.scale / self.scales_per_octave)
        return describe(block.x, replace(block.events, sigma=sigma), mode=self.mode)

    @classmethod
    def get_test_params(cls, parameter_set="default"):  # noqa: ARG003
        """Parameter sets that sktime's own checks run with."""
        return [{"random_state": 5}, {"n_words": 0, "n_octaves": "auto", "missing": "interpolate"},
                {"n_words": 3, "scaling": "series", "refine": True, "polarity": "bump", "random_state": 0}]


def _statistics(found: dict[str, np.ndarray], panel: Panel, n_octaves: int) -> np.ndarray:
    """Count and means over events per series, variate and octave: (series * variates * octaves, statistics)."""
    n_columns = len(panel.columns)
    cell = (found["instance"] * n_columns + found["variate"]) * n_octaves + found["octave"]
    fraction = (found["position"] + 0.5) / panel.lengths[found["instance"]]
    size = panel.n * n_columns * n_octaves
    count = np.bincount(cell, minlength=size)
    sums = [np.bincount(cell, values, minlength=size) for values in (found["amplitude"], found["sigma"], fraction)]
    columns = [count, *(total / np.maximum(count, 1) for total in sums)]
    return np.stack(columns, axis=-1)


def _words(descriptors: np.ndarray, n_words: int, seed: int | None) -> np.ndarray:
    """Centres of k-means over the descriptors, or the descriptors themselves where they are fewer."""
    from sklearn.cluster import KMeans

    different = np.unique(descriptors, axis=0)
    if len(different) <= n_words:
        return different
    # an own generator: scikit-learn's None is numpy's global one
    seed = int(np.random.default_rng(seed).integers(2**31 - 1))
    if len(descriptors) > FIT_DESCRIPTORS:
        chosen = np.random.default_rng(seed).choice(len(descriptors), FIT_DESCRIPTORS, replace=False)
        descriptors = descriptors[np.sort(chosen)]
    centres = KMeans(n_words, n_init=2, random_state=seed).fit(descriptors).cluster_centers_
    return np.round(centres, 9)  # its threads add up in any order: the last bits differ from run to run


def _nearest(descriptors: np.ndarray, words: np.ndarray) -> np.ndarray:
    """Number of the nearest word of each descriptor."""
    if not len(descriptors):
        return np.zeros(0, np.int64)
    if not len(words):
        return np.zeros(len(descriptors), np.int64)
    return np.argmax(descriptors @ words.T - 0.5 * (words**2).sum(axis=1), axis=1)
