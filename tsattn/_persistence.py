"""Estimators as files: a closed list of classes, their parameters and fitted state as typed JSON, arrays as tensors.

A value is written as itself (None, bool, int, str, finite float), or as an object whose first key says what it is:
`{"tuple": [...]}`, `{"array": name of a tensor}`, `{"object": class name, ...}`. Reading knows these and nothing else:
no name in a file is ever imported, and what does not fit the class it is meant for is refused.
"""

import math
import warnings
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from tsattn._checks import ModelFileError, check_int
from tsattn._estimator import NetworkEstimator
from tsattn._files import read_tensors, write_tensors
from tsattn._inputs import Inputs, Scale
from tsattn.classification import (
    LSTMSANClassifier,
    ScaleSpaceRidgeClassifier,
    SDMAClassifier,
    XM2AClassifier,
)
from tsattn.regression import LSTMSANRegressor, SDMARegressor, XM2ARegressor
from tsattn.training import Training, check_training
from tsattn.training.augment import ChannelDrop, Crop, Jitter, Mixup, Scaling, Shift, TimeWarp
from tsattn.transformations import ScaleSpaceChannels, UVTFEvents, UVTFSaliency

FORMAT = 1
NEEDS = "0.1.0"  # the first version that reads this format

NETWORK_STATE = ("fit_time_", "inputs_", "history_", "best_epoch_", "n_parameters_")
CLASSIFIER_STATE = ("classes_", *NETWORK_STATE)
REGRESSOR_STATE = ("target_mean_", "target_scale_", *NETWORK_STATE)
EVENT_STATE = ("feature_names_in_", "centre_", "scale_", "n_octaves_")
STATE: dict[type, tuple[str, ...]] = {  # what fitting adds to each class that can be saved
    SDMAClassifier: CLASSIFIER_STATE,
    XM2AClassifier: CLASSIFIER_STATE,
    LSTMSANClassifier: CLASSIFIER_STATE,
    ScaleSpaceRidgeClassifier: CLASSIFIER_STATE,
    SDMARegressor: REGRESSOR_STATE,
    XM2ARegressor: REGRESSOR_STATE,
    LSTMSANRegressor: REGRESSOR_STATE,
    ScaleSpaceChannels: ("feature_names_in_", "sigmas_"),
    UVTFSaliency: EVENT_STATE,
    UVTFEvents: (*EVENT_STATE, "words_"),
}
AUGMENTATIONS = (ChannelDrop, Crop, Jitter, Mixup, Scaling, Shift, TimeWarp)
RECORDS = (Inputs, Scale)  # dataclasses of ours
CLASSES = {cls.__name__: cls for cls in (*STATE, Training, *AUGMENTATIONS, *RECORDS)}
SAVABLE = ", ".join(cls.__name__ for cls in STATE)


def is_vector(value: Any) -> bool:
    """Whether a value is a 1-D array of finite float64."""
    right = isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype == np.float64
    return right and bool(np.isfinite(value).all())


FITS = {  # what a fitted attribute must be
    "classes_": lambda value: isinstance(value, np.ndarray) and value.ndim == 1 and len(value) > 0,
    "fit_time_": lambda value: type(value) is int,
    "inputs_": lambda value: isinstance(value, Inputs) and inputs_fit(value),
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


def write(estimator: Any, path: Any) -> None:
    """Write a fitted estimator; see `tsattn.save`."""
    if type(estimator) not in STATE:
        raise TypeError(f"only {SAVABLE} can be saved, got {type(estimator).__name__}")
    estimator.check_is_fitted()
    if isinstance(estimator, NetworkEstimator) and estimator._is_vectorized:
        raise TypeError(f"an estimator of several targets cannot be saved as one file; save each of its "
                        f"{estimator.VECTORIZATION_ATTR}")
    writer = Writer()
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
        reader = Reader(tensors)
        estimator = reader.node(config["estimator"])
        if type(estimator) not in STATE or not estimator.is_fitted:
            raise ValueError(f"{type(estimator).__name__} where a fitted one of {SAVABLE} belongs")
        if reader.unread:
            raise ValueError(f"tensors that nothing refers to: {sorted(reader.unread)}")
    except Exception as error:  # whatever a made-up configuration runs into is the file's fault
        raise ModelFileError(f"malformed model file {str(path)!r}: {error}") from error
    return estimator


class Writer:
    """Values to typed JSON; arrays gather in `tensors`."""

    def __init__(self) -> None:
        self.tensors: dict[str, np.ndarray] = {}

    def node(self, value: Any, where: str) -> Any:
        """The JSON of a value; `where` it stands is what an error names."""
        if value is None or type(value) in (bool, int, str) or (type(value) is float and math.isfinite(value)):
            return value
        if type(value) is float:
            return {"float": str(value)}
        if type(value) in (tuple, list):
            return {type(value).__name__: [self.node(item, where) for item in value]}
        if type(value) is dict:
            return {"dict": [[self.node(part, where) for part in pair] for pair in value.items()]}
        if isinstance(value, pd.DataFrame):
            return {"frame": [[name, self.node(column.to_numpy(), where)] for name, column in value.items()]}
        if isinstance(value, np.ndarray | np.generic):
            return self._array(np.asarray(value), where)
        if type(value) in CLASSES.values():
            return self._object(value, where)
        raise TypeError(f"{where} cannot be saved: a model file holds plain values and tsattn's own objects "
                        f"({', '.join(CLASSES)}), and no code; got {value!r}")

    def _array(self, value: np.ndarray, where: str) -> dict[str, Any]:
        if value.dtype.kind in "biuf":
            name = f"array.{len(self.tensors)}"
            self.tensors[name] = value.astype(value.dtype.newbyteorder("="))
            return {"array": name}
        if value.dtype.kind in "UO" and value.ndim == 1:
            return {"labels": [self.node(item, where) for item in value.tolist()], "dtype": value.dtype.str}
        raise TypeError(f"{where} cannot be saved: it is an array of {value.dtype}")

    def _object(self, value: Any, where: str) -> dict[str, Any]:
        if isinstance(value, RECORDS):
            parameters = {name: getattr(value, name) for name in type(value).__dataclass_fields__}
        else:
            parameters = without_callables(value, where)
        node = {"object": type(value).__name__,
                "parameters": {name: self.node(part, f"{where}.{name}") for name, part in parameters.items()}}
        if type(value) in STATE and value.is_fitted:
            node["state"] = {name: self.node(getattr(value, name), f"{where}.{name}")
                             for name in STATE[type(value)] if hasattr(value, name)}
        network = getattr(value, "network_", None)
        if network is not None:
            self.tensors |= {f"network.{name}": tensor.numpy() for name, tensor in network.state_dict().items()}
        return node


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


class Reader:
    """Typed JSON to values; `unread` are the tensors that nothing has asked for yet."""

    def __init__(self, tensors: dict[str, np.ndarray]) -> None:
        self.unread = dict(tensors)

    def node(self, value: Any) -> Any:
        """The value of a JSON node; raises ValueError and the like on anything unknown."""
        if value is None or type(value) in (bool, int, str, float):
            return value
        kind = next(iter(value))
        if kind == "float" and len(value) == 1 and value[kind] in ("nan", "inf", "-inf"):
            return float(value[kind])
        if kind in ("tuple", "list") and len(value) == 1:
            items = [self.node(item) for item in value[kind]]
            return tuple(items) if kind == "tuple" else items
        if kind in ("dict", "frame") and len(value) == 1:
            pairs = {self.node(key): self.node(item) for key, item in value[kind]}
            return pairs if kind == "dict" else pd.DataFrame(pairs)
        if kind == "array" and len(value) == 1:
            array = self.unread.pop(value[kind])
            return array if array.ndim else array[()]
        if set(value) == {"labels", "dtype"} and value["dtype"][1:2] in ("U", "O"):
            labels = np.empty(len(value["labels"]), dtype=object)
            labels[:] = [self.node(item) for item in value["labels"]]
            return labels if value["dtype"] == "|O" else strings(labels, value["dtype"])
        if "object" in value and set(value) <= {"object", "parameters", "state"}:
            return self._object(CLASSES[value["object"]], value["parameters"], value.get("state"))
        raise ValueError(f"unknown value with keys {sorted(value)}")

    def _object(self, cls: Any, parameters: dict[str, Any], state: dict[str, Any] | None) -> Any:
        known = set(cls.__dataclass_fields__) if cls in RECORDS else set(cls.get_param_names())
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
        made._is_fitted = True
        if isinstance(made, NetworkEstimator):
            made._as_fitted()
            if "inputs_" in state:
                made.network_ = self._network(made)

    def _network(self, made: NetworkEstimator) -> nn.Module:
        """The network of an estimator, with the weights of the file; nothing is allocated before they are checked."""
        weights = {name: torch.tensor(self.unread.pop(name)) for name in list(self.unread)
                   if name.startswith("network.")}
        for name in {"n_layers", "n_heads"} & set(made.get_param_names()):  # each has tensors of its own
            if check_int(name, getattr(made, name)) > max(len(weights), 3):
                raise ValueError(f"{name} is {getattr(made, name)}, and there are {len(weights)} tensors")
        with torch.device("meta"):
            network = made._network(made.inputs_, made._n_outputs)
        expected = {f"network.{name}": (value.shape, value.dtype) for name, value in network.state_dict().items()}
        if expected != {name: (value.shape, value.dtype) for name, value in weights.items()}:
            raise ValueError("the weights do not fit the network that the parameters describe")
        if not all(bool(value.isfinite().all()) for value in weights.values()):
            raise ValueError("weights are not finite")
        network.load_state_dict({name.removeprefix("network."): value for name, value in weights.items()}, assign=True)
        return network.eval()


def strings(labels: np.ndarray, dtype: str) -> np.ndarray:
    """Labels as a numpy string array, as wide as it was, unless a made-up width would fill the memory."""
    narrow = labels.astype("U")
    wanted = np.dtype(dtype)
    return narrow.astype(wanted) if narrow.itemsize <= wanted.itemsize <= 2**24 // max(len(labels), 1) else narrow


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
