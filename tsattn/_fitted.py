"""What the parts of a fitted estimator must be: a file is taken for one only if its parts fit, and fit each other."""

import math
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import numpy as np
import pandas as pd

from tsattn._checks import check_int, is_label, same_labels
from tsattn._inputs import Inputs, Scale, plain_frame
from tsattn._labels import check_labels
from tsattn._panel import Panel
from tsattn._pictures import Pictures
from tsattn.design import RACKNetPlan
from tsattn.forecasting._saving import History, Model, Standing
from tsattn.scalespace._ladder import MOST_OCTAVES
from tsattn.scalespace.octaves import check_ladder
from tsattn.transformations import ScaleSpaceChannels, UVTFEvents, UVTFSaliency
from tsattn.transformations._detection import EventTransformer

TRANSFORMERS = (ScaleSpaceChannels, UVTFSaliency, UVTFEvents)
STEPS = 24  # of the series that a transformer is tried on


def is_vector(value: Any) -> bool:
    """Whether a value is a 1-D array of finite float64."""
    right = isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype == np.float64
    return right and bool(np.isfinite(value).all())


def are_labels(values: Any) -> bool:
    """Whether a list holds labels, one at least."""
    return isinstance(values, list) and len(values) > 0 and all(map(is_label, values))


def is_of(value: Any, hint: Any) -> bool:
    """Whether a value is of the type that a dataclass says; a whole number may stand for a float."""
    kind, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if kind in (Union, UnionType):
        return any(is_of(value, one) for one in inner)
    if kind is tuple:
        hints = inner[:1] * len(value) if inner[-1] is ... and isinstance(value, tuple) else inner
        return isinstance(value, tuple) and len(value) == len(hints) and all(map(is_of, value, hints))
    if kind is list:
        return isinstance(value, list) and all(is_of(item, inner[0]) for item in value)
    if kind is dict:
        return isinstance(value, dict) and all(is_of(key, inner[0]) and is_of(item, inner[1])
                                               for key, item in value.items())
    if isinstance(value, bool):
        return hint is bool
    kinds = {None: NoneType, float: int | float}
    return isinstance(value, kinds.get(hint, hint))


def check_record(made: Any) -> None:
    """Raise ValueError, naming the part, unless an object's parts are of the types that its class says."""
    for name, field in getattr(type(made), "__dataclass_fields__", {}).items():
        if not is_of(getattr(made, name), field.type):
            raise ValueError(f"{name} of {type(made).__name__} cannot be {type(getattr(made, name)).__name__}")


def inputs_fit(inputs: Inputs) -> bool:
    """Whether the parts of fitted inputs belong together."""
    n, n_salient = len(inputs.columns), len(inputs.saliency_names)
    scales: list[tuple[Any, int]] = [(inputs.scale, n)]
    if inputs.saliency is not None:
        scales.append((inputs.saliency_scale, n_salient))
        if type(inputs.saliency) not in TRANSFORMERS or not inputs.saliency.is_fitted or \
                not same_labels(inputs.saliency.feature_names_in_, inputs.columns) or \
                not same_labels(list(tried(inputs.saliency).columns), list(inputs.saliency_names)):
            return False
    return (
        are_labels(inputs.columns) and is_vector(inputs.fill) and len(inputs.fill) == n
        and (inputs.saliency is not None or (n_salient == 0 and inputs.saliency_scale is None))
        and all(isinstance(scale, Scale) and scale.kind in ("standard", "series", None) and is_vector(scale.centre)
                and is_vector(scale.scale) and len(scale.centre) == len(scale.scale) == size and (scale.scale > 0).all()
                for scale, size in scales)
    )


def pictures_fit(inputs: Pictures) -> bool:
    """Whether the parts of what was learned of images belong together."""
    shape, scale = inputs.shape, inputs.scale
    return (all(check_int("shape", length) for length in shape) and is_vector(inputs.mean) and is_vector(scale)
            and len(inputs.mean) == len(scale) == shape[2] and bool((scale > 0).all())
            and all(edge is None or (is_vector(edge) and len(edge) == shape[2]) for edge in (inputs.low, inputs.high)))


def classes_fit(classes: Any) -> bool:
    """Whether these are labels of classes, in order."""
    if not isinstance(classes, np.ndarray) or classes.ndim != 1 or len(classes) == 0:
        return False
    check_labels(classes)
    return bool(np.array_equal(np.unique(classes), classes))


def tried(transformer: Any) -> pd.DataFrame:
    """What a fitted transformer makes of a bump in each of its columns, on their own scale."""
    bump = np.exp(-np.square(np.arange(STEPS) - STEPS // 2) / 8)[:, None]
    n = len(transformer.feature_names_in_)
    values = np.repeat(bump, n, axis=1)
    if isinstance(transformer, EventTransformer):
        values = transformer.centre_ + transformer.scale_ * values
    panel = Panel(values, np.array([STEPS]), transformer.feature_names_in_, pd.RangeIndex(1), named=False)
    found = transformer.transform(plain_frame(panel))
    if not np.isfinite(found.to_numpy()).all():
        raise ValueError(f"{type(transformer).__name__} answers what is not finite")
    return found


def check_transformer(transformer: Any, names: tuple[str, ...]) -> None:
    """Raise unless a transformer has all that it learned, and answers."""
    missing = {name for name in names if not hasattr(transformer, name)}
    if missing != ({"words_"} if getattr(transformer, "n_words", None) == 0 else set()):
        raise ValueError(f"a fitted {type(transformer).__name__} lacks {', '.join(sorted(missing)) or 'nothing'}")
    for name in {"centre_", "scale_"} & set(names):
        if len(getattr(transformer, name)) != len(transformer.feature_names_in_):
            raise ValueError(f"{name} must have an entry for each of {len(transformer.feature_names_in_)} columns")
    if len(getattr(transformer, "words_", ())) > getattr(transformer, "n_words", 0):
        raise ValueError("words_ must be as many as n_words at most")
    tried(transformer)


def words_fit(words: Any) -> bool:
    """Whether these are words of a bag of descriptors; their length shows as they are used."""
    return isinstance(words, np.ndarray) and words.ndim == 2 and is_vector(words.ravel())


FITS = {  # what a fitted attribute must be
    "classes_": classes_fit,
    "fit_time_": lambda value: type(value) is int,
    "inputs_": lambda value: (isinstance(value, Inputs) and inputs_fit(value)) or
    (isinstance(value, Pictures) and pictures_fit(value)),
    "history_": lambda value: isinstance(value, pd.DataFrame),
    "best_epoch_": lambda value: type(value) is int and value >= 0,
    "n_parameters_": lambda value: type(value) is int and value >= 0,
    "target_mean_": lambda value: type(value) is float and math.isfinite(value),
    "target_scale_": lambda value: type(value) is float and 0 <= value < math.inf,
    "feature_names_in_": are_labels,
    "sigmas_": lambda value: isinstance(value, tuple) and all(type(sigma) is float for sigma in value)
    and check_ladder(value) == value,
    "centre_": is_vector,
    "scale_": lambda value: is_vector(value) and bool((value > 0).all()),
    "n_octaves_": lambda value: check_int("n_octaves_", value, maximum=MOST_OCTAVES) > 0,
    "plan_": lambda value: isinstance(value, RACKNetPlan),
    "model_": lambda value: isinstance(value, Model),
    "panels_": lambda value: isinstance(value, History) and value.panel.index is None and value.panel.order is None,
    "_standing": lambda value: isinstance(value, Standing),
    "words_": words_fit,
}
