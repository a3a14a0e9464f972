import numpy as np
import pytest

from tsattn.benchmark import Data, Entry, Folder, Suite, Task, run_suite, tables
from tsattn.benchmark.forecast_suites import PickySuite
from tsattn.benchmark.panels import RegressionTask
from tsattn.benchmark.regression_forms import LastValue, mean, minirocket, steps_ridge, tsfresh_ridge
from tsattn.benchmark.regression_tasks import AHEAD, DAY, covid3month, sml2010_hours, windows
from tsattn.benchmark.scores import regression_scores
from tsattn.benchmark.suite import Info


def slopes(dummies):
    """The panel of slopes, each with its slope for a target."""
    data = dummies.panel()
    return Data(data.X, np.arange(21) % 3 - 1.0, data.is_train)


def text(_seed, _info):
    return Text()


class Text(LastValue):
    """Answers two numbers a series."""

    def _predict(self, X):
        return np.zeros((len(X), 2))


def test_scores_by_hand():
    found = regression_scores(np.array([1.0, 2.0, 6.0]), np.array([1.0, 4.0, 5.0]))  # errors 0, -2, 1; about 3: 4 1 9
    assert found == pytest.approx({"mae": 1, "mse": 5 / 3, "rmse": np.sqrt(5 / 3), "r2": 1 - 5 / 14})
    assert regression_scores(np.ones(2), np.ones(2))["r2"] is None


def test_a_cell_and_its_table(dummies, tmp_path):
    def load():
        return slopes(dummies)

    suite = Suite("numbers", "", (RegressionTask("slopes", load),), (
        Entry("mean", mean, seeded=False), Entry("steep", steps_ridge, seeded=False)), reference="mean")
    key, _ = run_suite(suite, tmp_path)
    row = Folder(tmp_path).read(key)
    assert row["true"] == [-1, 0, 1] * 3
    assert row["predicted"] == [0] * 9
    assert row["scores"] == pytest.approx({"mae": 2 / 3, "mse": 2 / 3, "rmse": np.sqrt(2 / 3), "r2": 0})
    assert row["task"]["kind"] == "regression"
    (table,) = tables(Folder(tmp_path).current()[0], reference="mean")
    assert table.columns[1:6] == ["MAE", "MSE", "RMSE", "R²", "MAE vs mean"]
    cells = {line.name: line.cells for line in table.lines}
    assert cells["mean"][0].text == "0.6667"
    assert cells["steep"][0].best
    assert cells["steep"][4].bad  # the reference loses
    assert float(cells["steep"][4].text.replace("−", "-").removesuffix(" %")) < -80
    assert "the target's standard deviation in the training part 0.8165" in table.title


def test_answers_of_another_shape_are_a_failed_row(dummies, tmp_path):
    def load():
        return slopes(dummies)

    (key,) = run_suite(Suite("numbers", "", (RegressionTask("slopes", load),), (Entry("text", text),)), tmp_path)
    error = Folder(tmp_path).read(key)["error"]
    assert "must answer one number a series, 9, got shape (9, 2)" in error["message"]


def test_numbers_have_no_folds(dummies):
    with pytest.raises(ValueError, match="has the official split alone, got 'cv'"):
        RegressionTask("slopes", dummies.panel, split="cv")


def test_windows_are_of_one_segment_and_their_targets_on_one_side():
    early, late = np.arange(3.0 * 120)[:, None], 1000 + np.arange(140.0)[:, None]
    data = windows({"a": (early, 360), "b": (late, 110)}, ["t"])
    starts = [360 - DAY - AHEAD + 1, 140 - DAY - AHEAD + 1]
    a = -(-starts[0] // 4)
    assert data.is_train[:a].all()
    for place in (0, 5, a - 1):
        X, y = data.take([place])
        assert len(X) == DAY
        assert np.array_equal(X["t"], 4 * place + np.arange(96.0))
        assert y[0] == pytest.approx(4 * place + 96 + 5.5)  # the mean of 12 rows
    kept = [int(name[2:]) for name in data.ids[a:]]
    assert kept == [0, 16, 20, 24, 28, 32]  # targets of rows 96-107, then from 112 on; 100-111 to 108-119 are on both
    assert data.is_train[a:].tolist() == [True] + [False] * 5


def test_simple_regressors_by_hand():
    X = np.random.default_rng(2).normal(size=(40, 3, 5))
    assert np.array_equal(LastValue().fit(X, np.arange(40.0)).predict(X), X[:, 0, -1])
    y = 2 * X[:, 1, 3] - X[:, 2, 0] + 7
    assert np.allclose(steps_ridge(0, None).fit(X[:30], y[:30]).predict(X[30:]), y[30:], atol=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("make", [minirocket, tsfresh_ridge])
def test_each_regressor_sees_a_level(make):
    generator = np.random.default_rng(5)
    y = generator.uniform(-1, 1, size=60)
    X = generator.normal(0, 0.3, (60, 2, 40)) + y[:, None, None] * [[1.0], [0.0]]
    info = Info("levels", 40, 2, 40, 40, 40, 40, None)
    found = np.asarray(make(0, info).fit(X[:40], y[:40]).predict(X[40:]))
    assert np.abs(found - y[40:]).mean() < 0.2  # the mean alone: 0.5


def test_an_entry_runs_on_its_tasks_alone(dummies):
    tasks = Task("slopes", dummies.panel), Task("hills", dummies.panel)
    suite = PickySuite("two", "", tasks, dummies.SMALL.entries, seeds=1, tasks_of={"shifted": ("hills",)})
    assert [(cell.task.name, cell.entry.name) for cell in suite.cells()] == [
        ("slopes", "slope"), ("hills", "slope"), ("hills", "shifted")]
    assert [cell.entry.name for cell in suite.only(["slopes"]).cells()] == ["slope"]


def test_covid3month_is_what_sktime_ships():
    data = covid3month()
    assert (data.X.shape, data.is_train.sum(), data.y.dtype) == ((201 * 84, 1), 140, np.float64)


@pytest.mark.data
def test_sml2010_hours_are_of_one_side_each():
    data = sml2010_hours()
    assert (data.is_train.sum(), (~data.is_train).sum(), data.X.shape[1]) == (848, 132, 19)
