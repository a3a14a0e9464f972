"""What a forecast is made of: nothing after the cutoff, the units it promises, the share that is worth it."""

import numpy as np
import pandas as pd
import pytest
import torch

from tsattn.forecasting import LSTMSANForecaster, SDMAForecaster, Seq2SeqForecaster, XM2AForecaster
from tsattn.training import Training

QUICK = Training(epochs=2, batch_size=16, validation=0.2)
SMALL = {
    SDMAForecaster: {"hidden_size": 4}, XM2AForecaster: {"n_heads": 2, "n_units": 2, "hidden_size": 4},
    LSTMSANForecaster: {"hidden_size": 4}, Seq2SeqForecaster: {"hidden_size": 4},
}
every_forecaster = pytest.mark.parametrize("forecaster", list(SMALL), ids=lambda cls: cls.__name__)


def small(cls=SDMAForecaster, **changes):
    return cls(**{"look_back": 8, "training": QUICK, "random_state": 0, **SMALL[cls], **changes})


def waves(n=90, columns=("a", "b"), noise=0.1, seed=0):
    """Waves of another period in each column, a little noisy, on days."""
    noisy = np.random.default_rng(seed).standard_normal((n, len(columns))) * noise
    times = np.arange(n)[:, None]
    values = 5 + np.sin(times / (2 + np.arange(len(columns)))) + noisy
    return pd.DataFrame(values, index=pd.period_range("2021-01-01", periods=n, freq="D"), columns=list(columns))


def panel(lengths=(60, 45), **kinds):
    parts = {f"s{i}": waves(n, seed=i, **kinds) for i, n in enumerate(lengths)}
    return pd.concat(parts, names=["series", "day"])


@every_forecaster
def test_waves_are_forecast_better_than_by_their_last_value(forecaster):
    y = waves(140, noise=0.02)
    found = small(forecaster).fit(y.iloc[:120], fh=[1, 2, 5]).rolling(y, first=120)
    true = y.loc[found.index.get_level_values("time")].to_numpy()
    last = y.loc[found.index.get_level_values("cutoff")].to_numpy()
    assert np.abs(found.to_numpy() - true).mean() < 0.4 * np.abs(last - true).mean()


@every_forecaster
@pytest.mark.parametrize("independent", [False, True])
def test_nothing_after_the_cutoff_is_read(forecaster, independent):
    y = waves()
    model = small(forecaster, independent=independent).fit(y.iloc[:70], fh=[1, 3])
    changed = y.copy()
    changed.iloc[75:] = -50
    found, after = (model.rolling(frame, first=70) for frame in (y, changed))
    early = found.index.get_level_values("cutoff") <= y.index[74]
    assert early.sum() == 2 * 6
    assert np.array_equal(found[early], after[early])
    assert not np.allclose(found[~early], after[~early])


@every_forecaster
def test_rolling_is_predict_at_each_cutoff(forecaster):
    y = waves()
    model = small(forecaster, scaling=None).fit(y.iloc[:70], fh=[2, 3])
    rolled = model.rolling(y, first=70, step=4)
    for cutoff in (74, 82):
        here = model.clone().fit(y.iloc[:70], fh=[2, 3]).update(y.iloc[70:cutoff], update_params=False)
        assert np.allclose(rolled.loc[y.index[cutoff - 1]], here.predict(), atol=1e-5)


@pytest.mark.parametrize("scaling", ["window", "series", "standard"])
def test_forecasts_follow_units(scaling):
    y = waves()
    model = small(scaling=scaling)
    found = model.clone().fit(y, fh=[1, 4]).predict()
    other = model.clone().fit(1000 + 10 * y, fh=[1, 4]).predict()
    assert np.allclose(other, 1000 + 10 * found, atol=2e-2)


def test_independent_targets_follow_the_order_of_columns():
    y = waves(columns=("a", "b", "c"))
    model = small(independent=True, linear="own").fit(y, fh=[1, 2])
    turned = y[["c", "a", "b"]]
    expected, found = model.rolling(y, first=60), model.clone().fit(turned, fh=[1, 2])
    found.network_, found.model_ = model.network_, model.model_  # trained on windows in another order
    assert np.allclose(found.rolling(turned, first=60)[["a", "b", "c"]], expected, atol=1e-5)


def test_the_network_adds_no_more_than_its_worth():
    y = pd.DataFrame(np.random.default_rng(0).standard_normal((150, 2)), columns=["a", "b"])
    share = small(training=Training(epochs=20, lr=1e-2, validation=0.3)).fit(y, fh=[1]).model_.share
    assert ((share >= 0) & (share <= 1)).all()
    assert float(share.min()) < 0.5  # there is nothing to learn in noise


def test_what_is_known_of_the_future_is_read():
    draw = np.random.default_rng(0)
    X = pd.DataFrame({"x": draw.standard_normal(160)})
    y = (3 * X["x"]).rename("y")
    model = small().fit(y.iloc[:150], X=X.iloc[:150], fh=[1, 2])
    assert np.allclose(model.predict(X=X.iloc[150:152]), y.iloc[150:152], atol=0.1)
    blind = small(future_X=False).fit(y.iloc[:100], X=X.iloc[:100], fh=[1])
    found = blind.rolling(y, X, first=100)["y"].to_numpy()
    assert np.abs(found - y.iloc[100:]).mean() > 1


def test_p07_a_series_is_forecast_alike_alone_and_in_company():
    y = panel()
    model = small(scaling="window").pretrain(y, fh=[1, 2])
    both = model.clone().fit(y, fh=[1, 2]).predict()
    alone = model.clone().fit(y.loc["s1"], fh=[1, 2]).predict()
    assert np.allclose(both.loc["s1"], alone, atol=1e-5)


def test_p02_pretrained_weights_outlive_clone_and_fit():
    y = panel()
    model = small().pretrain(y, fh=[1, 2])
    weights = {name: value.clone() for name, value in model.network_.state_dict().items()}
    new = waves(50, columns=("other", "names"), seed=7)
    twice = model.clone().fit(new, fh=[1, 2]).fit(new, fh=[1, 2])
    for name, value in twice.network_.state_dict().items():
        assert torch.equal(value, weights[name])
    assert list(twice.predict().columns) == ["other", "names"]


def test_pretraining_again_learns_from_all_panels():
    first, second = panel((50, 45)), panel((60,), noise=0.5)
    whole = pd.concat({"x0": first.loc["s0"], "x1": first.loc["s1"], "x2": second.loc["s0"]}, names=["series", "day"])
    twice, once = small().pretrain(first, fh=[1]).pretrain(second, fh=[1]), small().pretrain(whole, fh=[1])
    for name, value in once.network_.state_dict().items():
        assert torch.equal(value, twice.network_.state_dict()[name])


def test_update_moves_the_end_and_learns_if_asked():
    y = waves()
    model = small().fit(y.iloc[:70], fh=[1])
    before = model.network_.state_dict()["head.weight"].clone()
    assert model.update(y.iloc[70:75], update_params=False).predict().index[0] == y.index[75]
    assert torch.equal(before, model.network_.state_dict()["head.weight"])
    assert not torch.equal(before, model.update(y.iloc[75:80]).network_.state_dict()["head.weight"])


def test_gaps_are_drawn_as_lines_and_not_learned_from():
    y = waves(noise=0)
    gappy = y.copy()
    gappy.iloc[30:33, 0] = np.nan
    model = small().fit(gappy, fh=[1])
    assert np.isfinite(model.predict().to_numpy()).all()
    assert len(model.history_) == 2


@every_forecaster
def test_p26_same_seed_same_forecast_and_no_global_generator(forecaster):
    y = waves()
    before = torch.get_rng_state()
    one, other = (small(forecaster).fit(y, fh=[1, 2]).predict() for _ in range(2))
    assert one.equals(other)
    assert torch.equal(before, torch.get_rng_state())
