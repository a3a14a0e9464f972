"""The scale of a run of rows, by hand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tsattn.transformations._scaling import measure, spread

STARTS = np.array([0, 3])
VALUES = np.array([[1.0], [3.0], [5.0], [2.0], [2.0]])


@pytest.mark.parametrize(("scaling", "centre", "scale"), [
    ("standard", [3, 2], [np.sqrt(8 / 3), 1]), ("series", [3, 2], [np.sqrt(8 / 3), 1]), ("minmax", [1, 2], [4, 1]),
    (None, [0, 0], [1, 1]),
])
def test_each_run_by_hand(scaling, centre, scale):
    found = measure(VALUES, STARTS, scaling)
    assert_allclose(found[0][:, 0], centre)
    assert_allclose(found[1][:, 0], scale)


@pytest.mark.parametrize("value", [0.1, -1e9, 3e-12])
@pytest.mark.parametrize("scaling", ["standard", "minmax"])
def test_rounding_counts_as_constant_and_no_more(value, scaling):
    rounded = value * (1 + np.finfo(float).eps * np.array([[0.0], [1.0], [-1.0], [2.0]]))
    assert np.ptp(rounded) > 0
    centre, scale = measure(rounded, np.array([0]), scaling)
    assert scale == 1
    assert centre == rounded.min()
    real = value * (1 + 1e-12 * np.array([[0.0], [1.0], [-1.0], [2.0]]))
    assert measure(real, np.array([0]), scaling)[1] < 1e-11 * abs(value)


def test_least_is_one_for_each_column():
    values = np.array([[0.0, 0.0], [2.0, 2.0]])
    assert_array_equal(spread(values, np.array([0]), "standard", np.array([1.0, 0.5]))[1], [[0, 1]])
