import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from tsattn.plots import plot_forecast

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
    assert plot_forecast(past, forecast, attention=long).figure.axes[2].get_ylabel() == "wind from t…"


@pytest.mark.parametrize("index", [pd.RangeIndex(100, 130), pd.date_range("2024", periods=30, tz="Asia/Tokyo")])
def test_a_series_of_any_index_is_drawn_on_given_axes_and_written(index, tmp_path):
    from matplotlib.figure import Figure

    y = pd.Series(np.arange(30.0), index=index)
    figure = Figure()
    given = figure.subplots()
    assert plot_forecast(y[:29], y[29:], ax=given) is given
    figure.savefig(tmp_path / "forecast.png")
    assert (tmp_path / "forecast.png").stat().st_size > 1000


def test_wrong_use_is_named(past, forecast, interval, attention):
    with pytest.raises(ValueError, match=r"past must have the column 'snow', got \['sun', 'rain'\]"):
        plot_forecast(past, forecast, column="snow")
    with pytest.raises(ValueError, match="past must be of one series, got a panel; choose an instance"):
        plot_forecast(pd.concat({"a": past}), forecast)
    with pytest.raises(ValueError, match=r"forecast must be a Series or a DataFrame .* got ndarray"):
        plot_forecast(past, forecast.to_numpy())
    with pytest.raises(ValueError, match="attention must lie within the past that is drawn, from 2024-05-29"):
        plot_forecast(past[-2:], forecast, attention=attention)
    with pytest.raises(ValueError, match="attention must be of one series"):
        plot_forecast(past, forecast, attention=pd.concat({"a": attention}))
    both = pd.concat([interval, interval.rename(columns={0.9: 0.5})], axis=1)
    with pytest.raises(ValueError, match=r"one coverage and of the 2 steps .* coverages \[0.5, 0.9\]"):
        plot_forecast(past, forecast, both)
