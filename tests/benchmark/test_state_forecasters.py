import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.vector_ar.var_model import VAR

from tsattn.benchmark.state_forecasters import ARIMA, ETS, VectorAutoregression


def waves(rows=90, seed=3):
    generator = np.random.default_rng(seed)
    base = 20 + np.sin(np.arange(rows) * np.pi / 3)
    return pd.DataFrame({"a": base + generator.normal(0, 0.1, rows), "b": generator.normal(size=rows).cumsum()})


MODELS = [ETS(), ETS(season=6), ARIMA((2, 0, 0)), ARIMA((1, 0, 0), (1, 0, 0, 6), target=1)]


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_rolling_is_a_forecast_from_each_cutoff_with_the_parameters_of_fit(model):
    y = waves()
    fitted = model.fit(y.iloc[:60], fh=[1, 2, 3])
    found = fitted.rolling(y, first=60, step=7).to_numpy().reshape(-1, 3, 2)
    for place, cutoff in enumerate(range(60, 88, 7)):
        known = fitted.models_[0].apply(y.to_numpy()[:cutoff, model.target])
        assert np.allclose(found[place, :, model.target], known.forecast(3))
        assert (found[place, :, 1 - model.target] == y.iloc[cutoff - 1, 1 - model.target]).all()


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_one_step_ahead_in_one_pass_is_the_same(model):
    y = waves()
    one = model.fit(y.iloc[:60], fh=[1]).rolling(y, first=60).to_numpy()
    three = model.fit(y.iloc[:60], fh=[1, 2, 3]).rolling(y, first=60).to_numpy().reshape(-1, 3, 2)[:, 0]
    assert np.allclose(one[: len(three)], three)


def test_of_two_segments_the_longer_is_rolled():
    y = waves()
    both = pd.concat({"x": y.iloc[:20], "y": y.iloc[20:60]})
    found = ARIMA((1, 0, 0)).fit(both, fh=[1])
    alone = ARIMA((1, 0, 0)).fit(y.iloc[20:60], fh=[1])
    assert found.rolling(y, first=60).equals(alone.rolling(y, first=60))
    assert found.n_parameters_ == 2 * alone.n_parameters_


def test_each_series_has_its_own_model():
    y = waves()[["a"]]
    both = pd.concat({"x": y, "y": 100 - y}, names=["series", "time"])
    found = ETS(season=6).fit(both, fh=range(1, 7)).predict()
    assert np.allclose(found.loc["x"], 100 - found.loc["y"], atol=0.05)
    later = 20 + np.sin(np.arange(90, 96) * np.pi / 3)
    assert np.abs(found.loc["x", "a"].to_numpy() - later).max() < 0.2


def test_vector_autoregression_equals_statsmodels():
    y = waves()
    found = VectorAutoregression(3).fit(y.iloc[:60], fh=range(1, 6)).rolling(y, first=60, step=4)
    theirs = VAR(y.to_numpy()[:60]).fit(3)
    expected = [theirs.forecast(y.to_numpy()[cutoff - 3 : cutoff], 5) for cutoff in range(60, 86, 4)]
    assert np.allclose(found.to_numpy().reshape(-1, 5, 2), expected)
