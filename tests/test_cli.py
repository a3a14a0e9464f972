import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from tsattn.benchmark import Entry, Folder, Suite, Task, TunableEntry, suites
from tsattn.benchmark.tasks import basic_motions
from tsattn.cli import _command, app


def nearest(_seed, _info):
    """A single nearest neighbour, Euclidean."""
    from sktime.classification.distance_based import KNeighborsTimeSeriesClassifier

    return KNeighborsTimeSeriesClassifier(n_neighbors=1, distance="euclidean")


def broken(_seed, _info):
    """It cannot be built."""
    raise RuntimeError("no estimator here")


def tsattn(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


@pytest.fixture
def tiny(monkeypatch):
    suite = Suite("tiny", "A tiny suite", (Task("basic_motions", basic_motions),), (
        Entry("nearest", nearest, seeded=False, note="euclidean"), Entry("broken", broken)), seeds=2)
    monkeypatch.setitem(suites.SUITES, "tiny", suite)
    return suite


def test_bench_runs_shows_and_reports(tiny, tmp_path):
    result = tsattn("bench", "--suite", "tiny", "--output", tmp_path)
    assert result.exit_code == 1, result.output
    assert "error: 2 cells failed, and are tried again by the next run" in result.output
    assert "[1/3] done: basic_motions (official) · nearest · seed 0: accuracy " in result.output
    assert "[2/3] FAILED: basic_motions (official) · broken · seed 0: RuntimeError: no estimator here" in result.output
    assert "40 training and 40 test series of 100 steps" in " ".join(result.output.split())
    assert "[a] euclidean" in result.output
    assert "failed" in result.output
    assert "A tiny suite" in (tmp_path / "report.html").read_text()
    assert len(list(Folder(tmp_path).rows())) == 3


def test_bench_picks_and_resumes(tiny, tmp_path):
    arguments = ("bench", "--suite", "tiny", "--estimator", "nearest", "--output", tmp_path, "--split", "cv",
                 "--folds", 3)
    assert "[3/3] done: basic_motions (cv fold 3/3)" in tsattn(*arguments, "--no-report").output
    assert not (tmp_path / "report.html").exists()
    again = tsattn(*arguments).output
    assert "[3/3] kept" in again
    assert tsattn(*arguments).exit_code == 0
    assert (tmp_path / "report.html").exists()


@pytest.fixture
def tunable(monkeypatch):
    suite = Suite("tunable", "A suite to be tuned", (Task("basic_motions", basic_motions),), (
        TunableEntry("nearest", nearest, seeded=False, space={"n_neighbors": [1, 3, 5]}),
        Entry("plain", nearest, seeded=False)))
    monkeypatch.setitem(suites.SUITES, "tunable", suite)


def test_bench_tunes(tunable, tmp_path):
    result = tsattn("bench", "--suite", "tunable", "--tune", 2, "--tune-folds", 4, "--output", tmp_path, "--no-report")
    assert result.exit_code == 0, result.output
    assert "[1/2] done: basic_motions (official) · nearest-tuned · seed 0: accuracy " in result.output
    assert "[2/2] done: basic_motions (official) · plain · seed 0: accuracy " in result.output
    words = " ".join(result.output.split())
    assert "nearest-tuned: the best of 2 tries by 4 folds inside the training part, " in words
    assert "not tuned: plain" in words
    assert [row["tuning"]["folds"] for row in Folder(tmp_path).rows() if "tuning" in row] == [4]
    words = "--tune: n_neighbors of [1, 3, 5]"
    assert words in tsattn("list", "tunable").output


def test_bench_tunes_by_three_folds_if_none_are_given(tunable, tmp_path):
    tsattn("bench", "--suite", "tunable", "--tune", 2, "--estimator", "nearest", "--output", tmp_path, "--no-report")
    assert [row["tuning"]["folds"] for row in Folder(tmp_path).rows()] == [3]


@pytest.mark.parametrize(("arguments", "words"), [
    (["bench", "--suite", "huge"], "unknown suite 'huge'; choose one of 'demo'"),
    (["bench", "--suite", "tiny", "--only", "hills"], "unknown task 'hills'"),
    (["bench", "--suite", "tiny", "--estimator", "gru"], "unknown estimator 'gru'; choose one of 'nearest', 'broken'"),
    (["bench", "--suite", "tiny", "--split", "random"], "unknown split 'random'"),
    (["bench", "--suite", "tiny", "--seeds", "0"], "'--seeds'"),
    (["bench", "--suite", "tiny", "--folds", "5"], "got 5 for the official split of basic_motions; name a split"),
    (["bench", "--suite", "tiny", "--tune", "1"], "'--tune'"),
    (["bench", "--suite", "tiny", "--tune-folds", "3"], "--tune-folds are of a tuning, got 3 without one"),
    (["bench", "--suite", "tiny", "--tune", "3"], "tuning needs an estimator with a space, a `TunableEntry`, got "
                                                  "nearest, broken"),
    (["bench", "--suite", "forecast", "--tune", "3"], "forecasters are not tuned yet, got sml2010"),
    (["list", "huge"], "unknown suite 'huge'"),
    (["report", "nowhere"], "no folder of results at 'nowhere'"),
    (["table", "nowhere"], "no folder of results at 'nowhere'"),
    (["table", "."], "no rows in '.'"),
    (["dance"], "No such command 'dance'"),
])
def test_wrong_use_is_one_line_and_exit_2(tiny, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    result = tsattn(*arguments)
    assert result.exit_code == 2
    assert words in " ".join(result.output.replace("│", " ").split())
    assert "Traceback" not in result.output
    assert not list(tmp_path.rglob("*.json"))


def test_missing_data_is_one_line_that_says_where_to_get_it(tmp_path, monkeypatch):
    from tsattn._checks import DatasetNotFoundError

    def missing():
        raise DatasetNotFoundError("no auslan:\nset TSATTN_DATA")

    suite = Suite("lost", "", (Task("auslan", missing),), (Entry("nearest", nearest),))
    monkeypatch.setitem(suites.SUITES, "lost", suite)
    result = tsattn("bench", "--suite", "lost", "--output", tmp_path)
    assert result.exit_code == 2
    assert "error: no auslan: set TSATTN_DATA" in result.output


def test_table_prints_markdown(tiny, tmp_path):
    tsattn("bench", "--suite", "tiny", "--estimator", "nearest", "--output", tmp_path, "--no-report")
    result = tsattn("table", tmp_path, "--column", "accuracy %")
    assert result.exit_code == 0
    assert "| estimator | accuracy % |\n| --- | ---: |\n| nearest <sup>a</sup> | **" in result.output
    (tmp_path / "rows" / "half.json").write_text("{")
    assert "warning: damaged row" in tsattn("table", tmp_path).output
    assert tsattn("table", tmp_path, "--column", "speed").exit_code == 2


@pytest.mark.parametrize("command", ["table", "report"])
def test_an_unknown_reference_lists_the_estimators(tiny, tmp_path, command):
    tsattn("bench", "--suite", "tiny", "--estimator", "nearest", "--output", tmp_path, "--no-report")
    result = tsattn(command, tmp_path, "--reference", "nope")
    assert result.exit_code == 2
    assert "error: unknown estimator 'nope'; choose one of 'nearest'" in result.output


@pytest.mark.slow
def test_debug_shows_where_an_error_comes_from(tiny):
    assert isinstance(tsattn("list", "huge").exception, SystemExit)
    assert isinstance(tsattn("--debug", "list", "huge").exception, ValueError)
    done = subprocess.run([sys.executable, "-m", "tsattn", "--debug", "list", "huge"], capture_output=True, text=True,
                          check=False)
    assert "Traceback" in done.stderr
    assert "suites.py" in done.stderr


def test_table_warns_of_rows_of_different_code(tiny, tmp_path):
    arguments = ("bench", "--suite", "tiny", "--estimator", "nearest", "--split", "cv", "--folds", 2)
    tsattn(*arguments, "--output", tmp_path, "--no-report")
    assert "warning" not in tsattn("table", tmp_path).output
    row = next(Folder(tmp_path).rows())
    Folder(tmp_path).write({name: value for name, value in row.items() if name != "digest"} | {"code": "earlier"})
    words = "warning: The rows of nearest on basic_motions come from 2 different states of the code."
    assert words in tsattn("table", tmp_path).output


def test_report_can_be_made_again(tiny, tmp_path):
    tsattn("bench", "--suite", "tiny", "--output", tmp_path, "--no-report")
    result = tsattn("report", tmp_path, "--reference", "broken")
    assert result.output.strip() == f"report: {tmp_path / 'report.html'}"
    assert "vs\N{NO-BREAK SPACE}broken" in (tmp_path / "report.html").read_text()


def test_list_names_suites_data_and_estimators():
    everything = tsattn("list").output
    for word in ("demo:", "clean:", "clean-ladder:", "japanese_vowels", "minirocket", "sessions 1-4",
                 "validation, 4 folds", 'auslan: trained with Training(augment="strong")'):
        assert word in everything
    assert "auslan" not in tsattn("list", "demo").output


def test_help_teaches():
    text = " ".join(tsattn("bench", "--help").output.replace("│", " ").split())
    for word in ("--suite", "--only", "--jobs", "never computed again", "Worker processes"):
        assert word in text
    assert tsattn().exit_code == 2
    assert "bench" in tsattn("--help").output


def test_the_command_is_kept_for_whoever_runs_it_again(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/somewhere/tsattn", "bench", "--suite", "tiny"])
    tsattn("bench", "--suite", "tiny", "--estimator", "nearest", "--output", tmp_path, "--no-report")
    (row,) = Folder(tmp_path).rows()
    assert row["command"] == "tsattn bench --suite tiny"
    assert json.loads((tmp_path / "manifest.json").read_text())["about"]["suite"] == "tiny"


@pytest.mark.parametrize("command", [["-m", "tsattn"], ["-c", "from tsattn.cli import _command, app; app()"]])
def test_starting_is_quick_because_nothing_heavy_is_imported(command):
    code = [sys.executable, "-X", "importtime", *command, "--version"]
    done = subprocess.run(code, capture_output=True, text=True, env={**os.environ}, check=True)
    assert done.stdout.strip().count(".") == 2
    assert not {"torch", "sktime", "pandas", "matplotlib"} & {
        line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}


def test_a_row_names_no_folder_of_one_machine():
    said = _command(["bench", "--suite", "clean", "--output", "/home/somebody/runs/mine", "--only", "a task"])
    assert said == "tsattn bench --suite clean --output mine --only 'a task'"


@pytest.mark.parametrize("arguments", [["list"], ["list", "demo"], ["--help"]])
def test_a_reader_that_has_enough_is_no_error(arguments):
    """As of `tsattn list | head`: nothing is said of a pipe that nobody reads."""
    program = subprocess.Popen([sys.executable, "-m", "tsattn", *arguments], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    program.stdout.close()
    assert program.stderr.read().strip() == b""
    assert program.wait(60) in (0, 1)
