import lzma

import numpy as np
import pytest

from tsattn._checks import DatasetNotFoundError
from tsattn.datasets import load_ts
from tsattn.datasets._archive import CHECKSUMS
from tsattn.datasets.ts_files import parse_ts

HEADER = """# about: colons, @tags in comments
@problemName Made
@timeStamps false
@univariate false
@equalLength false
@classLabel true up down
@data
"""


def test_variates_steps_and_labels():
    blocks, labels = parse_ts((HEADER + "1,2,3:4,5,6.5:up\n\n7,?:NaN,-8e1:down").encode(), "f")
    np.testing.assert_array_equal(blocks[0], [[1, 4], [2, 5], [3, 6.5]])
    np.testing.assert_array_equal(blocks[1], [[7, np.nan], [np.nan, -80]])
    assert labels == ["up", "down"]


def test_targets_of_a_regression_are_numbers():
    header = "@timeStamps false\n@targetLabel true\n@data\n"
    assert parse_ts((header + "1,2:0.25\n3:-4").encode(), "f")[1] == [0.25, -4.0]


@pytest.mark.parametrize(("text", "message"), [
    (HEADER + "1,2:3,4:up\n1,2:3:up", r"line 9: variates must be equally long, got lengths \[1, 2\]"),
    (HEADER + "1,2:3,4:up\n1,2:up", "line 9: a series must have 2 variates, got 1"),
    (HEADER + "1,2:left", r"line 8: the label must be one of \['up', 'down'\], got 'left'"),
    (HEADER + "1,2.2.2:up", r"line 8: not a number: '2\.2\.2'"),
    (HEADER + "1,1_0:up", "line 8: not a number: '1_0'"),
    (HEADER + "1,inf:up", "line 8: a value must be finite, got 'inf'"),
    (HEADER + "1,,2:up", "line 8: not a number: ''"),
    (HEADER + "1 2", "line 8: a line must hold values, a colon and a label"),
    (HEADER, "line 8: no series after @data"),
    (HEADER.replace("@data\n", "1,2:up"), "line 7: a tag must stand here, before @data, got '1,2:up'"),
    (HEADER.replace("@data\n", ""), "no @data"),
    (HEADER.replace("@timeStamps false", "@timeStamps true"), "line 3: series with time stamps are not read"),
    (HEADER.replace("@timeStamps false", "@timeStamps a"), "line 3: @timestamps must be true or false, got 'a'"),
    (HEADER.replace("@classLabel true up down", "@classLabel false"), "line 7: the series have no labels"),
    (HEADER.replace("@equalLength false", "@equalLength true") + "1,2:up\n1:up", "line 9: a series must have 2 steps"),
    (HEADER.replace("@univariate false", "@dimensions 3") + "1:2:up", "line 8: a series must have 3 variates, got 2"),
    (HEADER.replace("@univariate false", "@seriesLength x"), "line 4: @serieslength must be a whole number, got 'x'"),
])
def test_a_malformed_file_is_named_with_its_line(text, message):
    with pytest.raises(ValueError, match=message) as caught:
        parse_ts(text.encode(), "Made_TRAIN.ts")
    assert str(caught.value).startswith("Made_TRAIN.ts, line ")


def test_a_problem_of_ones_own_is_found_by_name(no_data):
    data, cache = no_data
    for folder, part, row in ((data, "TRAIN", "1,2:up\n3:down"), (cache, "TEST", "4,5,6:up")):
        file = folder / "ucr" / "Made" / f"Made_{part}.ts.xz"
        file.parent.mkdir(parents=True)
        file.write_bytes(lzma.compress((HEADER + row).encode()))
    X, y = load_ts("Made")
    assert X.index.tolist() == [("train/0000", 0), ("train/0000", 1), ("train/0001", 0),
                                ("test/0000", 0), ("test/0000", 1), ("test/0000", 2)]
    assert X["dim_0"].tolist() == [1, 2, 3, 4, 5, 6]
    assert y.tolist() == ["up", "down", "up"]


@pytest.mark.parametrize("name", ["", "../etc/passwd", "a/b", "a.b", None, 3])
def test_a_name_is_no_path(name):
    with pytest.raises(ValueError, match="name must be a problem's name"):
        load_ts(name)


def test_an_unknown_problem_is_not_downloaded(no_data):
    with pytest.raises(DatasetNotFoundError, match=r"'uea/Nothing/Nothing_TRAIN\.ts' is not on this machine, and it is "
                                                   "not downloaded, because no checksum is known"):
        load_ts("Nothing", "train")


@pytest.mark.data
@pytest.mark.parametrize(("name", "parts", "n_variates", "lengths", "n_classes"), [
    ("ArticularyWordRecognition", (275, 300), 9, (144, 144), 25),
    ("Epilepsy", (137, 138), 3, (206, 206), 4),
    ("Handwriting", (150, 850), 3, (152, 152), 26),
    ("NATOPS", (180, 180), 24, (51, 51), 6),
    ("RacketSports", (151, 152), 6, (30, 30), 4),
    ("UWaveGestureLibrary", (120, 320), 3, (315, 315), 8),
    ("CBF", (30, 900), 1, (128, 128), 3),
    ("Coffee", (28, 28), 1, (286, 286), 2),
    ("ECG200", (100, 100), 1, (96, 96), 2),
    ("FaceFour", (24, 88), 1, (350, 350), 4),
    ("GesturePebbleZ1", (132, 172), 1, (100, 455), 6),
    ("GunPoint", (50, 150), 1, (150, 150), 2),
    ("Lightning7", (70, 73), 1, (319, 319), 7),
    ("OSULeaf", (200, 242), 1, (427, 427), 6),
    ("PickupGestureWiimoteZ", (50, 50), 1, (29, 361), 10),
    ("SwedishLeaf", (500, 625), 1, (128, 128), 15),
    ("Trace", (100, 100), 1, (275, 275), 4),
    ("TwoLeadECG", (23, 1139), 1, (82, 82), 2),
])
def test_facts(name, parts, n_variates, lengths, n_classes):
    X, y = load_ts(name)
    found = X.groupby(level="instance", sort=False).size()
    assert (len(found), X.shape[1], len(set(y))) == (sum(parts), n_variates, n_classes)
    assert (found.min(), found.max()) == lengths
    assert (found.index.str.startswith("train/").sum(), len(y)) == (parts[0], sum(parts))
    assert f"uea/{name}" in CHECKSUMS or f"ucr/{name}" in CHECKSUMS
    assert not X.isna().any(axis=None)


@pytest.mark.data
def test_sktime_reads_the_same_values(tmp_path):
    from sktime.datasets import load_from_tsfile

    from tsattn.datasets._sources import find, read

    file = tmp_path / "made.ts"
    file.write_bytes(read(find("uea/RacketSports/RacketSports_TEST.ts")))
    expected, labels = load_from_tsfile(str(file), return_data_type="numpy3d")
    X, y = load_ts("RacketSports", "test", return_type="numpy3D")
    np.testing.assert_array_equal(X, expected)
    assert [label.lower() for label in y] == list(labels)  # sktime lowers them
