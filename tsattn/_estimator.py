"""What all estimators with a network share: inputs, training, prediction, explanation. The network is their own.

A child says which network (`_network`) and which saliency (`_saliency_transformer`); its task's base class says what is
learned (classes here) and how outputs are read.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch
from sktime.classification.base import BaseClassifier
from torch import Tensor, nn

from tsattn._checks import DivergenceError, check_one_of
from tsattn._inputs import Inputs
from tsattn._panel import Panel
from tsattn.nn.mask import valid_steps
from tsattn.training import Fitted, Sequences, Training, accuracy, cross_entropy, fit_network, predict_network

SCALINGS = ("standard", "series", None)
EXPLAINED_AT_ONCE = 64  # series in a backward pass


class NetworkEstimator:
    """Fitting, predicting and explaining with a network; to be mixed in before a base class of sktime."""

    # scikit-learn sets this on the instance before fit and deletes it after; sktime's reset, which fit begins with,
    # would drop it if the class did not have it
    _parent_callback_ctx: Any = None

    scaling: str | None
    training: Training | None
    random_state: Any
    inputs_: Inputs
    network_: nn.Module
    # of sktime's base class, which stands behind this one
    check_is_fitted: Callable[[], None]
    get_tag: Callable[[str], Any]
    _check_convert_X_for_predict: Callable[[Any], Any]

    def _saliency_transformer(self) -> Any:
        """The unfitted transformer that makes the second input; None for none."""
        raise NotImplementedError

    def _network(self, inputs: Inputs, n_outputs: int) -> nn.Module:
        """A network with fresh weights, called as `network(*inputs, lengths=lengths)`."""
        raise NotImplementedError

    def _train(self, panel: Panel, n_outputs: int, *, strata: Any = None,
               objective: dict[str, Callable[..., Tensor]], **labels: Any) -> None:
        """Learn the inputs, train the network; if training diverges, keep the last good weights and raise."""
        check_one_of("scaling", self.scaling, SCALINGS)
        inputs = Inputs.learn(panel, scaling=self.scaling, saliency=self._saliency_transformer())
        training = Training() if self.training is None else self.training
        try:
            fitted = fit_network(lambda: self._network(inputs, n_outputs), inputs(panel, **labels), training,
                                 seed=draw_seed(self.random_state), strata=strata, **objective)
        except DivergenceError as error:
            self._keep(inputs, error.fitted)
            self._is_fitted = True
            raise
        self._keep(inputs, fitted)

    def _keep(self, inputs: Inputs, fitted: Fitted) -> None:
        self.inputs_ = inputs
        self.network_ = fitted.network
        self.history_ = pd.DataFrame(fitted.history)
        self.best_epoch_ = fitted.best_epoch
        self.n_parameters_ = sum(parameter.numel() for parameter in fitted.network.parameters())

    def _outputs(self, X: Any) -> np.ndarray:
        """The network's outputs, float64, (n, n_outputs)."""
        device = "auto" if self.training is None else self.training.device
        data = self.inputs_(Panel.from_sktime(X))
        return predict_network(self.network_, data, device=device).double().numpy()

    def _read(self, X: Any) -> Panel:
        """The panel that a method of explanation is asked about."""
        self.check_is_fitted()
        if not hasattr(self, "network_"):
            raise ValueError(f"there is no network to explain: {type(self).__name__} was fitted to one class only, "
                             "or to several targets")
        return Panel.from_sktime(self._check_convert_X_for_predict(X))

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
        return panel.frame(self.inputs_.saliency_of(panel), panel.columns)

    def attention(self, X: Any) -> pd.DataFrame:
        """Which moments and channels of `X` the network attends, on the index and under the columns of `X`.

        With Y_T the data features and U_A the gate that attends them, both of the last block, the attention of step t
        and column v is |d/dx_tv sum (U_A * Y_T)|, the gate and the saliency held constant, divided by its sum over the
        series: a large value says that what the gate lets through depends on that moment. Without saliency there is no
        gate, U_A is 1, and this is the plain sensitivity of the features.

        Parameters
        ----------
        X : panel in any of sktime's containers
            With the columns seen in fit.

        Returns
        -------
        DataFrame, shape (rows, columns)
            At least 0, with sum 1 over each instance. x is the scaled series: one unit is a standard deviation, so
            that columns compare. Where nothing depends on the series the attention is even.

        Raises
        ------
        NotFittedError
            Before fit.
        ValueError
            The classifier was fitted to one class only.
        """
        panel = self._read(X)
        weights = sensitivity(self.network_.get_submodule("body"), self.inputs_(panel), len(panel.columns))
        return panel.frame(weights, panel.columns)

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


class NetworkClassifier(NetworkEstimator, BaseClassifier):
    """A classifier with a network: labels and class weights in, probabilities out."""

    _tags = {  # noqa: RUF012 - sktime's form
        "authors": ["tsattn"],
        "maintainers": ["tsattn"],
        "X_inner_mtype": ["pd-multiindex", "numpy3D"],  # others become the first; both are let through
        "y_inner_mtype": "numpy1D",
        "capability:multivariate": True,
        "capability:unequal_length": True,
        "capability:missing_values": True,
        "capability:categorical_in_X": False,
        "capability:predict_proba": True,
        "capability:class_weight": True,
        "capability:multioutput": False,
        "capability:random_state": True,
        "property:randomness": "derandomized",
        "tests:vm": False,
    }

    class_weight: Any

    def __init__(self) -> None:
        super().__init__()
        # sktime sets them empty: what ends in an underscore is there once it has been learned
        del self.classes_, self.n_classes_, self.fit_time_

    def set_labels(self, classes: np.ndarray) -> None:
        """Set what sktime's fit remembers about the labels, for a classifier that is read from a file."""
        self.classes_ = classes
        self.n_classes_ = len(classes)
        self._class_dictionary = {label: code for code, label in enumerate(classes)}
        self._y_metadata = {"is_univariate": True, "mtype": "numpy1D"}
        self._y_inner_mtype = "numpy1D"
        self._is_vectorized = False

    def _check_input(self, X: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(X, np.ndarray) and X.size == 0:
            raise ValueError(f"X must have at least 1 instance, 1 channel and 1 time point, got shape {X.shape}")
        return super()._check_input(X, *args, **kwargs)

    def _check_y(self, y: Any = None, **kwargs: Any) -> Any:
        if isinstance(y, list | tuple):  # sktime fails on them
            y = np.array(y)
        missing = np.flatnonzero(np.asarray(pd.isna(y)))
        if y is not None and len(missing):
            raise ValueError(f"y must not hold missing labels, found one at position {missing[0]}")
        return super()._check_y(y, **kwargs)

    def _fit(self, X: Any, y: np.ndarray) -> "NetworkClassifier":
        panel = Panel.from_sktime(X)
        codes = np.searchsorted(self.classes_, y)
        self._train(panel, self.n_classes_, strata=y, objective={"loss": cross_entropy, "metric": accuracy},
                    target=codes, n_classes=self.n_classes_,
                    weight=weight_of_each(self.class_weight, self.classes_, codes))
        return self

    def _predict_proba(self, X: Any) -> np.ndarray:
        logits = self._outputs(X)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    def _predict(self, X: Any) -> np.ndarray:
        return self.classes_[self._predict_proba(X).argmax(axis=1)]


def sensitivity(body: nn.Module, data: Sequences, n_columns: int) -> np.ndarray:
    """|d/dx| of the sum of a body's attended features, with sum 1 over each series; (rows, n_columns)."""
    attended = getattr(body, "attended", body)
    blocks = []
    for positions in torch.arange(len(data)).split(EXPLAINED_AT_ONCE):
        batch = data.batch(positions)
        x = batch.inputs[0].requires_grad_()
        (slope,) = torch.autograd.grad(attended(x, *batch.inputs[1:], batch.lengths).sum(), x)
        size = slope[..., :n_columns].abs().double()  # b t v
        valid = valid_steps(batch.lengths, size.shape[1])
        size = size.masked_fill(~valid.unsqueeze(-1), 0)
        total = size.sum((1, 2), keepdim=True)
        even = 1 / (batch.lengths.double() * n_columns).view(-1, 1, 1)
        blocks.append(torch.where(total > 0, size / total, even)[valid].numpy())
    return np.concatenate(blocks)


def weight_of_each(class_weight: Any, classes: np.ndarray, codes: np.ndarray) -> np.ndarray | None:
    """The weight of each series, by its class; None where all weigh the same."""
    if class_weight is None:
        return None
    if isinstance(class_weight, str):
        check_one_of("class_weight", class_weight, ["balanced"])
        counts = np.bincount(codes, minlength=len(classes))
        return (len(codes) / (len(classes) * counts))[codes]
    if not isinstance(class_weight, dict):
        raise TypeError(f"class_weight must be None, 'balanced' or a dict from label to weight, got {class_weight!r}")
    unknown = [label for label in class_weight if label not in classes.tolist()]
    if unknown:
        raise ValueError(f"class_weight must name classes that y has, got {unknown[0]!r}; y has {classes.tolist()}")
    weights = np.array([class_weight.get(label, 1.0) for label in classes.tolist()], dtype=np.float64)
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise ValueError(f"class_weight must be finite, at least 0 and not all 0, got {class_weight!r}")
    return weights[codes]


def draw_seed(random_state: Any) -> int | None:
    """The seed that a `random_state` stands for; None, for a fresh one, stays None."""
    if random_state is None:
        return None
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    if isinstance(random_state, bool) or not isinstance(random_state, int | np.integer):
        raise TypeError(f"random_state must be None, an int or a numpy RandomState, got {random_state!r}")
    return int(random_state)
