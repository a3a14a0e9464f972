import numpy as np
import pandas as pd
import pytest
from sktime.datatypes import check_is_mtype

from tsattn.datasets._containers import RETURN_TYPES, Labelled

FIRST = np.arange(6.0).reshape(3, 2)
EQUAL = Labelled.join(["b", "a"], [FIRST, np.arange(6, 12.0).reshape(3, 2)], ["u", "v"], ["x", "y"])
UNEQUAL = Labelled.join(["b", "a"], [FIRST, np.arange(6, 16.0).reshape(5, 2)], ["u", "v"], ["x", "y"])


@pytest.mark.parametrize("return_type", RETURN_TYPES)
def test_sktime_takes_the_containers(return_type):
    X, y = EQUAL.deliver(True, return_type)
    assert check_is_mtype(X, return_type, scitype="Panel", return_metadata=True)[0]
    assert y.tolist() == ["x", "y"]


def test_series_keep_their_order_and_columns():
    X, _ = UNEQUAL.deliver(True, None)
    assert X.index.names == ["instance", "time"]
    assert X.index.tolist() == [("b", 0), ("b", 1), ("b", 2), ("a", 0), ("a", 1), ("a", 2), ("a", 3), ("a", 4)]
    np.testing.assert_array_equal(X.to_numpy(), np.arange(16.0).reshape(8, 2))
    assert list(X) == ["u", "v"]
    cube, _ = EQUAL.deliver(True, "numpy3D")
    np.testing.assert_array_equal(cube[1, 0], [6, 8, 10])
    frames, _ = UNEQUAL.deliver(True, "df-list")
    pd.testing.assert_frame_equal(frames[1], X.loc["a"], check_names=False)
    nested, _ = UNEQUAL.deliver(True, "nested_univ")
    assert nested["v"].iloc[0].tolist() == [1, 3, 5]


def test_times_may_begin_later():
    X, _ = UNEQUAL.deliver(True, None, starts=[11, 7])
    assert X.index.get_level_values("time").tolist() == [11, 12, 13, 7, 8, 9, 10, 11]


def test_unequal_lengths_have_no_cube():
    with pytest.raises(ValueError, match="one length, and these have 3 to 5 steps; use return_type='pd-multiindex'"):
        UNEQUAL.deliver(True, "numpy3D")


def test_labels_within_x():
    assert UNEQUAL.deliver(False, None)["class_val"].tolist() == ["x"] * 3 + ["y"] * 5
    assert EQUAL.deliver(False, "df-list")[1]["class_val"].tolist() == ["y"] * 3
    assert EQUAL.deliver(False, "nested_univ")["class_val"].tolist() == ["x", "y"]
    with pytest.raises(ValueError, match="return_X_y=False needs a container with columns"):
        EQUAL.deliver(False, "numpy3D")


def test_an_unknown_container_is_refused():
    with pytest.raises(ValueError, match="unknown return_type 'numpy2D'; choose one of 'pd-multiindex', 'numpy3D'"):
        EQUAL.deliver(True, "numpy2D")
