import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from tsattn.plots import plot_forecast
from tsattn.plots._series import numbers

INDEX = pd.period_range("2024-05-01", periods=30, freq="D", name="day")


@pytest.fixture
def past():
    return pd.DataFrame({"sun": np.arange(30.0), "rain": -np.arange(30.0)}, index=INDEX)


@pytest.fixture
def forecast():
    return pd.DataFrame({"sun": [30.0, 31.0], "rain": [-30.0, -31.0]}, index=INDEX[-2:] + 2)


@pytest.fixture
def interval(forecast):
    columns = pd.MultiIndex.from_product([["sun", "rain"], [0.9], ["lower", "upper"]])
    values = forecast.to_numpy()
    ends = np.stack([values - 2, values + 3], axis=2).reshape(2, 4)
    return pd.DataFrame(ends, index=forecast.index, columns=columns)


@pytest.fixture
def attention():
    shares = np.zeros((4, 2))
    shares[1, 0], shares[3, 1] = 0.75, 0.25
    return pd.DataFrame(shares, index=INDEX[-4:], columns=pd.MultiIndex.from_tuples([("y", "sun"), ("X", "wind")]))


def test_a_column_stands_with_its_forecast_its_band_and_what_came(past, forecast, interval):
    ax = plot_forecast(past, forecast, interval, actual=forecast + 1, column="rain")
    drawn = {line.get_label(): line.get_ydata() for line in ax.lines}
    assert_allclose(drawn["past"], past["rain"])
    assert_allclose(drawn["forecast"], forecast["rain"])
    assert_allclose(drawn["actual"], forecast["rain"] + 1)
    assert ax.collections[0].get_label() == "90 % interval"
    heights = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == (-33, -27)
    assert ax.get_ylabel() == "rain"


def test_attention_is_a_strip_for_each_column_on_one_scale(past, forecast, attention):
    axes = plot_forecast(past, forecast, attention=attention).figure.axes
    assert [ax.get_ylabel() for ax in axes] == ["sun", "sun", "wind"]
    for ax, values in zip(axes[1:], attention.to_numpy().T, strict=True):
        assert_allclose(ax.collections[0].get_array().ravel(), values)
        assert ax.collections[0].get_clim() == (0, 0.75)
    assert len({ax.get_xlim() for ax in axes}) == 1
    assert axes[-1].get_xlabel() == "day"
    alone = plot_forecast(past, forecast, attention=attention.iloc[:, :1]).figure.axes[1]
    assert alone.get_ylabel() == "attention"
    long = attention.set_axis(pd.MultiIndex.from_tuples([("y", "sun"), ("X", "wind from the north")]), axis=1)
    assert plot_forecast(past, forecast, attention=long).figure.axes[2].get_ylabel() == "wind fro…"


INDICES = [pd.RangeIndex(100, 130), pd.date_range("2024", periods=30, tz="Asia/Tokyo"), INDEX]


@pytest.mark.parametrize("index", INDICES)
def test_everything_stands_at_its_time_on_given_axes_too(index, interval, attention, tmp_path):
    y = pd.Series(np.arange(30.0), index=index)
    figure = Figure()
    given = figure.subplots()
    band = interval["sun"].set_axis(index[28:])
    band.columns = pd.MultiIndex.from_tuples([(0, *label) for label in band.columns])
    read = attention.set_axis(index[24:28])
    assert plot_forecast(y[:28], y[28:], band, read, actual=y[28:], ax=given) is given
    times = numbers(index)
    drawn = {line.get_label(): line.get_xdata() for line in given.lines}
    assert_allclose(drawn["past"], times[:28])
    assert_allclose(drawn["forecast"], times[28:])
    assert_allclose(drawn["actual"], times[28:])
    assert_allclose(sorted(set(given.collections[0].get_paths()[0].vertices[:, 0])), times[28:])
    half = (times[1] - times[0]) / 2
    strip = figure.axes[1].collections[0].get_coordinates()[0, :, 0]
    assert_allclose(strip, [*(times[24:28] - half), times[27] + half])
    assert given.get_ylabel() == ""
    figure.savefig(tmp_path / "forecast.png")
    assert (tmp_path / "forecast.png").stat().st_size > 1000


def test_the_interval_of_one_step_can_be_seen(past, forecast, interval):
    ax = plot_forecast(past, forecast[:1], interval[:1])
    (segment,) = ax.collections[0].get_segments()
    assert segment[:, 1].tolist() == [28, 33]


def test_a_column_is_found_by_its_name(past, forecast, interval):
    ax = plot_forecast(past[["rain", "sun"]], forecast, interval)
    drawn = {line.get_label(): line.get_ydata() for line in ax.lines}
    assert_allclose(drawn["forecast"], forecast["rain"])
    assert ax.collections[0].get_paths()[0].vertices[:, 1].min() == -33
    ax = plot_forecast(past["sun"], forecast, interval, actual=forecast[["rain", "sun"]])
    assert_allclose(ax.lines[-1].get_ydata(), forecast["sun"])


def test_strips_of_one_name_are_told_apart(past, forecast, attention):
    twice = attention.set_axis(pd.MultiIndex.from_tuples([("y", "sun"), ("X", "sun")]), axis=1)
    axes = plot_forecast(past, forecast, attention=twice).figure.axes
    assert [ax.get_ylabel() for ax in axes[1:]] == ["y sun", "X sun"]


def test_wrong_use_is_named(past, forecast, interval, attention):
    for wrong, said in [
        ({"column": "snow"}, r"past must have one column 'snow', got \['sun', 'rain'\]"),
        ({"past": pd.concat({"a": past})}, "past must be of one series, got a panel; choose an instance"),
        ({"past": past[:0]}, r"past must be a Series or a DataFrame with times .* of shape \(0, 2\)"),
        ({"past": past["sun"], "column": "rain"}, "past must be of the column 'rain', got 'sun'"),
        ({"past": past["sun"].rename(None)}, r"forecast must have one column None, got \['sun', 'rain'\]"),
        ({"forecast": forecast.to_numpy()}, r"forecast must be a Series or a DataFrame .* got ndarray"),
        ({"forecast": forecast[["rain"]]}, r"forecast must have one column 'sun', got \['rain'\]"),
        ({"interval": forecast}, "interval must be a DataFrame as predict_interval gives it"),
        ({"interval": interval.to_numpy()}, "interval must be a DataFrame as predict_interval gives it"),
        ({"interval": interval.set_axis(interval.index + 24)}, r"2024-05-31 .* got 2 from 2024-06-24"),
        ({"interval": interval[["rain"]]}, r"one coverage of the column 'sun', got coverages \[\] of \['rain'\]"),
        ({"interval": pd.concat([interval, interval.rename(columns={0.9: 0.5})], axis=1)}, r"coverages \[0.5, 0.9\]"),
        ({"attention": attention.to_numpy()}, "attention must be a DataFrame"),
        ({"attention": pd.concat({"a": attention})}, "attention must be of one series, got a panel"),
        ({"attention": attention.set_axis(attention.index + 1)}, "to 2024-05-30, and has 2024-05-31"),
    ]:
        with pytest.raises(ValueError, match=said):
            plot_forecast(**{"past": past, "forecast": forecast} | wrong)
