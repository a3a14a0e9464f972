"""Training: stored as given, checked when training begins, nested in a search's parameters."""

import inspect

import numpy as np
import pytest
from skbase.base import BaseObject

from tsattn.training import STANDARD, STRONG, Jitter, TimeWarp, Training, Translate, check_training


def test_p01_the_constructor_stores_and_does_no_more():
    signature = inspect.signature(Training).parameters
    wrong = {name: object() for name in signature}
    training = Training(**wrong)
    assert training.get_params(deep=False) == wrong
    for parameter in signature.values():
        assert isinstance(parameter.default, str | int | float | bool | tuple | None)


def test_clone_and_set_params():
    training = Training(lr=0.5, augment=(Jitter(0.3),))
    copy = training.clone()
    assert copy is not training
    assert copy.get_params()["lr"] == 0.5
    assert copy.augment[0].sigma == 0.3
    assert copy.set_params(lr=0.25).lr == 0.25
    assert training.lr == 0.5


def test_a_search_reaches_it_inside_an_estimator():
    class Estimator(BaseObject):
        def __init__(self, training=None):
            self.training = training
            super().__init__()

    assert Estimator(Training()).set_params(training__lr=0.125).training.lr == 0.125


def test_the_published_recipe():
    training = Training.paper(25)
    check_training(training)
    assert training.get_params() == {
        **Training().get_params(), "epochs": 25, "batch_size": 32, "optimizer": "rmsprop", "lr": 1e-3,
        "weight_decay": 0.0, "schedule": "constant", "clip": None, "label_smoothing": 0.0, "averaging": None,
        "augment": (), "validation": 0.0}


@pytest.mark.parametrize("parameters", [*Training.get_test_params(), {}, {"validation": (1, 2), "patience": 3},
                                        {"validation": 0.2, "groups": {}}, {"averaging": "tail"}, {"clip": None}])
def test_what_makes_sense_passes(parameters):
    check_training(Training(**parameters))


@pytest.mark.parametrize(("parameters", "message"), [
    ({"epochs": 0}, "epochs must be an integer of at least 1, got 0"),
    ({"batch_size": 0}, "batch_size must be"),
    ({"checkpoint_every": 0}, "checkpoint_every must be"),
    ({"lr": 0.0}, "lr must be a positive finite number, got 0.0"),
    ({"weight_decay": -1.0}, "weight_decay must be"),
    ({"warmup": 1.0}, "warmup must lie in"),
    ({"label_smoothing": 1.0}, "label_smoothing must lie in"),
    ({"clip": 0.0}, "clip must be a positive"),
    ({"optimizer": "adamax"}, "unknown optimizer 'adamax'; choose one of 'adamw'"),
    ({"schedule": "step"}, "unknown schedule 'step'; choose one of 'one-cycle'"),
    ({"monitor": "f1"}, "unknown monitor"),
    ({"precision": "float16"}, "unknown precision"),
    ({"averaging": 1.0}, "averaging must be"),
    ({"averaging": "mean"}, "averaging must be"),
    ({"validation": 1.0}, "validation must lie in"),
    ({"patience": 3}, "patience needs a validation part, got validation=0.0; hold out a fraction"),
    ({"patience": 0, "validation": 0.2}, "patience must be"),
    ({"groups": {}}, "groups need a validation fraction above 0, got validation=0.0"),
    ({"groups": {}, "validation": (1,)}, "groups need a validation fraction"),
    ({"validation": ()}, "validation must be a fraction or positions from 0"),
    ({"validation": (-1,)}, "validation must be a fraction or positions from 0"),
    ({"augment": (Jitter(-1.0),)}, "sigma must be a non-negative"),
    ({"augment": (Translate(-1),)}, "pixels must be an integer of at least 0"),
    ({"device": "gpu"}, "device must be 'auto', 'cpu', 'cuda' or"),
])
def test_what_makes_none_is_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        check_training(Training(**parameters))


@pytest.mark.parametrize(("parameters", "message"), [
    ({"epochs": 2.0}, "epochs must be an integer"),
    ({"lr": "0.1"}, "lr must be"),
    ({"augment": (1,)}, "augment must hold functions"),
    ({"augment": None}, "augment must be a tuple of functions"),
    ({"augment": Jitter()}, "augment must be a tuple of functions"),
    ({"augment": (Jitter,)}, "augment must hold functions"),
    ({"augment": (TimeWarp(stretch="much"),)}, "stretch must be"),
    ({"validation": (True, 2)}, "validation must be a fraction or a tuple of positions"),
    ({"checkpoint": 3}, "checkpoint must be None or the path of a file"),
    ({"checkpoint": ""}, "checkpoint must be None or the path of a file"),
    ({"validation": (0.5,)}, "validation must be a fraction or a tuple of positions"),
    ({"validation": [1, 2]}, r"validation must be a fraction or a tuple of positions, got \[1, 2\]"),
    ({"groups": 3, "validation": 0.2}, "groups must be a mapping or a function"),
])
def test_wrong_types_are_named(parameters, message):
    with pytest.raises(TypeError, match=message):
        check_training(Training(**parameters))


ANYWHERE = [object(), float("nan"), -1, 1.5, (), [], {}, "nonsense", True, np.zeros(2), np.array(["auto"]), Training]
MEANT = {  # of these, what a parameter may be
    "weight_decay": [1.5], "lr": [1.5], "clip": [1.5], "augment": [(), []],
    "groups": [{}, Training], "verbose": [], "checkpoint": ["nonsense"]}


@pytest.mark.parametrize("name", Training.get_param_names())
def test_whatever_a_parameter_is_its_name_is_told(name):
    beside = {"validation": 0.5} if name in ("patience", "groups") else {}
    for value in ANYWHERE:
        if any(value is meant or (type(value) is type(meant) and not isinstance(value, np.ndarray) and value == meant)
               for meant in MEANT.get(name, [])):
            continue
        with pytest.raises((TypeError, ValueError), match=name):
            check_training(Training(**beside | {name: value}))


def test_something_else_is_refused():
    with pytest.raises(TypeError, match="training must be a Training, got None"):
        check_training(None)


def test_auto_epochs_make_three_thousand_steps_within_bounds():
    auto = Training()
    assert [auto.n_epochs(n_batches) for n_batches in (1, 30, 71, 500)] == [200, 100, 43, 20]
    assert Training(epochs=7).n_epochs(1) == 7


def test_the_standard_changes_are_named():
    assert Training().changes() == STANDARD
    assert Training(augment="strong").changes() == STRONG
    assert Training(augment=()).changes() == ()
