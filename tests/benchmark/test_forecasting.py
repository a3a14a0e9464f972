from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.naive import NaiveForecaster

from tests.reference import forecasts as reference
from tsattn.benchmark import Entry, Folder, Suite, run_suite
from tsattn.benchmark.forecast_forms import LOOK_BACK, OURS, OURS_96, persistence
from tsattn.benchmark.forecast_scores import interval_scores, losses, naive2, panel_scores, rolled_scores, smape
from tsattn.benchmark.forecast_suites import FORECAST, M4_SUITE
from tsattn.benchmark.forecast_tasks import etth1, m4, sml2010
from tsattn.benchmark.forecasters import Persistence
from tsattn.benchmark.forecasting import ForecastInfo, ForecastTask, from_text
from tsattn.benchmark.report import write_report
from tsattn.benchmark.series import Series
from tsattn.benchmark.sktime_forecasters import SktimeForecaster
from tsattn.benchmark.tables import tables


def saw():
    """A column that a step of 1 or 3 changes, and one that is twice as large; rows 0-9 to learn from."""
    a = np.array([0.0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25])
    y = pd.DataFrame({"a": a, "b": 2 * a + 1})
    return Series(y.iloc[:10], y, horizon=2, first=10, scored=("a",))


def two_steps(_seed, _info):
    return Persistence()


def bare(_seed, _info):
    return NaiveForecaster("last")


def wrapped(_seed, info):
    return SktimeForecaster(NaiveForecaster("last"), info.target)


def late(_seed, _info):
    return Late()


class Late(Persistence):
    """Answers for the last cutoffs alone."""

    def rolling(self, y, X=None, *, first, step=1):
        return super().rolling(y, X, first=first + 1, step=step)


def test_truth_is_what_follows_each_cutoff():
    series = saw()
    assert series.cutoffs.tolist() == [10, 11, 12]
    assert series.truth()[:, :, 0].tolist() == [[20, 21], [21, 24], [24, 25]]
    assert series.places == [0]


def test_scores_by_hand():
    series = saw()
    last = np.array([17.0, 20, 21])
    forecast = np.stack([np.stack([last, last]).T, np.zeros((3, 2))], axis=2)
    found = rolled_scores(series, forecast)  # errors 3 4, 1 4, 3 4; the training steps are 1 and 3, 17 / 9 on average
    assert found["mae"] == pytest.approx(19 / 6)
    assert found["mse"] == pytest.approx((9 + 16 + 1 + 16 + 9 + 16) / 6)
    assert found["rmse"] == pytest.approx(np.sqrt(67 / 6))
    assert found["mase"] == pytest.approx(19 / 6 / (17 / 9))
    assert found["smape"] == pytest.approx(200 / 6 * (3 / 37 + 4 / 38 + 1 / 41 + 4 / 44 + 3 / 45 + 4 / 46))
    assert losses(series, forecast).tolist() == pytest.approx([3.5, 2.5, 3.5])
    assert losses(replace(series, leading="mse"), forecast).tolist() == pytest.approx([12.5, 8.5, 12.5])


def test_scores_equal_a_loop():
    generator = np.random.default_rng(3)
    y = pd.DataFrame(generator.normal(size=(31, 3)), columns=list("abc"))
    train = pd.concat({"x": y.iloc[:7], "y": y.iloc[7:19]})
    series = Series(train, y, horizon=5, first=19, season=2)
    forecast = generator.normal(size=(8, 5, 3))
    expected = reference.scores(series.truth(), forecast, [y.to_numpy()[:7], y.to_numpy()[7:19]], 2)
    assert rolled_scores(series, forecast) == pytest.approx(expected)


def test_interval_scores_by_hand():
    series = saw()  # to come: 20 21, 21 24, 24 25
    low, high = np.full((3, 2, 2), 20.5), np.full((3, 2, 2), 24.5)
    found = interval_scores(series, low, high)
    assert found["coverage"] == pytest.approx(4 / 6)
    assert found["interval_score"] == pytest.approx(4 + 20 * (0.5 + 0.5) / 6)
    train = series.train["a"].std(ddof=0)
    assert interval_scores(replace(series, unit="z"), low, high)["interval_score"] == pytest.approx(
        found["interval_score"] / train)


@pytest.mark.slow
def test_intervals_of_a_forecaster_that_has_some_are_scored(tmp_path):
    y = pd.DataFrame({"a": np.random.default_rng(0).standard_normal(260)})
    tasks = (ForecastTask("noise", lambda: Series(y.iloc[:200], y, horizon=2, first=200)),
             ForecastTask("pair", load_noises))
    keys = run_suite(Suite("mine", "", tasks, (Entry("sdma", tiny),)), tmp_path)
    for key in keys:
        found = Folder(tmp_path).read(key)["scores"]
        assert 0.5 < found["coverage"] <= 1
        assert found["interval_score"] > 2
    table, _ = tables(Folder(tmp_path).current()[0])
    cell = table.lines[0].cells[table.columns.index("covered of 90 %") - 1]
    assert not cell.best  # more is not better


def load_noises():
    draw = np.random.default_rng(1)
    train = pd.concat({name: pd.DataFrame({"a": draw.standard_normal(120)}) for name in "xy"}, names=["s", "t"])
    test = pd.concat({name: pd.DataFrame({"a": draw.standard_normal(2)}, index=[120, 121]) for name in "xy"},
                     names=["s", "t"])
    return Series(train, test, horizon=2, season=1, leading="owa")


def tiny(seed, _info):
    from tsattn.forecasting import SDMAForecaster
    from tsattn.training import Training

    return SDMAForecaster(look_back=6, hidden_size=2, training=Training(epochs=1, validation=0.3), random_state=seed)


def test_z_scores_divide_by_the_training_deviation():
    series = replace(saw(), unit="z", scored=())
    wide = replace(series, train=series.train * 10, y=series.y * 10)
    forecast = np.zeros((3, 2, 2))
    one, other = rolled_scores(series, forecast), rolled_scores(wide, 10 * forecast)
    assert one == pytest.approx(other)
    assert one["mse"] == pytest.approx(np.mean((series.truth() / series.train.std(ddof=0).to_numpy()) ** 2))


def test_both_zero_is_no_percentage_error_and_a_still_column_has_no_mase():
    assert smape(np.zeros((1, 1, 2)), np.array([[[0.0, 1.0]]])) == 100
    y = pd.DataFrame({"a": [1.0] * 5})
    assert rolled_scores(Series(y.iloc[:3], y, horizon=1, first=3), np.ones((2, 1, 1)))["mase"] is None


def test_a_cell_from_end_to_end(tmp_path):
    suite = Suite("mine", "", (ForecastTask("saw", saw),), (Entry("persistence", persistence, seeded=False),))
    (key,) = run_suite(suite, tmp_path)
    row = Folder(tmp_path).read(key)
    assert row["scores"]["mae"] == pytest.approx(19 / 6)
    assert from_text(row["losses"]).tolist() == [3.5, 2.5, 3.5]
    assert from_text(row["residuals"]).tolist() == [3, 1, 3]  # at step 1
    assert {name: row["task"][name] for name in ("kind", "n_train", "n_test", "n_series", "horizon", "leading")} == {
        "kind": "forecasting", "n_train": 10, "n_test": 3, "n_series": 1, "horizon": 2, "leading": "mae"}
    assert "statsmodels" in row["versions"]
    assert row["n_parameters"] is None


def test_a_report_of_forecasts(tmp_path):
    entries = Entry("persistence", persistence, seeded=False), Entry("two", two_steps, seeded=False)
    run_suite(Suite("mine", "", (ForecastTask("saw", saw),), entries), tmp_path)
    page = write_report(tmp_path).read_text()
    assert "losses at 3 cutoffs against persistence: two +0.0 % (p = 1)" in page
    assert "Diebold and Mariano" in page
    assert "mean MAE (bars" in page
    assert "MASE of season 1" in page


@pytest.mark.slow
def test_what_determines_the_protocol_is_in_the_key(tmp_path):
    def key_of(series):
        suite = Suite("mine", "", (ForecastTask("saw", lambda: series),), (Entry("persistence", persistence),))
        return run_suite(suite, tmp_path)[0]

    series = saw()
    changed = [replace(series, horizon=3), replace(series, first=9), replace(series, scored=("b",)),
               replace(series, season=2), replace(series, unit="z"), replace(series, leading="mse"),
               replace(series, train=series.train.iloc[1:])]
    assert len({key_of(one) for one in [series, *changed]}) == 8


def test_forecasts_that_miss_a_cutoff_are_a_failed_row(tmp_path):
    (key,) = run_suite(Suite("mine", "", (ForecastTask("saw", saw),), (Entry("late", late),)), tmp_path)
    assert "must answer every step of every cutoff, 6 rows" in Folder(tmp_path).read(key)["error"]["message"]


def test_a_forecaster_that_cannot_be_rolled_is_a_failed_row_that_says_the_cure(tmp_path):
    entries = (Entry("bare", bare, seeded=False), Entry("wrapped", wrapped, seeded=False))
    keys = run_suite(Suite("mine", "Mine", (ForecastTask("saw", saw),), entries), tmp_path)
    failed, done = map(Folder(tmp_path).read, keys)
    assert failed["error"]["message"] == ("a forecaster must have rolling(y, first) to be asked at every row, got a "
                                          "NaiveForecaster; put it into a SktimeForecaster")
    assert from_text(done["losses"]).tolist() == [3.5, 2.5, 3.5]  # as persistence


def test_time_alone_cuts_a_forecasting_task():
    with pytest.raises(ValueError, match="has the official split alone, got 'cv'"):
        ForecastTask("saw", saw, split="cv")


def test_a_part_to_try_on_is_of_the_training_rows():
    series = sml_like()
    short = series.short(4)
    assert len(short.train) == 4
    assert short.y.to_numpy().max() <= series.train.to_numpy().max()


def sml_like():
    y = pd.DataFrame({"a": np.arange(20.0)})
    train = pd.concat({"x": y.iloc[:7], "y": y.iloc[7:15]})
    return Series(train, y.iloc[7:], horizon=1, first=8)


@pytest.mark.data
def test_sml2010_is_cut_as_published():
    series = sml2010()
    assert [len(block) for block in series.blocks] == [2764, 836]
    assert (series.first, len(series.cutoffs), series.train.shape[1]) == (836, 537, 19)
    assert np.array_equal(series.y.iloc[:836].to_numpy(), series.blocks[1])


@pytest.mark.data
@pytest.mark.parametrize(("horizon", "n"), [(96, 2785), (720, 2161)])
def test_etth1_is_forecast_at_every_hour_of_its_last_four_months(horizon, n):
    series = etth1(horizon)
    assert (len(series.train), len(series.y), len(series.cutoffs)) == (8640, 14400, n)
    assert series.cutoffs[[0, -1]].tolist() == [11520, 14400 - horizon]


def panel():
    """Two series of a season of 2, forecast once: 8 rows to learn from, 2 to forecast."""
    rows = {"x": [2.0, 4] * 5, "y": [10.0, 30] * 4 + [20, 20]}
    frames = {name: pd.DataFrame({"value": values}) for name, values in rows.items()}
    whole = pd.concat(frames, names=["instance", "time"])
    known = whole.index.get_level_values("time") < 8
    return Series(whole[known], whole[~known], horizon=2, season=2, leading="owa")


def test_scores_of_a_panel_by_hand():
    series = load_panel()
    forecast = np.array([[4.0, 4], [30, 30]])[:, :, None]  # units: 1 of 6 seasonal steps is 1
    found = panel_scores(series, forecast)
    assert losses(series, forecast).tolist() == pytest.approx([6, 60])
    assert found["mase"] == pytest.approx(33)
    assert found["smape"] == pytest.approx(200 / 4 * (2 / 6 + 0 + 10 / 50 + 10 / 50))
    reference = np.stack([naive2(block[:, 0], 2, 2) for block in series.blocks])[:, :, None]
    assert panel_scores(series, reference)["owa"] == pytest.approx(1)
    theirs = panel_scores(series, reference)
    assert found["owa"] == pytest.approx((found["smape"] / theirs["smape"] + found["mase"] / theirs["mase"]) / 2)


def test_a_cell_of_a_panel(tmp_path):
    (key,) = run_suite(Suite("mine", "", (ForecastTask("pair", load_panel),), (
        Entry("persistence", persistence, seeded=False),)), tmp_path)
    row = Folder(tmp_path).read(key)
    assert row["error"] is None
    assert (row["task"]["n_series"], row["task"]["n_test"]) == (2, 2)
    assert row["scores"]["mae"] == pytest.approx((2 + 0 + 10 + 10) / 4)


def load_panel():
    series = panel()
    return replace(series, train=series.train.assign(value=series.train["value"] + [0, 1, 0, 0, 0, 0, 0, 0] * 2))


def test_a_panel_to_try_on_is_of_training_rows():
    short = panel().short(99)
    assert [len(block) for block in short.blocks] == [6, 6]
    assert short.y["value"].tolist() == [2, 4, 10, 30]


@pytest.mark.data
@pytest.mark.parametrize(("frequency", "percent", "scaled"), [("hourly", 18.383, 2.395), ("weekly", 9.161, 2.777)])
def test_naive2_has_the_competitions_figures(frequency, percent, scaled):
    series = m4(frequency)
    found = panel_scores(series, np.stack([naive2(block[:, 0], series.horizon, series.season)
                                           for block in series.blocks])[:, :, None])
    assert (found["smape"], found["mase"]) == pytest.approx((percent, scaled), abs=5e-4)
    assert found["owa"] == pytest.approx(1)


@pytest.mark.data
def test_a_sample_of_m4_is_always_the_same():
    one, other = m4("weekly", 50), m4("weekly", 50)
    assert len(one.blocks) == 50
    assert one.checksum == other.checksum != m4("weekly", 49).checksum


class Sorted(Persistence):
    """Answers series in another order than that of fit."""

    def predict(self):
        return super().predict().iloc[::-1]


def backwards(_seed, _info):
    return Sorted()


def test_series_may_be_answered_in_any_order(tmp_path):
    entries = Entry("persistence", persistence, seeded=False), Entry("backwards", backwards, seeded=False)
    keys = run_suite(Suite("mine", "", (ForecastTask("pair", load_panel),), entries), tmp_path)
    one, other = (Folder(tmp_path).read(key)["scores"] for key in keys)
    assert one == other


def test_ours_look_back_as_far_as_is_said():
    for task, rows in LOOK_BACK.items():
        info = ForecastInfo(task, 9, 2, 1, 1, 0)
        assert OURS[0].make(0, info).look_back == rows
        assert OURS_96[0].make(7, info).get_params()["random_state"] == 7
        assert OURS_96[0].make(7, info).look_back == 96
        assert OURS[0].notes[task].startswith(f"look-back {rows}")
    assert {task.name for suite in (FORECAST, M4_SUITE) for task in suite.tasks} == set(LOOK_BACK)


@pytest.mark.data
@pytest.mark.parametrize(("horizon", "mse", "mae"), [(96, 1.295, 0.713), (192, 1.325, 0.733)])
def test_persistence_on_etth1_has_the_figures_that_are_printed_for_it(horizon, mse, mae):
    series = etth1(horizon)  # Zeng et al. 2023, "Repeat"
    said = Persistence().fit(series.train, fh=range(1, horizon + 1)).rolling(series.y, first=series.first)
    found = rolled_scores(series, said.to_numpy().reshape(-1, horizon, 7))
    assert (found["mse"], found["mae"]) == pytest.approx((mse, mae), abs=1e-3)
