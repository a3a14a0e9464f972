"""What estimators promise about what they are given, and what they give back."""

import copy
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sktime.exceptions import NotFittedError

import tsattn
from tests.estimators.conftest import (
    LEARNING,
    REGRESSORS,
    TRAINED,
    answers,
    bumps,
    every_estimator,
    every_task,
    fit,
    frame,
    known,
    learning,
    make,
    series,
    target,
)
from tsattn._panel import Panel
from tsattn.classification import (
    LSTMSANClassifier,
    RACKNetClassifier,
    ScaleSpaceRidgeClassifier,
    SDMAClassifier,
    XM2AClassifier,
)
from tsattn.nn.talk import SELF_TALK
from tsattn.regression import LSTMSANRegressor, SDMARegressor, XM2ARegressor
from tsattn.training import Training


def weights_of(fitted):
    return {name: value.clone() for name, value in fitted.network_.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


SHARED = {"saliency": None, "proportions": 5, "scaling": None, "random_state": 3}
OF_NETWORKS = {"hidden_size": 5, "n_layers": 2, "dropout": 0.1, "pooling": "last", "training": Training(epochs=3)}


@pytest.mark.parametrize(("cls", "own"), [
    (SDMAClassifier, {"architecture": "type2", "mutual": False, "encoder": "lstm"}),
    (LSTMSANClassifier, {"attention_module": "ran", "placement": "bottleneck", "extrema": False, "dilation": 2}),
    (XM2AClassifier, {"variant": "exp", "talk": SELF_TALK, "n_heads": 2, "activation": None, "softmax_axis": "units"}),
    (ScaleSpaceRidgeClassifier, {"device": "cpu"}),
    (RACKNetClassifier, {"budget": 7, "strategy": "random", "rack_pooling": "max", "recurrent": True}),
    (SDMARegressor, {"architecture": "type2", "mutual": False, "encoder": "lstm"}),
    (LSTMSANRegressor, {"attention_module": "ran", "placement": "bottleneck", "extrema": False, "dilation": 2}),
    (XM2ARegressor, {"variant": "exp", "talk": SELF_TALK, "n_heads": 2, "activation": None, "softmax_axis": "units"}),
])
def test_p01_the_constructor_stores_and_does_no_more(cls, own):
    of_task = {"loss": "absolute"} if cls in REGRESSORS else {"class_weight": {"a": 2.0}}
    given = known(cls, **SHARED | own | of_task | (OF_NETWORKS if cls in TRAINED else {}))
    made = cls(**given)
    assert all(getattr(made, name) is value for name, value in given.items())
    assert not [name for name in vars(made) if name.endswith("_")]
    nonsense = cls(scaling="circle", proportions=-1)
    assert nonsense.set_params(scaling=3).get_params()["scaling"] == 3


def test_p02_clone_and_parameters_go_round(form):
    original = make(**form)
    other = original.clone()
    assert other.get_params(deep=False).keys() == original.get_params(deep=False).keys()
    assert str(other) == str(original)
    assert str(type(original)().set_params(**original.get_params(deep=False))) == str(original)


def test_p04_fitting_again_leaks_nothing(ragged, unseen, fitted, form):
    again = make(**form)
    again.fit(unseen.X, target(type(again), unseen)[::-1])
    assert (answers(again, unseen.X) != answers(fitted, unseen.X)).any()
    assert (answers(fit(again, ragged), unseen.X) == answers(fitted, unseen.X)).all()


@every_estimator
def test_p05_unfitted_says_so(cls, ragged):
    of_task = [] if cls in REGRESSORS else ["predict_proba"]
    for method in ["predict", "attention", "saliency_series", *of_task]:
        with pytest.raises(NotFittedError, match=cls.__name__):
            getattr(make(cls), method)(ragged.X)


@every_estimator
def test_p05_saving_the_unfitted_says_so(cls, tmp_path):
    with pytest.raises(NotFittedError, match=cls.__name__):
        tsattn.save(make(cls), tmp_path / "model")


def test_p06_inputs_and_parameters_stay_as_they_were(ragged, form):
    made = make(**form)
    given = target(type(made), ragged)
    X, y = ragged.X.copy(), given.copy()
    before = made.get_params()
    made.fit(X, y)
    state = copy.deepcopy({name: value for name, value in vars(made).items() if name != "network_"})
    weights = weights_of(made)
    made.predict(X), made.attention(X)
    pd.testing.assert_frame_equal(X, ragged.X)
    assert (y == given).all()
    assert {name: str(value) for name, value in made.get_params().items()} == {
        name: str(value) for name, value in before.items()}
    assert state.keys() | {"network_"} == vars(made).keys()
    assert str(state) == str({name: vars(made)[name] for name in state})
    assert same(weights, weights_of(made))


def test_p07_each_row_for_itself(fitted, unseen):
    together = answers(fitted, unseen.X)
    names = list(dict.fromkeys(unseen.X.index.get_level_values(0)))
    alone = np.concatenate([answers(fitted, unseen.X.loc[[name]]) for name in names])
    np.testing.assert_allclose(alone, together, rtol=0, atol=1e-6)
    order = np.random.default_rng(0).permutation(len(names))
    shuffled = frame([unseen.panel[i] for i in order], ids=[names[i] for i in order])
    np.testing.assert_allclose(answers(fitted, shuffled), together[order], rtol=0, atol=1e-6)


@pytest.mark.parametrize("bad", [np.inf, -np.inf, 1e38, 1e300])
def test_p10_infinity_and_overflow_stop_before_training(bad, ragged, learned):
    X = ragged.X.copy()
    X.iloc[40, 1] = bad
    name, step = X.index[40]
    said = rf"X must .*(infinity|overflows).*instance '{name}', column 'width', position {step}"
    made = learned.clone()
    with pytest.raises(ValueError, match=said):
        made.fit(X, target(type(made), ragged))
    assert not made.is_fitted
    with pytest.raises(ValueError, match=said):
        learned.predict(X)


@every_estimator
@pytest.mark.parametrize("scaling", ["standard", "series", None])
@pytest.mark.parametrize("constant", [[0], [0, 1, 2]])
@pytest.mark.parametrize("value", [0.0, pytest.param(0.1, marks=pytest.mark.slow),
                                   pytest.param(-1e9, marks=pytest.mark.slow)])
def test_p11_constant_channels(cls, scaling, constant, value, ragged):
    X = ragged.X.copy()
    X.iloc[:, constant] = value if scaling is not None else min(value, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = make(cls, scaling=scaling).fit(X, target(cls, ragged))
        assert np.isfinite(answers(made, X)).all()
        assert np.isfinite(made.attention(X)).all(axis=None)
    if scaling is not None:
        assert not made.inputs_(Panel.from_sktime(X)).rows[0][:, constant].any()


STATIC = {"default": {}, "series": {"scaling": "series"}, "series alone": {"scaling": "series", "saliency": None},
          "series and events": {"scaling": "series", "saliency": "events"}, "unscaled": {"scaling": None}}


def with_a_static_channel(panel, rng):
    return [np.column_stack([x[:, 0], np.full(len(x), 7.7 + 3.3 * rng.normal()), x[:, 2]]) for x in panel]


@every_task
@pytest.mark.parametrize("options", STATIC.values(), ids=STATIC)
def test_p11_a_channel_that_is_static_within_each_series(cls, options, ragged, unseen):
    rng = np.random.default_rng(11)
    X = frame(with_a_static_channel(ragged.panel, rng))
    made = make(cls, training=LEARNING, **options).fit(X, target(cls, ragged))
    known = with_a_static_channel(unseen.panel, rng)
    expected = answers(made, frame(known))
    nudged = frame([x + 1e-6 * rng.normal(size=x.shape) for x in known])
    np.testing.assert_allclose(answers(made, nudged), expected, rtol=0, atol=1e-3)
    moving = made.inputs_(Panel.from_sktime(unseen.X))  # where it had been static the channel varies now
    assert all(block.abs().max() < 100 for block in moving.rows)


def test_p11_rounding_is_not_blown_up():
    rng = np.random.default_rng(13)
    jitter = [np.column_stack([x[:, 0], 0.1 + 1e-17 * rng.integers(-2, 3, len(x)), x[:, 2]])
              for x in series(1, [17] * 24)]
    inputs = make().fit(frame(jitter), np.arange(24) % 2).inputs_
    assert inputs.scale.scale[1] == 1
    assert (inputs.saliency_scale.scale[5:10] == 1).all()


@every_task
@pytest.mark.parametrize("shape", [(0, 3, 17), (24, 0, 17), (24, 3, 0)])
def test_p12_nothing_to_learn_from(cls, shape, equal):
    said = rf"at least 1 instance, 1 channel and 1 time point, got shape \({shape[0]}, {shape[1]}, {shape[2]}\)"
    with pytest.raises(ValueError, match=said):
        make(cls).fit(np.empty(shape), np.zeros(shape[0]))
    with pytest.raises(ValueError, match=said):
        fit(make(cls), equal).predict(np.empty(shape))


@pytest.mark.parametrize("length", range(1, 15))
def test_p13_short_series_work(form, length):
    lengths = [1, length, 2, length]
    X, y = frame(series(5, lengths)), [0, 1, 0, 1]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "4 of 4 series|[0-9] of 4 series are shorter")  # than an event
        made = make(**form).fit(X, y)
        assert np.isfinite(answers(made, X)).all()


def test_p13_two_samples_are_enough(form, ragged, unseen):
    names = ["i0", "i1"]
    made = make(**form)
    made.fit(ragged.X.loc[names], target(type(made), ragged)[:2])
    assert np.isfinite(answers(made, unseen.X)).all()


def test_p17_longer_company_changes_nothing(fitted, unseen):
    short = [unseen.panel[i] for i in range(5)]
    long = series(9, [211])
    np.testing.assert_allclose(answers(fitted, frame(short + long))[:5], answers(fitted, frame(short)), rtol=0,
                               atol=1e-6)


def test_p17_a_long_series_is_read_to_its_end(learned):
    quiet, late = np.zeros((2, 60, 3))
    late[50:, 0] = 2
    found = answers(learned, frame([quiet, late]))
    if type(learned) not in REGRESSORS:
        found = np.log(found)  # where one is sure, a probability hardly moves
    assert np.abs(found[0] - found[1]).max() > 0.01


@every_task
def test_p19_read_only_arrays(cls, equal):
    X, y = equal.X.copy(), target(cls, equal).copy()
    expected = answers(make(cls).fit(X, y), X)
    X.setflags(write=False), y.setflags(write=False)
    assert (answers(make(cls).fit(X, y), X) == expected).all()


LAYOUTS = {
    "fortran": np.asfortranarray,
    "strided": lambda x: np.repeat(x, 2, axis=0)[::2],
    "reversed": lambda x: x[:, :, ::-1].copy()[:, :, ::-1],
    "big-endian": lambda x: x.astype(">f8"),
    "float16": lambda x: x.astype(np.float16),
    "float32": lambda x: x.astype(np.float32),
    "int64": lambda x: x.astype(np.int64),
    "int8": lambda x: x.astype(np.int8),
}


@every_task
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_p20_layouts_and_types(cls, layout, equal):
    X, y = np.round(10 * equal.X), target(cls, equal)  # whole numbers: exact in every type
    expected = answers(make(cls).fit(X, y), X)
    np.testing.assert_allclose(answers(make(cls).fit(layout(X), y), layout(X)), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("wrong", [
    lambda x: x.astype(object), lambda x: x.astype(complex), lambda x: x.tolist(), torch.tensor,
    lambda x: sparse.csr_matrix(x[:, 0]),
], ids=["object", "complex", "lists", "tensor", "sparse"])
@every_task
def test_p21_other_containers_are_refused_by_name(cls, wrong, equal):
    with pytest.raises(TypeError, match="X must be"):
        make(cls).fit(wrong(equal.X), target(cls, equal))


@every_task
def test_p21_a_time_index_of_dates_gives_the_same(cls, ragged):
    X, y = ragged.X.copy(), target(cls, ragged)
    X.index = X.index.set_levels(pd.date_range("2020-01-01", periods=len(X.index.levels[1]), freq="D"), level=1)
    assert (answers(make(cls).fit(X, y), X) == answers(fit(make(cls), ragged), ragged.X)).all()


@pytest.mark.parametrize(("change", "seen"), [
    (lambda X: X[["width", "height", "depth"]], "got 3: ['width', 'height', 'depth']"),
    (lambda X: X[["height", "width"]], "got 2: ['height', 'width']"),
    (lambda X: X.assign(weight=0.0), "got 4: ['height', 'width', 'depth', 'weight']"),
    (lambda X: X.rename(columns={"depth": "age"}), "got 3: ['height', 'width', 'age']"),
])
def test_p22_columns_are_checked_by_name(change, seen, learned, unseen):
    for method in (learned.predict, learned.attention):
        with pytest.raises(ValueError) as error:
            method(change(unseen.X))
        assert "the 3 columns seen in fit, ['height', 'width', 'depth']" in str(error.value)
        assert seen in str(error.value)


def test_p22_arrays_are_checked_by_number(equal, learned):
    made = fit(make(type(learned)), equal)
    with pytest.raises(ValueError, match="the 3 columns seen in fit"):
        made.predict(equal.X[:, :2])
    assert learned.predict(equal.X).shape == (24,)  # an array has no names to check


def test_p22_whole_numbers_are_names_like_others(ragged, equal):
    X = ragged.X.set_axis([0, 1, 2], axis=1)
    of_frame, of_array = make().fit(X, ragged.y), fit(make(), equal)
    for made in (of_frame, of_array):
        assert made.predict(X).shape == (24,)
        for wrong in (X[[1, 0, 2]], X.set_axis([3, 7, 5], axis=1), ragged.X):
            with pytest.raises(ValueError, match=r"the 3 columns seen in fit, \[0, 1, 2\], in this order; got 3"):
                made.predict(wrong)


@every_estimator
@pytest.mark.parametrize("change", [lambda x: 1e12 * x, lambda x: 1e-12 * x, lambda x: 1e9 + x])
@pytest.mark.parametrize("scaling", ["standard", "series"])
@pytest.mark.slow
def test_p23_units_do_not_matter(cls, change, scaling, ragged, unseen):
    made, other = (learning(cls, scaling=scaling) for _ in range(2))
    plain = (bumps(fit(made, ragged), unseen.X) == (unseen.y == "bump")).mean()
    changed = other.fit(change(ragged.X), target(cls, ragged))
    assert np.isfinite(changed.history_).all(axis=None)
    assert (bumps(changed, change(unseen.X)) == (unseen.y == "bump")).mean() >= plain - 0.01


@every_task
def test_p23_what_float32_does_not_tell_from_zero_is_told(cls, ragged):
    made = make(cls, scaling=None)
    with pytest.warns(UserWarning, match=r"column 'height' has values of at most .*e-40, which are 0 to a network"):
        made.fit(ragged.X * 1e-40, target(cls, ragged))
