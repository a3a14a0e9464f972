import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def pytest_on(marker="data", file="datasets/test_auslan.py", **variables):
    environment = {name: value for name, value in os.environ.items() if name != "TSATTN_DATA"} | variables
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", "-m", marker,
               ROOT / "tests" / file]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_data_that_is_named_and_not_there_stops_the_tests_at_once(tmp_path):
    found = pytest_on(TSATTN_DATA=str(tmp_path / "none"))
    assert found.returncode == 4
    assert found.stderr.strip() == f"ERROR: TSATTN_DATA must name a folder, got {str(tmp_path / 'none')!r}"


@pytest.mark.slow
def test_tests_of_data_are_left_out_where_none_is_named():
    found = pytest_on()
    assert "tests that need data were left out: TSATTN_DATA is not set" in found.stdout


@pytest.mark.slow
def test_tests_of_a_browser_are_left_out_where_there_is_none(tmp_path):
    found = pytest_on("browser", "benchmark/test_browser.py", PATH=str(tmp_path))
    assert "tests that need browser were left out: no Chromium here" in found.stdout


@pytest.mark.slow
def test_long_tests_are_left_out_unless_asked_for(tmp_path):
    (tmp_path / "test_long.py").write_text("import pytest\n\n\n@pytest.mark.long\ndef test_none():\n    assert True\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ROOT, "-c",
               ROOT / "pyproject.toml", "-p", "tests.conftest", tmp_path]
    usual = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "1 tests that are long were left out: run them by hand with pytest -m long" in usual.stdout
    assert "1 passed" in subprocess.run([*command, "-m", "long"], cwd=ROOT, capture_output=True, text=True,
                                        check=False).stdout
