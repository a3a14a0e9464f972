"""The code of the README and of the guide runs; what they show is what the repository prints."""

import importlib.util
import sys
from pathlib import Path

import pytest

from tsattn.benchmark import Folder

ROOT = Path(__file__).parents[1]
spec = importlib.util.spec_from_file_location("quickstart", ROOT / "tests" / "quickstart.py")
quickstart = importlib.util.module_from_spec(spec)
spec.loader.exec_module(quickstart)


def test_the_quick_start_has_eight_lines():
    lines = [line for line in quickstart.python_blocks()[0].splitlines() if line.strip()]
    assert len(lines) <= 8


@pytest.mark.slow
@pytest.mark.filterwarnings("error:.*windows are held out")
def test_p68_the_python_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    namespace = {}
    for block in quickstart.python_blocks():
        exec(block, namespace)
    assert capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.filterwarnings("error:.*windows are held out")
@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "guide").glob("*.md")), ids=lambda page: page.stem)
def test_p68_the_python_of_the_guide_runs(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    namespace = {}
    for block in quickstart.python_blocks(page):
        exec(block, namespace)
    assert capsys.readouterr().out


@pytest.fixture(scope="module")
def readme():
    """What writes the tables of README.md and docs/results.md, as a module."""
    spec = importlib.util.spec_from_file_location("readme", ROOT / "benchmarks" / "readme.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_p68_the_tables_are_what_the_rows_give(readme, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["readme.py", "--check"])
    with pytest.raises(SystemExit) as ended:
        readme.main()
    assert ended.value.code == 0


def test_a_table_of_lines_has_the_latest_of_each(readme, tmp_path, monkeypatch):
    monkeypatch.setattr(readme, "RESULTS", tmp_path)
    monkeypatch.setattr(readme, "LINES", {"speed": (1, {"data": "data", "n": "series", "seconds": "s"})})
    (tmp_path / "speed.jsonl").write_text(
        '{"data": "one", "n": 1140, "seconds": 2.5, "cores": 2}\n{"data": "two", "n": 7, "seconds": 1.0, "cores": 2}\n'
        '{"data": "one", "n": 1140, "seconds": 2.25, "cores": 1}\n')
    assert readme.with_tables("<!-- table: speed -->\nold\n<!-- end -->") == (
        "<!-- table: speed -->\n| data | series | s |\n| --- | ---: | ---: |\n| one | 1,140 | 2.25 |\n"
        "| two | 7 | 1.00 |\n<!-- end -->")


def test_rows_of_ours_by_different_code_are_refused(readme, tmp_path):
    rows, _ = Folder(readme.RESULTS / "clean", make=False).current()
    first, second = [{name: part for name, part in row.items() if name != "digest"} for row in rows
                     if row["task"]["name"] == "auslan" and row["estimator"]["name"] == "sdma"][:2]
    folder = Folder(tmp_path)
    folder.write(first | {"code": "one"})
    readme.refuse_mixed_code(tmp_path)
    folder.write(second | {"code": "another"})
    with pytest.raises(SystemExit, match="auslan, official split: The rows of sdma on auslan come from 2"):
        readme.refuse_mixed_code(tmp_path)
