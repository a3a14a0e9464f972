"""Estimators as files: a closed list of classes, their parameters and what they learned, as typed JSON and tensors.

An estimator is `{"object": class name, "parameters": ..., "state": ...}`, of values as `tsattn._values` has them; its
network's weights stand beside. What does not fit the class that it is meant for is refused.
"""

import warnings
from typing import Any

import numpy as np
import torch
from sktime.forecasting.base import ForecastingHorizon
from torch import nn

from tsattn._checks import ModelFileError, check_int
from tsattn._estimator import NetworkEstimator
from tsattn._files import read_tensors, write_tensors
from tsattn._fitted import FITS, TRANSFORMERS, check_record, check_transformer
from tsattn._inputs import Inputs, Scale
from tsattn._labels import weight_of_each
from tsattn._pictures import Pictures
from tsattn._settings import undisturbed
from tsattn._values import LONGEST_SAID, Reader, Writer, unsavable
from tsattn.classification import (
    ImageClassifier,
    LSTMSANClassifier,
    RACKNetClassifier,
    RACKNetImageClassifier,
    ScaleSpaceRidgeClassifier,
    SDMAClassifier,
    XM2AClassifier,
)
from tsattn.classification._base import NetworkClassifier
from tsattn.classification._images import NetworkImageClassifier
from tsattn.design import Architecture, Layer, Mixture, OctavePlan, RACKNetPlan
from tsattn.forecasting import LSTMSANForecaster, SDMAForecaster, Seq2SeqForecaster, XM2AForecaster
from tsattn.forecasting._saving import RECORDS as OF_FORECASTERS
from tsattn.nn.lag_ridge import LagRidge
from tsattn.regression import LSTMSANRegressor, SDMARegressor, XM2ARegressor
from tsattn.training import Batch, Training, check_training
from tsattn.training.augment import ChannelDrop, Crop, Jitter, Mixup, Scaling, Shift, TimeWarp
from tsattn.training.augment_images import Flip, Translate
from tsattn.training.description import describe_network
from tsattn.transformations import ScaleSpaceChannels, UVTFEvents, UVTFSaliency

FORMAT = 1
NEEDS = "0.1.0"  # the first version that reads this format
MOST_SAID = 300  # characters of what is wrong: a made-up value may be as long as the file

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


def has_learned(estimator: Any) -> bool:
    """Whether there is a state to be saved: of a forecaster that is pretrained too."""
    return bool(estimator.is_fitted) or getattr(estimator, "state", None) == "pretrained"


@undisturbed
def write(estimator: Any, path: Any) -> None:
    """Write a fitted estimator; see `tsattn.save`."""
    if type(estimator) not in STATE:
        raise TypeError("only estimators and transformers of tsattn can be saved, and no classes derived from them, "
                        f"got {type(estimator).__name__}")
    if not has_learned(estimator):
        estimator.check_is_fitted()
    if isinstance(estimator, NetworkEstimator) and getattr(estimator, "_is_vectorized", False):
        raise TypeError(f"an estimator of several targets cannot be saved as one file; save each of its "
                        f"{estimator.VECTORIZATION_ATTR}")
    writer = EstimatorWriter()
    config = {"format": FORMAT, "needs": NEEDS, "estimator": writer.node(estimator, type(estimator).__name__)}
    write_tensors(path, writer.tensors, config)


@undisturbed
def read(path: Any) -> Any:
    """Read a fitted estimator; see `tsattn.load`."""
    tensors, config = read_tensors(path)
    form, needs = config.get("format"), config.get("needs")
    if type(form) is int and form > FORMAT:
        raise ModelFileError(f"{str(path)!r} needs tsattn version >= {str(needs)[:20]}: its format is "
                             f"{str(form)[:20]}, and this version reads up to {FORMAT}")
    try:
        if set(config) != {"format", "needs", "estimator"} or type(form) is not int or form != FORMAT \
                or not isinstance(needs, str):
            raise ValueError(f"unknown keys or format: {sorted(config)}, {form!r}")
        reader = EstimatorReader(tensors)
        del tensors  # what is large is let go of as it is used
        estimator = reader.node(config["estimator"])
        if type(estimator) not in STATE or not has_learned(estimator):
            raise ValueError(f"a fitted estimator or transformer of tsattn must be in it, got "
                             f"{type(estimator).__name__}")
        if reader.unread:
            raise ValueError(f"tensors that nothing refers to: {sorted(reader.unread)}")
    except Exception as error:  # whatever a made-up configuration runs into is the file's fault
        said = str(error) or type(error).__name__
        raise ModelFileError(f"malformed model file {str(path)!r}: {said[:MOST_SAID]}") from error
    return estimator


class EstimatorWriter(Writer):
    """Values and the objects of the closed list to typed JSON."""

    def _object(self, value: Any, where: str) -> dict[str, Any]:
        if type(value) not in CLASSES.values():
            raise unsavable(where, repr(value), "a model file holds plain values and objects of tsattn, such as "
                            f"ScaleSpaceChannels, and no code, got {repr(value)[:LONGEST_SAID]}; fit with one of these")
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
        check_record(made)
        if cls is Training:
            return here(made)
        if cls in AUGMENTATIONS:
            check_change(made)
        if cls is ForecastingHorizon:
            check_horizon(made)
        if "device" in known:  # of a classifier without a training
            made.device = here(made.training).device
        if cls in STATE:
            (made.check_parameters if cls in TRANSFORMERS else made._check_parameters)()
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
                raise ValueError(f"{name} does not fit {type(made).__name__}")
            setattr(made, name, value)
        if isinstance(made, NetworkClassifier | NetworkImageClassifier):
            check_classifier(made, names)
        if isinstance(made, NetworkImageClassifier):  # fitted with its network
            self._give_network(made)
            return
        made._is_fitted = True
        if isinstance(made, NetworkEstimator):
            made._as_fitted()
            self._give_network(made)
        else:
            check_transformer(made, names)

    def _give_network(self, made: NetworkEstimator | NetworkImageClassifier) -> None:
        """Give an estimator its network with the file's weights; nothing is allocated before they are checked."""
        names = [name for name in self.unread if name.startswith("network.")]
        for name in {"n_layers", "n_heads"} & set(made.get_param_names()):  # each has tensors of its own
            if check_int(name, getattr(made, name)) > max(len(names), 3):
                raise ValueError(f"{name} is {getattr(made, name)}, and there are {len(names)} tensors")
        network = made._blank()
        if network is None:
            return
        weights = {name: torch.from_numpy(self.unread.pop(name)) for name in names}
        expected = {f"network.{name}": (value.shape, value.dtype) for name, value in network.state_dict().items()}
        if expected != {name: (value.shape, value.dtype) for name, value in weights.items()}:
            raise ValueError("the weights do not fit the network that the parameters describe")
        if not all(bool(value.isfinite().all()) for value in weights.values()):
            raise ValueError("weights are not finite")
        network.load_state_dict({name.removeprefix("network."): value for name, value in weights.items()}, assign=True)
        made.network_ = network.eval()
        if made.n_parameters_ != sum(parameter.numel() for parameter in network.parameters()):
            raise ValueError("n_parameters_ must be those of the network")


def check_classifier(made: Any, names: tuple[str, ...]) -> None:
    """Raise unless a classifier has all that it learned; of one class there is no network, nor what it reads."""
    if not hasattr(made, "classes_"):
        raise ValueError(f"a fitted {type(made).__name__} must have classes_")
    missing = [name for name in names if not hasattr(made, name)]
    if missing and len(made.classes_) > 1:
        raise ValueError(f"a fitted {type(made).__name__} must have {missing[0]}")
    weight_of_each(made.class_weight, made.classes_, np.arange(len(made.classes_)))


def check_change(change: Any) -> None:
    """Raise, naming the parameter, unless a change makes something of a batch."""
    images = isinstance(change, Flip | Translate)
    inputs = torch.zeros(2, 1, 8, 8) if images else torch.zeros(2, 8, 1)
    batch = Batch((inputs,), torch.tensor([1, 1] if images else [8, 5]), torch.tensor([0, 1]), n_classes=2)
    change(batch, torch.Generator().manual_seed(0))


def check_horizon(fh: ForecastingHorizon) -> None:
    """Raise unless a horizon is one of those that fit takes."""
    if type(fh.is_relative) is not bool:
        raise ValueError("is_relative must be True or False")


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
