import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsattn._panel import Panel

RNG = np.random.default_rng(7)


def panel_frame(lengths, n_columns=3, ids=None):
    """A panel of given lengths whose values count 0, 1, 2, ... down the rows, 1000 more a column."""
    ids = list(range(len(lengths))) if ids is None else ids
    index = pd.MultiIndex.from_tuples(
        [(name, t) for name, length in zip(ids, lengths, strict=True) for t in range(length)], names=["who", "when"])
    values = np.arange(len(index))[:, None] + 1000.0 * np.arange(n_columns)
    return pd.DataFrame(values, index=index, columns=[f"v{i}" for i in range(n_columns)])


def test_order_of_first_appearance_is_kept():
    X = panel_frame([2, 3, 1], ids=["c", "a", "b"])
    panel = Panel.from_sktime(X)
    assert panel.ids.tolist() == ["c", "a", "b"]
    assert panel.ids.name == "who"
    assert panel.lengths.tolist() == [2, 3, 1]
    assert panel.offsets.tolist() == [0, 2, 5, 6]
    assert panel.instance.tolist() == [0, 0, 1, 1, 1, 2]
    assert panel.values[:, 0].tolist() == [0, 1, 2, 3, 4, 5]


def test_interleaved_rows_are_brought_together_and_given_back_in_their_places():
    X = panel_frame([2, 3, 2], ids=["c", "a", "b"]).iloc[[2, 0, 5, 3, 1, 4, 6]]
    panel = Panel.from_sktime(X)
    assert panel.ids.tolist() == ["a", "c", "b"]
    assert panel.values[:, 0].tolist() == [2, 3, 4, 0, 1, 5, 6]
    pd.testing.assert_frame_equal(panel.frame(panel.values, panel.columns), X)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=30))
def test_any_row_order_comes_back(pairs):
    index = pd.MultiIndex.from_arrays([[a for a, _ in pairs], [b for _, b in pairs], range(len(pairs))])
    X = pd.DataFrame({"x": np.arange(len(pairs), dtype=float)}, index=index)
    panel = Panel.from_sktime(X)
    seen = list(dict.fromkeys(pairs))
    assert panel.ids.tolist() == seen
    for i, key in enumerate(seen):
        rows = [k for k, pair in enumerate(pairs) if pair == key]
        assert panel.values[panel.offsets[i]:panel.offsets[i + 1], 0].tolist() == rows
    pd.testing.assert_frame_equal(panel.frame(panel.values, panel.columns), X)


def test_hierarchical_ids_keep_every_level_above_time():
    X = pd.concat({"north": panel_frame([2, 3]), "south": panel_frame([4])}, names=["region"])
    panel = Panel.from_sktime(X)
    assert panel.ids.tolist() == [("north", 0), ("north", 1), ("south", 0)]
    assert panel.ids.names == ["region", "who"]
    assert panel.lengths.tolist() == [2, 3, 4]


def test_one_name_in_two_branches_is_two_series():
    X = pd.concat({"a": panel_frame([2]), "b": panel_frame([2])})
    assert Panel.from_sktime(X).n == 2


def test_a_data_frame_is_one_series():
    X = pd.DataFrame({"x": [1, 2, 3]}, index=pd.date_range("2024-01-01", periods=3))
    panel = Panel.from_sktime(X)
    assert panel.n == 1
    assert panel.values.tolist() == [[1.0], [2.0], [3.0]]
    pd.testing.assert_frame_equal(panel.frame(panel.values, ["x"]), X.astype(float), check_freq=False)


def test_an_array_is_instances_channels_time():
    X = np.arange(2 * 3 * 5).reshape(2, 3, 5)
    panel = Panel.from_sktime(X)
    assert panel.columns == [0, 1, 2]
    assert panel.lengths.tolist() == [5, 5]
    np.testing.assert_array_equal(panel.stack([0, 1]), X)
    frame = panel.frame(panel.values, ["a", "b", "c"])
    assert frame.loc[(1, 4), "b"] == X[1, 1, 4]


def test_stack_takes_series_of_one_length_in_the_order_asked():
    panel = Panel.from_sktime(panel_frame([2, 5, 2], n_columns=2))
    np.testing.assert_array_equal(panel.stack([2, 0]), [[[7, 8], [1007, 1008]], [[0, 1], [1000, 1001]]])
    with pytest.raises(ValueError, match=r"one length to be stacked, got \[2, 5\]; use by_length"):
        panel.stack()


def test_by_length_visits_each_row_once():
    lengths = [3, 5, 3, 1, 5, 2]
    panel = Panel.from_sktime(panel_frame(lengths))
    visits = np.zeros(sum(lengths), int)
    for positions, rows in panel.by_length():
        assert rows.shape == (len(positions), lengths[positions[0]])
        np.testing.assert_array_equal(panel.instance[rows], np.repeat(positions[:, None], rows.shape[1], axis=1))
        visits[rows] += 1
    assert (visits == 1).all()


def test_gaps_are_filled_on_a_line_inside_one_series_only():
    nan = np.nan
    X = pd.DataFrame(
        {"x": [nan, 1, nan, nan, 4, nan, 10, nan, 14], "y": [0, 1, 2, 3, 4, 5, nan, nan, nan]},
        index=pd.MultiIndex.from_tuples([("a", t) for t in range(6)] + [("b", t) for t in range(3)]))
    filled = Panel.from_sktime(X).interpolated().values
    assert filled[:, 0].tolist() == [1, 1, 2, 3, 4, 4, 10, 12, 14]
    assert filled[:, 1].tolist() == [0, 1, 2, 3, 4, 5, 0, 0, 0]


def test_a_panel_without_gaps_is_handed_back():
    panel = Panel.from_sktime(panel_frame([3]))
    assert panel.interpolated() is panel


def test_nullable_columns_turn_na_into_nan():
    X = pd.DataFrame({"x": pd.array([1.5, pd.NA], dtype="Float64"), "y": pd.array([True, pd.NA], dtype="boolean"),
                      "z": [1, 2]})
    np.testing.assert_array_equal(Panel.from_sktime(X).values, [[1.5, 1, 1], [np.nan, np.nan, 2]])


def test_p09_the_first_gap_is_named():
    X = panel_frame([5, 7], ids=["left", "right"])
    X.iloc[5 + 3, 2] = np.nan
    X.iloc[5 + 4, 0] = np.nan
    panel = Panel.from_sktime(X)
    with pytest.raises(ValueError, match=r"NaN, found one in instance 'right', column 'v2', position 3; fill"):
        panel.check_finite()
    panel.check_finite(missing="allow")


@pytest.mark.parametrize("missing", ["raise", "allow"])
@pytest.mark.parametrize(("bad", "word"), [(np.inf, "infinity"), (-np.inf, "infinity"), (1e38, "overflow"),
                                           (-2e19, "overflow")])
def test_p10_infinity_and_overflow_always_raise(missing, bad, word):
    X = panel_frame([5, 7])
    X.iloc[5 + 6, 1] = bad
    X.iloc[5, 1] = np.nan if missing == "allow" else 0
    with pytest.raises(ValueError, match=rf"{word}.*instance 1, column 'v1', position 6"):
        Panel.from_sktime(X).check_finite(missing)


def test_p23_large_values_short_of_overflow_pass():
    Panel.from_sktime(panel_frame([5]) * 1e12).check_finite()
    Panel.from_sktime(panel_frame([5]) * 0 + 1.8e19).check_finite()


@pytest.mark.parametrize("shape", [(0, 3, 5), (2, 0, 5), (2, 3, 0)])
def test_p12_empty_arrays_say_the_shape_and_the_minimum(shape):
    with pytest.raises(ValueError, match=rf"at least 1 instance, 1 channel and 1 time point, got shape "
                                         rf"{re.escape(str(shape))}"):
        Panel.from_sktime(np.empty(shape))


def test_p12_empty_frames_say_the_shape_and_the_minimum():
    X = panel_frame([3, 2])
    with pytest.raises(ValueError, match=r"at least 1 row and 1 column, got shape \(0, 3\)"):
        Panel.from_sktime(X.iloc[:0])
    with pytest.raises(ValueError, match=r"at least 1 row and 1 column, got shape \(5, 0\)"):
        Panel.from_sktime(X[[]])


def test_p19_read_only_memory_is_read_and_left_alone():
    X = np.arange(30.0).reshape(2, 3, 5)
    X[0, 1, 2] = np.nan
    X.setflags(write=False)
    panel = Panel.from_sktime(X)
    panel.check_finite("allow")
    assert panel.interpolated().stack()[0, 1, 2] == 7
    assert np.isnan(X[0, 1, 2])


@pytest.mark.parametrize("remake", [
    np.asfortranarray, lambda X: np.repeat(X, 2, axis=2)[:, :, ::2], lambda X: X[::-1].copy()[::-1],
    lambda X: X.astype(">f8"), lambda X: X.astype("f2"), lambda X: X.astype("f4"), lambda X: X.astype("i8"),
    lambda X: X.astype("u1"),
], ids=["fortran", "strided", "negative", "big-endian", "float16", "float32", "int64", "uint8"])
def test_p20_the_layout_does_not_matter(remake):
    X = np.arange(2 * 3 * 5, dtype=float).reshape(2, 3, 5)
    panel = Panel.from_sktime(remake(X))
    assert panel.values.dtype == np.float64
    np.testing.assert_array_equal(panel.stack(), X)


@pytest.mark.parametrize("X", [
    np.zeros((2, 3, 5), complex), np.zeros((2, 3, 5), object), np.zeros((2, 5)), [[1.0, 2.0]],
    pd.DataFrame({"x": [1j, 2j]}), pd.DataFrame({"x": ["1", "2"]}), pd.DataFrame({"x": pd.Categorical([1, 2])}),
    pd.DataFrame({"x": pd.date_range("2024", periods=2)}), pd.DataFrame({"x": np.array([1.0, "a"], object)}),
], ids=["complex", "object", "2-D", "list", "complex column", "text", "category", "dates", "object column"])
def test_p21_other_containers_and_dtypes_are_refused_by_name(X):
    with pytest.raises(TypeError, match="must be a pandas DataFrame with numeric columns"):
        Panel.from_sktime(X)


def test_p22_columns_are_compared_by_name_and_order():
    panel = Panel.from_sktime(panel_frame([3], n_columns=2))
    panel.check_columns(["v0", "v1"])
    for expected in (["v1", "v0"], ["v0"], ["v0", "v1", "v2"]):
        with pytest.raises(ValueError, match=rf"{re.escape(str(expected))}.*got 2: \['v0', 'v1'\]"):
            panel.check_columns(expected)


@pytest.mark.parametrize(("seen", "given"), [
    ([0, 1], [1, 0]), ([0, 1], [3, 7]), ([0, 1], ["u", "v"]), (["u", "v"], [0, 1]), (["u", "v"], [1, 0]), ([0, 1], [0]),
    (["0", "1"], [0, 1]),
])
def test_p22_whole_numbers_are_names_like_others(seen, given):
    X = panel_frame([3, 2], n_columns=len(given)).set_axis(given, axis=1)
    with pytest.raises(ValueError, match=rf"seen in fit, {re.escape(str(seen))}.*got {len(given)}: "):
        Panel.from_sktime(X).check_columns(seen)
    Panel.from_sktime(X).check_columns(given)


def test_p22_turned_round_a_frame_without_names_has_them():
    X = pd.DataFrame(np.zeros((3, 2)))
    assert isinstance(X.iloc[:, ::-1].columns, pd.RangeIndex)
    for turned in (X[[1, 0]], X.iloc[:, ::-1]):
        with pytest.raises(ValueError, match=r"got 2: \[1, 0\]"):
            Panel.from_sktime(turned).check_columns([0, 1])


def test_p22_of_arrays_only_the_number_of_columns_counts():
    for unnamed in (np.zeros((1, 2, 3)), pd.DataFrame(np.zeros((3, 2)))):  # the second is what sktime makes of 2-D ones
        Panel.from_sktime(unnamed).check_columns(["v0", "v1"])
        with pytest.raises(ValueError, match="3 columns seen in fit"):
            Panel.from_sktime(unnamed).check_columns([0, 1, 2])


def test_groups_can_be_cut_but_never_a_series():
    panel = Panel.from_sktime(panel_frame([3, 11, 3, 3, 11]))
    groups = [positions.tolist() for positions, _ in panel.by_length(max_rows=7)]
    assert groups == [[0, 2], [3], [1], [4]]


def test_labels_are_those_of_the_input_rows():
    X = panel_frame([2, 3], n_columns=1).rename(index={0: 10, 1: 11, 2: 12}, level=1)
    panel = Panel.from_sktime(X)
    assert panel.labels(np.array([1, 0]), np.array([2, 1])).tolist() == [12, 11]
    woven = Panel.from_sktime(X.sort_index(level=1, kind="stable"))
    assert woven.labels(np.array([1, 0]), np.array([2, 1])).tolist() == [12, 11]
    assert Panel.from_sktime(np.zeros((2, 1, 5))).labels(np.array([1, 0]), np.array([2, 4])).tolist() == [2, 4]


@pytest.mark.parametrize(("index", "even"), [
    (pd.RangeIndex(5, 40, 7), True), (pd.Index([0, 1, 2, 4]), False), (pd.Index([0.1, 0.2, 0.3, 0.4]), True),
    (pd.date_range("2024-01-31", periods=5, freq="ME"), True), (pd.date_range("2024", periods=5, freq="D"), True),
    (pd.DatetimeIndex(["2024-01-01", "2024-01-02", "2024-01-04"]), False),
    (pd.period_range("2024-01", periods=5, freq="M"), True),
    (pd.PeriodIndex(["2024-01", "2024-02", "2024-04"], freq="M"), False),
    (pd.timedelta_range("1h", periods=5, freq="h"), True),
])
def test_even_steps(index, even):
    assert Panel.from_sktime(pd.DataFrame({"x": range(len(index))}, index=index, dtype=float)).has_even_steps() is even


def test_steps_between_series_do_not_count_but_series_share_one_step():
    assert Panel.from_sktime(panel_frame([3, 5])).has_even_steps()
    X = panel_frame([3, 3], n_columns=1)
    X.index = pd.MultiIndex.from_tuples([(0, 0), (0, 1), (0, 2), (1, 0), (1, 2), (1, 4)])
    assert not Panel.from_sktime(X).has_even_steps()


def dated(*series):
    index = pd.MultiIndex.from_tuples([(i, time) for i, times in enumerate(series) for time in times])
    return Panel.from_sktime(pd.DataFrame({"x": np.zeros(len(index))}, index=index))


def test_series_of_months_may_begin_anywhere():
    def months(start, periods, freq="MS"):
        return pd.date_range(start, periods=periods, freq=freq)

    assert dated(months("2020-01-01", 5), months("2023-07-01", 7)).has_even_steps()
    assert dated(months("2020-01-01", 5), months("2020-01-31", 7, "ME"), months("2021-01-01", 2)).has_even_steps()
    assert dated(months("2020-01-01", 5, "QS-JAN"), months("2020-02-01", 7, "QS-FEB")).has_even_steps()
    assert not dated(months("2020-01-01", 5), months("2020-01-01", 5, "QS")).has_even_steps()
    assert not dated(months("2020-01-01", 5), months("2020-01-01", 7).delete(3)).has_even_steps()


def test_masked_series_are_refused():
    with pytest.raises(TypeError, match=r"X must be an array without a mask, .* give gaps as NaN: X.filled\(np.nan\)"):
        Panel.from_sktime(np.ma.masked_array(np.ones((2, 3, 5)), np.ones((2, 3, 5)) > 2))
