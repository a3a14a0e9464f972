import functools

import numpy as np
import pytest

from tsattn.datasets import groups_of, load_auslan
from tsattn.datasets.auslan import parse_auslan

ROW = "\t".join(str(number / 4) for number in range(22))
cached = functools.cache(load_auslan)  # read once; the tests leave the frames as they are


def text(n_rows):
    return (ROW + "\n").encode() * n_rows


def test_the_sign_is_the_name_up_to_its_last_hyphen():
    found = parse_auslan({"tctodd2/not-my-problem-1": text(3), "tctodd1/God-2": text(2)}, "here")
    assert found.ids == ["tctodd1/God-2", "tctodd2/not-my-problem-1"]
    assert found.labels.tolist() == ["God", "not-my-problem"]
    assert found.lengths.tolist() == [2, 3]
    np.testing.assert_array_equal(found.values, np.tile(np.arange(22) / 4, (5, 1)))


@pytest.mark.parametrize(("bad", "message"), [
    (text(1) + b"\n1 2 3\n", "line 3: a line must hold 22 numbers, got 3"),
    (text(2) + ROW.replace("0.25", "0.2x5").encode(), "line 3: not a number: '0.2x5'"),
    (ROW.replace("0.25", "inf").encode(), "line 1: a value must be finite, got 'inf'"),
    (b"\n \n", "line 1: the file holds no steps"),
])
def test_a_malformed_file_is_named_with_its_line(bad, message):
    with pytest.raises(ValueError, match=message) as caught:
        parse_auslan({"tctodd1/God-1": text(2), "tctodd1/God-2": bad}, "here")
    assert "God-2.tsd" in str(caught.value)


@pytest.mark.data
@pytest.mark.parametrize(("split", "n", "lengths"), [
    (None, 2565, (45, 55, 136)), ("train", 1140, (45, 54, 96)), ("test", 1425, (47, 57, 136)),
])
def test_facts(split, n, lengths):
    X, y = cached(split)
    found = X.groupby(level="instance").size()
    assert (len(found), len(y), X.shape[1]) == (n, n, 22)
    assert (found.min(), found.median(), found.max()) == lengths
    assert X.index.is_monotonic_increasing
    classes, counts = np.unique(y, return_counts=True)
    assert len(classes) == 95
    assert set(counts) == {n // 95}
    assert "not-my-problem" in classes
    sessions = {None: range(1, 10), "train": range(1, 5), "test": range(5, 10)}[split]
    group = groups_of("auslan")
    assert {group(i) for i in found.index} == {f"tctodd{number}" for number in sessions}


@pytest.mark.data
def test_hands():
    X, _ = cached("train")
    assert list(X.columns[[0, 10, 11, 21]]) == ["left_x", "left_little", "right_x", "right_little"]
    np.testing.assert_array_equal(X.loc[("tctodd1/God-1", 0)].to_numpy()[:3], [-0.064909, 0.034318, -0.043964])
