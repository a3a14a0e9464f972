"""Large reports stay quick: the script that measures them, on some of its rows."""

import pytest


@pytest.mark.slow
def test_thousands_of_rows_are_read_and_drawn_in_a_few_times_what_parsing_takes(script):
    found = script("report_speed").measure(4000)
    assert found["rows"] == 4000
    assert found["report_mb"] < 3
    # processor time, and in units of json.loads on the same files: a busy machine slows both
    assert found["load"]["cpu_s"] < 2 * found["json_loads"]["cpu_s"]
    assert found["both"]["cpu_s"] < 10 * found["json_loads"]["cpu_s"]
