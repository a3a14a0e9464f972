"""Intervals: order statistics and the law of few errors by hand, what both cover, and what they lie between."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from tests.forecasting.test_forecasts import small, waves
from tests.reference import intervals as slow
from tsattn.forecasting import LSTMSANForecaster, SDMAForecaster, Seq2SeqForecaster, XM2AForecaster
from tsattn.forecasting._held_out import LEVELS, ErrorUnits, conformal, counted, grown, reading, table
from tsattn.forecasting._missed import cross, quantiles
from tsattn.forecasting._plan import Cutter
from tsattn.nn.lag_ridge import Choice, Moments
from tsattn.training import Training


def test_order_statistics_by_hand():
    errors = np.array([5.0, 1, 4, 2, 3, 9, 8, 7, 6])  # n + 1 = 10: the 1st and the 9th
    assert conformal(errors, np.array([0.1, 0.5, 0.9, 0.95, 0.01])).tolist() == [1, 5, 9, 9, 1]


@pytest.mark.parametrize("level", [0.1, 0.25, 0.6, 0.9])
def test_a_new_error_lies_below_as_often_as_promised(level):
    draw = np.random.default_rng(1)
    below = [draw.standard_normal() <= conformal(draw.standard_normal(49), np.array([level]))[0] for _ in range(4000)]
    slack = 3 * (level * (1 - level) / 4000) ** 0.5
    if level > 0.5:
        assert level - slack <= np.mean(below) <= level + 1 / 50 + slack
    else:
        assert level - 1 / 50 - slack <= np.mean(below) <= level + slack


@pytest.fixture(scope="module")
def fitted():
    draw = np.random.default_rng(0)
    noise = draw.standard_normal((1500, 2)) * [1, 5]
    y = np.zeros_like(noise)
    for t in range(1, len(y)):
        y[t] = 0.7 * y[t - 1] + noise[t]
    frame = pd.DataFrame(y, columns=["a", "b"])
    training = Training(epochs=1, batch_size=32, validation=0.3)
    model = SDMAForecaster(look_back=6, hidden_size=4, training=training, random_state=0)
    return model.fit(frame.iloc[:1000], fh=[1, 3]), frame


def test_intervals_cover_what_they_promise(fitted):
    model, frame = fitted
    rolled = model.rolling(frame, first=1000).to_numpy().reshape(-1, 2, 2)
    true = frame.to_numpy()[1000 + np.arange(len(rolled))[:, None] + np.array([0, 2])]
    interval = model.predict_interval(coverage=0.9).to_numpy().reshape(2, 2, 2) - model.predict().to_numpy()[..., None]
    inside = (true - rolled >= interval[..., 0]) & (true - rolled <= interval[..., 1])
    assert np.all(np.abs(inside.mean(0) - 0.9) < 0.05)


def test_quantiles_increase_and_hold_the_interval(fitted):
    model, _ = fitted
    found = model.predict_quantiles(alpha=[0.02, 0.05, 0.3, 0.5, 0.77, 0.95])
    for column in ("a", "b"):
        assert (np.diff(found[column].to_numpy(), axis=1) >= 0).all()
    interval = model.predict_interval(coverage=0.9)
    assert np.allclose(interval["a"][0.9].to_numpy(), found["a"][[0.05, 0.95]].to_numpy())


def by_loop(said, levels, errors, alpha):
    """Quantiles of one value at each of `alpha`: the nearest one said, and how far values lay above it; none falls."""
    values = []
    for place, level in enumerate(LEVELS):
        near = min(range(len(levels)), key=lambda i: (round(abs(levels[i] - level), 9), i))
        values.append(said[near] + errors[place])
        if place:
            values[-1] = max(values[-1], values[-2])
    found = []
    for level in alpha:
        low = max(i for i in range(len(LEVELS)) if LEVELS[i] <= level + 1e-12)
        part = (level - LEVELS[low]) / (LEVELS[1] - LEVELS[0])
        found.append((1 - part) * values[low] + part * values[min(low + 1, len(LEVELS) - 1)])
    return found


@pytest.mark.parametrize("levels", [(0.5,), (0.05, 0.25, 0.5, 0.75, 0.95)])
def test_quantiles_by_loops(levels):
    draw = np.random.default_rng(0)
    said = draw.standard_normal((3, 2, 2, len(levels)))
    errors = np.sort(draw.standard_normal((len(LEVELS), 2, 2)), axis=0)
    alpha = [0.9, 0.005, 0.1234, 0.5, 0.995]
    units = ErrorUnits.none(2, 2)
    found = reading(errors, units, levels, alpha)(said, np.ones((3, 2)))
    for index in np.ndindex(3, 2, 2):
        expected = by_loop(said[index], levels, errors[:, index[1], index[2]], alpha)
        assert np.allclose(found[index], expected), index
    for place, level in enumerate(alpha):  # whatever else is asked for
        assert np.array_equal(reading(errors, units, levels, [level])(said, np.ones((3, 2)))[..., 0], found[..., place])


def test_where_few_errors_are_known_quantiles_lie_about_the_forecast_in_units_of_the_window():
    said, errors = np.array([[[[-1.0, 2.0, 4.0]]], [[[-1.0, 2.0, 4.0]]]]), LEVELS[:, None, None] - 0.5
    units = ErrorUnits(np.array([True]), 1, 1.0, np.ones(1))
    found = reading(errors, units, (0.05, 0.5, 0.95), [0.05, 0.5, 0.9])(said, np.array([[1.0], [10.0]]))
    assert np.allclose(found[:, 0, 0], [[1.55, 2.0, 2.4], [-2.5, 2.0, 6.0]])


def test_few_errors_follow_a_law_by_hand():
    near, errors = np.zeros(len(LEVELS), dtype=int), np.ones((1, 2, 1, 1))
    found = table(errors, near, np.array([1, 0]), np.array([[2.0], [3.0]]), 3.0)[:, :, 0]
    assert np.allclose(found[[9, 99, 189]], [[-4.70673, -7.06009], [0, 0], [4.70673, 7.06009]], atol=1e-5)  # t(3)
    assert np.allclose(table(errors, near, np.array([1, 0]), np.array([[2.0], [3.0]]), 1.0)[189, 0, 0], 5.83997)  # t(2)


def test_a_rank_is_taken_from_as_many_errors_as_a_level_needs():
    near = np.zeros(len(LEVELS), dtype=int)
    errors = np.arange(1.0, 20.0).reshape(19, 1, 1, 1)
    found = table(errors, near, np.array([19]), np.ones((1, 1)), 1000.0)[:, 0, 0]
    assert found[[9, 99, 189]].tolist() == [1, 10, 19]
    assert np.isclose(found[198] - 19, 2.580762 - 1.646379)  # beyond, the law goes on: t(1000) at 0.995 and at 0.95
    few = table(errors[:18], near, np.array([18]), np.ones((1, 1)), 1000.0)[:, 0, 0]
    assert np.isclose(few[189], 1.646379)


def test_the_growth_of_errors_by_hand():
    steps, none = (1, 2, 4), np.zeros(3)
    walk, still, line = (np.array(values)[:, None] for values in ([1.0, 2, 4], [9.0, 9, 9], [1.0, 4, 16]))
    assert np.allclose(grown(walk, none, steps)[:, 0], [1, 2**0.5, 2])
    assert np.allclose(grown(still, none, steps)[:, 0], 3)
    assert np.allclose(grown(line, none, steps)[:, 0], [1, 2, 4])
    odd = np.array([[1.0], [8.0], [4.0]])  # of much weight, a step's own
    assert np.allclose(grown(odd, np.full(3, 1e9), steps)[:, 0], [1, 8**0.5, 2])


@pytest.mark.parametrize(("n_held", "n_other"), [(3, 30), (15, 10), (60, 0), (1, 0), (21, 4)])
def test_quantiles_of_errors_by_loops(n_held, n_other):
    draw = np.random.default_rng(n_held)
    ahead, look_back = (1, 2, 5), 4
    plan = SimpleNamespace(look_back=look_back, ahead=ahead, n_known=0, per_epoch=None, levels=(0.5,))
    cut = Cutter(draw.standard_normal((200, 1)), plan, 1)
    other, held = np.arange(n_other), 60 + np.arange(n_held)
    left, crossed = draw.standard_normal((n_held, 3)), draw.standard_normal((n_other, 3))
    found, units = quantiles(cut, held, left[:, :, None, None], other, crossed[:, :, None], per_window=False)
    expected = slow.few_and_many(left.tolist(), held, crossed.tolist(), other, ahead)
    assert np.allclose(found[:, :, 0], expected)
    assert units.plain.tolist() == [slow.apart(held, step) < 19 for step in ahead]
    assert counted(held, ahead).tolist() == [slow.apart(held, step) for step in ahead]
    assert (np.diff(found, axis=0) > 0).all() or n_held > 20  # ranks may be equal


def test_errors_that_are_crossed_by_loops():
    draw = np.random.default_rng(0)
    rows, starts, ahead = draw.standard_normal((40, 1)).cumsum(0), np.arange(33), (1, 3)
    plan = SimpleNamespace(look_back=4, ahead=ahead, n_known=0, per_epoch=None, levels=(0.5,))
    cut = Cutter(rows, plan, 1)
    choice = Choice(["own"], [0.01], {"own": Moments.of("own", cut.parts(starts))})
    found = cross(cut, starts, starts, choice)[:, :, 0]
    values = rows[:, 0].astype(np.float32).astype(float)
    for block in np.array_split(starts, 8):
        rest = [s for s in starts if s <= block[0] - 3 or s >= block[-1] + 3]
        lags = np.array([values[s : s + 3] - values[s + 3] for s in rest])
        after = np.array([[values[s + 3 + step] - values[s + 3] for step in ahead] for s in rest])
        weight = np.linalg.solve(lags.T @ lags + 0.01 * len(rest) * np.eye(3), lags.T @ after)
        for s in block:
            forecast = values[s + 3] + (values[s : s + 3] - values[s + 3]) @ weight
            assert np.allclose(found[s], [values[s + 3 + step] for step in ahead] - forecast, atol=1e-4)


def test_a_lone_window_is_crossed_by_its_last_value():
    plan = SimpleNamespace(look_back=2, ahead=(1,), n_known=0, per_epoch=None, levels=(0.5,))
    cut, starts = Cutter(np.array([[1.0], [2.0], [5.0]]), plan, 1), np.array([0])
    choice = Choice(["own"], [0.01], {"own": Moments.of("own", cut.parts(starts))})
    assert cross(cut, starts, starts, choice).tolist() == [[[3.0]]]


def test_the_roughness_of_windows_by_loops():
    draw = np.random.default_rng(0)
    wave = np.tile([0.0, 3, 1, -4], 5)[None, :, None] + 0.3 * draw.standard_normal((6, 20, 1))
    units = ErrorUnits.of(wave, 2)
    assert (units.lag, units.power) == (4, 0.0)
    expected = [slow.roughness(window[:, 0], 4, units.usual[0]) for window in wave]
    assert np.allclose(units.roughness(wave)[:, 0], expected)
    assert (units(wave) == 1).all()
    assert np.isfinite(ErrorUnits.of(np.zeros((3, 2, 1)), 1).roughness(np.zeros((3, 2, 1)))).all()


@pytest.fixture(scope="module")
def spread():
    """A series whose noise is loud and quiet in turn, 25 steps each, and a forecaster that learns quantiles of it."""
    draw = np.random.default_rng(0)
    n = 4000
    loud = np.arange(n) // 25 % 2
    frame = pd.DataFrame({"y": draw.standard_normal(n) * (1 + 9 * loud)})
    training = Training(epochs=6, batch_size=32, lr=3e-3, validation=0.25, augment=())
    model = SDMAForecaster(look_back=12, hidden_size=8, loss="quantile", training=training, random_state=0)
    return model.fit(frame.iloc[:3000], fh=[1]), frame, loud


@pytest.mark.slow
def test_learned_quantiles_cover_and_are_wide_where_it_is_loud(spread):
    model, frame, loud = spread
    found = model.rolling(frame, first=3000, alpha=[0.05, 0.5, 0.95])["y"].to_numpy()
    times = np.arange(3000, 4000)
    inside = (frame["y"].to_numpy()[3000:] >= found[:, 0]) & (frame["y"].to_numpy()[3000:] <= found[:, 2])
    assert abs(inside.mean() - 0.9) < 0.04
    width = found[:, 2] - found[:, 0]
    settled = times % 25 >= 12  # the window is all loud, or all quiet
    assert np.median(width[settled & (loud[times] == 1)]) > 3 * np.median(width[settled & (loud[times] == 0)])
    assert (np.diff(found, axis=1) >= 0).all()


@pytest.mark.slow
def test_the_forecast_is_the_median_that_is_said(spread):
    model, frame, _ = spread
    with torch.no_grad():
        series = torch.tensor(model._tail.rows[None], dtype=torch.float32)
        said = model.model_.said(model.network_, series, torch.zeros(1, 1, 0))[0, 0, 0]
    assert np.allclose(model.predict().to_numpy()[0, 0],
                       float(said[3]) * model._tail.scale[0, 0] + model._tail.centre[0, 0], atol=1e-4)
    after = model.clone().fit(frame.iloc[:3000], fh=[1])
    assert np.allclose(after.predict_quantiles(alpha=[0.05, 0.9]).to_numpy()[0],
                       after.rolling(frame, first=3000, alpha=[0.05, 0.9]).to_numpy()[0], atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("forecaster", [XM2AForecaster, LSTMSANForecaster, Seq2SeqForecaster])
@pytest.mark.parametrize("independent", [False, True])
def test_every_forecaster_learns_quantiles(forecaster, independent):
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(draw.standard_normal((200, 2)), columns=["a", "b"])
    model = forecaster(look_back=6, hidden_size=4, loss="quantile", independent=independent, random_state=0,
                       training=Training(epochs=1, batch_size=32, validation=0.3)).fit(frame, fh=[1, 3])
    found = model.predict_quantiles(alpha=[0.1, 0.5, 0.8])
    assert found.shape == (2, 6)
    for column in ("a", "b"):
        assert (np.diff(found[column].to_numpy(), axis=1) >= 0).all()


PLAIN = {"hidden_size": 2, "n_layers": 1, "saliency": None, "encoder": "linear", "trunk": None, "pooling": "last",
         "training": Training(epochs=1, batch_size=4096, validation=0.2), "random_state": 0}


def walk(n, seed, back=1.0):
    noise, y = np.random.default_rng(seed).standard_normal(n + 30), np.zeros(n + 30)
    for t in range(1, len(y)):
        y[t] = back * y[t - 1] + noise[t]
    return pd.Series(y[30:])


@pytest.mark.parametrize(("back", "n", "look_back", "horizon"), [(0.7, 60, 12, 6), (1.0, 60, 12, 6), (0.0, 40, 4, 3)])
def test_intervals_of_short_series_cover_what_they_say(back, n, look_back, horizon):
    inside = []
    for seed in range(20):
        y = walk(n + horizon, seed, back)
        model = SDMAForecaster(look_back=look_back, **PLAIN).fit(y[:n], fh=range(1, horizon + 1))
        low, high = model.predict_interval(coverage=0.9).to_numpy().T
        inside.append(((y[n:] >= low) & (y[n:] <= high)).mean())
    assert 0.82 < np.mean(inside) < 0.98


SERIES = {
    "walk": walk(60, 0), "constant": pd.Series(np.full(60, 7.0)), "far away": pd.Series(np.full(60, -1e12)),
    "far and near": 1e12 + walk(60, 0), "wave": pd.Series(np.sin(np.arange(60) / 3)),
    "line": pd.Series(np.arange(60.0)), "rare": pd.Series((np.arange(200) % 41 == 0).astype(float)),
    "one window": walk(17, 0), "two": walk(18, 1),
}


@pytest.mark.parametrize("loss", ["squared", "quantile"])
@pytest.mark.parametrize("linear", ["auto", None])
@pytest.mark.parametrize("name", SERIES)
@pytest.mark.filterwarnings("ignore:0 windows are held out")
def test_no_interval_is_without_width(name, loss, linear):
    model = SDMAForecaster(look_back=12, linear=linear, loss=loss, **PLAIN).fit(SERIES[name], fh=[1, 2, 5])
    alpha = [0.005, 0.05, 0.1, 0.4, 0.5, 0.6, 0.9, 0.95, 0.995]
    found = model.predict_quantiles(alpha=alpha).to_numpy()
    assert np.isfinite(found).all()
    assert (np.diff(found, axis=1) >= 0).all()
    assert (found[:, -2] > found[:, 1]).all()
    if model.model_.missed.plain.all():
        assert np.allclose(found[:, 4], model.predict())


@pytest.mark.parametrize("validation", [0, 0.2])
def test_without_windows_held_out_intervals_go_by_maps_that_did_not_see(validation):
    y = walk(80, 3)
    training = Training(epochs=1, batch_size=4096, validation=validation)
    model = SDMAForecaster(look_back=12, **{**PLAIN, "training": training}).fit(y, fh=[1])
    low, high = model.predict_interval(coverage=0.9).to_numpy()[0]
    assert 2 < high - low < 6  # 3.3, if all were known


def test_intervals_of_a_network_that_learned_the_noise_cover_what_they_say():
    training, inside = Training(epochs=40, lr=0.01, batch_size=32, validation=0), []
    for seed in range(4):
        y = walk(120, seed, 0.0)
        model = SDMAForecaster(look_back=12, linear=None, hidden_size=16, saliency=None, training=training,
                               random_state=0)
        found = model.fit(y[:70], fh=[1]).rolling(y, first=70, alpha=[0.05, 0.95])
        true, (low, high) = y[found.index.get_level_values("time")], found.to_numpy().T
        inside.append(((true >= low) & (true <= high)).mean())
    assert 0.82 < np.mean(inside) < 0.98


@pytest.mark.parametrize("linear", ["auto", None])
def test_intervals_of_a_steady_rise_hold_the_forecast_where_nothing_is_held_out(linear):
    """The errors of a map with a penalty are all of one sign here."""
    y = pd.Series(np.arange(100.0) + 0.001 * np.random.default_rng(0).standard_normal(100))
    training = Training(epochs=2, validation=0)
    model = SDMAForecaster(look_back=12, linear=linear, **{**PLAIN, "training": training}).fit(y[:90], fh=[1, 2, 6])
    low, high = model.predict_interval(coverage=0.9).to_numpy().T
    assert ((low < model.predict()) & (model.predict() < high)).all()
    if linear is not None:  # a network alone has not learned to rise in two epochs
        found = model.rolling(y, first=90, alpha=[0.05, 0.95])
        true = y[found.index.get_level_values("time")].to_numpy()
        assert ((found.iloc[:, 0] <= true) & (true <= found.iloc[:, 1])).mean() > 0.8


def test_the_variance_is_that_of_the_quantiles():
    y = pd.DataFrame({"a": walk(80, 0, 0.5), "b": 10 * walk(80, 1, 0.5)})
    model = SDMAForecaster(look_back=12, **PLAIN).fit(y, fh=[1, 3])
    found, levels = model.predict_var(), np.arange(1, 200) / 200
    assert found.columns.tolist() == ["a", "b"]
    for name in y:
        for row in (0, 1):
            said = model.predict_quantiles(alpha=levels)[name].iloc[row]
            mean = sum(said) / 199
            assert found[name].iloc[row] == pytest.approx(sum((one - mean) ** 2 for one in said) / 199)
    assert np.allclose(model.predict_proba().var(), found)
    with pytest.raises(NotImplementedError, match="cov=True"):
        model.predict_var(cov=True)


@pytest.mark.parametrize("bounds", [None, (0, None)])
def test_no_normal_distribution_is_said_of_what_has_limits(bounds):
    y = counts() if bounds is None else counts()[["sold"]] + 0.5
    model = SDMAForecaster(look_back=12, bounds=bounds, **PLAIN).fit(y, fh=[1, 2, 3])
    assert (model.predict_var() > 0).all(axis=None)
    with pytest.raises(NotImplementedError, match="use predict_quantiles"):
        model.predict_proba()
    far = (y[["sold"]] + 1000).rename(columns={"sold": "many"})  # counts, far from the limit
    assert (model.fit(far, fh=[1, 2, 3]).predict_proba().mean() > 900).all(axis=None)


def two_kinds(n=12, length=60):
    """Series of the same deviation: waves that are easily forecast, and noise."""
    draw, parts = np.random.default_rng(0), {}
    for i in range(n):
        wave = np.sin(np.arange(length) / 4 + i) + 0.03 * draw.standard_normal(length)
        parts[f"w{i}"] = pd.DataFrame({"y": wave if i % 2 else draw.standard_normal(length)})
    return pd.concat(parts, names=["series", "step"])


@pytest.mark.parametrize("independent", [False, True])
def test_intervals_of_a_panel_are_as_wide_as_each_series_misses(independent):
    y = two_kinds()
    model = SDMAForecaster(look_back=12, independent=independent, **PLAIN).fit(y, fh=[1, 2])
    assert model.model_.missed.power > 0
    width = np.diff(model.predict_interval(coverage=0.9).to_numpy(), axis=1).reshape(-1, 2).mean(1)
    assert width[::2].min() > 1.5 * width[1::2].max()
    alone = model.rolling(y.loc["w1"], first=58, alpha=[0.05, 0.95]).to_numpy()
    assert np.ptp(alone, axis=1).max() < width[::2].min() / 1.5


def test_all_series_alike_are_given_the_same_width():
    y = pd.concat({i: walk(60, i, 0.5).to_frame("y") for i in range(12)}, names=["series", "step"])
    assert SDMAForecaster(look_back=12, **PLAIN).fit(y, fh=[1]).model_.missed.power == 0


def counts(n=90, seed=0):
    return pd.DataFrame({"sold": np.random.default_rng(seed).poisson(0.4, n), "level": walk(n, seed).to_numpy()})


def test_counts_have_no_quantiles_below_0():
    y = counts()
    model = SDMAForecaster(look_back=12, **PLAIN).fit(y[:80], fh=[1, 2, 3])
    found = model.predict_quantiles(alpha=[0.01, 0.05, 0.5, 0.95])
    assert model.model_.counts.tolist() == [True, False]
    assert (found["sold"] >= 0).all(axis=None)
    assert (found["sold"][0.95] > 0).all()
    assert (found["level"][0.01] < found["level"][0.5]).all()
    rolled = model.rolling(y, first=80, alpha=[0.05, 0.95])
    assert (rolled["sold"] >= 0).all(axis=None)
    assert (model.rolling(y, first=80)["sold"] >= 0).all()
    other = y.assign(sold=y["sold"] - 1)  # a column that is no count
    assert (model.rolling(other, first=80, alpha=[0.05])["sold"] < -0.5).any(axis=None)


@pytest.mark.parametrize(("forecaster", "bounds"), [
    (SDMAForecaster, (0, None)), (SDMAForecaster, (None, 0.1)), (SDMAForecaster, [0, 1.0]), (Seq2SeqForecaster, (0, 1)),
    *(pytest.param(cls, (0, 1), marks=pytest.mark.slow) for cls in (XM2AForecaster, LSTMSANForecaster))])
def test_forecasts_and_quantiles_lie_within_bounds(forecaster, bounds):
    y = pd.DataFrame({"share": np.random.default_rng(0).beta(0.3, 8, 60).clip(0, 0.1)})
    model = forecaster(look_back=6, hidden_size=2, saliency=None, bounds=bounds, random_state=0,
                       training=Training(epochs=1, batch_size=4096)).fit(y, fh=[1, 4])
    low, high = (limit if bound is None else bound for bound, limit in zip(bounds, (-9, 9), strict=True))
    alpha = [0.005, 0.05, 0.5, 0.95, 0.995]
    for found in (model.predict(), model.predict_quantiles(alpha=alpha), model.rolling(y, first=20),
                  model.rolling(y, first=20, alpha=alpha)):
        assert ((found >= low) & (found <= high)).all(axis=None)
    assert (np.diff(model.predict_interval(coverage=0.9), axis=1) > 0).all()
    assert model.get_params()["bounds"] == bounds


@pytest.mark.parametrize("bounds", [3, (0,), (1, 0), (0, 0), ("0", None), (float("nan"), 1), (True, None)])
def test_bounds_that_are_none_are_refused(bounds):
    with pytest.raises(ValueError, match="bounds must"):
        SDMAForecaster(look_back=6, bounds=bounds, **PLAIN).fit(walk(40, 0), fh=[1])


def test_values_out_of_bounds_are_named():
    y = pd.DataFrame({"a": np.ones(40), "b": np.arange(40.0) - 3})
    model = SDMAForecaster(look_back=6, bounds=(0, None), **PLAIN)
    with pytest.raises(ValueError, match=r"y must lie within bounds=\(0, None\), and column 'b' has -3.0"):
        model.fit(y, fh=[1])
    panel = pd.concat({"s": y}, names=["series", "step"])
    model.fit(y[5:], fh=[1])
    for call in (lambda: model.rolling(y, first=10), lambda: model.update(y.iloc[-1:] - 99),
                 lambda: model.clone().pretrain(panel, fh=[1])):
        with pytest.raises(ValueError, match="must lie within bounds"):
            call()


@pytest.mark.parametrize(("given", "said"), [
    (90, "got 90: write 90 % as 0.9$"), ([0.5, 90], "got 90: write 90 % as 0.9$"),
    (np.float64(95), "got 95.0: write 95 % as 0.95$"), (np.int64(80), "got 80: write 80 % as 0.8$"),
    (1, "got 1: pass a number such as 0.9$"), (0, "got 0: "), (-0.5, "got -0.5: "), (float("nan"), "got nan: "),
    ("0.9", "got '0.9': "), (True, "got True: "), ([0.9, "a"], "got 'a': "), ([], r"got \[\]: "),
    (250, "got 250: pass"), ({"a": 0.5}, "got {'a': 0.5}: "),
])
def test_shares_that_are_none_are_refused_with_one_that_is(given, said):
    model = small().fit(waves(60), fh=[1])
    for name, call in (("coverage", model.predict_interval), ("alpha", model.predict_quantiles)):
        with pytest.raises((TypeError, ValueError), match=f"^{name} must lie between 0 and 1, .*{said}") as caught:
            call(**{name: given})
        assert len(str(caught.value)) < 200
    with pytest.raises((TypeError, ValueError), match=f"^alpha must .*{said}"):
        model.rolling(waves(60), first=50, alpha=given)


def test_shares_are_read_in_any_form():
    model = small().fit(waves(60), fh=[1])
    for given in ([0.5, 0.9], (0.5, 0.9), np.array([0.5, 0.9]), pd.Series([0.5, 0.9])):
        assert model.predict_interval(coverage=given).equals(model.predict_interval(coverage=[0.5, 0.9]))
        assert model.predict_quantiles(alpha=given).equals(model.predict_quantiles(alpha=[0.5, 0.9]))
    for given in (np.float64(0.9), np.array(0.9)):
        assert model.predict_interval(coverage=given).equals(model.predict_interval())
