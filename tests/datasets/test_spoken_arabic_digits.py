import functools
import hashlib

import numpy as np
import pytest

from tsattn.datasets import groups_of, load_spoken_arabic_digits
from tsattn.datasets.spoken_arabic_digits import parse_digits

ROW = " ".join(str(number / 4) for number in range(13))
cached = functools.cache(load_spoken_arabic_digits)  # read once; the tests leave the frames as they are


@pytest.mark.parametrize("ending", ["", "\n", "\n   \n", "\n\n\n"])
def test_the_last_block_counts_whatever_follows_it(ending):
    content = f"            \n{ROW}\n{ROW}\n  \n{ROW}\n\n{ROW}\n{ROW}\n{ROW}{ending}"
    assert [len(block) for block in parse_digits(content.encode(), "here")] == [2, 1, 3]


def test_line_ends_of_windows_are_read_alike():
    content = f"\n{ROW}\n{ROW}\n\n{ROW}\n"
    unix = parse_digits(content.encode(), "here")
    windows = parse_digits(content.replace("\n", "\r\n").encode(), "here")
    assert [block.tolist() for block in unix] == [block.tolist() for block in windows]


def test_the_line_of_an_error_counts_blank_lines():
    with pytest.raises(ValueError, match=r"digits\.txt, line 4: not a number: '1\.2\.3'"):
        parse_digits(f"\n{ROW}\n\n{ROW.replace('0.25', '1.2.3')}\n".encode(), "digits.txt")


def test_a_missing_block_is_an_error(no_data):
    data, _ = no_data
    (data / "spoken_arabic_digits").mkdir(parents=True)
    (data / "spoken_arabic_digits" / "Test_Arabic_Digit.txt").write_text(f"\n{ROW}\n")
    with pytest.raises(ValueError, match="must hold 2200 blocks, got 1"):
        load_spoken_arabic_digits("test")


@pytest.mark.data
@pytest.mark.parametrize(("split", "n", "lengths"), [
    (None, 8800, (4, 39, 93)), ("train", 6600, (4, 39, 93)), ("test", 2200, (7, 39, 83)),
])
def test_facts(split, n, lengths):
    X, y = cached(split)
    found = X.groupby(level="instance").size()
    assert (len(found), len(y), X.shape[1]) == (n, n, 13)
    assert (found.min(), found.median(), found.max()) == lengths
    assert X.index.is_monotonic_increasing
    classes, counts = np.unique(y, return_counts=True)
    assert classes.tolist() == list("0123456789")
    assert set(counts) == {n // 10}
    group = groups_of("spoken_arabic_digits")
    speakers = {None: range(88), "train": range(66), "test": range(66, 88)}[split]
    assert {group(i) for i in found.index} == {f"s{number:02d}" for number in speakers}


@pytest.mark.data
def test_the_digit_and_the_speaker_follow_from_the_block():
    X, _ = cached("train")
    # the file begins with digit 0, speaker 0; its block 660 begins digit 1; its block 10 speaker 1
    assert X.loc[("s00/d0/0", 0)].iloc[0] == -0.81101
    assert len(X.loc["s00/d0/0"]) == 38


@pytest.mark.data
def test_duplicates():
    X, _ = cached()
    ends = X.groupby(level="instance", sort=False).size().cumsum()
    values = X.to_numpy()
    parts = {"train": [], "test": []}
    for instance, begin, end in zip(ends.index, [0, *ends[:-1]], ends, strict=True):
        parts["train" if instance < "s66" else "test"].append(hashlib.sha256(values[begin:end].tobytes()).digest())
    assert sum(len(part) - len(set(part)) for part in parts.values()) == 107
    assert not set(parts["train"]) & set(parts["test"])
