"""The dense form of the temporal scale space: signed difference-of-Gaussians levels as channels.

Witkin, "Scale-space filtering", IJCAI 1983; the levels are those of Lowe, "Distinctive image features from
scale-invariant keypoints", IJCV 2004, sec. 3, in one dimension. Differs: no level is reduced or thresholded, so that
every band has a value at every time point of the series.
"""

from typing import Any

import numpy as np
import pandas as pd

from tsattn._checks import check_bool, plain
from tsattn._panel import Panel
from tsattn._settings import undisturbed
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
        On NaN (unless `missing="interpolate"`), infinity, columns other than in fit, a ladder that does not increase,
        or a time that stands twice in a series or goes back.

    Warns
    -----
    UserWarning
        For an uneven time index: scales are counted in samples.

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
            raise ValueError(f"sigmas must be 'auto' or increasing numbers, got {plain(self.sigmas)!r}")

    def _learn(self, panel: Panel) -> None:
        self.sigmas_ = choose_ladder(panel) if isinstance(self.sigmas, str) else check_ladder(self.sigmas)

    def _apply(self, panel: Panel) -> pd.DataFrame | np.ndarray:
        n_columns = len(panel.columns)
        own = n_columns if self.keep else 0
        names = self._names()
        out = np.empty((len(panel.values), len(names)))
        out[:, :own] = panel.values[:, :own]
        for positions, rows in panel.by_length(BLOCK_ROWS):
            levels = bands(panel.stack(positions), self.sigmas_)  # series, column, band, time
            out[rows, own:] = levels.transpose(0, 3, 1, 2).reshape(*rows.shape, -1)
        if self.magnitude:
            np.abs(out[:, own:], out=out[:, own:])
        return same_container(panel, out, names)

    def _names(self) -> list:
        own = self.feature_names_in_ if self.keep else []
        return own + [f"{column}__band{i}" for column in self.feature_names_in_ for i in range(len(self.sigmas_) - 1)]

    @property
    def linear(self) -> bool:
        """Whether the output is linear in the series: without `magnitude`."""
        return not self.magnitude

    @undisturbed
    def pull_back(self, gradients: Any) -> pd.DataFrame | np.ndarray:
        """Carry slopes of a function of the output back to the series: the chain rule, exact, borders included.

        With B the matrix that makes the output of a series, this is Bᵀ times the slopes: the vector-Jacobian product
        of `transform`, which is the same at every series of that length.

        Parameters
        ----------
        gradients : container as `transform` returns it
            Slope of the function with respect to each value of the output, under the output's columns.

        Returns
        -------
        container of the same kind, with the columns seen in fit
            Slope with respect to each value of the series.

        Raises
        ------
        NotFittedError
            Before fit.
        ValueError
            The transform is not linear, for `magnitude=True`; or the columns are not those of the output.

        Examples
        --------
        >>> import numpy as np
        >>> from tsattn.transformations import ScaleSpaceChannels
        >>> bands = ScaleSpaceChannels(sigmas=(0, 1)).fit(np.zeros((1, 1, 5)))
        >>> impulse = np.eye(1, 5, 2)[None]
        >>> bool(np.allclose(bands.pull_back(impulse), bands.transform(impulse)))  # away from borders B is symmetric
        True
        """
        self.check_is_fitted()
        if not self.linear:
            raise ValueError("slopes can be carried back through signed bands only: magnitude must be False, got True")
        panel = Panel.from_sktime(gradients)
        panel.check_columns(self._names())
        panel.check_finite()
        n_columns = len(self.feature_names_in_)
        own = n_columns if self.keep else 0
        out = np.zeros((len(panel.values), n_columns))
        out[:, :own] = panel.values[:, :own]
        for _, rows in panel.by_length(BLOCK_ROWS):
            slopes = panel.values[rows, own:].reshape(*rows.shape, n_columns, -1)  # series, time, column, band
            out[rows] += adjoint(slopes.transpose(0, 2, 3, 1), self.sigmas_).transpose(0, 2, 1)
        return same_container(panel, out, self.feature_names_in_)

    @classmethod
    def get_test_params(cls, parameter_set="default"):  # noqa: ARG003
        """Parameter sets that sktime's own checks run with."""
        return [{}, {"sigmas": (0, 1.0, 3.0), "keep": True, "missing": "interpolate"},
                {"sigmas": "auto", "magnitude": True}]


def adjoint(slopes: np.ndarray, sigmas: tuple[float, ...]) -> np.ndarray:
    """From slopes with respect to bands, (..., band, time), those with respect to the series, (..., time)."""
    import torch

    with torch.enable_grad():
        x = torch.zeros((*slopes.shape[:-2], slopes.shape[-1]), dtype=torch.float64, requires_grad=True)
        (back,) = torch.autograd.grad(bands(x, sigmas), x, torch.from_numpy(np.ascontiguousarray(slopes)))
    return back.numpy()
