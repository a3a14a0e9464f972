"""Labels of rows and columns as JSON: what is read is what was written, in kind and value, and nothing else is read."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from tsattn._values import Reader, Writer

HOLIDAYS = pd.offsets.CustomBusinessDay(holidays=["2001-01-03"])
DAYS = pd.period_range("2021-01-01", periods=5, freq="D", name="day")
INDEXES = [
    pd.RangeIndex(3, 30, 9, name="step"), pd.RangeIndex(0), pd.Index([1, 5, 3]), pd.Index(np.array([1, 2], np.int8)),
    pd.Index([1.5, np.nan]), pd.Index([True, False]), pd.Index(["a", "b"], name=("x", 1)),
    pd.Index(["a", None], dtype="str"), pd.Index([], dtype="str"),
    pd.Index(["a", None, ("x", 1), 3, 0.5], dtype=object, tupleize_cols=False),
    pd.Index([("a", 1), ("b", 2)], tupleize_cols=False), pd.Index(["a", "b"], dtype="string"),
    pd.CategoricalIndex(["a", "b", "a"], ["b", "a"], ordered=True, name="c"),
    DAYS, pd.period_range("2001-01", periods=5, freq="Q-NOV"), pd.period_range("2001-01", periods=5, freq="15min"),
    pd.date_range("2001", periods=5, freq="MS", tz="Europe/Berlin"),
    pd.date_range("2001", periods=5, freq="h", tz="UTC"),
    pd.date_range("2001", periods=5, freq="QS-FEB", name="q").as_unit("ns"), pd.DatetimeIndex(["2001", "2003", "2002"]),
    pd.date_range("2001", periods=5, freq="B"), pd.to_timedelta([1, 5], unit="D"),
    pd.timedelta_range("1D", periods=4, freq="2h", name="after"),
    pd.MultiIndex.from_product([["a", "b"], [3, 1], DAYS], names=["x", None, "day"]),
    pd.MultiIndex.from_arrays([pd.CategoricalIndex(["a", "b"]), pd.date_range("2001", periods=2, freq="D", tz="UTC")]),
]


def there_and_back(value):
    writer = Writer()
    node = json.loads(json.dumps(writer.node(value, "it"), sort_keys=True))
    reader = Reader({**writer.tensors, "rows": np.zeros(9)})  # a range is as long as there are rows, at most
    found = reader.node(node)
    assert [*reader.unread] == ["rows"]
    return found


@pytest.mark.parametrize("index", INDEXES, ids=lambda index: f"{type(index).__name__}-{getattr(index, 'dtype', '')}")
def test_an_index_is_read_as_it_was(index):
    found = there_and_back(index)
    pd.testing.assert_index_equal(found, index, exact=True)
    assert list(map(type, found)) == list(map(type, index))
    assert getattr(found, "freq", None) == getattr(index, "freq", None)
    for one, other in zip(getattr(found, "levels", []), getattr(index, "levels", []), strict=True):
        pd.testing.assert_index_equal(one, other, exact=True)


def test_labels_that_no_row_has_are_not_written():
    index = pd.MultiIndex.from_product([["a", "secret"], [1, 2]])[:2]
    assert there_and_back(index).equals(index)
    assert there_and_back(index).levels[0].tolist() == ["a"]


def test_text_of_numpys_is_text():
    assert there_and_back(np.str_("a")) == "a"
    assert there_and_back((np.str_("a"), [1])) == ("a", [1])


@pytest.mark.parametrize("frame", [
    pd.DataFrame({"a": [1.0, 2.0]}, index=[1, 0]), pd.DataFrame({1: [1.0]}), pd.DataFrame({("a", "b"): [1.0]}),
])
def test_a_table_that_would_lose_labels_is_refused(frame):
    with pytest.raises(TypeError, match="it cannot be saved: a table must have text over its columns"):
        Writer().node(frame, "it")
    assert there_and_back(pd.DataFrame({"a": [1.0, 2.0]})).equals(pd.DataFrame({"a": [1.0, 2.0]}))


def test_tensors_and_arrays_keep_their_kind():
    for value in (torch.arange(6.0).view(2, 3).T, np.arange(6).reshape(2, 3).T):
        found = there_and_back(value)
        assert type(found) is type(value)
        assert found.dtype == value.dtype
        assert (found == value).all()


@pytest.mark.parametrize(("index", "message"), [
    (pd.Index([1, None], dtype="Int64"), "labels are of Int64; convert them to .* such as int64"),
    (pd.date_range("2001", periods=3, freq=HOLIDAYS), "its frequency .*has no name"),
    (pd.date_range("2001", periods=3, tz="+01:00"), "has no name; convert it to UTC first"),
])
def test_what_a_name_does_not_tell_is_refused(index, message):
    with pytest.raises(TypeError, match=f"it cannot be saved.*{message}"):
        Writer().node(index, "it")


@pytest.mark.parametrize("node", [
    {"range": [0, 10**12, 1], "name": None}, {"range": [0, 2, 1]}, {"range": "012", "name": None},
    {"periods": "a", "freq": "os.system", "name": None}, {"periods": "b", "freq": "D", "name": None},
    {"times": "/etc/localtime", "since": "a", "unit": "us", "freq": None, "name": None},
    {"times": "../zoneinfo/UTC", "since": "a", "unit": "us", "freq": None, "name": None},
    {"times": "dateutil//etc/localtime", "since": "a", "unit": "us", "freq": None, "name": None},
    {"times": None, "since": "a", "unit": "years", "freq": None, "name": None},
    {"times": None, "since": "a", "unit": "us", "freq": "D", "name": None},
    {"index": ["a"], "dtype": "category", "name": None}, {"index": ["a"], "dtype": "str", "more": 1, "name": None},
    {"levels": [{"numbers": "a", "name": None}], "codes": [{"array": "a"}], "names": [None]},
    {"categories": {"index": ["a"], "dtype": "str", "name": None}, "codes": "a", "ordered": False, "name": None},
    {"tensor": "b"}, {"tensor": "a", "more": 1}, {"of": []}, {},
], ids=str)
def test_p41_p44_made_up_labels_are_refused(node):
    with pytest.raises((ValueError, TypeError, KeyError, StopIteration)):
        Reader({"a": np.array([5, 1])}).node(node)
