"""Rows whose parts have been replaced by others are told by file and part, or stand in tables and reports all the same.

The digest of each is true: whoever edits a row can compute it.
"""

import copy
import json
import re
from base64 import b64decode

import numpy as np
import pytest
from typer.testing import CliRunner

from tsattn._files import digest_of, write_tensors
from tsattn.benchmark.folder import DamagedRowError, Folder, read_row
from tsattn.benchmark.forecasting import as_text
from tsattn.benchmark.schema import LARGEST, WHOLE
from tsattn.cli import app

DEEP = json.loads("[" * 400 + "]" * 400)
OTHERS = [None, True, False, 0, 1, -1, 7, 1.5, -0.25, 1e308, 10**9, 2**31, WHOLE + 1, 10**400, "", "x", "nan", "1 2",
          "\ud800", "a$b$c\\", "w" * 5000, [], [[]], [None], ["x", 3], [10**9], [-1], {}, {"x": None},
          {"x": {"y": [1]}}, DEEP, [{}], [{"train_loss": None}]]
GONE = object()


def series(seed, n):
    return np.random.default_rng(seed).normal(size=n)


def kinds(rows):
    """A row of every kind, by name; all that a row may have stands in one of them."""
    history = [{"epoch": n, "train_loss": 1 / n, "validation_loss": "nan", "seconds": 0.1} for n in (1, 2, 3)]
    made = rows.row("ours", ours=True, history=history, notes=["a note"])
    made["estimator"] |= {"published": 0.75, "published_as": "accuracy"}
    tries = [{"params": {"k": k}, "scores": [0.5], "mean": 0.5, "error": None, "seconds": 1.0} for k in (1, 2)]
    tuned = rows.row("tuned") | {"tuning": {"score": "accuracy", "folds": 3, "winner": 1, "tries": tries,
                                            "seconds": 2.0}}
    image = rows.row("pictures", task="pictures")
    image["task"] |= {"image": [28, 28]}
    numbers = rows.row("numbers", task="numbers") | {"true": [0.5, 2.0], "predicted": [0.25, 1.0],
                                                     "scores": {"mae": 0.5, "mse": 0.25, "rmse": 0.5, "r2": None}}
    numbers["task"] |= {"kind": "regression", "sd": 1.5}
    forecast = {"kind": "forecasting", "n_series": 1, "horizon": 2, "season": 12, "scored": ["t"], "target": "t",
                "unit": "raw", "leading": "mae", "rolled": True}
    ahead = rows.row("ahead", task="hours") | {
        "scores": {"mae": 0.5, "mse": 1.0, "rmse": 1.0, "smape": 9.0, "mase": None, "coverage": 0.9},
        "losses": as_text(series(1, 60) ** 2), "residuals": as_text(series(2, 60))}
    ahead["task"] |= forecast
    panel = copy.deepcopy(ahead) | {"key": "panel", "slot": "panel"}
    panel["task"] |= {"name": "months", "rolled": False}
    return {"classes": made, "tuned": tuned, "images": image, "numbers": numbers, "ahead": ahead, "panel": panel,
            "failed": rows.row("failed", status="failed")}


def places(value, before=()):
    """Every part of a row, at any depth, as a tuple of names and positions."""
    inner = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for name, part in inner:
        yield (*before, name)
        yield from places(part, (*before, name))


def edited(row, place, other):
    """The row with one part replaced, or taken out."""
    made = copy.deepcopy(row)
    part = made
    for name in place[:-1]:
        part = part[name]
    if other is GONE:
        del part[place[-1]]
    else:
        part[place[-1]] = copy.deepcopy(other)
    return made


def write(folder, row, name):
    """As a row is written, but for the check."""
    text = json.dumps({**row, "digest": digest_of(row)}, sort_keys=True)
    (folder.path / "rows" / f"{name}.json").write_text(text + "\n", encoding="utf-8", errors="surrogatepass")


def all_edits(rows):
    return [(kind, place, other) for kind, row in kinds(rows).items() for place in places(row)
            for other in [*OTHERS, GONE]]


def sample(edits, n, seed):
    return [edits[k] for k in np.random.default_rng(seed).choice(len(edits), n, replace=False)]


def companion(row):
    """Another run of the same task, which differences, tests and pictures need."""
    return row | {"key": "other", "slot": f"{row['slot']}-other", "seed": 1,
                  "estimator": row["estimator"] | {"name": "other", "ours": False}}


def ask(command, folder):
    done = CliRunner().invoke(app, [command, str(folder.path)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def try_edit(folder, row, place, other, commands):
    """Read one edited row beside another; what is refused is told by its file and its part."""
    write(folder, edited(row, place, other), row["key"])
    write(folder, companion(row), "other")
    name = str(folder.row_path(row["key"]))
    try:
        read_row(folder.row_path(row["key"]))
        told = ""
    except DamagedRowError as error:
        told = str(error)
        assert name in told
        assert place[0] in told or "it says that it is" in told or "digest does not" in told, told
    for command in commands:
        done = ask(command, folder)
        assert done.exit_code == 0, done.output
        assert not told or command == "report" or f"warning: {told}" in done.output
    return bool(told)


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def test_rows_of_every_kind_are_read_and_drawn(rows, folder):
    for name, row in kinds(rows).items():
        write(folder, row | {"key": name}, name)
        write(folder, companion(row) | {"key": f"{name}-other"}, f"{name}-other")
    assert "warning" not in ask("table", folder).output
    assert ask("report", folder).exit_code == 0
    assert len(folder.current()[0]) == 14


def test_edited_rows_are_told_or_shown(rows, folder):
    made = kinds(rows)
    refused = [try_edit(folder, made[kind], place, other, ["table"])
               for kind, place, other in sample(all_edits(rows), 400, seed=1)]
    assert 100 < sum(refused) < 390


def test_edited_rows_that_are_read_are_drawn(rows, folder):
    made, drawn = kinds(rows), 0
    for kind, place, other in sample(all_edits(rows), 400, seed=2):
        write(folder, edited(made[kind], place, other), made[kind]["key"])
        try:
            read_row(folder.row_path(made[kind]["key"]))
        except DamagedRowError:
            continue
        drawn += 1
        if drawn % 12 == 0:
            try_edit(folder, made[kind], place, other, ["report"])
    assert drawn > 12


@pytest.mark.long
@pytest.mark.parametrize("kind", ["classes", "tuned", "images", "numbers", "ahead", "panel", "failed"])
def test_every_edit_of_a_row_is_told_or_shown(kind, rows, folder):
    row = kinds(rows)[kind]
    for _, place, other in (edit for edit in all_edits(rows) if edit[0] == kind):
        try_edit(folder, row, place, other, ["table", "report"])


@pytest.mark.parametrize(("place", "other", "words"), [
    (("predicted", 0), 10**5, "predicted must be a list of whole numbers from 0 to below 2, got a list of 2"),
    (("task", "n_test"), "9", "task.n_test must be a whole number that is not below 0, got '9'"),
    (("scores", "accuracy"), [0.5], "scores.accuracy must be a number of at most 1e+100, got a list of 1"),
    (("scores", "accuracy"), 10**400, "scores.accuracy must be a number of at most 1e+100, got one of 1329 bits"),
    (("history",), [{"train_loss": "much"}], "history.train_loss must be one of nan, inf, -inf, got 'much'"),
    (("estimator", "notes"), "a note", "estimator.notes must be a list of texts, got 'a note'"),
    (("hardware", "jobs"), [1], "hardware.jobs must be a whole number that is not below 0, got a list of 1"),
    (("split", "kind"), "random", "split.kind must be one of official, cv, validation, paper, got 'random'"),
    (("memory", "peak_mb"), GONE, "memory.peak_mb is missing"),
    (("task", "kind"), "chess", "task.kind must be one of classification, regression, forecasting, got 'chess'"),
])
def test_the_error_names_the_part_and_what_it_must_be(place, other, words, rows, folder):
    row = kinds(rows)["classes"]
    write(folder, edited(row, place, other), row["key"])
    with pytest.raises(DamagedRowError, match=re.escape(f"damaged row '{folder.row_path(row['key'])}': {words}")):
        read_row(folder.row_path(row["key"]))


@pytest.mark.parametrize(("kind", "place"), [("tuned", ("estimator", "name")), ("classes", ("classes", 0))])
def test_long_names_do_not_make_pictures_as_wide(kind, place, rows, folder):
    write(folder, edited(kinds(rows)[kind], place, "w" * 5000), kinds(rows)[kind]["key"])
    write(folder, companion(kinds(rows)[kind]) | {"classes": ["w" * 5000, "down"]}, "other")
    assert ask("report", folder).exit_code == 0
    pictures = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', (folder.path / "report.html").read_text())
    widths = [re.search(rb'viewBox="0 0 ([0-9.]+)', b64decode(picture))[1] for picture in pictures]
    assert widths
    assert max(map(float, widths)) < 1000


@pytest.mark.parametrize("kind", ["numbers", "ahead"])
def test_a_part_of_another_kind_of_task_is_checked_too(kind, rows, folder):
    assert try_edit(folder, kinds(rows)[kind], ("task", "n_classes"), [[]], ["report"])


def test_a_row_that_does_not_fit_its_table_is_left_out_and_named(rows, folder):
    row = kinds(rows)["classes"]
    for name, strange in {"wide": {"classes": ["a", "b", "c"]}, "pictures": {"task": row["task"] | {
            "image": [2, 2]}}}.items():
        write(folder, companion(row) | strange | {"key": name, "slot": name}, name)
    write(folder, row, row["key"])
    folder.note([(row["slot"], row["key"])], {})
    done = ask("table", folder)
    assert done.exit_code == 0
    assert "it has other classes, or another number of losses, than the first of 'slopes'" in done.output
    assert "its task is of another kind than the first of 'slopes'" in done.output
    assert len(folder.current()[0]) == 1


def test_a_row_that_is_no_file_or_too_large_is_told(rows, folder, monkeypatch):
    write(folder, kinds(rows)["classes"], kinds(rows)["classes"]["key"])
    (folder.path / "rows" / "folder.json").mkdir()
    (folder.path / "rows" / "nowhere.json").symlink_to(folder.path / "gone")
    (folder.path / "rows" / "deep.json").write_text("[" * 10**5 + "]" * 10**5)
    (folder.path / "rows" / "infinite.json").write_text('{"seed": Infinity, "key": "\\ud800"}')
    (folder.path / "rows" / "large.json").write_text("[" + "1," * 10**5 + "1]")
    monkeypatch.setattr("tsattn.benchmark.folder.LARGEST", 10**5)
    words = ask("table", folder).output
    for name in ("folder", "nowhere", "deep", "infinite", "large"):
        assert re.search(rf"warning: damaged row '.*{name}.json': ", words), words


def test_a_manifest_of_wrong_types_is_a_manifest_that_says_less(rows, folder):
    write(folder, kinds(rows)["classes"], kinds(rows)["classes"]["key"])
    for about in ({"title": 3, "seeds": "5", "unbuilt": [], "reference": ["ours"], "suite": {}},
                  {"unbuilt": {"slopes/official": {"x": "much"}}}, [], None):
        (folder.path / "manifest.json").write_text(json.dumps({"about": about, "slots": {"x": [], "y": {}}}))
        assert folder.about() == {}
        assert ask("table", folder).exit_code == ask("report", folder).exit_code == 0
    (folder.path / "manifest.json").write_text("[" * 10**5)
    assert ask("table", folder).exit_code == 0


@pytest.mark.parametrize("config", [{}, {"instances": 3}, {"instances": [{"id": 1}]}, {"instances": [{
    "id": "a", "true": "b", "predicted": "b", "columns": {"series": ["x"] * 10**4}, "events": []}]}])
def test_pictures_that_are_not_as_they_were_written_are_left_out_and_named(config, rows, folder):
    row = kinds(rows)["classes"]
    write(folder, row, row["key"])
    write_tensors(folder.picture_path(row["key"]), {"0.series": np.zeros((4, 2), np.float32)}, config)
    assert ask("report", folder).exit_code == 0
    text = (folder.path / "report.html").read_text()
    assert f"no pictures of {row['key']}" in text


@pytest.mark.filterwarnings("ignore:Glyph")  # letters that the picture's font has not
def test_what_a_row_says_cannot_drive_a_terminal(rows, folder):
    row = rows.row("\x1b]0;title\x07evil\x1b[2J", notes=["half \ud800 of a letter"])
    write(folder, row | {"key": "odd"}, "odd")
    done = ask("table", folder)
    assert done.exit_code == 0
    assert "evil" in done.output
    assert "\x1b" not in done.output
    assert ask("report", folder).exit_code == 0


@pytest.mark.parametrize("place", [("estimator", "name"), ("task", "name"), ("classes", 0)])
def test_half_a_letter_is_told_or_shown(place, rows, folder):
    refused = try_edit(folder, kinds(rows)["classes"], place, "half \ud800 letter", ["table", "report"])
    assert refused is (place[1] == "name")


def test_large_numbers_are_still_numbers(rows, folder):
    for seed, score in enumerate((LARGEST, -LARGEST, LARGEST)):
        row = rows.row("big", seed, fit_seconds=LARGEST, n_parameters=WHOLE)
        write(folder, row | {"key": f"k{seed}", "scores": {"accuracy": score}}, f"k{seed}")
    assert ask("table", folder).exit_code == ask("report", folder).exit_code == 0
