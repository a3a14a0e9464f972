import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sktime.forecasting.compose import make_reduction
from sktime.forecasting.exp_smoothing import ExponentialSmoothing
from sktime.forecasting.theta import ThetaForecaster
from sktime.forecasting.trend import PolynomialTrendForecaster

from tests.reference import forecasts as reference
from tsattn.benchmark.forecast_scores import is_seasonal, naive2
from tsattn.benchmark.forecast_tasks import SML_TARGET, SML_TRAIN, sml2010
from tsattn.benchmark.forecasters import Extrapolation, Persistence, SeasonalNaive
from tsattn.benchmark.sktime_forecasters import SktimeForecaster
from tsattn.benchmark.window_forecasters import BoostedTrees, WindowRidge

SIMPLE = {
    "persistence": (Persistence(), reference.persistence),
    "extrapolation": (Extrapolation(), reference.extrapolation),
    "seasonal": (SeasonalNaive(5), lambda known, horizon: reference.seasonal_naive(known, horizon, 5)),
}


def walk(rows=43, seed=11):
    steps = np.random.default_rng(seed).normal(size=(rows, 3)) * [1, 10, 0.1]
    return pd.DataFrame(steps.cumsum(0), columns=list("abc"))


def reduced():
    """sktime's reduction to regression, of the middle column."""
    forecaster = make_reduction(LinearRegression(), window_length=4, strategy="direct")
    return SktimeForecaster(forecaster, target=1, refit=False)


def segments(y, edge):
    return pd.concat({"early": y.iloc[:edge], "late": y.iloc[edge:]}, names=["segment", "time"])


@pytest.mark.parametrize("name", SIMPLE)
def test_simple_forecasts_equal_a_loop(name):
    forecaster, loop = SIMPLE[name]
    y = walk()
    found = forecaster.fit(y.iloc[:19], fh=range(1, 8)).rolling(y, first=19, step=3)
    expected = reference.rolled(loop, y.to_numpy(), 19, 7, 3)
    assert np.allclose(found.to_numpy().reshape(-1, 7, 3), expected, rtol=0, atol=1e-12)


def test_a_reduction_of_sktimes_equals_least_squares_window_by_window():
    y = walk()
    found = reduced().fit(segments(y.iloc[:31], 12), fh=[1, 3]).rolling(y.iloc[12:], first=19, step=2)
    learned = y.to_numpy()[12:31]
    expected = reference.rolled(
        lambda known, horizon: reference.window_ridge([learned[:, 1:2]], known[:, 1:2], horizon, 4, "all", 0.0, False),
        y.to_numpy(), 31, 3, 2)
    assert np.allclose(found["b"].to_numpy().reshape(-1, 2), expected[:, [0, 2], 0], rtol=1e-8, atol=1e-8)
    last = y["a"].to_numpy()[np.arange(30, 40, 2)]
    assert np.array_equal(found["a"].to_numpy().reshape(-1, 2), np.stack([last, last], axis=1))


@pytest.mark.parametrize("forecaster", [ThetaForecaster(), PolynomialTrendForecaster(degree=1),
                                        ExponentialSmoothing(seasonal="add", sp=5, trend="add")],
                         ids=lambda forecaster: type(forecaster).__name__)
@pytest.mark.filterwarnings("ignore:Optimization failed to converge")
def test_any_forecaster_of_sktimes_is_as_if_fitted_at_each_cutoff(forecaster):
    y = walk(50) + 30 * np.sin(np.arange(50) * 2 * np.pi / 5)[:, None] + 200
    found = SktimeForecaster(forecaster, target=2).fit(y.iloc[:25], fh=[1, 2]).rolling(y, first=30, step=6)
    column = y["c"].reset_index(drop=True)
    for place, cutoff in enumerate(range(30, 49, 6)):
        expected = forecaster.clone().fit(column.iloc[:cutoff], fh=[1, 2]).predict()
        assert np.allclose(found["c"].iloc[2 * place : 2 * place + 2], expected, rtol=1e-5)


def test_what_is_rolled_goes_on_where_the_last_training_series_ends():
    y = walk()
    fitted = reduced().fit(y.iloc[:31], fh=[1])
    for other, first in ((y.iloc[1:], 31), (y, 30)):
        with pytest.raises(ValueError, match="must begin with the 31 of the last training series"):
            fitted.rolling(other, first=first)


@pytest.mark.parametrize("sees", ["all", "own", "shared"])
@pytest.mark.parametrize("relative", [True, False])
def test_ridge_equals_least_squares_window_by_window(sees, relative):
    y = walk()
    train = segments(y.iloc[:31], 13)
    found = WindowRidge(5, sees, [0.7], relative).fit(train, fh=[1, 2, 3]).rolling(y, first=31)
    blocks = [y.to_numpy()[:13], y.to_numpy()[13:31]]
    expected = reference.rolled(
        lambda known, horizon: reference.window_ridge(blocks, known, horizon, 5, sees, 0.7, relative),
        y.to_numpy(), 31, 3)
    assert np.allclose(found.to_numpy().reshape(-1, 3, 3), expected, rtol=1e-8, atol=1e-10)


def test_rolling_names_cutoffs_and_times():
    y = walk(11).set_axis(pd.date_range("2020-02-28", periods=11, freq="D"))
    found = Persistence().fit(y.iloc[:5], fh=[1, 3]).rolling(y, first=5, step=2)
    days = [(cutoff.day, time.day) for cutoff, time in found.index]
    assert days == [(3, 4), (3, 6), (5, 6), (5, 8)]  # with 9 of 11 rows known there are too few
    assert list(found.columns) == list("abc")
    assert (found.loc[y.index[4], "a"] == y["a"].iloc[4]).all()


@pytest.mark.parametrize("forecaster", [
    *(forecaster for forecaster, _ in SIMPLE.values()), WindowRidge(5), BoostedTrees(3, target=1), reduced()],
    ids=lambda forecaster: type(forecaster).__name__)
def test_nothing_after_a_cutoff_is_read(forecaster):
    y = walk()
    forecaster = clone(forecaster).fit(y.iloc[:29], fh=[1, 2])
    whole = forecaster.rolling(y, first=29)
    changed = y.copy()
    changed.iloc[33:] = 1e6
    other = forecaster.rolling(changed, first=29)
    same = whole.index.get_level_values("cutoff") < 33
    assert same.sum() == 2 * 5
    assert whole[same].equals(other[same])


def test_of_several_penalties_the_best_on_the_last_fifth_is_taken():
    y = pd.DataFrame({"a": np.sin(np.arange(60.0))})  # follows its last two rows without an error: no penalty is best
    y["b"] = np.random.default_rng(5).normal(size=60)
    chosen = WindowRidge(9, "own", [1e-6, 1e4], relative=False).fit(y, fh=[1])
    few = WindowRidge(9, "own", [1e-6], relative=False).fit(y, fh=[1])
    assert np.array_equal(chosen.weights_[0][0], few.weights_[0][0])
    assert np.abs(chosen.weights_[1][0]).max() < 0.01 < np.abs(few.weights_[1][0]).max()  # noise: much of it is


def test_a_line_is_continued_by_what_looks_at_changes():
    y = pd.DataFrame({"a": 3.0 * np.arange(40), "still": 7.0})
    found = WindowRidge(4, "all", [1e-9]).fit(y.iloc[:20], fh=[1, 2]).rolling(y, first=30)
    assert np.allclose(found["a"], [30 * 3 + 3 * (k // 2) + 3 * (k % 2) for k in range(18)])
    assert (found["still"] == 7).all()


def test_no_window_reaches_over_the_gap_between_segments():
    y = pd.DataFrame({"a": [0.0, 0, 0, 0, 9, 9, 9, 9]})
    apart = WindowRidge(1, "own", [1e-6]).fit(segments(y, 4), fh=[1])
    assert apart.rolling(y, first=4)["a"].tolist() == [0, 9, 9, 9]  # no step was seen
    across = WindowRidge(1, "own", [1e-6]).fit(y, fh=[1])
    assert across.rolling(y, first=4)["a"].iloc[0] == pytest.approx(9 / 7)


def test_trees_learn_what_no_line_can():
    generator = np.random.default_rng(7)
    y = pd.DataFrame({"a": generator.normal(size=900), "b": generator.normal(size=900)})
    y.loc[1:, "b"] = np.sign(y["a"].to_numpy()[:-1])
    found = BoostedTrees(2, target=1).fit(y.iloc[:800], fh=[1]).rolling(y, first=800)
    assert np.abs(found["b"] - y["b"].to_numpy()[800:]).mean() < 0.2
    assert np.allclose(found["a"], y["a"].to_numpy()[799:-1])  # not the target: the last value


def test_numbers_that_were_learnt_are_counted():
    y = walk()
    assert WindowRidge(5).fit(y, fh=[1, 2]).n_parameters_ == 15 * 6 + 6
    assert WindowRidge(5, "own").fit(y, fh=[1, 2]).n_parameters_ == 3 * (5 * 2 + 2)
    assert Persistence().fit(y, fh=[1]).n_parameters_ is None


def test_wrong_uses_say_the_rule():
    y = walk(9)
    with pytest.raises(ValueError, match=r"fh must be steps ahead, from 1 on, got \[0\]"):
        Persistence().fit(y, fh=[0])
    with pytest.raises(ValueError, match="read y alone, got an X"):
        Persistence().fit(y, y, fh=[1])
    with pytest.raises(ValueError, match="5 rows must stand before the first forecast, got 3"):
        SeasonalNaive(5).fit(y, fh=[1]).rolling(y, first=3)
    with pytest.raises(ValueError, match=r"y must have at least first \+ 2 rows, 10, got 9"):
        Persistence().fit(y, fh=[1, 2]).rolling(y, first=8)
    with pytest.raises(ValueError, match="look_back \\+ horizon rows, 12, got at most 9"):
        WindowRidge(10).fit(y, fh=[1, 2])
    with pytest.raises(ValueError, match="unknown unit 'metre'"):
        WindowRidge(2, unit="metre").fit(y, fh=[1])
    with pytest.raises(ValueError, match="unknown sees 'some'"):
        WindowRidge(2, "some").fit(y, fh=[1])


@pytest.mark.data
@pytest.mark.parametrize(("forecaster", "apart", "end_to_end"), [
    (Persistence(), 0.1107, 0.1107), (Extrapolation(), 0.0180, 0.0180),
    (WindowRidge(10, "own", [1e-3], relative=False), 0.0172, 0.0169),
    (WindowRidge(10, "all", [1e-3], relative=False), 0.0149, 0.0151),
], ids=["persistence", "extrapolation", "own", "all"])
def test_known_figures_of_sml2010(forecaster, apart, end_to_end):
    series = sml2010()  # the known figures are of windows that reach over the gap between the segments
    truth = series.y[SML_TARGET].to_numpy()[series.first:]
    found = forecaster.fit(series.train, fh=[1]).rolling(series.y, first=series.first)[SML_TARGET]
    assert np.abs(found - truth).mean() == pytest.approx(apart, abs=5e-5)
    rows = pd.concat([series.train.droplevel(0), series.y.iloc[series.first:]])
    found = forecaster.fit(rows.iloc[:SML_TRAIN], fh=[1]).rolling(rows, first=SML_TRAIN)[SML_TARGET]
    assert np.abs(found - truth).mean() == pytest.approx(end_to_end, abs=5e-5)


@pytest.mark.parametrize("season", [1, 4, 5])
def test_naive2_equals_a_loop(season):
    generator = np.random.default_rng(season)
    seasons = 10 + np.tile(generator.uniform(0, 5, season), 9) + np.arange(9 * season) * 0.1
    noise = generator.uniform(5, 9, 9 * 5)
    assert is_seasonal(seasons, season) == (season > 1)
    assert not is_seasonal(noise, 5)
    for values in (seasons, seasons[:-1], noise, seasons[: 3 * season - 1]):
        assert np.allclose(naive2(values, 7, season), reference.naive2(list(values), 7, season), rtol=1e-10)


def test_a_season_is_found_where_the_loop_finds_one():
    generator = np.random.default_rng(0)
    wave = np.tile([1.0, 0, 3, 0], 9)
    found = [9 + size * wave + generator.normal(size=36).cumsum() * 0.1 + generator.normal(size=36)
             for size in np.linspace(0, 1, 90)]
    seasonal = [is_seasonal(values, 4) for values in found]
    assert 20 < sum(seasonal) < 70
    for values in found:
        assert np.allclose(naive2(values, 3, 4), reference.naive2(list(values), 3, 4), rtol=1e-10)


def test_windows_in_their_own_units_forecast_series_of_any_size_alike():
    y = walk(60)[["a"]]
    both = pd.concat({"one": y, "large": 1000 * y + 7}, names=["series", "time"])
    found = WindowRidge(5, "shared", unit="change").fit(both, fh=[1, 2]).predict()
    assert np.allclose(found.loc["large"], 1000 * found.loc["one"] + 7)
    times = pd.concat({"one": y, "large": 1000 * y}, names=["series", "time"])
    found = WindowRidge(5, "shared", unit="size").fit(times, fh=[1, 2]).predict()
    assert np.allclose(found.loc["large"], 1000 * found.loc["one"])
    plain = WindowRidge(5, "shared").fit(both, fh=[1, 2]).predict()
    assert not np.allclose(plain.loc["large"], 1000 * plain.loc["one"] + 7, rtol=1e-6)


def test_every_kth_window_counts_from_the_latest():
    y = pd.DataFrame({"a": [9.0, 9, 0, 1, 9, 9, 9, 9, 5, 6]})
    few = WindowRidge(1, "own", [1e-9], relative=False, every=6).fit(y, fh=[1])  # 0 -> 1 and 5 -> 6
    assert few.rolling(pd.DataFrame({"a": [2.0, 0.0]}), first=1)["a"].tolist() == pytest.approx([3])


def test_each_series_is_forecast_from_its_end():
    y = pd.concat({"b": walk(9, 1), "a": walk(14, 2)}, names=["series", "time"])
    found = Persistence().fit(y, fh=[1, 3]).predict()
    assert found.index.tolist() == [("b", 9), ("b", 11), ("a", 14), ("a", 16)]
    assert np.array_equal(found.loc["a"].iloc[0], y.loc["a"].iloc[-1])
