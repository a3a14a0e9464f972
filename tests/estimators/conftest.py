"""What estimators of both tasks are tested with: problems, quick and learning forms of each class, how they answer."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import tsattn
from tests.forecasting.test_forecasts import SMALL, panel, small
from tsattn.classification import (
    LSTMSANClassifier,
    RACKNetClassifier,
    ScaleSpaceRidgeClassifier,
    SDMAClassifier,
    XM2AClassifier,
)
from tsattn.forecasting import SDMAForecaster
from tsattn.regression import LSTMSANRegressor, SDMARegressor, XM2ARegressor
from tsattn.training import Training

QUICK = Training(epochs=2, batch_size=8)
LEARNING = Training(epochs=15, batch_size=8, lr=0.02, label_smoothing=0.0)


def series(seed, lengths, n_channels=3):
    """Noise, with a bump in the first channel of every second series."""
    rng = np.random.default_rng(seed)
    out = []
    for i, length in enumerate(lengths):
        x = 0.3 * rng.normal(size=(length, n_channels))
        if i % 2:
            place = rng.uniform(0.3, 0.7) * length
            x[:, 0] += 2 * np.exp(-((np.arange(length) - place) ** 2) / 8)
        out.append(x)
    return out


def frame(panel, columns=("height", "width", "depth"), ids=None):
    ids = [f"i{i}" for i in range(len(panel))] if ids is None else ids
    index = pd.MultiIndex.from_tuples([(name, t) for name, x in zip(ids, panel, strict=True) for t in range(len(x))],
                                      names=["instance", "time"])
    return pd.DataFrame(np.concatenate(panel), index=index, columns=list(columns))


def values(seed, n):
    """A target of its own unit that says where a bump is: 70 without one, 100 with it."""
    return 70 + 30 * (np.arange(n) % 2) + np.random.default_rng(seed).normal(size=n)


def problem(seed, lengths):
    panel = series(seed, lengths)
    return SimpleNamespace(panel=panel, X=frame(panel), y=np.array(["flat", "bump"])[np.arange(len(panel)) % 2],
                           values=values(seed, len(panel)))


@pytest.fixture(scope="session")
def ragged():
    lengths = np.random.default_rng(0).integers(13, 29, 24)
    return problem(1, lengths)


@pytest.fixture(scope="session")
def unseen():
    lengths = np.random.default_rng(2).integers(13, 29, 24)
    return problem(3, lengths)


@pytest.fixture(scope="session")
def equal():
    """Arrays of shape (instances, channels, time)."""
    panel = series(1, [17] * 24)
    return SimpleNamespace(X=np.stack(panel).transpose(0, 2, 1), y=np.arange(24) % 2, values=values(1, 24))


CLASSIFIERS = {  # and what makes each quick
    SDMAClassifier: {}, XM2AClassifier: {"n_heads": 3, "n_units": 4}, LSTMSANClassifier: {},
    ScaleSpaceRidgeClassifier: {"proportions": 200}, RACKNetClassifier: {"budget": 40, "max_components": 3},
}
REGRESSORS = {SDMARegressor: {}, XM2ARegressor: {"n_heads": 3, "n_units": 4}, LSTMSANRegressor: {}}
ESTIMATORS = CLASSIFIERS | REGRESSORS
FIRST = [SDMAClassifier, SDMARegressor]  # of each task
TRAINED = [cls for cls in ESTIMATORS if "training" in cls.get_param_names()]


def known(cls, **options):
    """Those of the options that are parameters of the class."""
    return {name: value for name, value in options.items() if name in cls.get_param_names()}


def make(cls=SDMAClassifier, **options):
    quick = known(cls, hidden_size=8, proportions=20, training=QUICK, random_state=7)
    return cls(**quick | ESTIMATORS[cls] | options)


def learning(cls=SDMAClassifier, **options):
    """One that learns enough for its answers to be looked at."""
    return make(cls, **known(cls, training=LEARNING, proportions=200) | options)


def target(cls, data):
    """What an estimator of a class learns of a problem."""
    return data.values if cls in REGRESSORS else data.y


def fit(made, data):
    return made.fit(data.X, target(type(made), data))


def quickly(cls, data):
    """A fitted estimator of any class that can be saved; of a forecaster one that was pretrained, too."""
    if cls not in SMALL:
        return fit(make(cls), data)
    y = panel()
    return small(cls, scaling="standard").pretrain(y, fh=[1, 2]).fit(y.loc[["s1"]], fh=[1, 2])


def said(fitted, X):
    """What it answers: of series, or of those that it was fitted to."""
    return fitted.predict() if type(fitted) in SMALL else fitted.predict(X)


def answers(fitted, X):
    """Probabilities; or values in units of the target's deviation."""
    if type(fitted) in REGRESSORS:
        return (fitted.predict(X) - fitted.target_mean_) / fitted.target_scale_
    return fitted.predict_proba(X)


def bumps(made, X):
    """Whether each series has a bump, as it is said."""
    found = made.predict(X)
    return found > 85 if type(made) in REGRESSORS else found == "bump"


def there_and_back(estimator, path):
    tsattn.save(estimator, path)
    return tsattn.load(path)


def each(classes):
    return pytest.mark.parametrize("cls", classes, ids=lambda cls: cls.__name__)


every_estimator, every_trained, every_task = each(ESTIMATORS), each(TRAINED), each(FIRST)
FORMS = {
    "default": {},
    "joint": {"architecture": "type1", "n_layers": 2, "saliency": "events", "encoder": "lstm", "trunk": None,
              "pooling": "last"},
    "one-way": {"architecture": "type2", "n_layers": 2, "mutual": False, "hidden_size": "auto", "pooling": "attention"},
    "convolutional": {"encoder": "conv-bilstm", "scaling": "series", "class_weight": "balanced"},
    "without": {"saliency": None, "scaling": None, "proportions": 0},
    "heads": {"cls": XM2AClassifier},
    "heads alone": {"cls": XM2AClassifier, "variant": "hybrid", "talk": "input", "descriptor": "max", "norm": "batch",
                    "residual": False, "activation": None, "rescale": False, "saliency": None, "encoder": None,
                    "hidden_size": "auto", "trunk": None, "scaling": "series"},
    "recurrent": {"cls": LSTMSANClassifier},
    "recurrent alone": {"cls": LSTMSANClassifier, "placement": "bottleneck", "absolute": False,
                        "channel_alignment": False, "dilation": 2, "n_layers": 3, "bidirectional": False,
                        "saliency": None, "trunk": None, "pooling": "last"},
    "glimpses": {"cls": LSTMSANClassifier, "attention_module": "ran", "saliency": "events"},
    "racks": {"cls": RACKNetClassifier},
    "racks alone": {"cls": RACKNetClassifier, "strategy": "random", "n_octaves": 1, "rack_pooling": "max",
                    "normalise": False, "recurrent": True, "saliency": None, "pooling": "flatten", "proportions": 0,
                    "scaling": None},
    "ridge": {"cls": ScaleSpaceRidgeClassifier},
    "values": {"cls": SDMARegressor},
    "values alone": {"cls": SDMARegressor, "loss": "absolute", "saliency": "events", "encoder": "lstm", "trunk": "lstm",
                     "pooling": "last", "proportions": 0, "scaling": "series"},
    "values by heads": {"cls": XM2ARegressor, "saliency": None, "activation": None, "scaling": None},
    "recurrent values": {"cls": LSTMSANRegressor, "loss": "absolute"},
}


@pytest.fixture(scope="session", params=FORMS)
def form(request):
    return FORMS[request.param]


@pytest.fixture(scope="session")
def fitted(form, ragged):
    return fit(make(**form), ragged)


@pytest.fixture(scope="session", params=ESTIMATORS, ids=lambda cls: cls.__name__)
def learned(request, ragged):
    return fit(learning(request.param), ragged)


OTHERS = [cls for cls in (*ESTIMATORS, *SMALL) if cls not in (*FIRST, SDMAForecaster)]
OTHER_FORMS = set(FORMS) - {"default", "values"}


def of_another(value):
    """Whether a parameter of a test stands for another estimator than the first of a task."""
    if isinstance(value, str):
        return value in OTHER_FORMS
    kind = value.get("cls") if isinstance(value, dict) else value
    return kind in OTHERS or type(kind) in OTHERS


def pytest_collection_modifyitems(items):
    """What estimators share is tested on one of each task before a commit, and on each by the whole suite."""
    tests = Path(__file__).parents[1]
    for item in items:
        shared = {tests / room for room in ("estimators", "classification", "regression")} & set(item.path.parents) \
            and hasattr(item, "callspec")
        if shared and any(map(of_another, item.callspec.params.values())):
            item.add_marker(pytest.mark.slow)
