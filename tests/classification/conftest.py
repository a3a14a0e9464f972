from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tsattn.classification import LSTMSANClassifier, ScaleSpaceRidgeClassifier, SDMAClassifier, XM2AClassifier
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


def problem(seed, lengths):
    panel = series(seed, lengths)
    return SimpleNamespace(panel=panel, X=frame(panel), y=np.array(["flat", "bump"])[np.arange(len(panel)) % 2])


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
    return SimpleNamespace(X=np.stack(panel).transpose(0, 2, 1), y=np.arange(24) % 2)


CLASSIFIERS = {  # and what makes each quick
    SDMAClassifier: {}, XM2AClassifier: {"n_heads": 3, "n_units": 4}, LSTMSANClassifier: {},
    ScaleSpaceRidgeClassifier: {"proportions": 200},
}
TRAINED = [cls for cls in CLASSIFIERS if "training" in cls.get_param_names()]


def known(cls, **options):
    """Those of the options that are parameters of the class."""
    return {name: value for name, value in options.items() if name in cls.get_param_names()}


def classifier(cls=SDMAClassifier, **options):
    quick = known(cls, hidden_size=8, proportions=20, training=QUICK, random_state=7)
    return cls(**quick | CLASSIFIERS[cls] | options)


def learning(cls=SDMAClassifier, **options):
    """One that learns enough for its answers to be looked at."""
    return classifier(cls, **known(cls, training=LEARNING, proportions=200) | options)


def each(classes):
    return pytest.mark.parametrize("cls", classes, ids=lambda cls: cls.__name__)


every_classifier, every_trained = each(CLASSIFIERS), each(TRAINED)
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
    "ridge": {"cls": ScaleSpaceRidgeClassifier},
}


@pytest.fixture(scope="session", params=FORMS)
def form(request):
    return FORMS[request.param]


@pytest.fixture(scope="session")
def fitted(form, ragged):
    return classifier(**form).fit(ragged.X, ragged.y)


@pytest.fixture(scope="session", params=CLASSIFIERS, ids=lambda cls: cls.__name__)
def learned(request, ragged):
    return learning(request.param).fit(ragged.X, ragged.y)


OTHERS = list(CLASSIFIERS)[1:]


def of_another(value):
    """Whether a parameter of a test stands for another classifier than the first."""
    kind = value.get("cls") if isinstance(value, dict) else value
    return kind in OTHERS or type(kind) in OTHERS


def pytest_collection_modifyitems(items):
    """What the classifiers share is tested on one of them before a commit, and on each by the whole suite."""
    here = Path(__file__).parent
    for item in items:
        shared = here in item.path.parents and hasattr(item, "callspec")
        if shared and any(map(of_another, item.callspec.params.values())):
            item.add_marker(pytest.mark.slow)
