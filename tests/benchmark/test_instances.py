import numpy as np
import pandas as pd
import pytest

from tsattn._files import read_tensors
from tsattn.benchmark.instances import choose, keep_instances, read_instances


class Explains:
    """Attention is the series' magnitude, saliency none."""

    def attention(self, X):
        return X.abs()

    def saliency_series(self, X):
        raise ValueError("there is no saliency")


def test_right_ones_of_different_classes_and_a_wrong_one_are_kept():
    true = np.array(["a", "a", "b", "b", "c"])
    assert choose(true, np.array(["b", "a", "b", "a", "c"])) == [1, 2, 0]
    assert choose(true, true) == [0, 2]
    assert choose(true, np.roll(true, 2)) == [0]


@pytest.fixture
def kept(dummies, tmp_path):
    data = dummies.panel(n=21, unequal=True)
    path = tmp_path / "kept.safetensors"
    test = np.arange(12, 21)
    predicted = data.y[test].copy()
    predicted[4] = "up"
    keep_instances(Explains(), data, np.arange(12), test, predicted, path)
    return data, path


def test_arrays_are_those_of_the_instances(kept):
    data, path = kept
    entries = read_instances(path)
    assert [(entry["id"], entry["true"], entry["predicted"]) for entry in entries] == [
        ("s12", "down", "down"), ("s13", "flat", "flat"), ("s16", "flat", "up")]
    assert [len(entry["series"]) for entry in entries] == [5, 6, 6]
    for entry in entries:
        np.testing.assert_array_equal(entry["series"], data.X.loc[entry["id"]].to_numpy(np.float32))
        np.testing.assert_array_equal(entry["attention"], np.abs(entry["series"]))
        assert "saliency" not in entry


def test_events_are_those_of_the_instance(dummies, tmp_path):
    steps = 61
    bump = np.exp(-((np.arange(steps) - 30) ** 2) / (2 * 3**2))
    frames = {f"s{k}": pd.DataFrame({"a": bump * (k + 1), "b": 0.0}) for k in range(4)}
    data = dummies.Data(pd.concat(frames), np.array(["x", "y", "x", "y"]), np.array([True, True, False, False]))
    keep_instances(Explains(), data, np.arange(2), np.arange(2, 4), np.array(["x", "y"]), tmp_path / "kept")
    for entry in read_instances(tmp_path / "kept"):
        events = entry["events"]
        assert set(events["instance"]) == {entry["id"]}
        assert (events["variate"] == "a").all()
        assert abs(events["position"] - 30).min() <= 1


def test_files_hold_no_code(kept):
    tensors, config = read_tensors(kept[1])
    assert set(tensors) == {f"{k}.{kind}" for k in range(3) for kind in ("series", "attention")}
    assert list(config) == ["instances"]
