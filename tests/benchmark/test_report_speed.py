"""Large reports stay quick: the script that measures them, on some of its rows."""

import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "benchmarks" / "report_speed.py"


@pytest.mark.slow
def test_thousands_of_rows_are_read_and_drawn_in_a_few_times_what_parsing_takes():
    spec = importlib.util.spec_from_file_location("report_speed", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = module.measure(4000)
    assert found["rows"] == 4000
    assert found["report_mb"] < 3
    # processor time, and in units of json.loads on the same files: a busy machine slows both
    assert found["load"]["cpu_s"] < 2 * found["json_loads"]["cpu_s"]
    assert found["both"]["cpu_s"] < 10 * found["json_loads"]["cpu_s"]
