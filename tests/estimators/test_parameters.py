"""Parameters that make no sense are told by name before any data are read."""

import pytest

from tests.estimators.conftest import ESTIMATORS, each, make
from tests.forecasting.test_forecasts import SMALL
from tsattn.classification import ImageClassifier, RACKNetImageClassifier
from tsattn.training import Jitter, Training

WRONG = {
    "epochs": 0, "batch_size": 2.0, "optimizer": "adamax", "lr": "fast", "weight_decay": -1, "schedule": None,
    "warmup": 1.0, "clip": 0, "label_smoothing": 2, "averaging": "mean", "augment": (Jitter("much"),),
    "validation": [1, 2], "groups": 3, "patience": -1, "monitor": "f1", "precision": "float16", "device": "gpu",
    "devices": 0, "strategy": "dp", "checkpoint": 5, "checkpoint_every": True, "verbose": "yes"}
NAMED = {"augment": "sigma"}  # the parameter of the change


def test_every_parameter_is_tried():
    assert set(WRONG) == set(Training.get_param_names())


@each([cls for cls in [*ESTIMATORS, *SMALL, ImageClassifier, RACKNetImageClassifier]
       if "training" in cls.get_param_names()])
def test_a_wrong_training_is_told_before_data_are_read(cls):
    for name, value in WRONG.items():
        beside = {"validation": 0.5} if name in ("groups", "patience") else {}
        with pytest.raises((TypeError, ValueError), match=NAMED.get(name, name)):
            cls(training=Training(**beside | {name: value})).fit(None, None)
    for wrong in (Training, {"epochs": 2}, "auto"):
        with pytest.raises(TypeError, match="training must be a Training, got"):
            cls(training=wrong).fit(None, None)


@each(ESTIMATORS)
def test_one_class_and_wrong_data_do_not_hide_it(cls, ragged):
    for options, said in [({"scaling": "minmax"}, "unknown scaling 'minmax'"), ({"saliency": 3}, "saliency must be")]:
        for X, y in [(ragged.X, ["one"] * len(ragged.y)), (None, None)]:
            with pytest.raises((TypeError, ValueError), match=said):
                make(cls, **options).fit(X, y)
