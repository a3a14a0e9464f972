"""What all estimators with a network share: inputs, training, prediction, explanation. The network is their own.

A family says what is trained (`_trained`); a task's base class says what is learned and how outputs are read.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from sktime.transformations.base import BaseTransformer
from torch import Tensor, nn

from tsattn._checks import DivergenceError, check_int, check_one_of, check_random_state, draw_seed
from tsattn._choices import SALIENCIES
from tsattn._inputs import Inputs, Prepared
from tsattn._panel import Panel
from tsattn._reading import timed
from tsattn._relevance import Following, relevance
from tsattn._settings import made_in_float32, undisturbed
from tsattn.models.committee import BestOf, Committee
from tsattn.nn.ridge_head import ProportionRidge
from tsattn.training import Fitted, Training, check_training, fit_network, predict_network
from tsattn.transformations._base import PanelTransformer

SCALINGS = ("standard", "series", None)
MOST_PROPORTIONS = 10**6
UNNAMED = ("numpy3D", "df-list")  # containers whose series are merely numbered, and in each part of them anew
OF_PANELS = {  # sktime's tags of what learns from a panel
    "authors": ["tsattn"],
    "maintainers": ["tsattn"],
    "X_inner_mtype": ["pd-multiindex", "numpy3D"],  # others become the first; both are let through
    "y_inner_mtype": "numpy1D",
    "capability:multivariate": True,
    "capability:unequal_length": True,
    "capability:missing_values": True,
    "capability:categorical_in_X": False,
    "capability:multioutput": False,
    "capability:random_state": True,
    "property:randomness": "derandomized",
    "tests:vm": False,
}


class Nested:
    """Setting parameters of parameters; to be mixed in before a base class of sktime or scikit-learn."""

    USUAL: ClassVar[Training] = Training()  # how a network is trained where nothing is said of it
    get_params: Callable[..., dict[str, Any]]

    def set_params(self, **params: Any) -> Any:
        """Set parameters, also those of a nested object, as `training__lr`, where it is one by then.

        Raises
        ------
        ValueError
            There is no such parameter; or a nested one is to be set, and what holds it is None or a name.
        """
        own = self.get_params(deep=False)
        given = own | params
        for name in params:
            owner, _, inner = name.partition("__")
            if owner not in own:
                raise ValueError(f"{type(self).__name__} has no parameter {owner!r}; choose one of {', '.join(own)}")
            if inner and not hasattr(given[owner], "set_params"):
                cure = f"training={self.USUAL}, the usual one," if owner == "training" else f"such an object as {owner}"
                raise ValueError(f"{name} is a parameter of {owner}, which must be an object with parameters then, got "
                                 f"{given[owner]!r}; pass {cure} first")
        return super().set_params(**params)  # type: ignore[misc] # the base class's


class Trained:
    """What a training leaves behind; to be mixed in."""

    training: Training | None

    def _keep(self, fitted: Fitted) -> None:
        self.network_ = fitted.network
        self.history_ = pd.DataFrame(fitted.history)
        self.best_epoch_ = fitted.best_epoch
        self.n_parameters_ = sum(parameter.numel() for parameter in fitted.network.parameters())

    @property
    def _device(self) -> str:
        """Where the network computes, by name."""
        return "auto" if self.training is None else self.training.device


class NetworkEstimator(Nested, Trained):
    """Fitting, predicting and explaining with a network; to be mixed in before a base class of sktime."""

    # scikit-learn sets this on the instance before fit and deletes it after; sktime's reset, which fit begins with,
    # would drop it if the class did not have it
    _parent_callback_ctx: Any = None

    SCALINGS: ClassVar[Any] = SCALINGS

    saliency: Any
    proportions: int
    scaling: str | None
    training: Training | None
    random_state: Any
    inputs_: Inputs
    network_: nn.Module
    # of sktime's base class, which stands behind this one
    VECTORIZATION_ATTR: str
    _X_metadata: dict[str, Any]
    check_is_fitted: Callable[[], None]
    get_tag: Callable[[str], Any]
    get_param_names: Callable[..., list[str]]
    _check_convert_X_for_predict: Callable[[Any], Any]

    def _check_parameters(self) -> None:
        """Raise, naming the parameter, unless each makes sense by itself; those of the network as it is built."""
        check_one_of("scaling", self.scaling, self.SCALINGS)
        if self.training is not None:
            check_training(self.training)
        check_random_state(self.random_state)
        if isinstance(saliency := self._saliency_transformer(), PanelTransformer):
            saliency.check_parameters()

    def _as_fitted(self) -> None:
        """Set what sktime's fit remembers, for an estimator that is read from a file; its learned state is there."""
        self._y_metadata = {"is_univariate": True, "mtype": "numpy1D"}
        self._y_inner_mtype = "numpy1D"
        self._is_vectorized = False

    @property
    def _n_outputs(self) -> int:
        """Outputs of the fitted network."""
        raise NotImplementedError

    def _saliency_transformer(self) -> BaseTransformer | None:
        """The unfitted transformer that makes the second input; None for none."""
        if self.saliency is None or isinstance(self.saliency, BaseTransformer):
            return self.saliency
        if not isinstance(self.saliency, str):
            raise TypeError(f"saliency must be a name, a transformer of sktime or None, got {self.saliency!r}")
        return SALIENCIES[check_one_of("saliency", self.saliency, SALIENCIES)]()

    def _study(self, prepared: Prepared) -> None:
        """Learn from the training series what the shape of the network hangs on; of most, nothing does."""

    def _usual(self, n_series: int) -> Training:  # noqa: ARG002 - a task may hang it on that
        """How a network is trained on so many series where nothing is said of it."""
        return self.USUAL

    def _trained(self, widths: tuple[int, ...], n_columns: int, n_outputs: int) -> nn.Module:
        """What is trained of the network; see `tsattn._networks`."""
        raise NotImplementedError

    def _network(self, inputs: Inputs, n_outputs: int) -> nn.Module:
        """The whole network: what is trained, with what is solved for beside it."""
        network = self._trained(inputs.widths, len(inputs.columns), n_outputs)
        advisers = self._advisers(inputs, n_outputs)
        if not advisers:
            return network
        return Committee(network, advisers[0] if len(advisers) == 1 else BestOf(advisers))

    def _blank(self) -> nn.Module | None:
        """The network that was fitted, without weights; None where none was."""
        if not hasattr(self, "inputs_"):
            return None
        with torch.device("meta"), made_in_float32():
            return self._network(self.inputs_, self._n_outputs)

    def _advisers(self, inputs: Inputs, n_outputs: int) -> list[nn.Module]:
        """What is solved for beside the network: the best of these."""
        if check_int("proportions", self.proportions, minimum=0, maximum=MOST_PROPORTIONS) == 0:
            return []
        return [ProportionRidge(inputs.widths[-1], n_outputs, n_mixtures=self.proportions)]

    @undisturbed
    def _train(self, panel: Panel, n_outputs: int, *, strata: Any = None,
               objective: dict[str, Callable[..., Tensor]], **labels: Any) -> None:
        """Learn the inputs, train the network; if training diverges, keep the last good weights and raise."""
        training = self._usual(len(panel.lengths)) if self.training is None else self.training
        inputs, prepared = Inputs.learn(panel, scaling=self.scaling, saliency=self._saliency_transformer())
        self._study(prepared)
        if self._X_metadata["mtype"] in UNNAMED:
            labels["ids"] = None
        data = inputs.sequences(prepared, **labels)
        del prepared  # float64, and of no use while the network is trained
        try:
            fitted = fit_network(lambda: self._network(inputs, n_outputs), data, training,
                                 seed=draw_seed(self.random_state), strata=strata, **objective)
        except DivergenceError as error:
            self.inputs_ = inputs
            self._keep(error.fitted)
            self._is_fitted = True
            raise
        self.inputs_ = inputs
        self._keep(fitted)

    @undisturbed
    def _outputs(self, X: Any) -> np.ndarray:
        """The network's outputs, float64, (n, n_outputs)."""
        return predict_network(self.network_, self.inputs_(timed(X)), device=self._device).double().numpy()

    def _read(self, X: Any) -> Panel:
        """The panel that a method of explanation is asked about."""
        self.check_is_fitted()
        if not hasattr(self, "network_"):
            raise ValueError(f"there is no network to explain: {type(self).__name__} was fitted to one class only, "
                             "or to several targets")
        return timed(self._check_convert_X_for_predict(X))

    @undisturbed
    def saliency_series(self, X: Any) -> pd.DataFrame:
        """The saliency that the network reads, on the index and under the columns of `X`.

        Parameters
        ----------
        X : panel in any of sktime's containers
            With the columns seen in fit.

        Returns
        -------
        DataFrame, shape (rows, columns)
            Output of the fitted saliency transformer for the scaled series, before its own scaling. Where it has
            several outputs a column (bands), their Euclidean norm.

        Raises
        ------
        NotFittedError
            Before fit.
        ValueError
            There is no saliency, or its outputs are not named after the columns.
        """
        panel = self._read(X)
        return panel.frame(self.inputs_.saliency_of(self.inputs_.prepare(panel)), panel.columns)

    @undisturbed
    def attention(self, X: Any) -> pd.DataFrame:
        """Which moments and channels of `X` speak for what the network says of it, on the index and columns of `X`.

        With x the scaled series, s its saliency series, c the predicted class, k the number of classes and
        f = z_c - sum_{j != c} z_j / (k - 1) its logit above the mean of the others, the relevance of step t and
        column v is the integrated gradient

            r_tv = x_tv * integral from 0 to 1 of df(a x, s(a x))/dx_tv da

        from the mean series, which is 0, to x; the attention is max(r, 0), divided by its sum over the series. Of a
        value, f is the answer, and minus it where it is less than the mean series': what moved it to where it is. Where
        the saliency is linear in the series (`saliency="channels"`, and any transformer with `linear` and `pull_back`
        as `ScaleSpaceChannels` has them), the slope is that of the whole, through the saliency too, its scale held as
        it is for x: the r of a series add up to f(x) - f(0). Where it is not (events, magnitudes), it moves along as
        a s, and its own part of f is not shown, which may be half of it: each of its values stems from many steps. Nor
        is ever that of the channels that say where a value was observed, which do not move.

        Parameters
        ----------
        X : panel in any of sktime's containers
            With the columns seen in fit.

        Returns
        -------
        DataFrame, shape (rows, columns)
            At least 0, with sum 1 over each instance; even over it where nothing in the series itself speaks for
            the answer.

        Raises
        ------
        NotFittedError
            Before fit.
        ValueError
            A classifier was fitted to one class only.

        Notes
        -----
        0 is the training mean with `scaling="standard"`, the series' own mean with "series", and plain 0 with None. A
        value of 0 has no relevance, so that a class is explained by what is there, not by what is missing; and large
        values draw attention even from a network that has learned nothing, so look at its score first. Where `X` has
        NaN, the line that fills the gap is explained, as the network reads it. The integral is the mean over 32
        midpoints, and costs as many backward passes.

        References
        ----------
        Sundararajan, Taly & Yan, "Axiomatic attribution for deep networks", ICML 2017.
        """
        panel = self._read(X)
        prepared = self.inputs_.prepare(panel)
        follows = self.inputs_.following(prepared)
        following = None if follows is None else Following(torch.from_numpy(follows[0]).float(), follows[1])
        shares = relevance(self.network_, self.inputs_.sequences(prepared), len(panel.columns), following)
        return panel.frame(shares, panel.columns)

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, RegressorTags, Tags, TargetTags

        kind = self.get_tag("object_type")
        return Tags(
            estimator_type=kind,
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags() if kind == "classifier" else None,
            regressor_tags=RegressorTags() if kind == "regressor" else None,
            input_tags=InputTags(two_d_array=False, three_d_array=True, allow_nan=True),
            non_deterministic=self.random_state is None,
        )
