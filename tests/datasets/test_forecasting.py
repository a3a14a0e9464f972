import numpy as np
import pandas as pd
import pytest

from tsattn.datasets import load_ett, load_exchange_rate, load_m4, load_sml2010
from tsattn.datasets.forecasting import parse_ett, parse_exchange, parse_m4
from tsattn.datasets.sml2010 import parse_sml

NAMES = " ".join(f"{number}:c{number}" for number in range(3, 25))
SML = f"#  1:Date 2:Time {NAMES}\n" + "\n".join(
    f"13/03/2012 10:{minute:02d} " + " ".join(str(minute + column) for column in range(22)) for minute in (0, 15, 45))
ETT = ("date,HUFL,HULL,MUFL,MULL,LUFL,LULL,OT\n"
       "2016-07-01 00:00:00,1,2,3,4,5,6,7\n2016-07-01 01:00:00,8,9,10,11,12,13,14\n")


def test_the_hash_of_the_header_is_no_column():
    frame = parse_sml(SML.encode(), "f")
    assert frame.columns.tolist() == [f"c{number}" for number in range(3, 25)]
    assert frame["c3"].tolist() == [0, 15, 45]
    assert frame["c24"].tolist() == [21, 36, 66]


def test_days_come_before_months():
    frame = parse_sml(SML.replace("13/03", "04/03").encode(), "f")
    assert frame.index[0] == pd.Timestamp(2012, 3, 4, 10, 0)


def test_ett_has_its_frequency():
    frame = parse_ett(ETT.encode(), "f")
    assert frame.index.freqstr == "h"
    assert frame["OT"].tolist() == [7, 14]


def test_m4_drops_what_fills_a_line_up():
    found = parse_m4(b'"V1","V2","V3"\n"W1","1.5","2"\n"W2","3",""\n"W3","4",NA\n', "f")
    assert {name: values.tolist() for name, values in found.items()} == {"W1": [1.5, 2], "W2": [3], "W3": [4]}


@pytest.mark.parametrize(("parse", "text", "message"), [
    (parse_sml, SML.replace("# ", ""), "line 1: must be '#' and 24 names"),
    (parse_sml, SML.replace("13/03/2012 10:15", "13/14/2012 10:15"), "line 3: not a date of the form"),
    (parse_sml, SML.replace("10:15", "11:15"), "line 3: times must be 0:15:00 apart, got 1:15:00"),
    (parse_sml, SML + " 9", "line 4: a line must hold 22 numbers, got 23"),
    (parse_sml, SML + "\n13/03/2012 11:00", "line 5: a line must hold a date, a time and 22 numbers"),
    (parse_ett, ETT.replace("HUFL", "HULF"), "line 1: must be 'date,HUFL"),
    (parse_ett, ETT.replace("01:00:00", "02:00:00"), "line 3: times must be 1:00:00 apart, got 2:00:00"),
    (parse_ett, ETT.replace(",14", ""), "line 3: a line must hold 7 numbers, got 6"),
    (parse_exchange, "1,2,3,4,5,6,7,8\n1,2,3,x,5,6,7,8", "line 2: not a number: 'x'"),
    (parse_m4, '"V1","V2"\n"W1","1","x"', "line 2: not a number: 'x'"),
    (parse_m4, '"V1","V2"\n"W1","1","","2"', "line 2: not a number: ''"),
    (parse_m4, '"V1","V2"\n"W1","1"\n"W1","2"', "line 3: a line must hold a new name and its values, got 'W1'"),
    (parse_m4, '"V1","V2"\n"W1","1"x', "line 2: "),
])
def test_a_malformed_file_is_named_with_its_line(parse, text, message):
    with pytest.raises(ValueError, match=message) as caught:
        parse(text.encode(), "file.txt")
    assert str(caught.value).startswith("file.txt, line ")


@pytest.mark.data
def test_sml2010_facts():
    first, second = load_sml2010(return_type="df-list")
    assert (len(first), len(second), first.shape[1]) == (2764, 1373, 22)
    assert second.index[0] - first.index[-1] == pd.Timedelta(days=6, hours=17.5)
    assert first.index.freqstr == "15min"
    whole = load_sml2010(return_type="pd.DataFrame")
    # columns 19 to 21 of the file, which counts date and time
    assert [column for column in whole if whole[column].nunique() == 1] == list(whole.columns[[16, 17, 18]])
    assert whole.columns[0] == "Temperature_Comedor_Sensor"
    assert round(whole.iloc[:, :2].corr().iloc[0, 1], 3) == 0.995


@pytest.mark.data
def test_sml2010_lacks_two_rows_which_can_be_put_in():
    _, second = load_sml2010(return_type="df-list")
    _, filled = load_sml2010(return_type="df-list", regular=True)
    new = filled.index.difference(second.index)
    assert new.tolist() == [pd.Timestamp(2012, 5, 2, 3, 0), pd.Timestamp(2012, 5, 2, 4, 45)]
    assert filled.index.freqstr == "15min"
    around = second.loc[["2012-05-02 02:45", "2012-05-02 03:15"]]
    np.testing.assert_allclose(filled.loc[new[0]], around.mean())
    pd.testing.assert_frame_equal(filled.loc[second.index], second, check_freq=False)


@pytest.mark.data
def test_sml2010_splits_never_join_the_segments():
    train, test = load_sml2010("train"), load_sml2010("test")
    assert train.groupby(level="segment").size().to_dict() == {"2012-03": 2764, "2012-04": 836}
    assert test.groupby(level="segment").size().to_dict() == {"2012-04": 537}
    assert pd.concat([train, test]).equals(load_sml2010())
    assert load_sml2010(return_type="pd.DataFrame").index.freq is None


@pytest.mark.data
def test_ett_facts():
    whole = load_ett()
    assert whole.shape == (17420, 7)
    parts = [load_ett(part) for part in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [8640, 2880, 2880]
    assert pd.concat(parts).equals(whole.iloc[:14400])
    assert all(part.index.freqstr == "h" for part in parts)


@pytest.mark.data
def test_exchange_rate_facts():
    whole = load_exchange_rate()
    assert whole.shape == (7588, 8)
    parts = [load_exchange_rate(part) for part in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [5311, 760, 1517]
    assert pd.concat(parts).equals(whole)
    assert whole["japan"].iloc[0] == 0.006838


@pytest.mark.data
@pytest.mark.parametrize(("frequency", "n", "horizon"), [("hourly", 414, 48), ("weekly", 359, 13)])
def test_m4_facts(frequency, n, horizon):
    whole, train, test = (load_m4(frequency, split) for split in (None, "train", "test"))
    assert len(whole.index.unique("instance")) == n
    assert test.groupby(level="instance").size().eq(horizon).all()
    first = f"{frequency[0].upper()}1"
    assert test.loc[first].index[0] == train.loc[first].index[-1] + 1
    assert pd.concat([train.loc[first], test.loc[first]]).equals(whole.loc[first])
    assert load_m4(frequency, "test", "numpy3D").shape == (n, 1, horizon)
