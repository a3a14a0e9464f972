import json

import pytest

from tsattn.benchmark import folder
from tsattn.benchmark.folder import DamagedRowError, Folder


def test_the_row_of_the_last_run_counts(rows, tmp_path):
    folder = Folder(tmp_path)
    old = rows.row("a", accuracy=0.1, key="old", finished="2026-01-03")
    new = rows.row("a", accuracy=0.2, key="new", finished="2026-01-02")
    for row in (old, new):
        folder.write(row)
    assert [row["key"] for row in folder.current()[0]] == ["old"]  # it finished last
    folder.note([(old["slot"], "new")], {})
    current, remarks = folder.current()
    assert [row["key"] for row in current] == ["new"]
    assert remarks == ["1 older rows of the same cells, with other parameters or versions, are not shown"]


def test_rows_come_in_the_suites_order(rows, tmp_path):
    folder = Folder(tmp_path)
    for name in "abc":
        folder.write(rows.row(name))
    folder.note([(rows.row(name)["slot"], rows.row(name)["key"]) for name in "ba"], {"suite": "small"})
    assert [row["estimator"]["name"] for row in folder.current()[0]] == ["b", "a", "c"]
    assert folder.about() == {"suite": "small"}


def test_what_a_run_does_not_say_of_its_suite_stays(tmp_path):
    folder = Folder(tmp_path)
    folder.note([], {"suite": "small", "reference": "a", "command": "1"})
    folder.note([], {"suite": "small", "reference": None, "command": "2"})
    assert folder.about() == {"suite": "small", "reference": "a", "command": "2"}
    folder.note([], {"suite": "other", "reference": None})
    assert folder.about() == {"suite": "other"}


def test_a_damaged_row_is_named_and_left_out(rows, tmp_path):
    folder = Folder(tmp_path)
    folder.write(rows.row("a"))
    (tmp_path / "rows" / "half.json").write_text('{"format": 1')
    current, remarks = folder.current()
    assert len(current) == 1
    assert "half.json" in remarks[0]


def test_a_row_is_checked_by_its_text_and_older_layouts_by_what_they_say(rows, tmp_path, monkeypatch):
    place, row = Folder(tmp_path), rows.row("a", remarks=['"digest": "0", ', "Künsch"])
    place.write(row)
    path = place.row_path(row["key"])
    written = place.read(row["key"])
    text = path.read_text()
    path.write_text(json.dumps(written, indent=1) + "\n")  # as rows were written before
    assert place.read(row["key"]) == written
    for damaged in (text.replace('"seed": 0', '"seed": 1'), text.replace('"digest": "', '"digest": "0', 1),
                    text.replace('"digest": ', '"digests": ', 1)):
        assert damaged != text
        path.write_text(damaged)
        with pytest.raises(DamagedRowError, match="its digest does not match"):
            place.read(row["key"])
    path.write_text(text)
    monkeypatch.setattr(folder, "digest_of", lambda value: "never asked")
    assert place.read(row["key"]) == written


def test_half_a_character_in_an_error_goes_round(rows, tmp_path):
    name = b"caf\xe9.csv".decode("utf-8", "surrogateescape")  # as Python names such a file
    failed = rows.row("a", status="failed") | {"error": {"type": "OSError", "message": name, "traceback": ""}}
    Folder(tmp_path).write(failed)
    (found,), remarks = Folder(tmp_path).current()
    assert found["error"]["message"] == name
    assert remarks == []


def test_a_row_under_another_name_is_damaged(rows, tmp_path):
    folder = Folder(tmp_path)
    folder.write(rows.row("a"))
    path = folder.row_path(rows.row("a")["key"])
    path.rename(path.with_name("other.json"))
    with pytest.raises(DamagedRowError, match=r"other\.json"):
        folder.read("other")


@pytest.mark.parametrize(("part", "value"), [("scores", None), ("seed", "0"), ("fit_seconds", "1"), ("status", "soso"),
                                             ("task", []), ("code", None)])
def test_a_row_of_the_wrong_shape_is_not_written(rows, tmp_path, part, value):
    with pytest.raises(DamagedRowError, match="damaged row"):
        Folder(tmp_path).write(rows.row("a") | {part: value})
    assert not list((tmp_path / "rows").iterdir())


def test_a_missing_folder_is_an_error_where_one_is_read(tmp_path):
    with pytest.raises(FileNotFoundError, match="make one with `tsattn bench`"):
        Folder(tmp_path / "none", make=False)
    assert not (tmp_path / "none").exists()


def test_a_damaged_manifest_is_a_manifest_that_is_not_there(rows, tmp_path):
    folder = Folder(tmp_path)
    folder.write(rows.row("a"))
    (tmp_path / "manifest.json").write_text("{")
    assert len(folder.current()[0]) == 1
    assert folder.about() == {}
