"""What compares results with earlier ones."""

import pytest

from tsattn.benchmark import Folder


@pytest.fixture
def guard(script):
    return script("guard")


def written(path, rows, accuracies, **changes):
    folder = Folder(path)
    for seed, accuracy in enumerate(accuracies):
        folder.write(rows.row("ours", seed, accuracy, ours=True, **changes))
    return path


@pytest.mark.parametrize(("accuracies", "seconds", "code", "words"), [
    ([0.9, 0.8], 1.5, 0, "fine  slopes, ours, official: +0.00 points, 1.00 x the fit time, 2 runs"),
    ([0.892, 0.8], 1.64, 0, "fine  slopes, ours, official: -0.40 points, 1.09 x the fit time"),
    ([0.888, 0.8], 1.5, 1, "ALARM slopes, ours, official: -0.60 points"),
    ([0.95, 0.8], 1.67, 1, "ALARM slopes, ours, official: +2.50 points, 1.11 x the fit time"),
    ([0.9], 1.5, 0, "1 runs"),
])
def test_p67_half_a_point_or_a_tenth_of_the_time_is_an_alarm(accuracies, seconds, code, words, guard, rows, tmp_path,
                                                              capsys):
    before = written(tmp_path / "before", rows, [0.9, 0.8])
    now = written(tmp_path / "now", rows, accuracies, fit_seconds=seconds)
    assert guard.main([str(now), str(before)]) == code
    assert words in capsys.readouterr().out


def test_p67_times_of_another_machine_are_no_alarm(guard, rows, tmp_path, capsys):
    before = written(tmp_path / "before", rows, [0.9])
    hardware = rows.row("ours")["hardware"] | {"cpu": "another"}
    now = written(tmp_path / "now", rows, [0.9], fit_seconds=15.0, hardware=hardware)
    assert guard.main([str(now), str(before)]) == 0
    assert "times of another machine" in capsys.readouterr().out
    assert guard.main([str(now), str(written(tmp_path / "other", rows, [0.9], task="others"))]) == 2
