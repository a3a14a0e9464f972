"""Saved forecasters: after loading they say the same, bit by bit, whatever they were fitted to, and go on the same."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from sktime.datatypes import convert_to
from sktime.exceptions import NotFittedError
from sktime.forecasting.base import ForecastingHorizon

import tsattn
from tests.estimators.conftest import there_and_back
from tests.forecasting.test_forecasts import SMALL, every_forecaster, panel, small, waves
from tsattn._files import read_tensors, write_tensors
from tsattn.nn.recurrent import LSTM

pytestmark = pytest.mark.filterwarnings("ignore:0 windows are held out")  # series are short here
FORMS = {
    "quantile": {"loss": "quantile"},
    "standard": {"scaling": "standard", "independent": True},
    "series": {"scaling": "series", "linear": "own", "stride": 2},
    "events": {"saliency": "events"},
    "bounds": {"bounds": (-3, None)},
    "bare": {"linear": None, "saliency": None, "scaling": None},
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.tsattn"


@pytest.fixture(scope="module")
def pretrained():
    return small(scaling="standard").pretrain(panel(), fh=[1, 2])


def same(one, other):
    """Whether two forecasts are one, bit by bit, in the same container under the same labels."""
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    check = pd.testing.assert_series_equal if isinstance(one, pd.Series) else pd.testing.assert_frame_equal
    check(one, other, check_exact=True, check_freq=True)
    return True


def check_alike(made, loaded, X=None):
    """What two forecasters say of the future."""
    assert same(made.predict(X=X), loaded.predict(X=X))
    assert same(made.predict_interval(X=X, coverage=[0.5, 0.9]), loaded.predict_interval(X=X, coverage=[0.5, 0.9]))
    assert same(made.predict_quantiles(X=X, alpha=[0.05, 0.5]), loaded.predict_quantiles(X=X, alpha=[0.05, 0.5]))


def check_network(made, loaded):
    for name, value in made.network_.state_dict().items():
        assert torch.equal(value, loaded.network_.state_dict()[name])


def check_saved(made, path, X=None):
    loaded = there_and_back(made, path)
    check_alike(made, loaded, X)
    return loaded


@every_forecaster
def test_a_loaded_forecaster_is_the_same(forecaster, path):
    y = waves()
    made = small(forecaster).fit(y.iloc[:70], fh=[1, 3])
    loaded = check_saved(made, path)
    assert str(loaded) == str(made)
    assert str(loaded.get_params()) == str(made.get_params())
    assert same(made.history_, loaded.history_)
    assert loaded.get_fitted_params().keys() == made.get_fitted_params().keys()
    assert (loaded.n_parameters_, loaded.best_epoch_) == (made.n_parameters_, made.best_epoch_)
    assert same(made.attention(), loaded.attention())
    assert loaded.cutoff.equals(made.cutoff)
    assert (loaded.fh == made.fh).all()
    for alpha in (None, [0.1, 0.5]):
        assert same(made.rolling(y, first=70, alpha=alpha), loaded.rolling(y, first=70, alpha=alpha))
    with pytest.raises(ValueError, match="columns seen in fit"):
        loaded.rolling(y[["b", "a"]], first=70)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_travels(form, path):
    y = waves(columns=("a", "b", "c"))
    made = small(**FORMS[form]).fit(y.iloc[:70], fh=[2, 3])
    assert same(made.rolling(y, first=70, alpha=[0.1]), check_saved(made, path).rolling(y, first=70, alpha=[0.1]))


@every_forecaster
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.slow
def test_every_form_of_each_travels(forecaster, form, path):
    y, X = waves(), waves(columns=("x", "z"), seed=5)
    made = small(forecaster, **FORMS[form]).fit(y.iloc[:70], X=X.iloc[:75], fh=[1, 4])
    loaded = check_saved(made, path, X.iloc[70:74])
    assert same(made.rolling(y, X, first=70), loaded.rolling(y, X, first=70))


@pytest.mark.parametrize("future_X", [True, False])
def test_exogenous_columns_travel(future_X, path):
    y, X = waves(), waves(columns=("x", "a"), seed=5)
    X.iloc[3, 0] = np.nan
    made = small(future_X=future_X).fit(y.iloc[:70], X=X.iloc[:70], fh=[1, 2])
    future = X.iloc[70:72] if future_X else None
    loaded = check_saved(made, path, future)
    assert same(made.attention(future, target="b"), loaded.attention(future, target="b"))
    assert same(made.rolling(y, X, first=70), loaded.rolling(y, X, first=70))
    with pytest.raises(ValueError, match=r"X must have the columns seen in fit, \['x', 'a'\]"):
        loaded.rolling(y, X[["a", "x"]], first=70)


DAYS = pd.date_range("2021-03-01", periods=60, freq="D")
INDEXES = {
    "range": pd.RangeIndex(60),
    "range with steps": pd.RangeIndex(5, 185, 3, name="step"),
    "integer": pd.Index(np.arange(5, 65)),
    "days": pd.period_range("2021-03-01", periods=60, freq="D"),
    "quarters": pd.period_range("1990Q2", periods=60, freq="Q-NOV", name="quarter"),
    "dates": DAYS,
    "dates without a frequency": pd.DatetimeIndex(DAYS, freq=None),
    "month starts": pd.date_range("2001-02-01", periods=60, freq="MS"),
    "quarters of an hour": pd.date_range("2001-02-01", periods=60, freq="15min", name="when").as_unit("ns"),
    "business days": pd.date_range("2001-02-01", periods=60, freq="B"),
    "of a zone": pd.date_range("2021-03-01", periods=60, freq="D", tz="Europe/Berlin"),
    "universal": pd.date_range("2021-03-01", periods=60, freq="h", tz="UTC"),
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_every_kind_of_index_travels(index, path):
    y = waves(60).set_axis(index)
    made = small().fit(y.iloc[:50], fh=[1, 2])
    loaded = check_saved(made, path)
    check_alike(made.update(y.iloc[50:55], update_params=False), loaded.update(y.iloc[50:55], update_params=False))


HORIZONS = {
    "number": 2, "range": range(1, 4, 2), "array": np.array([3, 1]),
    "moments": ForecastingHorizon(DAYS[[50, 52]], is_relative=False), "durations": pd.to_timedelta([1, 3], unit="D"),
    "one duration": pd.Timedelta(days=2),
}


@pytest.mark.parametrize("fh", HORIZONS.values(), ids=HORIZONS)
def test_every_kind_of_horizon_travels(fh, path):
    made = small().fit(waves(50).set_axis(DAYS[:50]), fh=fh)
    loaded = check_saved(made, path)
    assert repr(loaded.fh) == repr(made.fh)
    assert same(made.predict(), loaded.predict(fh=fh))


def test_durations_are_steps():
    y = waves(50).set_axis(DAYS[:50])
    found = small().fit(y, fh=pd.to_timedelta([1, 3], unit="D")).predict()
    assert same(found, small().fit(y, fh=[1, 3]).predict().set_axis(found.index))
    assert list(found.index) == [*DAYS[[50, 52]]]


def test_an_absolute_horizon_that_update_left_behind_is_refused_as_before(path):
    y = waves(60)
    fh = ForecastingHorizon(y.index[[51, 53]], is_relative=False)
    made = small().fit(y.iloc[:50], fh=fh).update(y.iloc[50:51], update_params=False)
    with pytest.raises(ValueError, match=r"in fit, \[2, 4\], and lies \[1, 3\]"):
        there_and_back(made, path).predict()


def hierarchy():
    y = panel((40, 45, 40))
    index = pd.MultiIndex.from_arrays([np.repeat(["north", "south"], [85, 40]), *map(y.index.get_level_values, (0, 1))],
                                      names=["region", "series", None])
    return y.set_axis(index)


def of_categories():
    y = panel((40, 45))
    return y.set_axis(y.index.set_levels(pd.CategoricalIndex(["s0", "s1"], ["s1", "s0"]), level=0))


CONTAINERS = {
    "series": lambda: waves(50)["a"],
    "series without a name": lambda: waves(50)["a"].rename(None),
    "series named by a pair": lambda: waves(50)["a"].rename(("a", 1)),
    "array": lambda: waves(50).to_numpy(),
    "array of one axis": lambda: waves(50)["a"].to_numpy(),
    "whole numbers": lambda: (100 * waves(50)).astype(int),
    "missing values": lambda: waves(50).where(waves(50) > 4.2).astype("Float64"),
    "numbered columns": lambda: waves(50).set_axis([3, 1], axis=1),
    "panel": panel,
    "panel of numbers": lambda: panel().rename(index={"s0": 7, "s1": 3}),
    "panel of categories": of_categories,
    "panel out of order": lambda: panel((40, 40)).swaplevel().sort_index().swaplevel(),
    "array of a panel": lambda: np.stack([waves(40, seed=seed).to_numpy().T for seed in range(3)]),
    "nested": lambda: convert_to(panel((40, 40)), "nested_univ"),
    "hierarchy": hierarchy,
}


@pytest.mark.filterwarnings("ignore::FutureWarning:sktime")
@pytest.mark.parametrize("y", CONTAINERS.values(), ids=CONTAINERS)
def test_every_container_travels(y, path):
    made = small(scaling="series").fit(y(), fh=[1, 2])
    check_saved(made, path)


@pytest.mark.parametrize("y", [panel, hierarchy])
def test_attention_to_many_series_travels(y, path):
    made = small(independent=True).fit(y(), fh=[1, 2])
    assert same(made.attention(target="b"), there_and_back(made, path).attention(target="b"))


@pytest.mark.parametrize("scaling", ["series", "standard"])
@pytest.mark.parametrize("update_params", [False, True])
@pytest.mark.parametrize("columns", [("a", "b"), ("a",)])
def test_updating_goes_on_the_same(scaling, update_params, columns, path):
    y = waves(80, columns=columns)
    made = small(scaling=scaling).fit(y.iloc[:60], fh=[1, 2])
    loaded = there_and_back(made, path)
    for first in (60, 66):
        for forecaster in (made, loaded):
            forecaster.update(y.iloc[first:first + 6], update_params=update_params)
        check_alike(made, loaded)
    check_network(made, loaded)
    check_saved(made, path)


def test_updating_series_of_a_panel_goes_on_the_same(path):
    y = panel((60, 60))
    days = y.index.get_level_values(1)
    known, new = y[days < days[50]], y[days >= days[50]]
    made = small().fit(known, fh=[1, 2])
    loaded = there_and_back(made, path)
    check_alike(made.update(new), loaded.update(new))


def test_a_loaded_forecaster_can_be_cloned_fitted_and_changed(path):
    y = waves(60)
    made = small().fit(y, fh=[1, 2])
    loaded = there_and_back(made, path)
    assert same(loaded.clone().fit(y, fh=[1, 2]).predict(), made.predict())
    assert not loaded.clone().is_fitted
    assert same(loaded.fit(y.iloc[:50], fh=[3]).predict(), small().fit(y.iloc[:50], fh=[3]).predict())
    loaded.set_params(look_back=6, training__lr=1e-3)
    assert (loaded.look_back, loaded.training.lr, loaded.is_fitted) == (6, 1e-3, False)


@every_forecaster
@pytest.mark.parametrize("form", ["quantile", "standard"])
def test_what_was_pretrained_is_fitted_the_same(forecaster, form, path):
    made = small(forecaster, **FORMS[form]).pretrain(panel(), fh=[1, 2])
    loaded = there_and_back(made, path)
    assert (loaded.state, loaded.is_fitted) == ("pretrained", False)
    assert loaded.get_pretrained_params().keys() == made.get_pretrained_params().keys()
    new = waves(50, columns=("other", "names"), seed=7)
    check_alike(made.clone().fit(new.iloc[:40], fh=[1, 2]), loaded.fit(new.iloc[:40], fh=[1, 2]))
    check_alike(made.clone().fit(new.iloc[:40], fh=[1, 2]).update(new.iloc[40:]), loaded.update(new.iloc[40:]))
    check_network(made, loaded)


def test_what_was_pretrained_and_fitted_travels_whole(pretrained, path):
    y = panel((30, 30))
    made = pretrained.clone().fit(y, fh=[1, 2])
    loaded = check_saved(made, path)
    again = loaded.clone()
    assert again.state == "pretrained"
    check_alike(made, again.fit(y, fh=[1, 2]))
    check_alike(made, loaded.fit(y, fh=[1, 2]))  # a second fit keeps what was pretrained


def test_pretraining_goes_on_the_same(pretrained, path):
    made, loaded = pretrained.clone(), there_and_back(pretrained, path)
    for forecaster in (made, loaded):
        forecaster.pretrain(panel((50,), noise=0.5), fh=[1, 2])
    check_network(made, loaded)
    y = waves(40, seed=3)
    check_alike(made.fit(y, fh=[1, 2]), loaded.fit(y, fh=[1, 2]))


def test_a_fit_that_fails_leaves_what_was_pretrained(pretrained, path):
    made = pretrained.clone()
    with pytest.raises(ValueError, match="y must have 2 columns"):
        made.fit(waves(40, columns=("a", "b", "c")), fh=[1, 2])
    assert there_and_back(made, path).state == "pretrained"


def test_p05_a_new_forecaster_is_not_fitted(path):
    for cls in SMALL:
        with pytest.raises(NotFittedError, match=cls.__name__):
            tsattn.save(small(cls), path)


def test_what_forecasting_needs_and_no_file_can_hold_is_refused(path):
    made = small(encoder=LSTM).fit(waves(50), fh=[1])
    with pytest.raises(TypeError, match=r"SDMAForecaster.encoder cannot be saved.*no code.*LSTM.*fit with") as caught:
        tsattn.save(made, path)
    assert len(str(caught.value)) < 250
    assert not path.exists()


TIMES = [pd.Timestamp("2020"), pd.Timestamp("2021")]


def under_keys(keys):
    index = pd.MultiIndex.from_product([pd.Index(keys, dtype=object), range(50)])
    return pd.DataFrame({"a": np.arange(100) % 7}, index, dtype=float)


def test_labels_of_a_type_that_no_file_holds_are_named(path):
    made = small().fit(waves(50).set_axis(pd.interval_range(0, 2), axis=1), fh=[1])
    with pytest.raises(TypeError, match=r"^the columns of y cannot be saved: its labels are of interval.*convert them"):
        tsattn.save(made, path)


@pytest.mark.parametrize(("y", "X", "said"), [
    (waves(50).set_axis(TIMES, axis=1), None, r"the columns of y .*got Timestamp\('2020"),
    (waves(50).set_axis([pd.NaT, "b"], axis=1), None, "the columns of y .*got NaT"),
    (waves(50)["a"].rename(b"a"), None, "the columns of y .*got b'a'"),
    (waves(50).rename_axis(TIMES[0]), None, r"the index of y .*got Timestamp"),
    (under_keys([b"p", b"q"]), None, "the index of y .*got b'p'"),
    (under_keys([TIMES[0], "q"]), None, "the index of y .*got Timestamp"),
    (waves(50), waves(50).set_axis([pd.Period("2020"), "b"], axis=1), "the columns of X .*got Period"),
    (waves(50), waves(50).set_axis([frozenset(range(99)), "b"], axis=1), "the columns of X .*got frozenset"),
])
def test_labels_that_no_file_holds_are_named_with_the_cure(y, X, said, path):
    made = small(future_X=False).fit(y, X, fh=[1])
    with pytest.raises(TypeError, match=f"^{said}.*rename them to text or whole numbers before fit$") as caught:
        tsattn.save(made, path)
    assert len(str(caught.value)) < 250
    assert not path.exists()


@pytest.mark.parametrize(("index", "said"), [
    (pd.date_range("2001", periods=50, freq=pd.offsets.CustomBusinessDay(holidays=["2001-01-03"])),
     "^the index of y cannot be saved: its frequency <CustomBusinessDay.* number the rows before fit$"),
    (pd.date_range("2001-01-15", periods=50, freq=pd.DateOffset(months=1)),
     "^the index of y cannot be saved: its frequency <DateOffset.* number the rows before fit$"),
    (pd.date_range("2001", periods=50, freq="D", tz="+01:00"),
     "^the index of y cannot be saved: its time zone.*convert it to UTC first"),
])
def test_times_that_no_name_tells_are_refused(index, said, path):
    made = small().fit(waves(50).set_axis(index), fh=[1])
    with pytest.raises(TypeError, match=said):
        tsattn.save(made, path)
    assert not path.exists()


def test_series_that_were_left_out_leave_no_name(path):
    made = small().fit(panel((60, 45, 50)).loc[["s0", "s2"]], fh=[1])
    check_saved(made, path)
    assert b"s2" in path.read_bytes()
    assert b"s1" not in path.read_bytes()


def test_p20_last_bits_do_not_hang_on_the_order_in_memory():
    y = waves(70, columns=("a", "b", "c"))
    found = [small(scaling=scaling).fit(pd.DataFrame(np.array(y, order=order), y.index, y.columns, copy=False), fh=[1])
             for scaling in ("series", "standard") for order in "CF"]
    for rows, columns in (found[:2], found[2:]):
        assert not np.isfortran(rows._past[0].to_numpy())
        assert np.isfortran(columns._past[0].to_numpy())
        check_alike(rows, columns)


def test_a_file_of_many_series_is_not_much_larger_than_they_are(path):
    y = pd.concat({f"s{i}": waves(200, seed=i) for i in range(40)}, names=["series", "day"])
    tsattn.save(small(linear=None, saliency=None, stride=50).pretrain(y, fh=[1]), path)
    tensors, _ = read_tensors(path)
    assert path.stat().st_size < 1.1 * y.to_numpy().nbytes + sum(
        tensor.nbytes for name, tensor in tensors.items() if name.startswith("network.")) + 20_000


def test_a_standing_that_cannot_be_read_is_no_missing_one(path):
    model = small().fit(waves(), fh=[1])
    del model._y_metadata
    with pytest.raises(TypeError, match="what sktime remembers of SDMAForecaster is not where it was"):
        tsattn.save(model, path)
    assert not path.exists()


def test_intervals_by_the_roughness_of_windows_travel(path):
    y = pd.concat({i: waves(60, noise=1.0 if i % 2 else 0.02, seed=i) for i in range(12)}, names=["series", "day"])
    made = small().fit(y, fh=[1, 2])
    assert made.model_.missed.power > 0
    check_saved(made, path)


def test_a_file_from_before_errors_had_units_of_their_own_is_read(path):
    made = small().fit(waves(), fh=[1, 3])
    tsattn.save(made, path)
    tensors, config = read_tensors(path)
    model = config["estimator"]["state"]["model_"]["parameters"]
    del config["estimator"]["parameters"]["bounds"]
    for name in ("missed", "counts"):
        del model[name]
    used = json.dumps(config)
    write_tensors(path, {name: value for name, value in tensors.items() if f'"{name}"' in used or "network" in name},
                  config)
    loaded = tsattn.load(path)
    assert same(made.predict(), loaded.predict())
    offsets = np.moveaxis(made.model_.errors[[9, 189]], 0, 2) * made._tail.scale[0, :2, None]
    expected = made.predict().to_numpy()[..., None] + offsets
    assert np.allclose(loaded.predict_interval(coverage=0.9).to_numpy(), expected.reshape(2, 4))
    check_saved(loaded, path)


def test_a_name_of_numpys_travels(path):
    check_saved(small().fit(waves()["a"].rename(np.str_("a")), fh=[1]), path)
