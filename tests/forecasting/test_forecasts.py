"""What a forecast is made of: nothing after the cutoff, the units it promises, the share that is worth it."""

import numpy as np
import pandas as pd
import pytest
import torch
from sktime.forecasting.base import ForecastingHorizon

from tsattn.forecasting import LSTMSANForecaster, SDMAForecaster, Seq2SeqForecaster, XM2AForecaster
from tsattn.forecasting._history import History
from tsattn.training import Training

pytestmark = pytest.mark.filterwarnings("ignore:0 windows are held out")  # series are short here
QUICK = Training(epochs=2, batch_size=16, validation=0.2)
SMALL = {
    SDMAForecaster: {"hidden_size": 4}, XM2AForecaster: {"n_heads": 2, "n_units": 2, "hidden_size": 4},
    LSTMSANForecaster: {"hidden_size": 4}, Seq2SeqForecaster: {"hidden_size": 4},
}
every_forecaster = pytest.mark.parametrize("forecaster", [  # before a commit, one that attends and one that decodes
    pytest.param(cls, id=cls.__name__, marks=() if cls in (SDMAForecaster, Seq2SeqForecaster) else pytest.mark.slow)
    for cls in SMALL])


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


@pytest.mark.slow
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


@every_forecaster
def test_p26_same_seed_same_forecast_and_no_global_generator(forecaster):
    y = waves()
    before = torch.get_rng_state()
    one, other = (small(forecaster).fit(y, fh=[1, 2]).predict() for _ in range(2))
    assert one.equals(other)
    assert torch.equal(before, torch.get_rng_state())


def test_an_absolute_horizon_is_kept_or_refused_after_update():
    y = pd.DataFrame({"a": np.arange(100.0)}, index=pd.period_range("2021-01-01", periods=100, freq="D"))
    fh = ForecastingHorizon(y.index[[91, 93]], is_relative=False)
    model = small(training=QUICK, scaling="series").fit(y.iloc[:90], fh=fh)
    learned = model.clone().fit(y.iloc[:90], fh=fh).update(y.iloc[90:91])
    assert np.allclose(learned.predict()["a"], [91, 93], atol=0.5)
    with pytest.raises(ValueError, match=r"as many steps ahead as in fit, \[2, 4\], and lies \[1, 3\]"):
        model.update(y.iloc[90:91], update_params=False).predict()


@pytest.mark.parametrize("gappy", ["y", "X"])
def test_a_gap_is_not_filled_from_the_future(gappy):
    draw = np.random.default_rng(0)
    y, X = waves(90), waves(90, columns=("x",), seed=3)
    {"y": y, "X": X}[gappy].iloc[draw.permutation(np.arange(5, 90))[:40], 0] = np.nan
    model = small(future_X=False).fit(y.iloc[:70], X=X.iloc[:70], fh=[1])
    other_y, other_X = y.copy(), X.copy()
    other_y.iloc[75:], other_X.iloc[75:] = 50, 50
    found, after = model.rolling(y, X, first=70), model.rolling(other_y, other_X, first=70)
    early = found.index.get_level_values("cutoff") <= y.index[74]
    assert early.sum() == 6
    assert np.array_equal(found[early], after[early])


def test_gaps_carry_the_value_before():
    y = pd.DataFrame({"a": [np.nan, 2.0, np.nan, np.nan, 5.0, np.nan], "b": np.full(6, np.nan)})
    panel = pd.concat({"p": y, "q": y.iloc[::-1].reset_index(drop=True)}, names=["series", "step"])
    found = History.read(panel, None, units=None).panel.values
    assert found[:, 0].tolist() == [2, 2, 2, 2, 5, 5, 5, 5, 5, 5, 2, 2]
    assert (found[:, 1] == 0).all()


def test_targets_with_gaps_are_not_learned_from():
    y = waves(60)
    y.iloc[40, 0] = np.nan
    train, held = History.read(y, None, units=None).starts(8, 2, 0.2, 1)
    assert not {31, 32} & {*train.tolist(), *held.tolist()}
    assert {30, 33} <= {*train.tolist()}


def test_learned_units_are_kept():
    y = waves(100)
    model = small(scaling="standard").fit(y.iloc[:80], fh=[1, 2])
    moved = y.copy()
    moved.iloc[80:] += 40
    expected = model.rolling(moved, first=90).iloc[:2]
    found = model.clone().fit(y.iloc[:80], fh=[1, 2]).update(moved.iloc[80:90], update_params=False).predict()
    assert np.allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("scaling", ["window", "series", "standard", None])
@pytest.mark.parametrize("independent", [False, True])
def test_predict_is_rolling_from_the_end(scaling, independent):
    y = waves(90)
    model = small(scaling=scaling, independent=independent).fit(y.iloc[:80], fh=[1, 3])
    assert np.allclose(model.predict(), model.rolling(y, first=80).iloc[:2], atol=1e-4)


def test_a_pretrained_network_stays_as_it_is():
    model = small().pretrain(panel(), fh=[1])
    weights = model.network_.state_dict()["head.weight"].clone()
    y = waves(40, seed=9)
    model.fit(y.iloc[:30], fh=[1]).update(y.iloc[30:])
    assert torch.equal(weights, model.network_.state_dict()["head.weight"])
    assert model.predict().index[0] == y.index[-1] + 1


def test_small_units_are_units():
    y = waves(80)
    plain, tiny = (small(scaling="series").fit(y * unit, fh=[1]).predict() / unit for unit in (1, 1e-12))
    assert np.allclose(plain, tiny, atol=1e-3)


def test_a_short_series_learns_without_a_part_held_out():
    with pytest.warns(UserWarning, match="0 windows are held out"):
        model = small(training=Training(epochs=2, validation=0.2, patience=1)).fit(waves(13), fh=[1, 3])
    assert np.isfinite(model.predict().to_numpy()).all()


def test_a_checkpoint_belongs_to_one_horizon(tmp_path):
    y = waves(60)
    training = Training(epochs=1, validation=0.2, checkpoint=tmp_path / "state", batch_size=16)

    class Stop(Exception):
        """Kills a training after its checkpoint."""

    def broken(batch, generator):
        if (tmp_path / "state").exists():
            raise Stop
        return batch

    half = training.clone().set_params(epochs=50, augment=(broken,))
    with pytest.raises(Stop):
        small(training=half).fit(y, fh=[1, 2])
    with pytest.raises(ValueError, match="another training"):
        small(training=half).fit(y, fh=[1, 3])
