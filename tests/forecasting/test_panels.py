"""Panels: series under labels of any kind, each with its own times, and exogenous columns for each or for all."""

import datetime

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.model_evaluation import evaluate
from sktime.split import ExpandingWindowSplitter

from tests.forecasting.test_forecasts import small
from tsattn.forecasting._history import History
from tsattn.forecasting._times import ends_of, future_of

pytestmark = pytest.mark.filterwarnings("ignore:.*windows are held out")  # series are short here
DAYS = pd.date_range("2024-01-01", periods=63)
LABELS = {
    "letters": ["a", "b"], "names": ["store0", "store1"], "two letters": ["ab", "cd"], "empty": ["", "b"],
    "numbers": [1, 2], "fractions": [1.5, 2.5], "booleans": [False, True], "mixed": ["a", 1], "backwards": ["z", "b"],
    "times": list(pd.to_datetime(["2020-01-01", "2021-01-01"])),
    "dates": [datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)],
    "periods": list(pd.period_range("2020", periods=2, freq="D")), "pairs": [("a", 1), ("b", 2)],
    "categories": pd.CategoricalIndex(["x", "y"]), "levels": [("north", "shop1"), ("south", "shop1")],
}


def two_series(labels, several=False):
    """y is twice X, in two series."""
    draw = np.random.default_rng(0)
    keys = pd.MultiIndex.from_tuples(labels) if several else pd.Index(labels, tupleize_cols=False)
    levels = [keys.get_level_values(level).repeat(len(DAYS)) for level in range(keys.nlevels)]
    names = [f"level{level}" for level in range(keys.nlevels)]
    index = pd.MultiIndex.from_arrays([*levels, DAYS.append(DAYS)], names=[*names, "time"])
    X = pd.DataFrame({"x": draw.normal(size=len(index))}, index)
    return 2 * X.rename(columns={"x": "y"}), X, index.get_level_values(-1) < DAYS[60]


@pytest.mark.parametrize("kind", LABELS)
def test_exogenous_columns_are_found_whatever_series_are_called(kind):
    y, X, past = two_series(LABELS[kind], several=kind == "levels")
    ends = ends_of(y[past])
    assert ends.after([1, 2, 3]).equals(y[~past].index)
    turned = pd.concat([X[63:], X[:63]])
    assert np.array_equal(future_of(turned, ends, ["x"], 3).ravel(), X.loc[~past, "x"])
    assert np.array_equal(History.read(y, turned, units=None).panel.values, np.column_stack([y, X]))


@pytest.mark.filterwarnings("ignore:The values in the array are unorderable")  # pandas on mixed labels
@pytest.mark.parametrize("kind", ["names", "pairs", "mixed", "levels"])
def test_forecasts_are_the_same_whatever_series_are_called(kind):
    y, X, past = two_series(LABELS[kind], several=kind == "levels")
    model = small(linear="own").fit(y[past], X[past], fh=[1, 2, 3])
    assert np.allclose(model.predict(X=X[~past]), y[~past], atol=0.5)
    assert model.predict(X=X[~past]).index.equals(y[~past].index)
    assert model.attention(X[~past]).index.equals(y[past].groupby(level=[*range(y.index.nlevels - 1)], sort=False)
                                                  .tail(8).index)
    last = y.index.get_level_values(-1) < DAYS[62]
    model.update(y[~past & last], X[~past & last], update_params=False)
    assert set(model.cutoff) == {DAYS[61]}


@pytest.mark.slow
def test_evaluate_says_the_same_whatever_series_are_called():
    scores = []
    for labels in (["a", "b"], ["store0", "store1"], [1, 2]):
        y, X, _ = two_series(labels)
        splitter = ExpandingWindowSplitter(fh=[1, 2], initial_window=50, step_length=5)
        found = evaluate(small(), splitter, y, X, strategy="update", error_score="raise")
        scores.append(found["test_MeanAbsolutePercentageError"].tolist())
    assert scores[0] == scores[1] == scores[2]
    assert np.isfinite(scores[0]).all()


@pytest.mark.usefixtures("no_learning")
def test_series_without_a_label_are_refused():
    y, X, past = two_series([np.nan, 1.0])
    with pytest.raises(ValueError, match="each series of y must have a label"):
        small().fit(y[past], X[past], fh=[1])


def one(freq, end="2021-05-30"):
    index = pd.date_range(end=end, periods=60, freq=freq)
    return pd.DataFrame({"v": np.sin(np.arange(60) / 3)}, index)


@pytest.mark.parametrize("order", [["D", "W-SUN"], ["W-SUN", "D"]])
def test_each_series_has_its_own_step(order):
    y = pd.concat({freq: one(freq) for freq in order}, names=["series", "time"])
    found = small().fit(y, fh=[1, 2]).predict()
    assert found.loc["D"].index.tolist() == [pd.Timestamp("2021-05-31"), pd.Timestamp("2021-06-01")]
    assert found.loc["W-SUN"].index.tolist() == [pd.Timestamp("2021-06-06"), pd.Timestamp("2021-06-13")]


def test_the_future_of_x_is_that_of_each_series_own_steps():
    ends = ends_of(pd.concat({freq: one(freq) for freq in ("D", "W-SUN")}))
    X = pd.DataFrame({"x": np.arange(4.0)}, ends.after([1, 2]))
    assert future_of(X, ends, ["x"], 2).ravel().tolist() == [0, 1, 2, 3]
    with pytest.raises(ValueError, match=r"lacks Timestamp\('2021-06-13 00:00:00'\) of series 'W-SUN'"):
        future_of(X[:3], ends, ["x"], 2)


def test_numbers_of_another_step_in_each_series():
    y = pd.concat({"by 1": one("D").set_axis(pd.RangeIndex(60)), "by 5": one("D").set_axis(pd.RangeIndex(0, 300, 5))})
    assert ends_of(y).after([1, 2]).tolist() == [("by 1", 60), ("by 1", 61), ("by 5", 300), ("by 5", 305)]


@pytest.mark.usefixtures("no_learning")
@pytest.mark.parametrize("end", ["2021-05-30", "2021-05-28"])
@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_a_series_without_a_step_is_not_hidden_by_another(end, order):
    late = pd.to_timedelta([*(np.arange(59) % 7), 0], unit="h")
    uneven = pd.date_range(end=end, periods=60) + late
    parts = [("even", one("D")), ("uneven", one("D").set_axis(uneven))]
    with pytest.raises(ValueError, match=r"dates of series 'uneven' up to .* must follow one step"):
        small().fit(pd.concat(dict(parts[place] for place in order)), fh=[1])


@pytest.fixture(scope="module")
def known():
    """A panel, exogenous columns that go on after it, and a model that reads them."""
    y, X, past = two_series(["a", "b"])
    return y[past], X, small(linear="own").fit(y[past], X[past], fh=[1, 2])


def test_x_must_have_the_series_of_y(known):
    y, X, model = known
    past = X.loc[y.index]
    for step in (
        lambda: model.predict(X=X.loc[["a"]]), lambda: model.attention(X.loc[["a"]]),
        lambda: small().fit(y, past.loc[["a"]], fh=[1]), lambda: small().pretrain(y, past.loc[["a"]], fh=[1]),
    ):
        with pytest.raises(ValueError, match="X must have the series of y, and lacks 'b'"):
            step()
    new = y.iloc[-1:].rename(index={DAYS[59]: DAYS[60]})
    with pytest.raises(ValueError, match=r"X must hold every time of y, and lacks .* of series 'b'"):
        model.clone().fit(y, past, fh=[1, 2]).update(new, X.loc[["a"]][60:61])
    for alone, beside in [(y.loc["a"], past), (y, pd.concat({"h": past}))]:
        with pytest.raises(ValueError, match=r"X must have the series of y.*levels of index"):
            small().fit(alone, beside, fh=[1])
    with pytest.raises(ValueError, match=r"X must have the series of y.*levels of index"):
        model.predict(X=pd.concat({"h": X}))


def test_other_series_of_x_are_not_read_and_their_order_does_not_matter(known):
    _, X, model = known
    expected = model.predict(X=X)
    more = pd.concat([X.rename(index={"a": "other"}, level=0).loc[["other"]], X.loc[["b"]], X.loc[["a"]]])
    assert model.predict(X=more).equals(expected)


def test_one_x_stands_for_all_series(known):
    y, X, _ = known
    weather = X.loc["a"]
    each = pd.concat({"a": weather, "b": weather}, names=["level0", "time"])
    expected = small().fit(y, each.loc[y.index], fh=[1, 2]).predict(X=each)
    for given in (weather, weather["x"]):
        model = small().fit(y, given[:60], fh=[1, 2])
        assert model.predict(X=given).equals(expected)
        assert model.attention(given).shape == (16, 2)
    pretrained = small().pretrain(y, weather[:60], fh=[1, 2]).fit(y, weather[:60], fh=[1, 2])
    assert pretrained.predict(X=weather).shape == expected.shape
    values = y["y"].to_numpy().reshape(2, 1, 60)
    found = small().fit(values, weather[:60].to_numpy(), fh=[1, 2]).predict(X=weather.to_numpy())
    assert np.array_equal(found[:, 0].ravel(), expected["y"])
    many = pd.concat({"h": y, "g": y}, names=["top", *y.index.names])
    hierarchy = small().fit(many, weather[:60], fh=[1, 2])
    assert hierarchy.predict(X=weather).index.nlevels == 3
