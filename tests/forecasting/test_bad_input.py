"""Bad input gets an error that says the rule, the value and the cure."""

import numpy as np
import pandas as pd
import pytest
import torch
from sktime.exceptions import NotFittedError
from sktime.forecasting.base import ForecastingHorizon

from tests.forecasting.test_forecasts import QUICK, panel, small, waves
from tsattn._checks import DivergenceError
from tsattn.forecasting._history import History
from tsattn.forecasting._times import ahead_of, ends_of
from tsattn.training import Training
from tsattn.transformations import ScaleSpaceChannels

pytestmark = pytest.mark.filterwarnings("ignore:0 windows are held out")  # series are short here


def test_a_series_shorter_than_the_window():
    with pytest.raises(ValueError, match=r"look_back=8 steps and fh up to 3 after them.*longest series has 9"):
        small().fit(waves(9), fh=[3])
    model = small().pretrain(panel(), fh=[1])
    short = pd.concat({"long": waves(30), "short": waves(5)}, names=["series", "day"])
    with pytest.raises(ValueError, match="look_back=8 steps, and series 'short' has 5"):
        model.fit(short, fh=[1])


def test_p13_a_row_alone():
    with pytest.raises(ValueError, match="look_back=8 steps, and series 0 has 1"):
        small().fit(waves(1), fh=[1])


def test_a_time_that_stands_twice():
    y = waves(40)
    y.index = pd.PeriodIndex([*y.index[:-1], y.index[-2]])
    with pytest.raises(ValueError, match=r"y must have each time once, and Period.*2021-02-08.* stands twice"):
        History.read(y, None, units=None)


def test_p10_infinity_and_magnitudes_that_overflow():
    for bad in (np.inf, 1e30):
        y = waves(40)
        y.iloc[7, 1] = bad
        with pytest.raises(ValueError, match=r"y must .* column 'b', position 7"):
            small().fit(y, fh=[1])


def test_p11_constant_series_are_forecast_as_they_are():
    y = waves(40)
    y["b"] = 3.0
    assert np.allclose(small().fit(y, fh=[1, 2]).predict()["b"], 3)


def test_a_horizon_before_the_end():
    with pytest.raises(NotImplementedError, match="in-sample"):
        small().fit(waves(40), fh=[0, 1])


def test_an_absolute_horizon_needs_series_that_end_together():
    y = panel((40, 30))
    fh = ForecastingHorizon(y.loc["s0"].index[-1:] + 1, is_relative=False)
    with pytest.raises(ValueError, match="as far ahead of every series, and these end at different times"):
        ahead_of(fh, ends_of(y))


def test_exogenous_columns_are_asked_for():
    y, X = waves(40), waves(45, columns=("x", "z"), seed=3)
    with pytest.raises(ValueError, match="X must hold every time of y"):
        small().pretrain(panel((40, 40)), X=panel((30, 40), columns=("x", "z")), fh=[1])
    model = small().fit(y, X=X.iloc[:40], fh=[1, 2])
    with pytest.raises(ValueError, match=r"a forecast needs X with columns \['x', 'z'\]"):
        model.predict()
    with pytest.raises(ValueError, match=r"columns seen in fit, \['x', 'z'\], got \['z', 'x'\]"):
        model.predict(X=X[["z", "x"]])
    with pytest.raises(ValueError, match="lacks Period"):
        model.predict(X=X.iloc[:41])
    holed = X.copy()
    holed.iloc[41, 0] = np.nan
    with pytest.raises(ValueError, match="future must be finite"):
        model.predict(X=holed)


def test_p22_other_columns_than_in_fit():
    y = waves(60)
    model = small().fit(y.iloc[:50], fh=[1])
    with pytest.raises(ValueError, match=r"y must have the columns seen in fit, \['a', 'b'\], got \['b', 'a'\]"):
        model.rolling(y[["b", "a"]], first=50)
    with pytest.raises(ValueError, match="columns seen in fit"):
        model.update(y.iloc[50:][["b", "a"]], update_params=False)


def test_rolling_is_along_one_series():
    model = small().fit(panel(), fh=[1])
    with pytest.raises(ValueError, match="y must be one series"):
        model.rolling(panel(), first=20)
    with pytest.raises(ValueError, match="y must be one series"):
        model.rolling(panel().to_numpy(), first=20)
    X = waves(60, columns=("x",))
    with pytest.raises(ValueError, match="X must hold every time of y"):
        small().fit(waves(60), X=X, fh=[1]).rolling(waves(60), X.iloc[:30], first=50)


def test_quantiles_that_were_not_measured():
    model = small().fit(waves(60), fh=[1])
    with pytest.raises(ValueError, match=r"quantiles must lie from 0\.005 to 0\.995"):
        model.predict_interval(coverage=0.999)


def test_rolling_needs_room():
    y = waves(60)
    model = small().fit(y, fh=[1, 4])
    with pytest.raises(ValueError, match="first must be at least look_back=8, got 7"):
        model.rolling(y, first=7)
    with pytest.raises(ValueError, match="y must hold 58 steps and 4 after them, got 60"):
        model.rolling(y, first=58)
    with pytest.raises(NotFittedError):
        small().rolling(y, first=20)


def test_parameters():
    y = waves(60)
    for name, value, message in [
        ("look_back", 1, "look_back must be an integer of at least 2"), ("linear", "mine", "unknown linear 'mine'"),
        ("scaling", "range", "unknown scaling 'range'"), ("loss", "hinge", "unknown loss 'hinge'"),
        ("stride", 0, "stride must be an integer of at least 1"),
        ("windows_per_epoch", 0, "windows_per_epoch must be an integer of at least 1"),
        ("training", Training(validation=(1, 2)), "a fraction as validation"),
        ("training", QUICK.clone().set_params(groups={"a": 1}), "groups=None"),
    ]:
        with pytest.raises(ValueError, match=message):
            small(**{name: value}).fit(y, fh=[1])


@pytest.mark.parametrize(("changes", "said"), [
    ({"bounds": (np.int64(3), np.int64(3))}, r"must increase, got \(3, 3\)"),
    ({"bounds": [np.float64(0.5)]}, r"such as \(0, None\), got \[0.5\]"),
    ({"bounds": (np.int64(90), None)}, r"within bounds=\(90, None\), and column 0 "),
    ({"training": Training(averaging=np.float64(2))}, "got 2.0"),
    ({"training": Training(validation=(np.int64(-1),))}, r"got \(-1,\)"),
    ({"training": Training(validation=[np.int64(1)])}, r"got \[1\]"),
    ({"saliency": ScaleSpaceChannels(sigmas=[np.float64(1e9)])}, "got 1000000000.0"),
    ({"linear": np.str_("mine")}, "unknown linear 'mine'; choose one of"), ({"look_back": np.int64(1)}, "got 1$"),
])
def test_numpys_numbers_are_shown_plainly(changes, said):
    with pytest.raises((TypeError, ValueError), match=said) as caught:
        small(**changes).fit(np.arange(60.0), fh=[1])
    assert "np." not in str(caught.value)


def test_times_that_x_lacks_are_shown_plainly():
    y, X = (pd.DataFrame({column: np.arange(40.0)}) for column in "yx")
    with pytest.raises(ValueError, match=r"lacks 30 \(10 of 40 in all\); it has 30 rows from 0 to 29$"):
        small().fit(y, X[:30], fh=[1])


def test_pretraining_asks_for_what_it_needs():
    with pytest.raises(ValueError, match="pass fh"):
        small().pretrain(panel())
    model = small().pretrain(panel(), fh=[1, 2])
    with pytest.raises(ValueError, match=r"pretrained one, \[1, 2\] steps ahead, got \[1\]"):
        model.clone().fit(waves(40), fh=[1])
    with pytest.raises(ValueError, match="y must have 2 columns and X the columns"):
        model.clone().fit(waves(40, columns=("a",)), fh=[1, 2])


WILD = QUICK.clone().set_params(lr=1e30, clip=None, epochs=5)


def test_p66_a_loss_that_explodes_leaves_the_last_good_weights():
    model = small(training=WILD)
    with pytest.raises(DivergenceError, match="the last good weights are those of epoch"):
        model.fit(waves(60), fh=[1, 2])
    assert np.isfinite(model.predict().to_numpy()).all()


def test_p66_an_update_that_fails_is_undone():
    y = waves(80)
    model = small(scaling="standard").fit(y.iloc[:60], fh=[1, 2])
    before, cutoff, model.training = model.predict(), model.cutoff, WILD  # set_params would reset it
    with pytest.raises(DivergenceError) as caught:
        model.update(y.iloc[60:])
    assert caught.value.__notes__ == ["the forecaster is as it was before the update"]
    assert model.cutoff.equals(cutoff)
    assert model.predict().equals(before)
    model.training = QUICK
    assert model.update(y.iloc[60:]).predict().index[0] == y.index[-1] + 1


def test_an_update_with_a_series_too_short_is_undone_before_anything_is_learned():
    y = panel((40, 30))
    model = small(scaling="standard").fit(y, fh=[1])
    before = model.predict()
    with pytest.raises(ValueError, match="look_back=8 steps, and series 'new' has 5"):
        model.update(pd.concat({"new": waves(5)}, names=["series", "day"]))
    assert model.predict().equals(before)


def test_p66_a_pretraining_that_diverges_leaves_nothing():
    y = panel((60, 45))
    model = small(scaling="standard", training=WILD)
    with pytest.raises(DivergenceError):
        model.pretrain(y, fh=[1])
    model.training = QUICK
    expected = small(scaling="standard").pretrain(1000 * y, fh=[1]).fit(1000 * waves(40), fh=[1]).predict()
    assert model.pretrain(1000 * y, fh=[1]).fit(1000 * waves(40), fh=[1]).predict().equals(expected)


def test_dates_without_a_step_are_refused_before_anything_is_learned():
    """Trading days with a holiday: nobody can say which day comes next."""
    dates = pd.bdate_range("2020-01-01", periods=60).drop(["2020-01-23", "2020-02-17"])
    with pytest.raises(ValueError, match=r"the dates of y up to 2020-03-24.* must follow one step.*asfreq"):
        small().fit(waves(58).set_axis(dates), fh=[1, 2])
    filled = waves(58).set_axis(dates).asfreq("B")
    assert small().fit(filled, fh=[1, 2]).predict().index[0] == pd.Timestamp("2020-03-25")


@pytest.mark.parametrize("index", [pd.RangeIndex(43), pd.period_range("2001-01", periods=43, freq="M")])
def test_steps_that_are_left_out_are_warned_of(index):
    with pytest.warns(UserWarning, match="the time index of y is uneven, and its rows are taken as a step apart"):
        small().fit(waves(40).set_axis(index.delete([5, 6, 20])), fh=[1])
    model = small().fit(waves(40).set_axis(index[:40]), fh=[1])
    with pytest.warns(UserWarning, match="the time index of y is uneven"):
        model.update(waves(2).set_axis(index[41:]), update_params=False)


@pytest.mark.filterwarnings("ignore:the time index of y is uneven")
@pytest.mark.parametrize("order", [["regular", "holed"], ["holed", "regular"]])
def test_a_time_that_is_missing_in_one_series_does_not_hide_the_step_of_another(order):
    regular = waves(40).to_timestamp(freq="D")
    parts = {"regular": regular, "holed": regular.drop(regular.index[20])}
    y = pd.concat({name: parts[name] for name in order}, names=["series", "day"])
    found = small().fit(y, fh=[1, 2]).predict()
    assert found.loc["holed"].index.tolist() == found.loc["regular"].index.tolist() == [
        regular.index[-1] + pd.Timedelta(days=step) for step in (1, 2)]


@pytest.mark.usefixtures("no_learning")
@pytest.mark.parametrize(("values", "match"), [
    (pd.date_range("2020", periods=40, unit="ns"), r"is of datetime64\[ns\]: count it"),
    (pd.timedelta_range(0, periods=40, freq="h"), r"is of timedelta64\[ns\]: count it"),
    (pd.period_range("2020", periods=40), r"is of period\[D\]: count it, as in periods.astype\(\"int64\"\)"),
    (pd.interval_range(0, 40), r"is of interval.*take its middles, .*\.array\.mid"),
    (np.arange(40) + 1j, r"is of complex128: take np.real or np.abs of it"),
    (np.arange(40.0).astype(object), "is of object: convert it to float"),
    (pd.Categorical(np.arange(40) % 3), "is of category"),
    ([str(value) for value in range(40)], "is of str: convert it to float|is of object: convert it to float"),
])
def test_columns_that_hold_no_numbers_are_named(values, match):
    """Of one series, of a panel and of exogenous columns alike."""
    y = pd.DataFrame({"a": np.arange(40.0), "odd": values})
    both = pd.concat({"p": y, "q": y})
    for step in (
        lambda: small().fit(y, fh=[1]), lambda: small().fit(y["odd"], fh=[1]), lambda: small().fit(both, fh=[1]),
        lambda: small().pretrain(both, fh=[1]), lambda: small().fit([y, y], fh=[1]),
        lambda: small().fit(y[["a"]], y[["odd"]], fh=[1]),
    ):
        with pytest.raises(TypeError, match=f"must hold real numbers.* column 'odd' {match}") as caught:
            step()
        assert len(str(caught.value)) < 200


@pytest.mark.parametrize(("values", "cure"), [
    (pd.period_range("2020", periods=40), lambda odd: odd.astype("int64")),
    (pd.interval_range(0, 40), lambda odd: odd.array.mid),
    (np.arange(40) + 1j, np.real), (np.arange(40) + 1j, np.abs),
    (pd.date_range("2020", periods=40), lambda dates: (dates - dates.min()) / pd.Timedelta("1D")),
])
def test_the_cures_of_columns_that_hold_no_numbers_are_good(values, cure):
    small().fit(pd.DataFrame({"a": np.arange(40.0), "odd": cure(pd.Series(values))}), fh=[1])


@pytest.mark.usefixtures("no_learning")
def test_arrays_that_hold_no_numbers_are_refused():
    for values in (np.arange(40).astype("M8[D]"), np.arange(40).astype("m8[h]"), np.arange(40) + 1j,
                   np.arange(40).astype(object), np.zeros((1, 2, 3, 4))):
        with pytest.raises(TypeError, match="y must be an array of real numbers"):
            small().fit(values, fh=[1])
    with pytest.raises(TypeError, match=r"got complex128 of shape \(40,\): take np.real or np.abs of it$"):
        small().fit(np.arange(40) + 1j, fh=[1])
    masked = np.ma.masked_less(np.arange(40.0), 5)
    for step in (lambda: small().fit(masked, fh=[1]), lambda: small().fit(np.arange(40.0), masked, fh=[1])):
        with pytest.raises(TypeError, match=r"without a mask.*filled\(np.nan\)"):
            step()


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "boolean", "float32", "int8", "bool", "Sparse[float64]"])
def test_numbers_of_any_type_are_read_as_they_are(dtype):
    values = pd.Series(np.arange(40) % 2).astype(dtype)
    y = pd.DataFrame({"a": values})
    found = [History.read(frame, frame, units=None).panel.values[:, 0] for frame in (y, pd.concat({"p": y}))]
    assert all(np.array_equal(rows, np.arange(40) % 2) for rows in found)


@pytest.mark.usefixtures("no_learning")
def test_errors_are_short_and_say_what_is_wrong():
    y = waves(40)
    twice = y.set_axis(["a", "a"], axis=1)
    for given, X, match in [
        (twice, None, "y must have each column once, and 'a' stands twice"),
        (y, twice, "X must have each column once, and 'a' stands twice"),
        (y.iloc[:0], None, "y must have at least 1 row and 1 column"), (y[[]], None, "y must have at least 1 row"),
        ("abc", None, "y must be of type Series"), ({"a": [1.0]}, None, "got dict"), ((y, y), None, "got tuple"),
        ([y["a"], y["b"]], None, "got list"), ([1.0, 2.0], None, r"got list: pass pd.Series\(values, index=times\)$"),
        (3.0, None, r"got float: pass pd.Series"), (np.float64(3), None, "got float64: pass pd.Series"),
        (np.array(3.0), None, r"with 1 to 3 axes, got float64 of shape \(\)"),
        (torch.zeros(40), None, "got Tensor"), (y, [1.0] * 40, "X must be of .*got list: pass pd.Series"),
        (pd.concat({"p": y["a"]}), None, r"y has 2 levels of index.*pass y.to_frame\(\)"),
        ([y, y.rename(columns={"b": "c"})], None, "every frame of y must have the same columns"),
        (y, y[["a"]].to_numpy(), "X must hold every time of y, and lacks Period"),
        (y.to_numpy(), y[:20].to_numpy(), "X must hold every time of y, and lacks 20 "),
    ]:
        with pytest.raises((TypeError, ValueError), match=match) as caught:
            small().fit(given, X, fh=[1])
        assert len(str(caught.value)) < 200


@pytest.mark.parametrize("twice", [[0.5, 0.5], [0.5, 100.0]])  # the same value, and another one
def test_x_with_a_time_twice_is_refused_wherever_it_is_read(twice):
    y, X = waves(60)[["a"]], waves(60, columns=("x",), seed=3)
    model = small().fit(y[:50], X[:50], fh=[1, 2])
    for step, rows in [
        (lambda X: small().fit(y[:50], X, fh=[1]), X[:50]), (lambda X: model.rolling(y, X, first=50), X),
        (lambda X: model.predict(X=X), X[50:]), (lambda X: model.attention(X), X[50:]),
        (lambda X: model.predict_interval(X=X), X[50:]), (lambda X: model.update(y[50:], X), X[50:]),
        (lambda X: small().pretrain(pd.concat({"p": y, "q": y}), pd.concat({"p": X, "q": X}), fh=[1]), X),
    ]:
        with pytest.raises(ValueError, match=r"X must have each time once, and .*Period.* stands twice"):
            step(pd.concat([rows[:1] * 0 + twice[0], rows[:1] * 0 + twice[1], rows[1:]]))


def test_rolling_reads_x_by_its_times():
    y, X = waves(60)[["a"]], waves(60, columns=("x",), seed=3)
    model = small().fit(y[:50], X[:50], fh=[1])
    expected = model.rolling(y, X, first=50)
    assert model.rolling(y, X["x"], first=50).equals(expected)
    assert model.rolling(y, X[::-1], first=50).equals(expected)
    with pytest.raises(TypeError, match="X must be a DataFrame or a Series, got ndarray"):
        model.rolling(y, X.to_numpy(), first=50)
    with pytest.raises(ValueError, match="the times of y must increase"):
        model.rolling(y[::-1], X, first=50)


def test_long_lists_are_cut_in_errors():
    y = pd.Series(np.arange(60.0))
    model = small().fit(y, fh=range(1, 20))
    wide = pd.DataFrame(np.ones((60, 300)))
    for call, said in [(lambda: model.predict(fh=range(1, 50)), r"got \[1, 2, 3, 4, 5, 6, 7, 8, ... \(49\)\]"),
                       (lambda: model.predict(fh=[-3, 1]), "in-sample forecasts are not made"),
                       (lambda: model.update(y.to_frame("other").join(wide, rsuffix="x")), r"... \(301\)\]"),
                       (lambda: model.clone().fit(y, fh=[10**9]), "last step of fh must be at most 1048576")]:
        with pytest.raises((ValueError, NotImplementedError), match=said) as error:
            call()
        assert len(str(error.value)) < 250
