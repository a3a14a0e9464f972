import importlib
import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import loguniform, randint
from sklearn.linear_model import Ridge

from tsattn.benchmark import Data, Entry, Folder, RegressionTask, Suite, Task, TunableEntry, Tuning, run_suite, tables
from tsattn.benchmark.cell import info_of, what_of
from tsattn.benchmark.chosen import chosen
from tsattn.benchmark.code import _definition_of, _names, reached
from tsattn.benchmark.forecast_forms import persistence
from tsattn.benchmark.forecast_tasks import SML
from tsattn.benchmark.keys import describe
from tsattn.benchmark.suite import Info
from tsattn.benchmark.suites import SUITES
from tsattn.benchmark.tuning import draw

THREE = Tuning(3)


@pytest.fixture(scope="module")
def tunables(dummies):
    return importlib.import_module("tunables")


@pytest.fixture
def record(tmp_path, monkeypatch):
    path = tmp_path / "record"
    path.touch()
    monkeypatch.setenv("SLOPE_RECORD", str(path))
    return path


def run(suite, folder, tuning=THREE, **options):
    return [Folder(folder).read(key) for key in run_suite(suite, folder, tuning=tuning, **options)]


def one(load, entry, **task):
    return Suite("one", "", (Task("slopes", load, **task),), (entry,))


def search_of(row):
    """What a row says of its search, without the seconds."""
    tries = [{name: value for name, value in found.items() if name != "seconds"} for found in row["tuning"]["tries"]]
    return {name: value for name, value in row["tuning"].items() if name != "seconds"} | {"tries": tries}


def test_the_best_try_is_the_one_that_is_fitted(tunables, tmp_path):
    (row,) = run(one(tunables.panel, tunables.SHIFTED), tmp_path)
    found = row["tuning"]
    tries = {found["params"]["shift"]: found for found in found["tries"]}
    assert next(iter(tries)) == 1.0  # as it is
    assert set(tries) == {0.0, 1.0, 2.0}
    assert tries[0.0]["scores"] == [1.0, 1.0, 1.0]
    assert sorted(tries[1.0]["scores"]) == [0.25, 0.25, 0.5]  # "up" alone stays right: 4 of 12, in folds of 4
    assert tries[1.0]["mean"] == pytest.approx(1 / 3)
    assert found["tries"][found["winner"]]["params"] == {"shift": 0.0}
    assert (found["score"], found["folds"]) == ("accuracy", 3)
    assert row["scores"]["accuracy"] == 1.0
    assert row["estimator"]["name"] == "shifted-tuned"
    assert row["slot"] == "slopes/official/1/0/shifted-tuned/0"
    assert found["seconds"] >= sum(found["seconds"] for found in found["tries"]) > row["fit_seconds"] > 0


def test_of_equals_the_estimator_as_it_is_wins(tunables, tmp_path, record):
    (row,) = run(one(tunables.panel, tunables.RECORDED), tmp_path)
    assert row["tuning"]["tries"][1]["mean"] == row["tuning"]["tries"][0]["mean"] == 1.0
    assert row["tuning"]["winner"] == 0
    assert row["tuning"]["tries"][0]["params"] == {"shift": 0.0}
    (untuned,) = run(one(tunables.panel, tunables.RECORDED), tmp_path, None)
    assert untuned["key"] != row["key"]
    assert untuned["scores"] == row["scores"]


@pytest.mark.parametrize("split", ["official", "cv"])
def test_p69_no_try_sees_the_test_part(tunables, tmp_path, record, split):
    seen = []

    def tell(event):
        if event.kind == "done":
            seen.append([json.loads(line) for line in record.read_text().splitlines()])
            record.write_text("")

    rows = run(one(tunables.panel, tunables.RECORDED, split=split, folds=3), tmp_path, tell=tell)
    assert len(seen) == len(rows) == (3 if split == "cv" else 1)
    everything = {f"s{k}" for k in range(21)}
    for lines in seen:
        last = max(place for place, (what, _) in enumerate(lines) if what == "fitted")
        train = set(lines[last][1])  # the last fit: the whole training part
        assert len(train) == (14 if split == "cv" else 12)
        assert all(set(ids) <= train for _, ids in lines[:last])
        assert all(set(ids) == everything - train for _, ids in lines[last + 1:])
        inner = [set(ids) for what, ids in lines[:last] if what == "fitted" and len(ids) < len(train)]
        assert len(inner) >= 9  # three tries on three folds
    assert {len(row["tuning"]["tries"]) for row in rows} == {3}


def test_p69_another_test_part_changes_no_try_and_no_winner(tunables, tmp_path):
    for entry in (tunables.SHIFTED, tunables.DRAWN):
        (clean,) = run(one(tunables.panel, entry), tmp_path / entry.name / "clean")
        (poisoned,) = run(one(tunables.poisoned_panel, entry), tmp_path / entry.name / "poisoned")
        assert clean["key"] != poisoned["key"]
        assert clean["true"] != poisoned["true"]
        assert clean["scores"] != poisoned["scores"]
        assert search_of(clean) == search_of(poisoned)


def test_groups_stay_whole_inside(tunables, tmp_path, record):
    data = tunables.grouped_panel()
    owner = dict(zip(data.ids, data.groups, strict=True))
    run(one(tunables.grouped_panel, tunables.RECORDED), tmp_path)
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    pairs = [(fitted, asked) for (one, fitted), (other, asked) in pairwise(lines)
             if (one, other) == ("fitted", "asked") and len(fitted) < 12 and not set(fitted) & set(asked)]
    assert len(pairs) == 9
    for fitted, asked in pairs:
        assert not {owner[name] for name in fitted} & {owner[name] for name in asked}
        assert sorted([*fitted, *asked]) == sorted(data.ids[:12])


def test_more_folds_than_groups_are_refused(tunables, tmp_path):
    (row,) = run(one(tunables.grouped_panel, tunables.SHIFTED), tmp_path, Tuning(2, folds=5))
    assert "folds must not outnumber the 4 groups, got 5" in row["error"]["message"]


def test_the_same_seed_has_the_same_tries_and_another_has_others(tunables, tmp_path):
    suite = one(tunables.panel, tunables.DRAWN)
    rows, again = (run(replace(suite, seeds=2), tmp_path / name, Tuning(5)) for name in ("first", "again"))
    assert [search_of(row) for row in rows] == [search_of(row) for row in again]
    drawn = [[found["params"]["shift"] for found in row["tuning"]["tries"]] for row in rows]
    assert [len(set(shifts)) for shifts in drawn] == [5, 5]
    assert set(drawn[0]) & set(drawn[1]) == {1.0}  # as it is


def test_a_try_that_fails_is_recorded_and_another_wins(tunables, tmp_path):
    entry = TunableEntry("frail", tunables.slope, space={"fail": [None, str(tmp_path / "never")]})
    (row,) = run(one(tunables.panel, entry), tmp_path)
    as_it_is, failed = row["tuning"]["tries"]
    assert row["status"] == "done"
    assert (failed["error"], failed["mean"], failed["scores"]) == ("RuntimeError: there is <b>no</b> way", None, [])
    assert as_it_is["error"] is None
    assert row["tuning"]["winner"] == 0


def test_where_all_tries_fail_the_cell_fails_and_says_why(tunables, tmp_path, monkeypatch):
    monkeypatch.setenv("SLOPE_FAIL", str(tmp_path / "never"))
    entry = TunableEntry("failing", importlib.import_module("dummies").failing, space=tunables.SHIFTS)
    (row,) = run(one(tunables.panel, entry), tmp_path)
    assert row["status"] == "failed"
    assert "none of 3 was; the first: RuntimeError: there is <b>no</b> way" in row["error"]["message"]
    assert "in _fit" in row["error"]["traceback"]


def test_a_score_that_is_no_number_fails_its_try(tunables, tmp_path):
    entry = TunableEntry("gain", tunables.gain, space={"gain": [0.0, float("nan")]})
    (row,) = run(of_numbers(tunables, entry), tmp_path)
    assert row["tuning"]["tries"][1]["error"] == "ValueError: mae must be finite, got nan"
    assert row["status"] == "done"


def test_a_space_of_unknown_names_is_a_failed_cell(tunables, tmp_path):
    (row,) = run(one(tunables.panel, TunableEntry("shifted", tunables.shifted, space={"shfit": [1]})), tmp_path)
    assert row["error"]["message"].startswith(
        "a space must name parameters of its estimator, got shfit; there are fail, random_state, shift, ")


def of_numbers(tunables, entry, groups=False):
    def load():
        data = tunables.panel(groups=groups)
        return Data(data.X, np.arange(21) % 3 - 1.0, data.is_train, data.groups)

    return Suite("numbers", "", (RegressionTask("slopes", load),), (entry,))


@pytest.mark.parametrize("groups", [False, True])
def test_of_errors_the_least_wins(tunables, tmp_path, groups):
    entry = TunableEntry("gain", tunables.gain, space={"gain": [0.0, 1.0]})
    (row,) = run(of_numbers(tunables, entry, groups), tmp_path)
    nothing, slope = row["tuning"]["tries"]
    assert row["tuning"]["score"] == "mae"
    assert nothing["params"] == {"gain": 0.0}
    assert nothing["mean"] == pytest.approx(2 / 3)  # of -1, 0, 1
    assert slope["mean"] < 0.1
    assert row["tuning"]["winner"] == 1
    assert row["scores"]["mae"] < 0.1


def test_groups_of_numbers_stay_whole(tunables):
    from tsattn.benchmark.panels import REGRESSION

    data, train = tunables.grouped_panel(), np.arange(12)
    part, folds = REGRESSION.inner(data, train, 3)
    assert part.ids.tolist() == data.ids[:12].tolist()
    assert sorted(np.concatenate([held_out for _, held_out in folds])) == list(range(12))
    for kept, held_out in folds:
        assert not set(part.groups[kept]) & set(part.groups[held_out])


def test_every_part_of_a_tuning_is_in_the_key(tunables, tmp_path):
    entry = tunables.SHIFTED
    plain = one(tunables.panel, entry)
    keys = [run_suite(plain, tmp_path)[0], *(run_suite(suite, tmp_path, tuning=tuning)[0] for suite, tuning in [
        (plain, Tuning(2)), (plain, Tuning(3)), (plain, Tuning(2, folds=2)),
        (one(tunables.panel, replace(entry, space={"shift": [0.0, 1.0]})), Tuning(2)),
        (one(tunables.panel, tunables.DRAWN), Tuning(2)),
    ])]
    assert len(set(keys)) == len(keys)
    assert keys[:1] == run_suite(one(tunables.panel, Entry("shifted", tunables.shifted)), tmp_path)


def test_tuned_rows_depend_on_the_code_of_the_search_and_not_on_that_of_pictures(tunables):
    cell = next(one(tunables.panel, replace(tunables.SHIFTED, tries=2)).cells())
    data = tunables.panel()
    what = what_of(cell, data, info_of(cell, data, [0, 1]))
    found = {definition.path.stem for definition in reached(map(_definition_of, _names(what)))}
    assert {"tuning", "data", "scores"} <= found
    assert not {"instances", "saliency"} & found


def test_a_tuned_row_is_kept_and_stands_beside_the_untuned(tunables, tmp_path):
    suite, told = replace(tunables.SMALL, seeds=1), []
    run_suite(suite, tmp_path)
    run(suite, tmp_path)
    again = run(suite, tmp_path, tell=lambda event: told.append(event.kind))
    assert told == ["started", "kept"] * 3
    assert [row["estimator"]["name"] for row in again] == ["shifted-tuned", "drawn-tuned", "slope"]
    (table,) = tables(Folder(tmp_path).current()[0])
    cells = {line.name: line.cells for line in table.lines}
    assert set(cells) == {"shifted", "drawn", "slope", "shifted-tuned", "drawn-tuned"}
    assert (cells["shifted"][0].text, cells["shifted-tuned"][0].text) == ("33.33", "100.00")
    assert [text for text in table.remarks if text.startswith("not tuned: ")] == ["not tuned: shifted, drawn, slope"]
    (said,) = (text for text in table.remarks if text.startswith("shifted-tuned: "))
    assert said.startswith("shifted-tuned: the best of 3 tries by 3 folds inside the training part, ")
    assert said.endswith(" s before the fit; chosen: shift=0.0 (1 of 1)")


def test_the_reference_is_tuned_with_its_rows(tunables, tmp_path):
    suite = replace(tunables.SMALL, seeds=1, reference="drawn")
    run(suite, tmp_path)
    about = Folder(tmp_path).about()
    assert about["reference"] == "drawn-tuned"
    (table,) = tables(Folder(tmp_path).current()[0], about=about)
    assert "vs drawn-tuned" in table.columns
    run_suite(suite, tmp_path)
    assert Folder(tmp_path).about()["reference"] == "drawn"


def test_a_table_without_tuning_says_nothing_of_it(dummies, tmp_path):
    run_suite(dummies.SMALL, tmp_path)
    (table,) = tables(Folder(tmp_path).current()[0])
    assert not any("tun" in text for text in table.remarks)


def test_what_was_chosen_in_words(rows):
    def row(seed, winner, error=None):
        tries = [{"params": {"b": k, "a": "x"}, "scores": [0.5], "mean": 0.5, "error": error if k == 5 else None,
                  "seconds": 1.0} for k in range(6)]
        what = {"class": "net", "params": {}, "tuning": {}}
        made = rows.row("net-tuned", seed, tuning={"winner": winner, "tries": tries, "folds": 4, "seconds": 12.25})
        return made | {"estimator": made["estimator"] | {"what": what}}

    won = [0, 2, 2, 3, 4]
    said = chosen({"net-tuned": [row(seed, winner, "ValueError: no") for seed, winner in enumerate(won)]})
    assert said == [
        "net-tuned: the best of 6 tries by 4 folds inside the training part, 12.2 s before the fit; chosen: a='x', b=2 "
        "(2 of 5); a='x', b=0, as it is untuned (1 of 5); a='x', b=3 (1 of 5); and 1 others; 5 of 30 tries failed"]
    assert chosen({"knn": [rows.row("knn")]}) == []


@pytest.mark.slow
@pytest.mark.usefixtures("importable")
def test_workers_choose_as_a_serial_run_does(tunables, tmp_path):
    serial = run(tunables.SMALL, tmp_path / "serial")
    parallel = run(tunables.SMALL, tmp_path / "parallel", jobs=2)
    assert [row["key"] for row in serial] == [row["key"] for row in parallel]
    for row, same in zip(serial, parallel, strict=True):
        assert row["scores"] == same["scores"]
        assert ("tuning" in row) == (row["estimator"]["name"] != "slope")
        if "tuning" in row:
            assert search_of(row) == search_of(same)


def test_unequal_series_are_tuned_behind_the_resampling(tunables, tmp_path):
    entry = TunableEntry("nearest", tunables.nearest, equal_length=True, space={"n_neighbors": [1, 3]})
    (row,) = run(one(importlib.import_module("dummies").unequal_panel, entry, steps=11), tmp_path)
    assert [found["params"] for found in row["tuning"]["tries"]] == [{"n_neighbors": 1}, {"n_neighbors": 3}]
    assert [found["error"] for found in row["tuning"]["tries"]] == [None, None]
    assert row["estimator"]["notes"] == ["series resampled to 11 steps"]


def test_an_entry_may_ask_to_be_tuned_itself(tunables, tmp_path):
    (row,) = run(one(tunables.panel, replace(tunables.SHIFTED, tries=2, folds=2)), tmp_path, None)
    assert row["estimator"]["name"] == "shifted"
    assert (len(row["tuning"]["tries"]), row["tuning"]["folds"]) == (2, 2)


def test_what_cannot_be_tuned_is_said_before_anything_runs(tunables, tmp_path):
    with pytest.raises(ValueError, match=r"needs an estimator with a space.*got slope; run these without"):
        run_suite(one(tunables.panel, Entry("slope", tunables.slope)), tmp_path / "a", tuning=Tuning(2))
    hours = Suite("hours", "", (SML,), (Entry("persistence", persistence),))
    with pytest.raises(ValueError, match="forecasters are not tuned yet, got sml2010; run it without tuning"):
        run_suite(hours, tmp_path / "b", tuning=Tuning(2))
    assert not list(tmp_path.rglob("*.json"))


@pytest.mark.parametrize(("values", "words"), [
    ({"tries": 1}, "tries of a tuning must be an integer of at least 2, got 1"),
    ({"tries": 5, "folds": 1}, "folds of a tuning must be an integer of at least 2, got 1")])
def test_a_tuning_has_two_tries_and_two_folds(values, words):
    with pytest.raises(ValueError, match=words):
        Tuning(**values)


def test_tries_are_all_different_and_no_more_than_there_are():
    ridge = Ridge(alpha=1.0)
    space = {"alpha": [0.1, 1.0, 10.0], "fit_intercept": [True, False]}
    for seed in range(5):
        tries = draw(ridge, space, 4, seed)
        assert tries[0] == {"alpha": 1.0, "fit_intercept": True}
        assert len({tuple(params.values()) for params in tries}) == 4
    assert len(draw(ridge, space, 99, 0)) == 6
    assert draw(ridge, space, 4, 1) != draw(ridge, space, 4, 2)


def test_distributions_give_plain_numbers():
    tries = draw(Ridge(), {"alpha": loguniform(1e-3, 1e3), "max_iter": randint(5, 50)}, 6, 0)
    assert len(tries) == 6
    assert {(type(params["alpha"]), type(params["max_iter"])) for params in tries[1:]} == {(float, int)}


def test_distributions_are_described_by_name_and_numbers():
    assert describe(loguniform(1, b=2)) == {
        "distribution": "loguniform", "args": [1], "options": {"mapping": [["b", 2]]}}
    assert describe(randint(1, 5)) != describe(randint(1, 6))


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name)
def test_spaces_of_suites_are_about_the_defaults(suite):
    info = Info("slopes", 12, 2, 3, 5, 5, 11, None)
    for entry in suite.entries:
        if isinstance(entry, TunableEntry):
            params = entry.make(0, info).get_params()
            assert {name: params[name] in values for name, values in entry.space.items()} == dict.fromkeys(
                entry.space, True)
            assert entry.tries == 1


def test_what_users_would_tune_has_a_space():
    named = {entry.name for suite in SUITES.values() for entry in suite.entries if getattr(entry, "space", {})}
    assert named == {"sdma", "xm2a", "lstm-san", "scale-space-ridge", "minirocket", "tsfresh-forest"}
