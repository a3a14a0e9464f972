"""The dense form of the temporal scale space: signed difference-of-Gaussians levels as channels.

Witkin, "Scale-space filtering", IJCAI 1983; the levels are those of Lowe, "Distinctive image features from
scale-invariant keypoints", IJCV 2004, sec. 3, in one dimension. Differs: no level is reduced or thresholded, so that
every band has a value at every time point of the series.
"""

import numpy as np
import pandas as pd

from tsattn._checks import check_bool
from tsattn._panel import Panel
from tsattn.scalespace import bands
from tsattn.scalespace.octaves import check_ladder
from tsattn.transformations._base import BLOCK_ROWS, PanelTransformer, same_container
from tsattn.transformations._ladder import choose_ladder


class ScaleSpaceChannels(PanelTransformer):
    """Signed difference-of-Gaussians levels of each variate, at full length.

    With L_σ the series smoothed by a discrete Gaussian of standard deviation σ samples, band i is
    L_{σ_i} - L_{σ_{i+1}}, and L_0 is the series itself. A bump about as wide as σ_i gives a positive value in band i, a
    dip a negative one. The bands of a ladder from 0, and the series smoothed at the last σ, add up to the series.

    Parameters
    ----------
    sigmas : tuple of float or "auto", default=(0, 0.7, 1.1, 1.8, 2.8)
        Increasing absolute scales in samples, two or more; one band lies between each two. ``"auto"`` chooses five,
        from 0, by where the energy of the variates lies: each leaves as large a share of it finer than
        itself as the default leaves of white noise.
    keep : bool, default=False
        Put the series' own columns before the bands.
    magnitude : bool, default=False
        Absolute values of the bands in place of signed ones.
    missing : {"raise", "interpolate"}, default="raise"
        Refuse NaN, or fill them on a line in each series first (then also in the columns that `keep` adds).

    Attributes
    ----------
    sigmas_ : tuple of float
        The ladder in use, in samples.
    feature_names_in_ : list
        Columns seen in fit; transform asks for the same.

    Raises
    ------
    ValueError
        On NaN (unless filled), infinity, columns other than in fit, or a ladder that does not increase.

    Notes
    -----
    Columns are named ``f"{column}__band{i}"``: all bands of the first variate, then all of the second. Series of
    unequal length are each computed at their own length, with the border reflected; a constant series gives zeros.

    References
    ----------
    Witkin, "Scale-space filtering", IJCAI 1983.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from tsattn.transformations import ScaleSpaceChannels
    >>> ScaleSpaceChannels(sigmas=(0, 1, 2)).fit_transform(load_airline()).round(1).head(2).to_numpy().tolist()
    [[-2.9, -4.7], [-2.0, -1.5]]
    """

    def __init__(self, sigmas=(0, 0.7, 1.1, 1.8, 2.8), keep=False, magnitude=False, missing="raise"):
        self.sigmas = sigmas
        self.keep = keep
        self.magnitude = magnitude
        self.missing = missing
        super().__init__()

    def _check_parameters(self) -> None:
        check_bool("keep", self.keep)
        check_bool("magnitude", self.magnitude)
        if not isinstance(self.sigmas, str):
            check_ladder(self.sigmas)
        elif self.sigmas != "auto":
            raise ValueError(f"sigmas must be 'auto' or increasing numbers, got {self.sigmas!r}")

    def _learn(self, panel: Panel) -> None:
        self.sigmas_ = choose_ladder(panel) if isinstance(self.sigmas, str) else check_ladder(self.sigmas)

    def _apply(self, panel: Panel) -> pd.DataFrame | np.ndarray:
        n_columns, n_bands = len(panel.columns), len(self.sigmas_) - 1
        own = n_columns if self.keep else 0
        out = np.empty((len(panel.values), own + n_columns * n_bands))
        out[:, :own] = panel.values[:, :own]
        for positions, rows in panel.by_length(BLOCK_ROWS):
            levels = bands(panel.stack(positions), self.sigmas_)  # series, column, band, time
            out[rows, own:] = levels.transpose(0, 3, 1, 2).reshape(*rows.shape, -1)
        if self.magnitude:
            np.abs(out[:, own:], out=out[:, own:])
        names = [f"{column}__band{i}" for column in panel.columns for i in range(n_bands)]
        return same_container(panel, out, panel.columns[:own] + names)

    @classmethod
    def get_test_params(cls, parameter_set="default"):  # noqa: ARG003
        """Parameter sets that sktime's own checks run with."""
        return [{}, {"sigmas": (0, 1.0, 3.0), "keep": True, "missing": "interpolate"},
                {"sigmas": "auto", "magnitude": True}]
