"""Intervals: order statistics by hand, and what they cover."""

import numpy as np
import pandas as pd
import pytest

from tsattn.forecasting import SDMAForecaster
from tsattn.forecasting._learning import conformal
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
