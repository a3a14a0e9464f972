import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import dask
import numpy as np
import pytest
from distributed import LocalCluster

from tsattn._checks import DatasetNotFoundError
from tsattn.benchmark import Entry, Folder, Suite, Task, run_suite
from tsattn.benchmark.suite import Cell

PROGRAM = Path(__file__).with_name("dummies.py")


class Told(list):
    """Events by kind."""

    def __call__(self, event):
        self.append(event)

    def count_of(self, kind):
        return sum(event.kind == kind for event in self)


@pytest.fixture
def trace(tmp_path, monkeypatch):
    path = tmp_path / "trace"
    path.touch()
    monkeypatch.setenv("SLOPE_TRACE", str(path))
    return path


def fits(trace):
    """Real fits written to the trace: the warming up, with 6 series, is left out."""
    return [line for line in trace.read_text().splitlines() if not line.endswith(" 6")]


def start(folder):
    return subprocess.Popen([sys.executable, str(PROGRAM), str(folder)], cwd=PROGRAM.parent)


def rows_of(folder):
    rows = list(Folder(folder).rows())
    assert all(isinstance(row, dict) for row in rows)
    return rows


def test_a_row_says_what_was_run_where_and_how_well(dummies, tmp_path):
    keys = run_suite(dummies.SMALL, tmp_path, command="tsattn bench --suite small")
    row = Folder(tmp_path).read(keys[0])
    assert row["slot"] == "slopes/official/1/0/slope/0"
    assert {name: row["task"][name] for name in ("n_train", "n_test", "n_channels", "n_classes", "min_length")} == {
        "n_train": 12, "n_test": 9, "n_channels": 2, "n_classes": 3, "min_length": 5}
    assert row["task"]["majority"] == pytest.approx(1 / 3)
    assert row["estimator"]["what"]["params"]["shift"] == 0.0
    assert row["scores"]["accuracy"] == row["scores"]["balanced_accuracy"] == row["scores"]["macro_f1"] == 1.0
    assert 0 < row["scores"]["log_loss"] < 2
    assert row["true"] == row["predicted"] == [0, 1, 2] * 3
    assert row["classes"] == ["down", "flat", "up"]
    assert row["fit_seconds"] > 0
    assert row["predict_seconds"] > 0
    assert row["memory"]["peak_mb"] >= row["memory"]["before_mb"] > 0
    assert row["hardware"]["cores"] >= 1
    assert row["hardware"]["jobs"] == 1
    assert {"python", "tsattn", "torch", "sktime", "numpy"} <= set(row["versions"])
    assert row["command"] == "tsattn bench --suite small"
    assert row["started"] < row["finished"]
    json.dumps(row, allow_nan=False)


def test_a_shift_of_one_class_costs_what_it_must(dummies, tmp_path):
    keys = run_suite(dummies.SMALL, tmp_path)
    row = Folder(tmp_path).read(keys[1])  # every slope seems 1 steeper: down -> flat, flat -> up, up -> up
    assert row["predicted"] == [1, 2, 2] * 3
    assert row["scores"]["accuracy"] == pytest.approx(1 / 3)
    assert row["scores"]["macro_f1"] == pytest.approx((0 + 0 + 2 * 0.5 / 1.5) / 3)


def test_finished_cells_are_never_computed_again(dummies, tmp_path, trace):
    first = run_suite(dummies.TRACED, tmp_path / "runs")
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs" / "rows").iterdir()}
    told = Told()
    assert run_suite(dummies.TRACED, tmp_path / "runs", tell=told) == first
    assert told.count_of("kept") == 6
    assert len(fits(trace)) == 6
    assert written == {path: path.stat().st_mtime_ns for path in (tmp_path / "runs" / "rows").iterdir()}


@pytest.mark.slow
def test_more_seeds_add_to_what_is_there(dummies, tmp_path, trace):
    first = run_suite(dummies.TRACED, tmp_path / "runs")
    second = run_suite(dummies.TRACED.only(seeds=3), tmp_path / "runs")
    assert second[:6] == first
    assert len(fits(trace)) == 9


@pytest.mark.slow
def test_a_killed_run_resumes_and_loses_nothing(dummies, tmp_path, trace, monkeypatch):
    monkeypatch.setenv("SLOPE_SLEEP", "0.7")
    folder = tmp_path / "runs"
    process = start(folder)
    while not (folder / "rows").exists() or len(list((folder / "rows").glob("*.json"))) < 2:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    survived = {row["key"]: row for row in rows_of(folder)}
    assert 2 <= len(survived) < 6
    keys = run_suite(dummies.TRACED, folder)
    assert len(keys) == len(set(keys)) == len(rows_of(folder)) == 6
    after = {row["key"]: row for row in rows_of(folder)}
    assert all(after[key] == row for key, row in survived.items())
    assert len(fits(trace)) <= 7  # at most the one that was under way was begun twice


@pytest.mark.slow
def test_two_processes_share_a_folder_and_the_work(dummies, tmp_path, trace, monkeypatch):
    monkeypatch.setenv("SLOPE_SLEEP", "0.7")
    folder = tmp_path / "runs"
    processes = [start(folder), start(folder)]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    assert len(rows_of(folder)) == 6
    done = fits(trace)
    assert len(done) == 6  # no cell was computed by both
    assert Folder(folder).manifest().keys() == {row["slot"] for row in rows_of(folder)}


@pytest.mark.slow
def test_what_a_killed_neighbour_held_is_computed_here(dummies, tmp_path, trace, monkeypatch):
    monkeypatch.setenv("SLOPE_SLEEP", "600")
    folder = tmp_path / "runs"
    process = start(folder)
    while not fits(trace):
        time.sleep(0.05)
    held = [path.stem for path in (folder / "claims").iterdir()]
    with Folder(folder).claim(held[0]) as mine:
        assert not mine
    process.kill()
    process.wait()
    with Folder(folder).claim(held[0]) as mine:
        assert mine


@pytest.mark.parametrize("damage", [
    lambda text: text[: len(text) // 2], lambda text: "", lambda text: "[]",
    lambda text: text.replace('"accuracy": 1.0', '"accuracy": 0.9')])
@pytest.mark.slow
def test_a_damaged_row_is_computed_again_with_a_warning(dummies, tmp_path, damage):
    keys = run_suite(dummies.SMALL, tmp_path)
    path = tmp_path / "rows" / f"{keys[0]}.json"
    whole = json.loads(path.read_text())
    path.write_text(damage(path.read_text()))
    told = Told()
    assert run_suite(dummies.SMALL, tmp_path, tell=told) == keys
    assert [event.text.count("damaged row") for event in told if event.kind == "damaged"] == [1]
    assert (told.count_of("done"), told.count_of("kept")) == (1, 2)
    assert Folder(tmp_path).read(keys[0])["scores"] == whole["scores"]


def test_a_failure_is_a_row_and_the_next_run_tries_again(dummies, tmp_path, monkeypatch):
    monkeypatch.setenv("SLOPE_FAIL", str(tmp_path / "cure"))
    suite = Suite("half", "", dummies.SMALL.tasks, (Entry("failing", dummies.failing), *dummies.SMALL.entries))
    told = Told()
    keys = run_suite(suite, tmp_path / "runs", tell=told)
    assert (told.count_of("failed"), told.count_of("done")) == (1, 2)
    row = Folder(tmp_path / "runs").read(keys[0])
    assert row["error"]["type"] == "RuntimeError"
    assert row["error"]["message"] == "there is <b>no</b> way"
    assert "Traceback" in row["error"]["traceback"]
    (tmp_path / "cure").touch()
    assert run_suite(suite, tmp_path / "runs") == keys
    assert Folder(tmp_path / "runs").read(keys[0])["status"] == "done"


def test_an_estimator_that_cannot_be_built_is_a_failed_row(dummies, tmp_path):
    suite = Suite("broken", "", dummies.SMALL.tasks, (Entry("unbuildable", dummies.unbuildable),))
    (key,) = run_suite(suite, tmp_path)
    assert Folder(tmp_path).read(key)["error"]["message"] == "no such estimator"


def missing_data():
    raise DatasetNotFoundError("no auslan here; set TSATTN_DATA")


def test_missing_data_stops_the_run_and_keeps_what_was_done(dummies, tmp_path):
    suite = replace(dummies.SMALL, tasks=(*dummies.SMALL.tasks, Task("missing", missing_data)))
    with pytest.raises(DatasetNotFoundError, match="set TSATTN_DATA"):
        run_suite(suite, tmp_path)
    assert len(rows_of(tmp_path)) == 3


def test_estimators_that_need_equal_lengths_get_them_and_the_row_says_so(dummies, tmp_path):
    entry = Entry("slope", dummies.slope, equal_length=True, note="simple", notes={"unequal": "and brave"})
    tasks = (Task("unequal", dummies.unequal_panel, steps=11), Task("equal", dummies.panel, steps=11))
    keys = run_suite(Suite("resampling", "", tasks, (entry,)), tmp_path)
    unequal, equal = (Folder(tmp_path).read(key)["estimator"] for key in keys)
    assert unequal["notes"] == ["simple", "and brave", "series resampled to 11 steps"]
    assert "Resample" in json.dumps(unequal["what"])
    assert equal["notes"] == ["simple"]
    assert "Resample" not in json.dumps(equal["what"])


def test_a_part_of_a_suite_says_what_the_suite_says(dummies, tmp_path):
    whole = replace(dummies.SMALL, unbuilt={"slopes": {"other": 70.5}, "elsewhere": {"another": 1.0}})
    run_suite(whole.only(estimators=["shifted"], seeds=1), tmp_path, command="part")
    assert Folder(tmp_path).about() == {
        "suite": "small", "title": "Slopes", "reference": "slope", "seeds": 2, "command": "part",
        "unbuilt": {"slopes/official": {"other": 70.5}}}


def test_warming_up_trains_networks_for_one_epoch(dummies, monkeypatch):
    from tsattn.benchmark import cell as module
    from tsattn.benchmark.competitors import Resample
    from tsattn.classification import SDMAClassifier
    from tsattn.training import Training

    epochs = []
    fit = SDMAClassifier._fit

    def counted(self, X, y):
        fitted = fit(self, X, y)
        epochs.append(len(self.history_))
        return fitted

    monkeypatch.setattr(SDMAClassifier, "_fit", counted)
    monkeypatch.setattr(module, "_warm", set())
    training = Training(epochs=3, batch_size=7)
    estimators = [SDMAClassifier(hidden_size=3, training=given) for given in (training, None)]
    estimators.append(Resample(5) * estimators[0])
    data = dummies.panel()
    train = np.arange(12)
    for k, estimator in enumerate(estimators):
        cell = Cell(Task("slopes", dummies.panel), Entry(f"net {k}", lambda _seed, _info, made=estimator: made), 0, 0)
        monkeypatch.setattr(module, "describe", str)  # a lambda has no lasting name
        module._warm_up(cell, module.info_of(cell, data, train), data, train)
    assert epochs == [1, 1, 1]
    assert training.epochs == 3  # the entry's own object is as it was


def test_a_maker_is_told_of_the_training_part_alone(dummies, tmp_path):
    told = []

    def long_and_new_in_test():
        data = dummies.panel(unequal=True)
        data.y[[3, 20]] = "flat", "side"
        return replace(data, is_train=(data.lengths == 5) & (np.arange(21) < 17))

    def listening(seed, info):
        told.append(info)
        return dummies.slope(seed, info)

    listening.__qualname__ = "listening"
    run_suite(Suite("told", "", (Task("slopes", long_and_new_in_test, steps=11),), (
        Entry("listening", listening, equal_length=True),)), tmp_path)
    assert {(info.n_train, info.n_classes, info.min_length, info.max_length) for info in told} == {(6, 2, 5, 5)}
    (row,) = rows_of(tmp_path)
    assert row["status"] == "done"
    assert {name: row["task"][name] for name in ("n_classes", "min_length", "max_length")} == {
        "n_classes": 4, "min_length": 5, "max_length": 7}
    assert row["estimator"]["notes"] == ["series resampled to 11 steps"]  # the test series need it


@pytest.mark.slow
def test_p69_test_labels_never_reach_an_estimator(dummies, tmp_path):
    rows = []
    for load in (dummies.panel, dummies.scrambled_panel):
        folder = tmp_path / load.__name__
        keys = run_suite(replace(dummies.SMALL, tasks=(Task("slopes", load),)), folder)
        rows.append([Folder(folder).read(key) for key in keys])
    for true, other in zip(*rows, strict=True):
        assert true["true"] != other["true"]
        assert true["predicted"] == other["predicted"]
        assert true["history"] == other["history"]
        assert true["key"] != other["key"]


def assert_the_same_rows(folder, other):
    for one, same in zip(rows_of(folder), rows_of(other), strict=True):
        assert one["key"] == same["key"]
        assert one["predicted"] == same["predicted"]
        assert one["scores"] == same["scores"]


@pytest.mark.slow
@pytest.mark.usefixtures("importable")
@pytest.mark.parametrize("backend", ["joblib", "dask"])
def test_workers_give_the_rows_of_a_serial_run_and_one_thread_each(backend, dummies, tmp_path):
    serial, parallel = tmp_path / "serial", tmp_path / "parallel"
    told = Told()
    keys = run_suite(dummies.SMALL, serial)
    assert keys == run_suite(dummies.SMALL, parallel, jobs=2, backend=backend, tell=told)
    assert told.count_of("done") == 3
    assert_the_same_rows(serial, parallel)
    for row in rows_of(parallel):
        assert (row["hardware"]["torch_threads"], row["hardware"]["jobs"]) == (1, 2)


@pytest.mark.slow
@pytest.mark.usefixtures("importable")
def test_p57_a_worker_of_a_cluster_that_is_killed_loses_no_row(dummies, tmp_path, trace, monkeypatch):
    monkeypatch.setenv("SLOPE_SLEEP", "1")
    killed = []

    def kill_the_first():
        while not (begun := fits(trace)):
            time.sleep(0.01)
        killed.append(int(begun[0].split()[0]))
        os.kill(killed[0], signal.SIGKILL)

    killer = threading.Thread(target=kill_the_first, daemon=True)
    killer.start()
    keys = run_suite(dummies.TRACED, tmp_path / "cluster", jobs=2, backend="dask")
    killer.join()
    assert killed[0] != os.getpid()
    assert len(fits(trace)) == 7  # six cells, one of them twice
    monkeypatch.setenv("SLOPE_SLEEP", "0")
    assert [row["status"] for row in rows_of(tmp_path / "cluster")] == ["done"] * 6
    assert len(set(keys)) == 6


@pytest.mark.slow
@pytest.mark.usefixtures("importable")
def test_a_cell_that_kills_its_workers_is_named_and_the_others_are_done(dummies, tmp_path):
    entries = (*dummies.SMALL.entries, Entry("deadly", dummies.deadly))
    suite = Suite("deadly", "", dummies.SMALL.tasks, entries)
    with (dask.config.set({"distributed.scheduler.allowed-failures": 1}),
          pytest.raises(ChildProcessError, match=r"workers died of .*deadly.*Start the run again")):
        run_suite(suite, tmp_path, jobs=2, backend="dask")
    assert {row["estimator"]["name"] for row in rows_of(tmp_path)} <= {"slope", "shifted"}


@pytest.mark.slow
@pytest.mark.usefixtures("importable")
def test_a_cluster_elsewhere_is_asked_by_its_address(dummies, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        run_suite(dummies.SMALL, "rows here", backend="dask", scheduler=cluster.scheduler_address)
    assert {row["hardware"]["jobs"] for row in rows_of("rows here")} == {2}
    run_suite(dummies.SMALL, tmp_path / "serial")
    assert_the_same_rows(tmp_path / "serial", tmp_path / "rows here")
    with (LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=None) as cluster,
          pytest.raises(ValueError, match=r"one thread each.*1 workers with \[2\] threads")):
        run_suite(dummies.SMALL, tmp_path / "more", backend="dask", scheduler=cluster.scheduler_address)


def test_engines_that_are_not_there(dummies, tmp_path):
    with pytest.raises(ValueError, match="unknown backend 'ray'; choose one of 'joblib', 'dask'"):
        run_suite(dummies.SMALL, tmp_path, backend="ray")
    with pytest.raises(ValueError, match="scheduler must be None but with backend='dask', got 'tcp://a:1'"):
        run_suite(dummies.SMALL, tmp_path, scheduler="tcp://a:1")
    with pytest.raises(ValueError, match=r"jobs must be 1 with a scheduler.*got 2"):
        run_suite(dummies.SMALL, tmp_path, backend="dask", scheduler="tcp://a:1", jobs=2)


def test_dask_that_is_not_installed_is_named(dummies, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ValueError, match=r"pip install 'tsattn\[dask\]'"):
        run_suite(dummies.SMALL, tmp_path, backend="dask")
