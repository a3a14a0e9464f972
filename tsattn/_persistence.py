"""Estimators as files: a closed list of classes, their parameters and what they learned, as typed JSON and tensors.

An estimator is `{"object": class name, "parameters": ..., "state": ...}`, of values as `tsattn._values` has them; its
network's weights stand beside. What does not fit the class that it is meant for is refused.
"""

import math
import warnings
from typing import Any

import numpy as np
import pandas as pd
import torch
from sktime.forecasting.base import ForecastingHorizon
from torch import nn

from tsattn._checks import ModelFileError, check_int
from tsattn._estimator import NetworkEstimator
from tsattn._files import read_tensors, write_tensors
from tsattn._inputs import Inputs, Scale
from tsattn._pictures import Pictures
from tsattn._values import Reader, Writer
from tsattn.classification import (
    ImageClassifier,
    LSTMSANClassifier,
    RACKNetClassifier,
    RACKNetImageClassifier,
    ScaleSpaceRidgeClassifier,
    SDMAClassifier,
    XM2AClassifier,
)
from tsattn.classification._images import NetworkImageClassifier
from tsattn.design import Architecture, Layer, Mixture, OctavePlan, RACKNetPlan
from tsattn.forecasting import LSTMSANForecaster, SDMAForecaster, Seq2SeqForecaster, XM2AForecaster
from tsattn.forecasting._saving import RECORDS as OF_FORECASTERS
from tsattn.forecasting._saving import History, Model, Standing
from tsattn.nn.lag_ridge import LagRidge
from tsattn.regression import LSTMSANRegressor, SDMARegressor, XM2ARegressor
from tsattn.training import Training, check_training
from tsattn.training.augment import ChannelDrop, Crop, Jitter, Mixup, Scaling, Shift, TimeWarp
from tsattn.training.augment_images import Flip, Translate
from tsattn.training.description import describe_network
from tsattn.transformations import ScaleSpaceChannels, UVTFEvents, UVTFSaliency

FORMAT = 1
NEEDS = "0.1.0"  # the first version that reads this format

TRAINED = ("history_", "best_epoch_", "n_parameters_")
NETWORK_STATE = ("fit_time_", "inputs_", *TRAINED)
CLASSIFIER_STATE = ("classes_", *NETWORK_STATE)
IMAGE_STATE = ("classes_", "inputs_", *TRAINED)
REGRESSOR_STATE = ("target_mean_", "target_scale_", *NETWORK_STATE)
FORECASTER_STATE = ("model_", *TRAINED, "panels_", "_standing")
EVENT_STATE = ("feature_names_in_", "centre_", "scale_", "n_octaves_")
STATE: dict[type, tuple[str, ...]] = {  # what fitting adds to each class that can be saved
    SDMAClassifier: CLASSIFIER_STATE,
    XM2AClassifier: CLASSIFIER_STATE,
    LSTMSANClassifier: CLASSIFIER_STATE,
    ScaleSpaceRidgeClassifier: CLASSIFIER_STATE,
    RACKNetClassifier: (*CLASSIFIER_STATE, "plan_"),
    ImageClassifier: IMAGE_STATE,
    RACKNetImageClassifier: (*IMAGE_STATE, "plan_"),
    SDMARegressor: REGRESSOR_STATE,
    XM2ARegressor: REGRESSOR_STATE,
    LSTMSANRegressor: REGRESSOR_STATE,
    SDMAForecaster: FORECASTER_STATE,
    XM2AForecaster: FORECASTER_STATE,
    LSTMSANForecaster: FORECASTER_STATE,
    Seq2SeqForecaster: FORECASTER_STATE,
    ScaleSpaceChannels: ("feature_names_in_", "sigmas_"),
    UVTFSaliency: EVENT_STATE,
    UVTFEvents: (*EVENT_STATE, "words_"),
}
AUGMENTATIONS = (ChannelDrop, Crop, Flip, Jitter, Mixup, Scaling, Shift, TimeWarp, Translate)
RECORDS: dict[type, dict[str, str]] = {  # what each is made from, and the attribute that holds it
    **{cls: {name: name for name in cls.__dataclass_fields__} for cls in (
        Inputs, Pictures, Scale, Architecture, Layer, Mixture, OctavePlan, RACKNetPlan, *OF_FORECASTERS)},
    LagRidge: {"own": "own", "whole": "whole"},
    ForecastingHorizon: {"values": "_values", "is_relative": "is_relative", "freq": "freq"},
}
CLASSES = {cls.__name__: cls for cls in (*STATE, Training, *AUGMENTATIONS, *RECORDS)}
SAVABLE = ", ".join(cls.__name__ for cls in STATE)


def is_vector(value: Any) -> bool:
    """Whether a value is a 1-D array of finite float64."""
    right = isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype == np.float64
    return right and bool(np.isfinite(value).all())


FITS = {  # what a fitted attribute must be
    "classes_": lambda value: isinstance(value, np.ndarray) and value.ndim == 1 and len(value) > 0,
    "fit_time_": lambda value: type(value) is int,
    "inputs_": lambda value: (isinstance(value, Inputs) and inputs_fit(value)) or
    (isinstance(value, Pictures) and pictures_fit(value)),
    "history_": lambda value: isinstance(value, pd.DataFrame),
    "best_epoch_": lambda value: type(value) is int,
    "n_parameters_": lambda value: type(value) is int,
    "target_mean_": lambda value: type(value) is float and math.isfinite(value),
    "target_scale_": lambda value: type(value) is float and 0 <= value < math.inf,
    "feature_names_in_": lambda value: isinstance(value, list) and len(value) > 0,
    "sigmas_": lambda value: isinstance(value, tuple) and all(type(sigma) is float for sigma in value)
    and value[0] >= 0 and bool((np.diff(value) > 0).all()) and math.isfinite(value[-1]),
    "centre_": is_vector,
    "scale_": is_vector,
    "n_octaves_": lambda value: check_int("n_octaves_", value) > 0,
    "plan_": lambda value: isinstance(value, RACKNetPlan),
    "model_": lambda value: isinstance(value, Model),
    "panels_": lambda value: isinstance(value, History),
    "_standing": lambda value: isinstance(value, Standing),
    "words_": lambda value: isinstance(value, np.ndarray) and value.ndim == 2 and value.dtype == np.float64,
}


def inputs_fit(inputs: Inputs) -> bool:
    """Whether the parts of fitted inputs belong together."""
    n, n_salient = len(inputs.columns), len(inputs.saliency_names)
    scales: list[tuple[Any, int]] = [(inputs.scale, n)]
    if inputs.saliency is not None:
        scales.append((inputs.saliency_scale, n_salient))
        if type(inputs.saliency) not in STATE or inputs.saliency.feature_names_in_ != inputs.columns:
            return False
    return (
        type(inputs.observed) is bool
        and is_vector(inputs.fill) and len(inputs.fill) == n > 0
        and (inputs.saliency is not None or (n_salient == 0 and inputs.saliency_scale is None))
        and all(isinstance(scale, Scale) and scale.kind in ("standard", "series", None) and is_vector(scale.centre)
                and is_vector(scale.scale) and len(scale.centre) == len(scale.scale) == size and (scale.scale > 0).all()
                for scale, size in scales)
    )


def pictures_fit(inputs: Pictures) -> bool:
    """Whether the parts of what was learned of images belong together."""
    shape, scale = inputs.shape, inputs.scale
    return (isinstance(shape, tuple) and len(shape) == 3 and all(check_int("shape", length) for length in shape)
            and is_vector(inputs.mean) and is_vector(scale) and len(inputs.mean) == len(scale) == shape[2]
            and bool((scale > 0).all())
            and all(edge is None or (is_vector(edge) and len(edge) == shape[2]) for edge in (inputs.low, inputs.high)))


def has_learned(estimator: Any) -> bool:
    """Whether there is a state to be saved: of a forecaster that is pretrained too."""
    return bool(estimator.is_fitted) or getattr(estimator, "state", None) == "pretrained"


def write(estimator: Any, path: Any) -> None:
    """Write a fitted estimator; see `tsattn.save`."""
    if type(estimator) not in STATE:
        raise TypeError(f"only {SAVABLE} can be saved, got {type(estimator).__name__}")
    if not has_learned(estimator):
        estimator.check_is_fitted()
    if isinstance(estimator, NetworkEstimator) and getattr(estimator, "_is_vectorized", False):
        raise TypeError(f"an estimator of several targets cannot be saved as one file; save each of its "
                        f"{estimator.VECTORIZATION_ATTR}")
    writer = EstimatorWriter()
    config = {"format": FORMAT, "needs": NEEDS, "estimator": writer.node(estimator, type(estimator).__name__)}
    write_tensors(path, writer.tensors, config)


def read(path: Any) -> Any:
    """Read a fitted estimator; see `tsattn.load`."""
    tensors, config = read_tensors(path)
    form, needs = config.get("format"), config.get("needs")
    if type(form) is int and form > FORMAT:
        raise ModelFileError(f"{str(path)!r} needs tsattn version >= {needs}: its format is {form}, and this version "
                             f"reads up to {FORMAT}")
    try:
        if set(config) != {"format", "needs", "estimator"} or type(form) is not int or form != FORMAT:
            raise ValueError(f"unknown keys or format: {sorted(config)}, {form!r}")
        reader = EstimatorReader(tensors)
        estimator = reader.node(config["estimator"])
        if type(estimator) not in STATE or not has_learned(estimator):
            raise ValueError(f"{type(estimator).__name__} where a fitted one of {SAVABLE} belongs")
        if reader.unread:
            raise ValueError(f"tensors that nothing refers to: {sorted(reader.unread)}")
    except Exception as error:  # whatever a made-up configuration runs into is the file's fault
        raise ModelFileError(f"malformed model file {str(path)!r}: {error}") from error
    return estimator


class EstimatorWriter(Writer):
    """Values and the objects of the closed list to typed JSON."""

    def _object(self, value: Any, where: str) -> dict[str, Any]:
        if type(value) not in CLASSES.values():
            raise TypeError(f"{where} cannot be saved: a model file holds plain values and tsattn's own objects "
                            f"({', '.join(CLASSES)}), and no code; got {value!r}")
        if type(value) in RECORDS:
            parameters = {name: getattr(value, kept) for name, kept in RECORDS[type(value)].items()}
        else:
            parameters = without_callables(value, where)
        node = {"object": type(value).__name__,
                "parameters": {name: self.node(part, f"{where}.{name}") for name, part in parameters.items()}}
        if type(value) in STATE and has_learned(value):
            node["state"] = {name: self.node(getattr(value, name), f"{where}.{name}")
                             for name in STATE[type(value)] if hasattr(value, name)}
        network = getattr(value, "network_", None)
        if network is not None:
            check_unchanged(value, network)
            self.tensors |= {f"network.{name}": tensor.numpy() for name, tensor in network.state_dict().items()}
        return node


def check_unchanged(estimator: Any, network: nn.Module) -> None:
    """Raise unless the estimator's parameters are those of its network, which a file is to be read by."""
    if describe_network(estimator._blank()) != describe_network(network):
        raise ValueError(f"{type(estimator).__name__} has other parameters than it was fitted with, so that its file "
                         "would not be of the network that predicts: fit it again, or set them back")


def without_callables(value: Any, where: str) -> dict[str, Any]:
    """Parameters, less those that predicting does not need and a file cannot hold; one warning names them."""
    parameters = value.get_params(deep=False)
    dropped = {}
    if isinstance(value, Training):
        augment = value.augment
        if not isinstance(augment, str):
            augment = tuple(change for change in augment if type(change) in AUGMENTATIONS)
        dropped = {"groups": None if callable(value.groups) else value.groups, "augment": augment, "checkpoint": None}
    elif isinstance(parameters.get("random_state"), np.random.RandomState):
        dropped = {"random_state": None}
    lost = [f"{where}.{name}" for name, kept in dropped.items() if parameters[name] != kept]
    if lost:
        warnings.warn(f"a model file cannot hold {', '.join(lost)}: predicting does not need it, and the loaded "
                      "estimator goes without", UserWarning, stacklevel=2)
    return parameters | dropped


class EstimatorReader(Reader):
    """Typed JSON to values and the objects of the closed list."""

    def _object(self, name: str, parameters: dict[str, Any], state: dict[str, Any] | None) -> Any:
        cls: Any = CLASSES[name]
        known = set(RECORDS[cls] if cls in RECORDS else cls.get_param_names())
        if not set(parameters) <= known:
            raise ValueError(f"{cls.__name__} has no parameter {sorted(set(parameters) - known)[0]!r}")
        made = cls(**{name: self.node(item) for name, item in parameters.items()})
        if cls is Training:
            return here(made)
        if "device" in known:  # of a classifier without a training
            made.device = here(made.training).device
        if hasattr(made, "_check_parameters"):
            made._check_parameters()
        if state is not None:
            self._restore(made, state)
        return made

    def _restore(self, made: Any, state: dict[str, Any]) -> None:
        names = STATE[type(made)]
        if not set(state) <= set(names):
            raise ValueError(f"{type(made).__name__} has no state {sorted(set(state) - set(names))[0]!r}")
        for name in [name for name in names if name in state]:
            value = self.node(state[name])
            if not FITS[name](value):
                raise ValueError(f"{name} does not fit {type(made).__name__}: {value!r}")
            if is_vector(value) and name in EVENT_STATE and len(value) != len(made.feature_names_in_):
                raise ValueError(f"{name} has {len(value)} entries for {len(made.feature_names_in_)} columns")
            setattr(made, name, value)
        if isinstance(made, NetworkImageClassifier):  # fitted with its network
            self._give_network(made)
            return
        made._is_fitted = True
        if isinstance(made, NetworkEstimator):
            made._as_fitted()
            self._give_network(made)

    def _give_network(self, made: NetworkEstimator | NetworkImageClassifier) -> None:
        """Give an estimator its network with the file's weights; nothing is allocated before they are checked."""
        names = [name for name in self.unread if name.startswith("network.")]
        for name in {"n_layers", "n_heads"} & set(made.get_param_names()):  # each has tensors of its own
            if check_int(name, getattr(made, name)) > max(len(names), 3):
                raise ValueError(f"{name} is {getattr(made, name)}, and there are {len(names)} tensors")
        network = made._blank()
        if network is None:
            return
        weights = {name: torch.tensor(self.unread.pop(name)) for name in names}
        expected = {f"network.{name}": (value.shape, value.dtype) for name, value in network.state_dict().items()}
        if expected != {name: (value.shape, value.dtype) for name, value in weights.items()}:
            raise ValueError("the weights do not fit the network that the parameters describe")
        if not all(bool(value.isfinite().all()) for value in weights.values()):
            raise ValueError("weights are not finite")
        network.load_state_dict({name.removeprefix("network."): value for name, value in weights.items()}, assign=True)
        made.network_ = network.eval()


def here(training: Training) -> Training:
    """A training read from a file, checked; a device that this machine lacks becomes "auto"."""
    check_training(training)
    if training.checkpoint is not None:
        raise ValueError("a model file names no other file, and this one has a checkpoint")
    if training.device != "auto":
        device = torch.device(training.device)
        if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
            training.device = "auto"
    return training
