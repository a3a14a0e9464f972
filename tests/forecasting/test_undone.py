"""Updates add what is new at its times, and a call that fails or is interrupted leaves what was said."""

import numpy as np
import pandas as pd
import pytest
from sktime.exceptions import NotFittedError
from sktime.split import ExpandingWindowSplitter

from tests.forecasting.test_forecasts import QUICK, panel, small, waves

pytestmark = pytest.mark.filterwarnings("ignore:.*windows are held out")  # series are short here


def interrupted(batch, generator):
    raise KeyboardInterrupt


HALTS = QUICK.clone().set_params(augment=(interrupted,))
STEPS = ExpandingWindowSplitter(fh=[1, 2], initial_window=5, step_length=5)
CALLS = {
    "update": lambda model, y: model.update(y[60:]),
    "update_predict": lambda model, y: model.update_predict(y[60:], STEPS, reset_forecaster=False),
    "update_predict of a copy": lambda model, y: model.update_predict(y[60:], STEPS),
    "update_predict_single": lambda model, y: model.update_predict_single(y[60:]),
    "pretrain": lambda model, y: model.pretrain(panel(), fh=[1, 2]),
}


@pytest.mark.parametrize("call", CALLS)
def test_p58_an_interrupted_update_is_undone(call):
    y = waves(80)
    model = small(scaling="standard").fit(y[:60], fh=[1, 2])
    before, cutoff = model.predict(), model.cutoff
    model.training = HALTS  # set_params would reset it
    with pytest.raises(KeyboardInterrupt):
        CALLS[call](model, y)
    assert model.predict().equals(before)
    assert model.cutoff.equals(cutoff)
    model.training = QUICK
    assert model.update(y[60:]).predict().index[0] == y.index[-1] + 1


@pytest.mark.parametrize("again", ["fit", "fit_predict"])
@pytest.mark.parametrize("fails", [True, False])
def test_p58_a_fit_that_fails_or_is_interrupted_leaves_it_unfitted(again, fails):
    y = waves(80)
    model = small().fit(y[:60], fh=[1, 2])
    model.training = HALTS
    with pytest.raises(ValueError if fails else KeyboardInterrupt):
        getattr(model, again)(y[:5] if fails else y, fh=[1, 2])
    with pytest.raises(NotFittedError):
        model.predict()
    assert model.cutoff is None
    model.training = QUICK
    assert model.fit(y, fh=[1]).predict().equals(small().fit(y, fh=[1]).predict())


def test_p58_what_was_pretrained_outlives_a_fit_and_a_pretraining_that_are_interrupted():
    y = waves(40)
    model = small().pretrain(panel(), fh=[1])
    expected = model.clone().fit(y, fh=[1]).predict()
    model.training = HALTS
    with pytest.raises(KeyboardInterrupt):
        model.pretrain(panel(), fh=[1])
    with pytest.raises(ValueError, match="look_back"):
        model.fit(y[:5], fh=[1])
    assert model.state == "pretrained"
    assert model.fit(y, fh=[1]).predict().equals(expected)


def test_fitting_and_predicting_at_once_learns_anew():
    y = waves(60)
    model = small()
    assert not model.fit_predict(y, fh=[1]).equals(model.fit_predict(-3 * y, fh=[1]))
    assert model.fit_predict(-3 * y, fh=[1]).equals(small().fit(-3 * y, fh=[1]).predict())


def test_pretraining_a_fitted_one_learns_from_the_panel():
    expected = small().pretrain(panel(), fh=[1]).fit(waves(40), fh=[1]).predict()
    assert small().fit(waves(60), fh=[1]).pretrain(panel(), fh=[1]).fit(waves(40), fh=[1]).predict().equals(expected)


def test_an_update_that_is_refused_leaves_the_container():
    y = waves(60)["a"]
    model = small().fit(y[:50], fh=[1])
    with pytest.raises(ValueError, match="columns seen in fit"):
        model.update(waves(60).iloc[50:])
    assert isinstance(model.predict(), pd.Series)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_rows_of_an_array_go_on_from_the_end(axes):
    shape = {1: (-1,), 2: (-1, 1), 3: (1, 1, -1)}[axes]
    y, more = np.arange(60.0).reshape(shape), np.full(12, 100.0).reshape(shape)
    model = small().fit(y, fh=[1, 2]).update(more, update_params=False)
    assert model.cutoff.tolist() == [71]
    assert len(model._past[0]) == 72
    found = model.predict()
    assert isinstance(found, np.ndarray)
    assert np.allclose(found, 100, atol=1)
    if axes < 3:
        single = small().fit(y, fh=[1, 2]).update_predict_single(more, update_params=False)
        assert np.array_equal(single, found)
        played = small().fit(y, fh=[1, 2]).update_predict(more, STEPS, update_params=False)
        assert played.index.tolist() == [65, 66, 70, 71]


def test_arrays_in_update_that_do_not_fit_are_refused():
    y = np.arange(120.0)
    with pytest.raises(ValueError, match="must hold the 2 series of fit"):
        small().fit(y.reshape(2, 1, 60), fh=[1]).update(np.ones((3, 1, 8)))
    for given in (pd.Series(y), waves(60), panel()):
        with pytest.raises(ValueError, match="y must carry its times"):
            small().fit(given, fh=[1]).update(np.ones((8, given.shape[1] if given.ndim > 1 else 1)))


@pytest.mark.parametrize("given", [[1.0, 2.0], (1.0, 2.0), 3.0, np.float64(3), np.array(3.0), range(60, 62), "60"])
@pytest.mark.parametrize("update", ["update", "update_predict_single"])
def test_what_carries_no_times_is_refused_in_update_with_a_cure_that_works(given, update):
    for y in (np.arange(60.0), pd.Series(np.arange(60.0)), pd.Series(np.arange(60.0), name="sold")):
        model = small().fit(y, fh=[1])
        with pytest.raises(TypeError, match=r"pass pd.Series\(values, index=times\), of times after 59"):
            getattr(model, update)(given)
        model.update(pd.Series([1.0, 2.0], index=[60, 61]), update_params=False)
        assert model.cutoff.tolist() == [61]


TRUTHS = ["bool", "boolean", "Sparse[bool]"]
NUMBERS = ["float64", "float32", "int64", "Int64", "Float64", "Sparse[float64]"]


@pytest.mark.parametrize(("before", "after"), [
    *((before, after) for before in TRUTHS for after in TRUTHS + NUMBERS),
    *((before, after) for before in NUMBERS for after in TRUTHS),
])
def test_truths_in_update_are_0_and_1_as_in_fit(before, after):
    whole = pd.DataFrame({"a": np.arange(60) % 3 == 0})
    y = [part.astype(dtype) for part, dtype in ((whole[:50], before), (whole[50:], after))]
    model = small().fit(y[0], fh=[1]).update(y[1], update_params=False)
    expected = small().fit(whole[:50].astype(float), fh=[1]).update(whole[50:].astype(float), update_params=False)
    assert model.predict().equals(expected.predict())
    Xs = [part.rename(columns={"a": "x"}) for part in y]
    small(future_X=False).fit(y[0], Xs[0], fh=[1]).update(y[1], Xs[1], update_params=False)


def test_exogenous_rows_of_an_array_go_on_too():
    y, X = np.arange(60.0), np.arange(60.0)[:, None] % 7
    model = small(future_X=False).fit(y, X, fh=[1]).update(y[:12], X[:12], update_params=False)
    assert model._past[1].index.tolist() == [*range(72)]


def test_an_update_before_the_end_overwrites_and_says_so():
    y = pd.Series(np.arange(60.0))
    model = small().fit(y, fh=[1])
    with pytest.warns(UserWarning, match="put values in place of others and added none.* before the end, 59"):
        model.update(pd.Series(np.full(12, 7.0)), update_params=False)
    assert model.cutoff.tolist() == [59]
    assert model._past[0].iloc[11, 0] == 7
    assert model.predict().index.tolist() == [60]


@pytest.mark.parametrize("index", [
    pd.date_range("2021-01-01", periods=8), pd.period_range("2021-01", periods=8, freq="M"),
    pd.MultiIndex.from_product([["p"], range(60, 68)]),
])
def test_an_update_at_times_of_another_kind_is_refused(index):
    y = waves(60).reset_index(drop=True)
    model = small().fit(y, fh=[1])
    before = model.predict()
    with pytest.raises(ValueError, match="y must have an index as in fit"):
        model.update(y[:8].set_axis(index))
    assert model.predict().equals(before)
