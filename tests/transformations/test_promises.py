"""What every transformer here promises, whatever it computes."""

import re
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from tsattn.transformations import ScaleSpaceChannels, UVTFEvents, UVTFSaliency

MAKE = {
    "channels": ScaleSpaceChannels,
    "channels-auto": lambda **kw: ScaleSpaceChannels(sigmas="auto", keep=True, **kw),
    "saliency": UVTFSaliency,
    "saliency-series": lambda **kw: UVTFSaliency(output="both", scaling="series", refine=True, **kw),
    "centres": lambda **kw: UVTFSaliency(output="events", n_octaves="auto", **kw),
    "features": lambda **kw: UVTFEvents(n_words=5, random_state=3, **kw),
    "features-minmax": lambda **kw: UVTFEvents(n_words=0, scaling="minmax", n_octaves="auto", **kw),
}
TOLERANCE = {"rtol": 0, "atol": 1e-12}


@pytest.fixture(params=MAKE, ids=list(MAKE))
def make(request):
    return MAKE[request.param]


def rows_of(result, name):
    """The part of a result that belongs to one instance."""
    return result.loc[[name]].to_numpy()


def names_of(X):
    return X.index.get_level_values(0).unique()


def test_p01_parameters_are_stored_unchanged(make):
    transformer = make()
    assert not [name for name in vars(transformer) if name.endswith("_") and not name.startswith("_")]
    sigmas = (0, 1, 2)
    assert ScaleSpaceChannels(sigmas=sigmas).get_params()["sigmas"] is sigmas


def test_p02_clone_keeps_parameters_and_forgets_the_fit(make, ragged):
    transformer = make().fit(ragged)
    copy = clone(transformer)
    assert copy.get_params() == transformer.get_params()
    assert not copy.is_fitted


def test_p04_fitting_twice_gives_the_same_values(make, ragged):
    transformer = make()
    first = transformer.fit_transform(ragged)
    pd.testing.assert_frame_equal(transformer.fit_transform(ragged), first, check_exact=True)


def test_p05_before_fit_the_class_is_named(make, ragged):
    from sktime.exceptions import NotFittedError

    transformer = make()
    with pytest.raises(NotFittedError, match=type(transformer).__name__):
        transformer.transform(ragged)
    if hasattr(transformer, "events"):
        with pytest.raises(NotFittedError, match=type(transformer).__name__):
            transformer.events(ragged)


def test_p06_inputs_and_parameters_stay_as_they_were(make, ragged):
    before, transformer = ragged.copy(), make()
    parameters = transformer.get_params()
    transformer.fit_transform(ragged)
    pd.testing.assert_frame_equal(ragged, before, check_exact=True)
    assert transformer.get_params() == parameters


def test_p07_a_series_has_the_same_result_alone_and_in_any_order(make, ragged):
    transformer = make().fit(ragged)
    together = transformer.transform(ragged)
    shuffled = transformer.transform(pd.concat([ragged.loc[[name]] for name in names_of(ragged)[::-1]]))
    assert list(names_of(shuffled)) == list(names_of(ragged))[::-1]
    for name in names_of(ragged):
        alone = transformer.transform(ragged.loc[[name]])
        assert_allclose(alone.to_numpy(), rows_of(together, name), **TOLERANCE)
        assert_allclose(rows_of(shuffled, name), rows_of(together, name), **TOLERANCE)


def test_p17_longer_company_changes_nothing(make, ragged):
    transformer = make().fit(ragged)
    short = ragged.loc[["s0"]]
    long = pd.concat([short, pd.concat({"long": pd.concat([ragged.loc["s4"]] * 5, ignore_index=True)})])
    long.index.names = ragged.index.names
    assert_allclose(rows_of(transformer.transform(long), "s0"), transformer.transform(short).to_numpy(), **TOLERANCE)


def test_interleaved_rows_come_back_in_their_places(make, ragged):
    transformer = make().fit(ragged)
    woven = ragged.sort_index(level=1, sort_remaining=False, kind="stable")
    expected = transformer.transform(ragged)
    result = transformer._transform(woven)
    if len(result) == len(woven):
        assert result.index.equals(woven.index)
    assert_allclose(result.loc[expected.index].to_numpy(), expected.to_numpy(), **TOLERANCE)


def test_hierarchical_data_give_the_values_of_their_series(make, ragged):
    transformer = make().fit(ragged)
    tree = pd.concat({"north": ragged.loc[["s0", "s3"]], "south": ragged.loc[["s1"]]}, names=["pole"])
    expected = transformer.transform(ragged)
    result = transformer.transform(tree)
    for pole, name in [("north", "s0"), ("north", "s3"), ("south", "s1")]:
        assert_allclose(np.atleast_2d(result.loc[(pole, name)].to_numpy()), rows_of(expected, name), **TOLERANCE)


@pytest.mark.parametrize("at_transform", [False, True])
def test_p09_the_gap_is_named_in_fit_and_in_transform(make, ragged, at_transform):
    transformer = make().fit(ragged) if at_transform else make()
    rng = np.random.default_rng(9)
    for _ in range(20):
        row, column = int(rng.integers(len(ragged))), int(rng.integers(3))
        (name, step), holed = ragged.index[row], ragged.copy()
        holed.iloc[row, column] = np.nan
        message = rf"NaN, found one in instance '{name}', column '{ragged.columns[column]}', position {step}"
        with pytest.raises(ValueError, match=message):
            (transformer.transform if at_transform else transformer.fit)(holed)


def test_gaps_are_filled_on_request(make, ragged):
    holed = ragged.copy()
    holed.loc[("s4", 17), "foot"] = np.nan
    filled = ragged.copy()
    filled.loc[("s4", 17), "foot"] = (ragged.loc[("s4", 16), "foot"] + ragged.loc[("s4", 18), "foot"]) / 2
    transformer = make(missing="interpolate").fit(ragged)
    assert_allclose(transformer.transform(holed).to_numpy(), transformer.transform(filled).to_numpy(), atol=1e-9)


@pytest.mark.parametrize("missing", ["raise", "interpolate"])
@pytest.mark.parametrize(("bad", "word"), [(np.inf, "infinity"), (-np.inf, "infinity"), (1e38, "overflow")])
def test_p10_infinity_and_overflow_raise_in_fit_and_in_transform(make, ragged, missing, bad, word):
    broken = ragged.copy()
    broken.loc[("s2", 5), "head"] = bad
    transformer = make(missing=missing)
    with pytest.raises(ValueError, match=word):
        transformer.fit(broken)
    transformer.fit(ragged)
    with pytest.raises(ValueError, match=rf"{word}.*instance 's2', column 'head', position 5"):
        transformer.transform(broken)


@pytest.mark.filterwarnings("error")
def test_p11_constant_columns_stay_finite(make, ragged):
    flat = ragged.copy()
    flat["foot"] = 0.1
    assert np.isfinite(make().fit_transform(flat).to_numpy()).all()
    assert np.isfinite(make().fit_transform(flat * 0).to_numpy()).all()


@pytest.mark.parametrize("shape", [(0, 3, 5), (2, 0, 5), (2, 3, 0)])
def test_p12_empty_arrays_say_the_shape_and_the_minimum(make, shape):
    with pytest.raises(ValueError, match=rf"at least 1 instance, 1 channel and 1 time point, got shape "
                                         rf"{re.escape(str(shape))}"):
        make().fit(np.empty(shape))


@pytest.mark.filterwarnings("ignore:.*series are shorter than:UserWarning")
@pytest.mark.parametrize("steps", range(1, 27))
def test_p13_short_series_and_single_series_work(make, ragged, steps):
    transformer = make().fit(ragged)
    short = ragged.groupby(level=0, sort=False).head(steps)
    for X in (short, short.loc[["s1"]], short.loc["s1"]):
        assert np.isfinite(transformer.transform(X).to_numpy()).all()
        assert np.isfinite(make().fit_transform(X).to_numpy()).all()


def test_p19_read_only_memory_is_accepted(make, even):
    expected = make().fit_transform(even)
    even.setflags(write=False)
    assert_array_equal(make().fit_transform(even), expected)


@pytest.mark.parametrize("remake", [
    np.asfortranarray, lambda X: np.repeat(X, 2, axis=2)[:, :, ::2], lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
    lambda X: X.astype(">f8"), lambda X: X.astype("f4"), lambda X: X.astype("f2"), lambda X: X.astype("i4"),
    lambda X: X.astype("u1"),
], ids=["fortran", "strided", "negative", "big-endian", "float32", "float16", "int32", "uint8"])
def test_p20_the_layout_does_not_matter(make, even, remake):
    X = np.round(even + 100)  # whole numbers below 256 are the same in every dtype
    assert_allclose(make().fit_transform(remake(X)), make().fit_transform(X), **TOLERANCE)


@pytest.mark.parametrize("X", [
    np.zeros((2, 3, 5), complex), np.zeros((2, 3, 5), object), pd.DataFrame({"x": [1j, 2j]}),
    pd.DataFrame({"x": ["1", "2"]}), "text", [[1.0, 2.0]],
], ids=["complex", "object", "complex column", "text column", "text", "lists"])
def test_p21_other_containers_and_dtypes_are_refused(make, X):
    with pytest.raises(TypeError):
        make().fit(X)


def test_p22_columns_are_those_of_fit(make, ragged):
    transformer = make().fit(ragged)
    for columns in (["hand", "foot"], ["foot", "hand", "head"]):
        with pytest.raises(ValueError, match=rf"'hand', 'foot', 'head'.*{re.escape(str(columns))}"):
            transformer.transform(ragged[columns])
    with pytest.raises(ValueError, match=r"3 columns seen in fit.*got 4"):
        transformer.transform(ragged.assign(tail=0.0))
    with pytest.raises(ValueError, match="3 columns seen in fit"):
        transformer.transform(ragged.loc["s0", "hand"])


def test_p22_whole_numbers_are_names_like_others(make, ragged, even):
    X = ragged.set_axis([0, 1, 2], axis=1)
    for transformer in (make().fit(X), make().fit(even)):
        transformer.transform(X)
        for wrong in (X[[1, 0, 2]], X.set_axis([3, 7, 5], axis=1), ragged):
            with pytest.raises(ValueError, match=r"columns seen in fit, \[0, 1, 2\], in this order; got 3"):
                transformer.transform(wrong)


@pytest.mark.parametrize("scale", [1e12, 1e-12])
def test_p23_the_unit_of_the_data_does_not_matter(ragged, scale):
    expected = UVTFSaliency(amplitude="unit").fit_transform(ragged)
    assert_allclose(UVTFSaliency(amplitude="unit").fit_transform(ragged * scale), expected, atol=1e-8)


def test_p23_values_whose_squares_vanish_are_no_constants(ragged):
    for make_one in (UVTFSaliency, lambda: UVTFSaliency(scaling="series"), lambda: UVTFEvents(n_words=0)):
        expected = make_one().fit_transform(ragged)
        assert_array_equal(make_one().fit_transform(ragged * 2.0**-1000).to_numpy(), expected.to_numpy())
    ladder = ScaleSpaceChannels("auto").fit(ragged).sigmas_
    assert ScaleSpaceChannels("auto").fit(ragged * 2.0**-1000).sigmas_ == ladder


def test_p23_a_large_offset_is_taken_away(ragged):
    small = ragged.round(3)
    expected = UVTFSaliency(amplitude="unit").fit_transform(small)
    assert_allclose(UVTFSaliency(amplitude="unit").fit_transform(small + 1e9), expected, atol=1e-3)


def test_p29_the_global_generator_is_left_alone(ragged):
    before = np.random.get_state()[1].copy()  # noqa: NPY002 (this is the state in question)
    UVTFEvents(n_words=4, random_state=None).fit_transform(ragged)
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


EQUIVARIANT = {
    "bands": lambda: ScaleSpaceChannels((0, 0.7, 1.1)), "saliency": UVTFSaliency,
    "features": lambda: UVTFEvents(n_words=0)}


@pytest.mark.parametrize("make_one", EQUIVARIANT.values(), ids=EQUIVARIANT)
def test_p35_permuting_the_columns_permutes_the_result(make_one):
    """Of 200 series, by each order of the columns."""
    index = pd.MultiIndex.from_product([range(200), range(23)])
    X = pd.DataFrame(np.random.default_rng(35).normal(size=(len(index), 3)), index, ["a", "b", "c"])
    expected = make_one().fit_transform(X)
    for order in permutations(X.columns):
        result = make_one().fit_transform(X[list(order)])
        assert sorted(result.columns) == sorted(expected.columns)
        assert_allclose(result[expected.columns].to_numpy(), expected.to_numpy(), **TOLERANCE)
