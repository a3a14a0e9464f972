"""Forecasts stand at the times that the step of the index leads to, and inputs whose times lead nowhere are refused."""

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.base import ForecastingHorizon

from tests.forecasting.test_forecasts import small
from tsattn.forecasting._times import ahead_of, ends_of

pytestmark = pytest.mark.filterwarnings("ignore:.*windows are held out")  # series are short here
N = 60
CLOSED = pd.offsets.CustomBusinessDay(holidays=["2020-01-20", "2020-03-25", "2020-03-31"])
INDEXES = {
    "numbers": pd.RangeIndex(N + 3),
    "numbers by 5": pd.RangeIndex(0, 5 * (N + 3), 5),
    "negative numbers": pd.RangeIndex(-7 * (N + 3), 0, 7),
    "numbers in an array": pd.Index(np.arange(3, 3 + 5 * (N + 3), 5)),
    "unsigned numbers": pd.Index(np.arange(N + 3, dtype=np.uint64)),
    "nullable numbers": pd.Index(pd.array(range(N + 3), dtype="Int64")),
    "months": pd.period_range("2000-01", periods=N + 3, freq="M"),
    "quarters called months": pd.period_range("2000Q1", periods=N + 3, freq="Q").asfreq("M"),
    "periods of 2 days": pd.period_range("2000-01", periods=N + 3, freq="2D"),
    "every third hour": pd.period_range("2000-01", periods=3 * (N + 3), freq="h")[::3],
    "weeks": pd.period_range("2000-01", periods=N + 3, freq="W-WED"),
    "days": pd.date_range("2020-01-01", periods=N + 3),
    "every second day": pd.date_range("2020-01-01", periods=N + 3, freq="2D"),
    "month ends": pd.date_range("2020-01-01", periods=N + 3, freq="ME"),
    "quarter starts": pd.date_range("2020-01-01", periods=N + 3, freq="QS"),
    "third Tuesdays": pd.date_range("2020-01-01", periods=N + 3, freq="WOM-3TUE"),
    "business hours": pd.date_range("2020-01-01", periods=N + 3, freq="bh"),
    "a calendar of one's own": pd.date_range("2020-01-01", periods=N + 3, freq=CLOSED),
    "an offset without a name": pd.date_range("2010-01-15", periods=N + 3, freq=pd.DateOffset(months=1)),
    "seconds as unit": pd.date_range("2020-01-01", periods=N + 3, unit="s"),
    "hours without a name": pd.DatetimeIndex(pd.date_range("2020-01-01", periods=N + 3, freq="h"), freq=None),
    "local hours as clocks change": pd.date_range("2024-03-28 14:00", periods=N + 3, freq="h", tz="Europe/Berlin"),
    "local days as clocks change": pd.date_range("2024-01-31", periods=N + 3, freq="D", tz="Europe/Berlin"),
    "durations": pd.timedelta_range(0, periods=N + 3, freq="90min"),
    "durations without a name": pd.TimedeltaIndex(pd.timedelta_range(0, periods=N + 3, freq="h"), freq=None),
}


def rows(index):
    return pd.DataFrame({"a": 5 + np.sin(np.arange(len(index)) / 3)}, index=index)


def absolute(times):
    return ForecastingHorizon(times, is_relative=False)


@pytest.mark.parametrize("name", INDEXES)
def test_times_go_on_by_the_step_of_the_index(name):
    index = INDEXES[name]
    past, after = index[:N], index[[N, N + 2]]
    unnamed = name in ("a calendar of one's own", "an offset without a name")  # which other times do not show
    alone, later = rows(past), rows(past if unnamed else past[5:])
    panel = pd.concat({"p": alone, "q": later}, names=["series", "time"])
    ends = ends_of(alone)
    assert ends.after([1, 3]).equals(after)
    found = ends_of(panel).after([1, 3])
    assert found.get_level_values(-1).equals(after.append(after))
    assert found.get_level_values(0).tolist() == ["p", "p", "q", "q"]
    if not isinstance(index, pd.TimedeltaIndex):  # which counts from the end
        assert ahead_of(absolute(after), ends) == ahead_of(absolute(after), ends_of(panel)) == (1, 3)


def test_one_model_says_the_same_times_in_every_way():
    """The value is the time, so that a forecast that stands at a wrong one is wrong."""
    index = pd.RangeIndex(0, 600, 5)
    y, X = pd.Series(index, index, dtype=float), pd.DataFrame({"x": index % 35}, index, dtype=float)
    model = small(linear="own").fit(y[:100], X[:100], fh=[1, 2])
    for found in (
        model.predict(X=X[100:]),
        small(linear="own").fit(y[:100], X[:100], fh=absolute([500, 505])).predict(X=X[100:]),
        model.rolling(y, X, first=100).iloc[:2, 0].droplevel("cutoff"),
        model.predict_quantiles(X=X[100:], alpha=[0.5]).iloc[:, 0],
    ):
        assert found.index.tolist() == [500, 505]
        assert np.allclose(found, [500, 505], atol=15)  # an interval's middle is not the forecast
    assert model.attention(X[100:]).index.tolist() == [*range(460, 500, 5)]
    assert model.update(y[100:110], X[100:110], update_params=False).predict(X=X[110:]).index.tolist() == [550, 555]


def test_hours_are_counted_as_they_pass_when_clocks_change():
    index = INDEXES["local hours as clocks change"]
    assert index[N].hour == 3  # after 01:00
    ends = ends_of(rows(index[:N]))
    assert ahead_of(absolute(index[N:].tz_convert("UTC")), ends) == (1, 2, 3)


def test_an_update_keeps_a_calendar_of_ones_own():
    index = INDEXES["a calendar of one's own"]
    end = index.get_loc(pd.Timestamp("2020-03-26"))  # after a holiday
    both = [pd.concat({key: rows(part) for key in "pq"}, names=["series", "time"])
            for part in (index[:end - 5], index[end - 5:end])]
    for past, new in [(rows(index[:end - 5]), rows(index[end - 5:end])), both]:
        model = small().fit(past, fh=[1]).update(new, update_params=False)
        assert set(model.predict().index.get_level_values(-1)) == {index[end]}


@pytest.mark.usefixtures("no_learning")
@pytest.mark.parametrize(("end", "fh"), [
    ("2024-03-30 02:30", [1]), ("2024-10-26 02:30", [1]), ("2024-03-01 02:30", [30]),
])
def test_local_times_that_do_not_exist_are_named_before_anything_is_learned(end, fh):
    y = rows(pd.date_range(end=end, periods=N, freq="D", tz="Europe/Berlin"))
    for given in (y, pd.concat({"p": y, "q": y}, names=["series", "time"])):
        with pytest.raises(ValueError, match=r"2024-(03-31|10-27) 02:30:00, which does not exist or exists twice.*UTC"):
            small().fit(given, fh=fh)


def test_local_times_that_do_not_exist_are_named_in_update():
    y = rows(pd.date_range(end="2024-03-30 02:30", periods=N, freq="D", tz="Europe/Berlin"))
    model = small().fit(y[:-1], fh=[1])
    before = model.predict()
    with pytest.raises(ValueError, match="2024-03-31 02:30:00, which does not exist"):
        model.update(y[-1:])
    assert model.predict().equals(before)
    naive = small().fit(y.tz_localize(None), fh=[1]).predict()
    assert naive.index.tolist() == [pd.Timestamp("2024-03-31 02:30")]


DAYS = pd.date_range("2021-01-01", periods=N)
REFUSED = {
    "float64": np.arange(float(N)),
    "bool": [False] * (N // 2) + [True] * (N // 2),
    "category": pd.CategoricalIndex(range(N)),
    r"object with \[Timestamp.*pd.to_datetime": pd.Index(list(DAYS), dtype=object),
    r"object with \[Period.*pd.PeriodIndex": pd.Index(list(DAYS.to_period("D")), dtype=object),
    "pd.to_datetime": pd.Index([f"2021-01-{day % 28}" for day in range(N)]),
    "must increase: sort them": DAYS[::-1],
    "one is NaT": DAYS[:-1].append(pd.DatetimeIndex([pd.NaT])),
    "below 2": pd.Index(np.arange(N, dtype=np.uint64) + np.uint64(2**63)),
    "stands twice": DAYS[:-1].append(DAYS[-2:-1]),
    r"must follow one step.*number the rows": pd.Index(np.cumsum(np.arange(N) % 7 + 50)),
    "beyond what datetime64": pd.DatetimeIndex(np.datetime64("2262-02-11", "ns") + np.arange(N) * pd.Timedelta("1D")),
}


@pytest.mark.usefixtures("no_learning")
@pytest.mark.parametrize("match", REFUSED)
def test_times_that_lead_nowhere_are_refused_before_anything_is_learned(match):
    y = rows(pd.Index(REFUSED[match]))
    for given in (y, pd.concat({"p": rows(pd.RangeIndex(N)) if "step" in match else y, "q": y})):
        with pytest.raises((TypeError, ValueError), match=match) as caught:
            small().fit(given, fh=[1])
        assert len(str(caught.value)) < 200


@pytest.mark.usefixtures("no_learning")
@pytest.mark.parametrize(("fh", "match"), [
    ([1.5], r"fh must hold steps ahead.*got \[1.5\]"),
    (absolute([602]), "602 does not: they are 600, 610"),
    (absolute(DAYS[:1]), "times like those of y, whole numbers, got dates"),
    (pd.to_timedelta(["1D"]), "whole numbers, got durations"),
    (None, "pass fh"), (np.float64(1.5), r"got 1\.5$"), ([np.float64(1.5)], r"got \[1\.5\]$"),
    (np.array([-1, 0]), r"fh must be at least 1, got \[-1, 0\]$"), ([np.int64(0)], r"got \[0\]$"),
])
def test_horizons_that_do_not_fit_are_refused_before_anything_is_learned(fh, match):
    y = rows(pd.RangeIndex(0, 600, 10))
    with pytest.raises((TypeError, ValueError, NotImplementedError), match=match):
        small().fit(y, fh=fh)


@pytest.mark.parametrize("fh", [3, [2, 3], np.array([2, 3]), [np.int64(3)]])
def test_a_horizon_other_than_that_of_fit_is_shown_in_plain_numbers(fh):
    with pytest.raises(ValueError, match=r"fh must be that of fit, \[1, 2\], got \[(1, )?(2, )?3\]: leave it out"):
        small().fit(rows(pd.RangeIndex(N)), fh=[1, 2]).predict(fh=fh)


def test_a_horizon_that_is_passed_stays_as_it_was():
    fh = ForecastingHorizon([1, 2])
    for index in (DAYS, INDEXES["month ends"][:N]):
        assert len(small().fit(rows(index), fh=fh).predict()) == 2


@pytest.mark.usefixtures("no_learning")
@pytest.mark.parametrize("freq", ["h", "15min", "MS", "ME", "B", "W-WED", "QE-DEC"])
def test_the_cure_of_dates_with_holes_is_the_step_that_they_follow(freq):
    whole = pd.date_range("2010-01-01", periods=N, freq=freq)
    y = rows(whole.delete([7, 20, 21]))
    with pytest.raises(ValueError, match=rf'y\.asfreq\("{freq}"\)'):
        small().fit(y, fh=[1])
    assert len(y.asfreq(freq)) == N
    with pytest.raises(ValueError, match=rf'y\.groupby\(level=0\)\.apply\(.*asfreq\("{freq}"\)'):
        small().fit(pd.concat({"p": y, "q": y}, names=["series", "time"]), fh=[1])
    cured = pd.concat({"p": y, "q": y}).groupby(level=0).apply(lambda part: part.droplevel(0).asfreq(freq))
    assert len(cured) == 2 * N


@pytest.mark.parametrize("months", [1, 3, 12])
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_the_cure_of_dates_on_one_day_of_the_month_is_their_offset(months, zone):
    step = pd.DateOffset(months=months)
    index = pd.date_range("2010-01-15", periods=N + 2, freq=step, tz=zone)
    y = rows(pd.DatetimeIndex(index[:N], freq=None))
    offset = rf"pd\.DateOffset\(months={months}\)"
    with pytest.raises(ValueError, match=rf"one step.*: set y\.index\.freq = {offset}; or number the rows$") as caught:
        small().fit(y, fh=[1, 2])
    assert len(str(caught.value)) < 200
    y.index.freq = step
    assert small().fit(y, fh=[1, 2]).predict().index.equals(index[N:])
    assert small().fit(y[:-3], fh=[1]).update(y[-3:], update_params=False).predict().index.equals(index[N:N + 1])
    holed = rows(index[:N].delete([7, 20, 21]))
    with pytest.raises(ValueError, match=rf"y\.asfreq\({offset}\) has rows of NaN"):
        small().fit(holed, fh=[1])
    assert small().fit(holed.asfreq(step), fh=[1]).predict().index.equals(index[N:N + 1])


def test_the_cure_of_a_panel_on_one_day_of_the_month_is_periods():
    index = pd.DatetimeIndex(pd.date_range("2010-01-15", periods=N, freq=pd.DateOffset(months=1)), freq=None)
    y = pd.concat({"p": rows(index), "q": rows(index[5:])}, names=["series", "time"])
    with pytest.raises(ValueError, match=r'set_levels\(y\.index\.levels\[-1\]\.to_period\("M"\), level=-1\)') as caught:
        small().fit(y, fh=[1])
    assert len(str(caught.value)) < 250
    y.index = y.index.set_levels(y.index.levels[-1].to_period("M"), level=-1)
    assert small().fit(y, fh=[1]).predict().index.get_level_values(1).tolist() == [pd.Period("2015-01", "M")] * 2


@pytest.mark.parametrize("index", [pd.RangeIndex(0, 5 * N, 5), pd.period_range("2001-01", periods=N, freq="M"),
                                   pd.timedelta_range(0, periods=N, freq="h")])
def test_steps_that_are_left_out_are_told_wherever_rows_are_read(index):
    whole, holed = rows(index), rows(index.delete([5, 6, 20]))
    uneven = {"match": "the time index of y is uneven", "expected_warning": UserWarning}
    with pytest.warns(**uneven):
        assert small().fit(holed, fh=[1]).predict().index.equals(small().fit(whole, fh=[1]).predict().index)
    panel = pd.concat({"p": whole, "q": holed}, names=["series", "time"])
    with pytest.warns(**uneven):
        model = small().pretrain(panel, fh=[1])
    with pytest.warns(**uneven):
        model.clone().fit(panel, fh=[1])
    fitted = model.fit(whole[:40], fh=[1])
    with pytest.warns(**uneven):
        fitted.update(whole[42:], update_params=False)
    with pytest.warns(**uneven):
        fitted.rolling(holed, first=30)
