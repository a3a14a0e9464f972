"""P65: whatever shapes, values, types and parameters come in, only documented errors come out, and no NaN.

By hand, with other draws each time: `TSATTN_FUZZ_MINUTES=60 pytest -m long tests/test_fuzz.py`; a minute by default.
"""

import os
import time
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.extra import numpy as hnp

from tsattn._checks import DivergenceError, ModelFileError
from tsattn.classification import ImageClassifier, SDMAClassifier, XM2AClassifier
from tsattn.forecasting import SDMAForecaster
from tsattn.image import sift
from tsattn.nn.talk import OVER_UNITS, SELF_TALK
from tsattn.regression import SDMARegressor
from tsattn.scalespace import bands, detect, events, saliency_series
from tsattn.training import ChannelDrop, Mixup, Training
from tsattn.transformations import ScaleSpaceChannels, UVTFEvents, UVTFSaliency

DOCUMENTED = (ValueError, TypeError, ModelFileError, DivergenceError, MemoryError)  # NotFittedError is a ValueError
FUZZ = settings(deadline=None, max_examples=1000, suppress_health_check=list(HealthCheck), derandomize=True)
MINUTES = float(os.environ.get("TSATTN_FUZZ_MINUTES", "1"))
FUZZED = []  # bodies of the tests here, with what is drawn for them
DTYPES = st.sampled_from([np.float64, np.float32, np.float16, np.int64, np.uint8, np.bool_, np.complex64, object])
SHAPES = hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=13)


def fuzzed(*strategies, examples=1000):
    """A test of so many draws, the same each time; and one of those that are drawn anew for as long as is asked."""
    def made(body):
        FUZZED.append((body, strategies))
        return pytest.mark.slow(settings(FUZZ, max_examples=examples)(given(*strategies)(body)))
    return made


@st.composite
def arrays(draw, shapes=SHAPES):
    """Small arrays of any kind, ordinary values mixed with extreme ones."""
    dtype, shape = draw(DTYPES), draw(shapes)
    seed, scale = draw(st.integers(0, 999)), draw(st.sampled_from([0.0, 1e-12, 1.0, 1e6, 1e30]))
    values = scale * np.random.default_rng(seed).standard_normal(shape)
    if values.size and draw(st.booleans()):
        extreme = draw(st.sampled_from([np.nan, np.inf, -np.inf, 1e308, 0.0]))
        values.flat[draw(st.integers(0, values.size - 1))] = extreme
    with np.errstate(all="ignore"):
        return values.astype(dtype)


@st.composite
def panels(draw):
    """Panels as arrays (instances, channels, steps), or as rows of a frame under instances of unequal lengths."""
    if draw(st.booleans()):
        return draw(arrays(hnp.array_shapes(min_dims=3, max_dims=3, min_side=0, max_side=13)))
    lengths = draw(st.lists(st.integers(1, 23), min_size=1, max_size=7))
    n_columns = draw(st.integers(1, 3))
    values = draw(arrays(st.just((sum(lengths), n_columns))))
    index = pd.MultiIndex.from_tuples([(i, t) for i, length in enumerate(lengths) for t in range(length)])
    return pd.DataFrame(values, index=index, columns=[f"c{number}" for number in range(n_columns)])


@st.composite
def plain_panels(draw):
    """Panels that nothing is wrong with, so that the parameters have their say."""
    lengths = draw(st.lists(st.integers(2, 23), min_size=5, max_size=11))
    index = pd.MultiIndex.from_tuples([(i, t) for i, length in enumerate(lengths) for t in range(length)])
    values = np.random.default_rng(draw(st.integers(0, 999))).normal(size=(len(index), draw(st.integers(1, 3))))
    return pd.DataFrame(values, index=index).add_prefix("c")


def only_documented(call):
    """The call's result, or None where it raised what it may raise."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # short series and the like warn, as they should
        try:
            return call()
        except DOCUMENTED as error:
            said = str(error)
    assert said
    return None


def is_finite(result):
    return result is None or bool(np.isfinite(np.asarray(result, dtype=float)).all())


@fuzzed(arrays(), st.sampled_from([-1, 0, 0.5, 1.6, 40.0, "wide", None]), st.sampled_from([1, 3, 0, "auto", 2.5]),
       st.sampled_from(["reflect", "nearest", "constant", "wrap"]), st.booleans())
def test_p65_scale_space(x, sigma0, n_octaves, mode, refine):
    options = {"sigma0": sigma0, "n_octaves": n_octaves, "mode": mode}
    found = only_documented(lambda: detect(x, refine=refine, **options))
    assert found is None or is_finite(found.position)
    assert is_finite(only_documented(lambda: saliency_series(x, events(x, **options))))
    assert is_finite(only_documented(lambda: bands(x, mode=mode)))


@fuzzed(panels(), panels(), st.sampled_from(["raise", "interpolate", "guess"]),
       st.sampled_from(["standard", "series", "minmax", None, "soft"]), st.sampled_from([0, 3, -1]),
       st.sampled_from([(0, 0.7, 1.1, 1.8, 2.8), "auto", (0, 3), (1,), (), (2, 1), (0, -1), (0, np.nan), 1.5, "wide",
                        None]))
def test_p65_transformers(X, other, missing, scaling, n_words, sigmas):
    for transformer in (ScaleSpaceChannels(sigmas, missing=missing), UVTFSaliency(missing=missing, scaling=scaling),
                        UVTFEvents(missing=missing, scaling=scaling, n_words=n_words, random_state=0)):
        assert is_finite(only_documented(lambda made=transformer: made.fit_transform(X)))
        assert is_finite(only_documented(lambda made=transformer: made.fit(X).transform(other)))


# each beside what it is by default, so that most draws get as far as training
SHARED = {
    "saliency": ["channels", "events", None, "bands", ScaleSpaceChannels((0, 1)), ScaleSpaceChannels("auto", keep=True),
                 ScaleSpaceChannels((2, 1)), UVTFSaliency(output="both")],
    "encoder": ["lstm", "conv-bilstm", "none", 7],
    "trunk": [None, "lstm", "oak"],
    "n_layers": [1, 2, 0],
    "pooling": ["attention", "last", "best"],
    "scaling": ["standard", "series", None, "soft"],
    "hidden_size": [3, "auto", 0],
    "dropout": [0.0, 0.5, 1.0],
    "class_weight": ["balanced", {"0": 2.0}, {"0": 0.0}, {"9": 1.0}, {"0": -1.0}, {"1": np.nan}, "heavy", 3],
}
CLASSIFIERS = {
    SDMAClassifier: SHARED | {"architecture": ["single", "type1", "type2", "type9"], "mutual": [True, False, "yes"],
                              "gate": ["none", "soft"]},
    XM2AClassifier: SHARED | {
        "variant": ["msmsa", "exp", "hybrid", "short", 3], "talk": ["input", "self", SELF_TALK, len],
        "descriptor": ["max", "median"], "norm": ["batch", "none", None], "n_heads": [1, 3, 0], "n_units": [1, 2.5],
        "residual": [False, "yes"], "activation": [None, "tanh", torch.sigmoid, "step"],
        "softmax_axis": ["units", OVER_UNITS, "both"], "rescale": [False, 1], "separate_values": [True, None],
        "encoder": [None, "linear", "lstm", 7],
    },
}
OF_VALUES = {name: choices for name, choices in CLASSIFIERS[SDMAClassifier].items() if name != "class_weight"} | {
    "loss": ["absolute", "cubic", None], "proportions": [0, 7, -1]}
TARGETS = st.one_of(
    st.sampled_from(["", "7", None, np.nan, np.inf, 1e301, 1e299, -1e-310, 3, True, 2 + 1j]).map(lambda odd: [odd]),
    st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=5), st.just([0.1]))
TRAINING = {
    "lr": [1e-3, 0.1, 1e6, -1, "fast"],
    "device": ["cpu", "auto", "cuda", "cuda:7", "meta", "gpu0"],
    "groups": [lambda name: hash(name) % 2, dict(enumerate("abcabca")), {}, 5],
    "validation": [0.5, 0.3, (0,), (0, 99), 1.0],
    "patience": [1, 0],
    "augment": ["strong", (), (Mixup(),), (Mixup(), ChannelDrop(0.9)), "weak"],
    "averaging": [0.9, "tail", 2.0],
    "batch_size": [3, 0],
}


def some_of(choices):
    """A few parameters, each with one of its values."""
    return st.lists(st.sampled_from(sorted(choices)), max_size=3, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: st.sampled_from(choices[name]) for name in names}))


@fuzzed(st.one_of(plain_panels(), panels()), panels(), st.integers(0, 99),
       st.sampled_from(list(CLASSIFIERS)).flatmap(lambda cls: st.tuples(st.just(cls), some_of(CLASSIFIERS[cls]))),
       some_of(TRAINING), examples=500)
def test_p65_classifier(X, other, seed, drawn, training):
    cls, options = drawn
    small = {"hidden_size": 4} | ({"n_heads": 2, "n_units": 3} if cls is XM2AClassifier else {})
    if "groups" in training:
        training = {"validation": 0.5, **training}
    n_instances = len(X) if isinstance(X, np.ndarray) else X.index.get_level_values(0).nunique()
    y = np.random.default_rng(seed).integers(0, 3, n_instances).astype(str)
    made = cls(**{**small, **options}, training=Training(epochs=2, **training), random_state=seed)
    for unseen in (X, other):
        proba = only_documented(lambda panel=unseen: made.fit(X, y).predict_proba(panel))
        assert is_finite(proba)
        assert proba is None or np.abs(proba.sum(axis=1) - 1).max() <= 1e-6


@fuzzed(st.one_of(plain_panels(), panels()), panels(), st.integers(0, 99), TARGETS, some_of(OF_VALUES),
       some_of(TRAINING), examples=500)
def test_p65_regressor(X, other, seed, odd, options, training):
    if "groups" in training:
        training = {"validation": 0.5, **training}
    n_instances = len(X) if isinstance(X, np.ndarray) else X.index.get_level_values(0).nunique()
    y = (odd + np.random.default_rng(seed).normal(size=n_instances).tolist())[:n_instances]
    made = SDMARegressor(**{"hidden_size": 4, "proportions": 7, **options}, training=Training(epochs=2, **training),
                         random_state=seed)
    for unseen in (X, other):
        assert is_finite(only_documented(lambda panel=unseen: made.fit(X, y).predict(panel)))


@st.composite
def images(draw):
    """Arrays of three or four axes, some of them read-only, turned, or of another library."""
    x = draw(arrays(hnp.array_shapes(min_dims=2, max_dims=4, min_side=0, max_side=17)))
    kind = draw(st.sampled_from(["plain", "turned", "list", "torch"]))
    if kind == "torch" and x.dtype != object:
        return torch.from_numpy(x)
    return list(x) if kind == "list" else x[:, ::-1] if kind == "turned" else x


@fuzzed(images(), images(), st.sampled_from(["lenet5", "resnet20", "vgg16"]), st.integers(0, 3), examples=20)
def test_p65_images(x, other, backbone, seed):
    found = only_documented(lambda: sift.detect(x))
    assert found is None or is_finite(found.position)
    made = ImageClassifier(backbone, training=Training(epochs=1), random_state=seed)
    y = np.arange(len(x)) % 2
    for unseen in (x, other):
        assert is_finite(only_documented(lambda pixels=unseen: made.fit(x, y).predict_proba(pixels)))


INDICES = st.sampled_from([None, "D", "h", "MS", "QE", "period", "float", "text"])


@fuzzed(arrays(hnp.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=40)), INDICES,
        st.sampled_from([1, [1, 2, 3], [3], [2, 2], "next", None, [1.5]]), st.sampled_from([4, 12, 0, "long"]),
        st.sampled_from([0.9, [0.5, 0.8], 1.5, "wide"]), examples=40)
def test_p65_forecaster(values, frequency, fh, look_back, coverage):
    """Horizons are after the end: of others sktime says NotImplementedError."""
    y = only_documented(lambda: pd.DataFrame(values).squeeze(axis=1))
    if frequency in ("D", "h", "MS", "QE"):
        y.index = pd.date_range("2020", periods=len(y), freq=frequency)
    elif frequency == "period":
        y.index = pd.period_range("2020", periods=len(y), freq="M")
    elif frequency is not None:
        y.index = np.arange(len(y)) / 7 if frequency == "float" else [f"t{number}" for number in range(len(y))]
    made = SDMAForecaster(look_back=look_back, hidden_size=3, training=Training(epochs=1), random_state=0)
    assert is_finite(only_documented(lambda: made.fit(y, fh=fh).predict()))
    assert is_finite(only_documented(lambda: made.predict_interval(coverage=coverage)))


@pytest.mark.long
@pytest.mark.timeout(0)
def test_p65_for_as_long_as_is_asked():
    until, kept = time.monotonic() + 60 * MINUTES, DirectoryBasedExampleDatabase(".hypothesis/examples")
    anew = settings(FUZZ, max_examples=20, derandomize=False, database=kept)
    while time.monotonic() < until:
        for body, strategies in FUZZED:
            anew(given(*strategies)(body))()
