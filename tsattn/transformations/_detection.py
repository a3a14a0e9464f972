"""Detection of events in a panel: its parameters, its scaling and the tidy table of what it found.

Events as in Candan, Rossini, Sapino and Wang, "sDTW: computing DTW distances using locally relevant constraints based
on salient feature alignments", PVLDB 2012: extrema of the difference-of-Gaussians scale space of each variate.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tsattn._checks import check_bool, check_one_of, check_positive, warn_user
from tsattn._panel import Panel
from tsattn.scalespace import Events, Keypoints, events
from tsattn.scalespace._ladder import LEAST_SAMPLES, check_ladder_of_octaves
from tsattn.scalespace.criteria import POLARITIES
from tsattn.scalespace.events import nearest_sample, samples_within
from tsattn.scalespace.gaussian import MODES
from tsattn.transformations._base import BLOCK_ROWS, PanelTransformer
from tsattn.transformations._scaling import SCALINGS, measure, scaled

NUMBERS = ("position", "sigma", "amplitude", "value", "octave", "scale", "polarity")


@dataclass(frozen=True)
class Block:
    """Series of one length with their events."""

    positions: np.ndarray  # (m,) which series of the panel
    rows: np.ndarray       # (m, T) their rows
    x: np.ndarray          # (m, columns, T) scaled values
    events: Events         # of m columns flattened series


class EventTransformer(PanelTransformer):
    """A transformer that finds events first; children say what becomes of them."""

    def __init__(self, *, scaling, n_octaves, scales_per_octave, sigma0, threshold, contrast, polarity, refine, mode,
                 missing):
        self.scaling = scaling
        self.n_octaves = n_octaves
        self.scales_per_octave = scales_per_octave
        self.sigma0 = sigma0
        self.threshold = threshold
        self.contrast = contrast
        self.polarity = polarity
        self.refine = refine
        self.mode = mode
        self.missing = missing
        super().__init__()

    def events(self, X: Any) -> pd.DataFrame:
        """Events of each series as a tidy table, one row an event.

        Parameters
        ----------
        X : series, panel or hierarchical data in any container that transform takes

        Returns
        -------
        pandas.DataFrame
            Sorted by series, variate, octave, scale and position, with columns

            - ``instance``: label of the series (several levels above time give one column each, under their own names,
              or ``level_0``, ... where they have none);
            - ``variate``: label of the column;
            - ``t``: label, in the input's own time index, of the sample nearest to the centre;
            - ``position``, ``sigma``: centre and scale in samples, with fractions where the grid has them;
            - ``start``, ``end``: labels of the first and the last sample in the scope, centre ± 3 sigma;
            - ``amplitude``: mean of the scaled series within the scope;
            - ``value``: difference of Gaussians at the centre, negative on a bump;
            - ``octave``, ``scale``: where it was found, octaves from 0 and scales from 1;
            - ``polarity``: 1 for a bump, -1 for a dip.

        Raises
        ------
        NotFittedError
            Before fit.
        ValueError
            On NaN (unless `missing="interpolate"`), infinity, or columns other than in fit.
        """
        self.check_is_fitted()
        panel = self._read(self._check_X(X))
        self._warn(panel)
        found = self._table(panel)
        instance, position = found["instance"], found["position"]
        last = panel.lengths[instance] - 1
        start, end = samples_within(position, found["sigma"], last)
        steps = {"t": nearest_sample(position, last), "start": start, "end": end}
        labels = {name: panel.labels(instance, step) for name, step in steps.items()}
        columns = {
            **_instance_columns(panel.ids[instance]),
            "variate": pd.Index(panel.columns, tupleize_cols=False)[found["variate"]],
            "t": labels["t"], "position": position, "sigma": found["sigma"], "start": labels["start"],
            "end": labels["end"], **{name: found[name] for name in NUMBERS[2:]},
        }
        return pd.DataFrame(columns)

    def _check_parameters(self) -> None:
        check_one_of("scaling", self.scaling, SCALINGS)
        check_ladder_of_octaves(self.n_octaves, self.scales_per_octave, self.sigma0)
        check_positive("threshold", self.threshold)
        check_positive("contrast", self.contrast, zero=True)
        check_one_of("polarity", self.polarity, POLARITIES)
        check_bool("refine", self.refine)
        check_one_of("mode", self.mode, MODES)

    def _learn(self, panel: Panel) -> None:
        # fixed here, so that a series has the same events whatever it comes with later
        octaves = 1 + int(np.log2(max(panel.lengths.max() / LEAST_SAMPLES, 1)))
        self.n_octaves_ = octaves if self.n_octaves == "auto" else self.n_octaves
        centre, scale = measure(panel.values, np.array([0]), self.scaling)
        self.centre_, self.scale_ = centre[0], scale[0]

    def _warn(self, panel: Panel) -> None:
        """One warning for all series that are too short."""
        short = int((panel.lengths < LEAST_SAMPLES).sum())
        if short:
            warn_user(f"{short} of {panel.n} series are shorter than {LEAST_SAMPLES} time points and have no events")

    def _blocks(self, panel: Panel) -> Iterator[Block]:
        values = scaled(panel, self.scaling, self.centre_, self.scale_)
        for positions, rows in panel.by_length(BLOCK_ROWS):
            x = np.ascontiguousarray(values[rows].transpose(0, 2, 1))
            if x.shape[-1] < LEAST_SAMPLES:  # detection would warn at every length; `_warn` does once
                yield Block(positions, rows, x, events(x, _no_keypoints(x.shape[0] * x.shape[1])))
                continue
            yield Block(positions, rows, x, events(
                x, n_octaves=self.n_octaves_, scales_per_octave=self.scales_per_octave, sigma0=self.sigma0,
                threshold=self.threshold, contrast=self.contrast, polarity=self.polarity, refine=self.refine,
                mode=self.mode))

    def _table(self, panel: Panel, describe: Callable[[Block], np.ndarray] | None = None) -> dict[str, np.ndarray]:
        """Events of all series as arrays of one length, sorted by series and variate.

        `describe` gives one row an event of a block, which comes back as "descriptor".
        """
        parts = [_columns(block, describe) for block in self._blocks(panel)]
        joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        order = np.lexsort((joined["variate"], joined["instance"]))  # stable: octave, scale, position stay in order
        return {name: values[order] for name, values in joined.items()}


def _columns(block: Block, describe: Callable[[Block], np.ndarray] | None) -> dict[str, np.ndarray]:
    found = block.events
    series = found.series
    columns = {
        "instance": block.positions[series // block.x.shape[1]], "variate": series % block.x.shape[1],
        "position": found.center, **{name: getattr(found, name) for name in NUMBERS[1:]},
    }
    return columns if describe is None else {**columns, "descriptor": describe(block)}


def _no_keypoints(n_series: int) -> Keypoints:
    reals, whole = np.empty(0), np.empty(0, np.int64)
    return Keypoints(position=np.empty((0, 1)), sigma=reals, octave=whole, scale=whole, value=reals,
                     polarity=np.empty(0, np.int8), offsets=np.zeros(n_series + 1, np.int64))


def _instance_columns(ids: pd.Index) -> dict[Any, pd.Index]:
    if not isinstance(ids, pd.MultiIndex):
        return {"instance": ids}
    taken = {None, "variate", "t", "start", "end", *NUMBERS}
    return {f"level_{i}" if name in taken else name: ids.get_level_values(i) for i, name in enumerate(ids.names)}
