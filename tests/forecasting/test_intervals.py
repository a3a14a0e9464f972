"""Intervals: order statistics by hand, and what they cover."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from tsattn.forecasting import LSTMSANForecaster, SDMAForecaster, Seq2SeqForecaster, XM2AForecaster
from tsattn.forecasting._held_out import conformal
from tsattn.forecasting._learning import LEVELS, Model
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
    model = Model(SimpleNamespace(levels=levels), 2, None, None, None, errors)
    found = model._quantiles(alpha)(said)
    for index in np.ndindex(3, 2, 2):
        expected = by_loop(said[index], levels, errors[:, index[1], index[2]], alpha)
        assert np.allclose(found[index], expected), index
    for place, level in enumerate(alpha):  # whatever else is asked for
        assert np.array_equal(model._quantiles([level])(said)[..., 0], found[..., place])


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
