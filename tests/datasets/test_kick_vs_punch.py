import io
import os
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from tsattn.datasets import load_kick_vs_punch
from tsattn.datasets._mat import read_variable
from tsattn.datasets.kick_vs_punch import parse_mat


def saved(compressed=False, **variables):
    file = io.BytesIO()
    savemat(file, variables, do_compression=compressed)
    return file.getvalue()


def cells(rows):
    array = np.empty((len(rows), len(rows[0])), dtype=object)
    for index in np.ndindex(array.shape):
        array[index] = rows[index[0]][index[1]]
    return array


@pytest.mark.parametrize("compressed", [False, True])
def test_cells_numbers_and_texts_are_read_as_they_were_saved(compressed):
    numbers = np.arange(35.0).reshape(5, 7) / 3
    content = saved(compressed, other=np.ones(3), data=cells([[numbers, "long"], [np.empty((0, 0)), "é"]]))
    found = read_variable(content, "data")
    assert found.shape == (2, 2)
    np.testing.assert_array_equal(found[0, 0], numbers)
    assert found[1, 0].size == 0
    assert found[:, 1].tolist() == ["long", "é"]


@pytest.mark.parametrize(("content", "message"), [
    (b"MATLAB 7.3 MAT-file", "not a MATLAB 5 file"),
    (saved(other=np.ones(3)), "no variable 'data' in the file"),
    (saved(data=np.ones((2, 1)) * 1j), "array of class 6 and shape"),
    (saved(data={"field": 1.0}), "array of class 2 and shape"),
    (saved(data=np.ones((2, 1))), r"must be a cell array of shape \(2, 1\), got shape \(2, 1\) of float64"),
    (saved(data=cells([[np.ones((3, 2))], [np.ones((3, 2))]])), r"data\{1\} must be a cell array of shape \(n, 2\)"),
    (saved(data=cells([[cells([[np.ones((3, 5)), "1"]])]] * 2)), r"a clip must be real and of shape \(steps, 62\)"),
    (saved(data=cells([[cells([[np.ones((3, 62)), "kick"]])]] * 2)), "a label must be '1' or '2', got 'kick'"),
    (saved(data=cells([[cells([[np.full((3, 62), np.nan), "1"]])]] * 2)), "a value must be finite"),
])
def test_another_layout_is_refused(content, message):
    with pytest.raises(ValueError, match=message) as caught:
        parse_mat(content, "file.mat")
    assert str(caught.value).startswith("file.mat: ")


@pytest.mark.data
def test_facts():
    X, y = load_kick_vs_punch()
    found = X.groupby(level="instance", sort=False).size()
    assert (len(found), X.shape[1]) == (26, 62)
    assert (found.min(), found.median(), found.max()) == (274, 372.5, 841)
    assert sorted(set(y)) == ["1", "2"]
    assert len(load_kick_vs_punch("train")[1]) == 16
    assert len(load_kick_vs_punch("test")[1]) == 10


@pytest.mark.data
def test_the_reader_agrees_with_scipy():
    path = Path(os.environ["TSATTN_DATA"]) / "kick_vs_punch" / "KickVsPunch.mat"
    expected = loadmat(path)["data"]
    for part, clips in enumerate(parse_mat(path.read_bytes(), "file.mat")):
        assert len(clips) == len(expected[part, 0])
        for (values, label), (true_values, true_label) in zip(clips, expected[part, 0], strict=True):
            np.testing.assert_array_equal(values, true_values)
            assert label == true_label[0]
