"""What keeps the rows of a run among those of the repository."""

from dataclasses import replace

import pytest

from tests.benchmark.rows import row
from tsattn.benchmark import Folder
from tsattn.benchmark.suites import SUITES


@pytest.fixture
def keep(script):
    return script("keep").keep


def folder(path, *rows):
    place = Folder(path)
    for one in rows:
        place.write(one)
    place.note([(one["slot"], one["key"]) for one in rows], {"suite": "demo", "title": "t", "reference": "sdma"})
    return place


def cell(name, key, accuracy=0.5, **changes):
    return row(name, accuracy=accuracy, key=key, slot=f"basic_motions/official/1/0/{name}/0", **changes)


def test_newer_rows_take_the_place_of_older_ones_in_the_order_of_the_suite(keep, tmp_path):
    folder(tmp_path / "kept", cell("minirocket", "a"), cell("sdma", "b"))
    folder(tmp_path / "run", cell("minirocket", "c", 0.9), cell("sdma-paper", "d"), cell("nameless", "e"),
           cell("dtw-1nn", "f", status="failed"))
    assert keep(tmp_path / "run", tmp_path / "kept") == 2
    rows, remarks = Folder(tmp_path / "kept").current()
    assert [one["estimator"]["name"] for one in rows] == ["sdma", "sdma-paper", "minirocket"]
    assert rows[2]["scores"]["accuracy"] == 0.9
    assert remarks == []


def test_what_a_source_prints_is_what_the_suite_says_now(keep, tmp_path, monkeypatch):
    folder(tmp_path / "kept", cell("sdma", "b"))
    suite = SUITES["demo"]
    entries = tuple(replace(entry, published={"slopes": 12.5}, published_as="mae") for entry in suite.entries)
    monkeypatch.setitem(SUITES, "demo", replace(suite, entries=entries))
    keep(tmp_path / "kept", tmp_path / "kept")
    ((one,), remarks) = Folder(tmp_path / "kept").current()
    assert (one["estimator"]["published"], one["estimator"]["published_as"]) == (12.5, "mae")
    assert one["scores"]["accuracy"] == 0.5
    assert remarks == []


def test_without_a_manifest_nothing_is_dropped(keep, tmp_path):
    kept = folder(tmp_path / "kept", cell("sdma", "b"))
    folder(tmp_path / "run", cell("minirocket", "c"))
    (tmp_path / "kept" / "manifest.json").unlink()
    with pytest.raises(ValueError, match="must each have the manifest"):
        keep(tmp_path / "run", tmp_path / "kept")
    assert kept.read("b") is not None
