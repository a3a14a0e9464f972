"""Which instance each label is of, at what times a series was taken, and which containers are refused in a sentence."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sktime.classification.model_evaluation import evaluate
from sktime.classification.model_selection import TSCGridSearchCV
from sktime.datatypes import convert_to
from sktime.pipeline import make_pipeline

from tsattn._instances import aligned
from tsattn._panel import Panel
from tsattn.benchmark import Data
from tsattn.classification import ScaleSpaceRidgeClassifier
from tsattn.regression import SDMARegressor
from tsattn.training import Training
from tsattn.transformations import ScaleSpaceChannels, UVTFEvents, UVTFSaliency

N, STEPS = 12, 20
NAMES = [f"s{i}" for i in range(N)]
ORDER = np.random.default_rng(5).permutation(N)


def panel(names=NAMES, times=range(STEPS), n_columns=2):
    index = pd.MultiIndex.from_product([names, times], names=["who", "when"])
    values = 0.3 * np.random.default_rng(0).normal(size=(len(index), n_columns))
    values[:, 0] += np.repeat(3.0 * (np.arange(len(names)) % 2), len(times)) * (np.arange(len(index)) % 3 == 0)
    return pd.DataFrame(values, index=index, columns=[f"v{i}" for i in range(n_columns)])


def classifier(**options):
    return ScaleSpaceRidgeClassifier(**{"proportions": 200, "random_state": 0} | options)


def regressor():
    return SDMARegressor(hidden_size=4, proportions=20, training=Training(epochs=2), random_state=0)


X, Y = panel(), np.array(["low", "high"])[np.arange(N) % 2]
NAMED = pd.Series(Y, index=pd.Index(NAMES, name="someone"))
UNNAMED = X.to_numpy().reshape(N, STEPS, 2).transpose(0, 2, 1)


@pytest.mark.parametrize(("names", "y", "expected"), [
    (["b", "a"], pd.Series({"a": 1, "b": 2}), [2, 1]),
    (["b", "a"], pd.DataFrame({"label": {"a": 1, "b": 2}}), [2, 1]),
    (["b", "a"], pd.Series({"a": "x", "b": "y"}, dtype="category"), ["y", "x"]),
    (["b", "a"], pd.Series([1, 2]), [1, 2]),
    (["b", "a"], pd.Series([1, 2], index=[3, 7]), [1, 2]),  # a part of a default index
    (["b", "a"], [1, 2], [1, 2]),
    (["b", "a"], pd.Series(["x", "y"], index=pd.Index(["a", "b"], dtype="string")), ["y", "x"]),
    (["b", "a"], pd.Series(["x", "y"], index=pd.CategoricalIndex(["a", "b"])), ["y", "x"]),
    ([2, 0, 1], pd.Series([10, 11, 12]), [12, 10, 11]),  # the default index names them
    ([1, 2, 3], pd.Series([10, 11, 12]), [10, 11, 12]),
    ([1.0, 0.0], pd.Series([10, 11]), [11, 10]),
    (list(pd.to_datetime(["2021", "2020"])), pd.Series([1, 2], index=pd.to_datetime(["2020", "2021"])), [2, 1]),
], ids=str)
def test_labels_are_paired_by_name_where_there_are_names(names, y, expected):
    assert list(aligned(panel(names), y)) == expected


@pytest.mark.parametrize(("index", "said"), [
    (["s0", "s1", "s9"], "it lacks 's2' and has 's9'"), (["s0", "s1"], "it lacks 's2'"),
    (["s0", "s1", "s2", "s3", "s4"], "it has 's3' and 1 more"),
    (["s0", "s1", "s1"], "it lacks 's2' and twice has 's1'"),
    ([1, 0, 3], "it lacks 's0' and 2 more and has 1 and 2 more"), ([0.0, 1.0, 2.0], "has 0.0 and 2 more"),
    (pd.MultiIndex.from_product([["s0", "s1", "s2"], [0]]), r"has ('s0', 0) and 2 more"),
])
def test_labels_of_other_instances_are_refused_by_name(index, said):
    with pytest.raises(ValueError, match=re.escape(f"{said}; index y by them, or pair by position: y.to_numpy()")):
        aligned(panel(NAMES[:3]), pd.Series(range(len(index)), index=index))


def test_instances_without_names_are_paired_by_position():
    y = pd.Series(Y, index=[f"other{i}" for i in range(N)])
    for unnamed in (UNNAMED, convert_to(X, "df-list"), convert_to(X, "nested_univ").reset_index(drop=True)):
        assert list(aligned(unnamed, y)) == Y.tolist()
    nested = convert_to(X, "nested_univ")
    assert list(aligned(nested, NAMED.iloc[ORDER])) == Y.tolist()
    with pytest.raises(ValueError, match="lacks 's0' and 11 more"):
        aligned(nested, y)


@pytest.mark.parametrize("made", [classifier, regressor], ids=["classifier", "regressor"])
def test_fit_and_score_pair_by_name(made):
    y = NAMED if made is classifier else pd.Series(np.arange(N) % 2 + 0.1 * np.arange(N), index=NAMES)
    expected = made().fit(X, y.to_numpy())
    for other in (y.iloc[ORDER], y.iloc[ORDER].to_frame("y")):
        mixed = made().fit(X, other)
        assert np.array_equal(mixed.predict(X), expected.predict(X))
        assert mixed.score(X, other) == expected.score(X, y.to_numpy())
    turned = X.loc[NAMES[::-1]]
    assert made().fit(turned, y).score(turned, y) == pytest.approx(made().fit(turned, y.to_numpy()[::-1]).score(X, y))


@pytest.mark.parametrize("names", [NAMES, list(range(N))], ids=["texts", "numbers"])
def test_several_targets_are_paired_by_name(names):
    named = panel(names)
    y = pd.DataFrame({"a": Y, "b": np.roll(Y, 1)}, index=names)
    found = classifier().fit(named, y.iloc[ORDER]).predict_frame(named)
    assert found.columns.tolist() == ["a", "b"]
    assert found.index.tolist() == names
    assert found["b"].tolist() == classifier().fit(named, y["b"].to_numpy()).predict(named).tolist()


KINDS = {"category": Y.astype(object), "string": Y, "Int64": np.arange(N) % 2, "boolean": np.arange(N) % 2 == 1}


@pytest.mark.parametrize("dtype", KINDS)
def test_labels_of_any_type_of_pandas_are_learned_and_missing_ones_refused(dtype):
    y = pd.Series(KINDS[dtype], dtype=dtype)
    made = classifier().fit(X, y)
    assert made.predict(X).tolist() == KINDS[dtype].tolist()
    assert made.score(X, y) == 1
    y[3] = pd.NA
    with pytest.raises(ValueError, match="y must not hold missing labels, found one at position 3"):
        made.fit(X, y)


def test_predictions_stand_under_the_names():
    made = classifier().fit(X, Y)
    found = made.predict_frame(X.loc[NAMES[::-1]])
    assert found.index.equals(pd.Index(NAMES[::-1], name="who"))
    assert found.index.name == "who"
    assert found.columns.tolist() == ["prediction", "probability_high", "probability_low"]
    assert found["prediction"].to_numpy().tolist() == made.predict(X)[::-1].tolist()
    np.testing.assert_array_equal(found.iloc[:, 1:].to_numpy(), made.predict_proba(X)[::-1])
    assert made.predict_frame(UNNAMED).index.equals(pd.RangeIndex(N))
    values = regressor().fit(X, np.arange(N)).predict_frame(X)
    assert (values.columns.tolist(), values.index.tolist()) == (["prediction"], NAMES)


FOLDS = KFold(3, shuffle=True, random_state=6)
MOVED = [f"s{i}" for i in ORDER]


@pytest.mark.parametrize("names", [NAMES, MOVED, range(N)], ids=["texts", "texts in another order", "numbers"])
def test_folds_that_a_library_cut_by_position_stay_paired(names):
    """Of labels without names it leaves parts of a default index."""
    named = panel(names)
    for y in (Y, pd.Series(Y), pd.Series(Y, index=list(names))):
        assert evaluate(classifier(), FOLDS, named, y, error_score="raise")["test_accuracy_score"].mean() == 1
        search = TSCGridSearchCV(classifier(), {"proportions": [200]}, cv=FOLDS, error_score="raise")
        assert search.fit(named, np.asarray(y)).best_score_ == 1  # which makes an array of labels first
    nested = convert_to(named, "nested_univ")
    for y in (pd.Series(Y), pd.Series(Y, index=list(names))):
        for folds in (FOLDS, StratifiedKFold(3)):
            assert (cross_val_score(classifier(), nested, y, cv=folds, error_score="raise") == 1).all()
    piped = make_pipeline(ScaleSpaceChannels(sigmas=(0, 1)), classifier()).fit(named, Y)
    assert piped.score(named, Y) == 1


@pytest.mark.parametrize(("names", "y"), [
    (range(1, N + 1), pd.Series(Y)),  # parts of it are names of other instances
    (NAMES, pd.Series(Y, index=NAMES).iloc[ORDER]),
    (range(N)[::-1], pd.Series(Y)),
], ids=["of numbers from 1", "in another order", "of numbers backwards"])
def test_folds_of_other_instances_are_refused(names, y):
    """sktime cuts both by position, whatever they are called."""
    with pytest.raises(ValueError, match="the index of y must name the instances of X"):
        evaluate(classifier(), FOLDS, panel(names), y, error_score="raise")


def test_a_benchmark_pairs_by_name_too():
    data = Data(X, NAMED.iloc[ORDER].to_frame(), groups=pd.Series(NAMES, index=NAMES).iloc[ORDER])
    assert data.y.tolist() == Y.tolist()
    assert data.groups.tolist() == NAMES
    assert data.checksum == Data(X, Y, groups=np.array(NAMES)).checksum
    with pytest.raises(ValueError, match="the index of groups must name the instances of X: it lacks 's11'"):
        Data(X, Y, groups=NAMED.iloc[:-1])
    with pytest.raises(ValueError, match=r"y must be one column, got 2: \['a', 'b'\]"):
        Data(X, pd.DataFrame({"a": Y, "b": Y}))


# times


def at(times, of=3):
    """The panel with other times in one of its series."""
    index = X.index.to_frame(index=False)
    index["when"] = pd.date_range("2024-01-31", periods=STEPS)[index["when"]] if isinstance(times, pd.Index) else \
        index["when"]
    index.loc[of * STEPS: of * STEPS + STEPS - 1, "when"] = np.asarray(times)
    return X.set_axis(pd.MultiIndex.from_frame(index))


WRONG_TIMES = {
    "twice": (at([*range(5), 4, *range(6, STEPS)]), "each time of a series once, and 4 stands twice in instance 's3'"),
    "back": (at([*range(5), 3, *range(6, STEPS)]), "must rise within a series, and 3 follows 4 in instance 's3'"),
    "one name for two": (pd.concat([X, X.loc[["s1"]]]), "must rise within a series, and 0 follows 19 in instance 's1'"),
}
DROPPED = X.drop(index=[("s3", 7), ("s3", 8)])
UNEVEN = {
    "dropped rows": (DROPPED, "from 6 to 9 in instance 's3'"),
    "another spacing": (at(2 * np.arange(STEPS)), "from 0 to 2 in instance 's3'"),
    "dates": (at(pd.date_range("2024-01-01", periods=STEPS, freq="7D")), "from 2024-01-01 .* in instance 's3'"),
}
EVEN = {
    "numbers": X, "array": UNNAMED, "list": convert_to(X, "df-list"), "of other starts": at(100 + np.arange(STEPS)),
    "NaN": X.mask(np.tile(np.arange(len(X))[:, None] == 3 * STEPS + 7, 2)),
    **{freq: panel(times=pd.date_range("2024-01-31", periods=STEPS, freq=freq)) for freq in
       ("D", "ME", "QS", "B", "YS")},
    "clock": panel(times=pd.date_range("2024-03-20", periods=STEPS, freq="D", tz="Europe/Berlin")),
    "periods": panel(times=pd.period_range("2024-01", periods=STEPS, freq="M")),
    "one step": panel(times=[3]),
}


def callers(given, missing="interpolate"):
    """Every method of each kind that reads a panel."""
    fitted, transformers = classifier().fit(X, Y), [kind(missing=missing) for kind in
                                                    (ScaleSpaceChannels, UVTFSaliency, UVTFEvents)]
    yield from (getattr(fitted, name) for name in ("predict", "predict_proba", "predict_frame", "attention",
                                                   "saliency_series"))
    yield lambda given: classifier().fit(given, Y)
    yield lambda given: fitted.score(given, Y)
    yield lambda given: regressor().fit(given, np.arange(N))
    for made in transformers:
        yield made.clone().fit(X).transform
        yield made.clone().fit_transform
        if hasattr(made, "events"):
            yield made.clone().fit(X).events


@pytest.mark.parametrize(("wrong", "said"), WRONG_TIMES.values(), ids=WRONG_TIMES)
def test_a_time_that_stands_twice_or_goes_back_is_told(wrong, said):
    for call in callers(wrong):
        with pytest.raises(ValueError, match=said):
            call(wrong)
    with pytest.raises(ValueError, match=said):
        ScaleSpaceChannels().fit(wrong)


@pytest.mark.parametrize(("uneven", "said"), UNEVEN.values(), ids=UNEVEN)
def test_uneven_times_are_told_once_a_call(uneven, said):
    for call in callers(uneven):
        with pytest.warns(UserWarning, match=rf"time index of X is uneven, as {said}, and each row is read") as caught:
            call(uneven)
        assert len(caught) == 1


@pytest.mark.parametrize("even", EVEN.values(), ids=EVEN)
def test_even_times_are_not(even):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier(proportions=5).fit(even, Y).predict(even)
        ScaleSpaceChannels(missing="interpolate").fit_transform(even)


def test_times_in_seconds_that_are_floats_are_even_up_to_their_rounding():
    frame = pd.DataFrame({"x": 0.0}, index=1.7e9 + np.arange(50) / 100)
    assert Panel.from_sktime(frame).has_even_steps()
    assert not Panel.from_sktime(frame.drop(index=frame.index[7])).has_even_steps()


def test_a_hundred_thousand_series_of_months_are_looked_at_in_seconds():
    n, steps = 100_000, 12
    starts = np.random.default_rng(0).integers(0, 5000, n)
    times = pd.DatetimeIndex((np.repeat(starts, steps) + np.tile(np.arange(steps), n)).astype("M8[M]"))
    index = pd.MultiIndex.from_arrays([np.repeat(np.arange(n), steps), times])
    assert Panel.from_sktime(pd.DataFrame({"x": np.zeros(len(index))}, index=index)).has_even_steps()


# containers


def renamed(change):
    index = X.index.to_frame(index=False)
    return X.set_axis(pd.MultiIndex.from_frame(change(index)))


NO_PANELS = {
    "Series": (X["v0"], TypeError, "got a Series; pass X.to_frame()"),
    "flat": (pd.DataFrame(UNNAMED[:, 0]), TypeError, "the index of X must hold instance and time"),
    "1-D": (np.zeros(N), TypeError, r"array of shape \(instances, channels, time\), got an array of shape \(12,\)"),
    "4-D": (np.zeros((N, 2, 3, 4)), TypeError, r"got an array of shape \(12, 2, 3, 4\)"),
    "tensor": (torch.zeros(N, 2, 20), TypeError, "got Tensor"), "dict": ({"a": 1}, TypeError, "got dict"),
    "None": (None, TypeError, "got None"), "text": ("X", TypeError, "got str"),
    "lists": (UNNAMED.tolist(), TypeError, "list of DataFrames, one an instance, or no list: got list at position 0"),
    "arrays": (list(UNNAMED), TypeError, "got ndarray at position 0"),
    "empty list": ([], ValueError, "at least 1 instance, got an empty list"),
    "empty frame": (X.iloc[:0], ValueError, r"at least 1 row and 1 column, got shape \(0, 2\)"),
    "objects": (X.astype(object), TypeError, "got column 'v0' of object"),
    "texts": (X.astype(str), TypeError, "got column 'v0' of str"),
    "dates": (X.assign(v1=pd.Timestamp("2024")), TypeError, "got column 'v1' of datetime64"),
    "complex": (X.assign(v1=1j), TypeError, "got column 'v1' of complex128"),
    "columns twice": (X.set_axis(["u", "u"], axis=1), ValueError, "each column once, 'u' stands twice"),
    "three levels": (pd.concat({"r": X}), TypeError, "must have 2 levels, instance and time, got 3"),
    "one level": (X.set_axis(pd.MultiIndex.from_arrays([range(len(X))])), TypeError, "must have 2 levels"),
    "float times": (renamed(lambda i: i.assign(when=i["when"] / 2)), TypeError, "times of X must be .* got float64"),
    "text times": (renamed(lambda i: i.assign(when=i["when"].astype(str))), TypeError, "must be .* got (str|object)"),
    "no time": (renamed(lambda i: i.assign(when=pd.Timestamp("2024") + pd.to_timedelta(i["when"], "D")).mask(
        (i.index == 30)[:, None] & np.array([False, True]))), ValueError,
                "times of X must not be missing, found NaT in row 30"),
    "no name": (renamed(lambda i: i.mask((i["who"] == "s2").to_numpy()[:, None] & np.array([True, False]))),
                ValueError, "instances of X must have names, found a missing one in row 40"),
}
FINE_FOR_TRANSFORMERS = {"flat", "1-D", "three levels", "None", "no name"}


@pytest.mark.parametrize("name", NO_PANELS)
def test_p21_what_is_no_panel_is_refused_in_a_sentence(name):
    wrong, kind, said = NO_PANELS[name]
    fitted, transformer = classifier().fit(X, Y), ScaleSpaceChannels().fit(X)
    calls = [lambda X: classifier().fit(X, Y), fitted.predict, fitted.attention]
    if name not in FINE_FOR_TRANSFORMERS and not (isinstance(wrong, pd.Series)):
        calls += [ScaleSpaceChannels().fit, transformer.transform]
    for call in calls:
        with pytest.raises(kind, match=said) as error:
            call(wrong)
        assert len(str(error.value)) < 200
