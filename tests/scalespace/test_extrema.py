import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from tests.reference import scalespace as reference
from tsattn import _threads
from tsattn.scalespace import BUMP, DIP, _detect, _octavewise, detect


def rows(found, series=0):
    """(octave, scale, *position, sigma, value) of one series, as the loops have them."""
    found = found.to_numpy()
    some = slice(*found.offsets[series : series + 2])
    columns = found.octave, found.scale, *found.position.T, found.sigma, found.value
    return [tuple(row) for row in zip(*[column[some].tolist() for column in columns], strict=True)]


def assert_same(ours, expected, tolerance=1e-9):
    """The same keypoints in the same order; floats to rounding."""
    assert [row[:-2] for row in ours] == [row[:-2] for row in expected]
    assert_allclose([row[-2:] for row in ours], [row[-2:] for row in expected], rtol=0, atol=tolerance)


def blobs(*shape):
    """Bumps and dips of several widths, and a little noise."""
    rng = np.random.default_rng(3)
    axes = np.indices(shape)
    x = 0.02 * rng.normal(size=shape)
    for sign in rng.choice([-1, 1], 40):
        place, width = rng.uniform(0, shape), rng.uniform(0.7, 3)
        x += sign * np.exp(-0.5 * sum((a - p) ** 2 for a, p in zip(axes, place, strict=True)) / width**2)
    return x


def bump(n, centre, width):
    return np.exp(-0.5 * ((np.arange(n) - centre) / width) ** 2)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"reduce": None, "sigma0": 0.7},
        {"reduce": "decimate", "n_scales": 2},
        {"threshold": 1.02, "contrast": 0.0},
        {"threshold": 0.8, "mode": "constant"},
        {"n_octaves": 2, "kind": "sampled", "mode": "nearest"},
    ],
)
def test_p34_keypoints_of_series_equal_the_loops(backend, walk, options):
    x = walk(5, 131)
    ours = {{"n_scales": "scales_per_octave", "kind": "kernel"}.get(k, k): v for k, v in options.items()}
    found = detect(backend.array(x), **ours)
    assert found.n_series == 5
    assert len(found) > 10
    for k in range(5):
        assert_same(rows(found, k), reference.detect(x[k], **options))


@pytest.mark.parametrize("reduce", ["decimate", "average"])
def test_p34_keypoints_of_images_equal_the_loops(backend, reduce):
    x = blobs(2, 29, 23)
    options = {"contrast": 0.002, "reduce": reduce, "sigma0": 1.1, "n_octaves": 2}
    counts = []
    for ratio in (None, 2.0):
        found = detect(backend.array(x), axes=(1, 2), refine=False, edge_ratio=ratio, **options)
        for k in range(2):
            expected = reference.detect(x[k], edge_ratio=ratio, **options)
            assert_same(rows(found, k), expected)
        counts.append(len(found))
    assert counts[0] > counts[1] > 5


def test_p34_keypoints_in_float32_are_those_of_float64(backend, walk):
    x = walk(29, 401).astype(np.float32)
    single, double = detect(backend.array(x)), detect(backend.array(x.astype(np.float64)))
    assert str(single.value.dtype).endswith("float32")
    assert str(double.value.dtype).endswith("float64")
    a, b = (
        {(k, *row[:-2]) for k in range(29) for row in rows(found, k)} for found in (single, double)
    )
    assert len(a & b) >= 0.99 * len(a | b)


def test_three_axes_go_through_the_same_code(backend):
    x = blobs(11, 9, 10)
    found = detect(backend.array(x), axes=(0, 1, 2), refine=False, contrast=0.0, sigma0=0.7, n_octaves=1)
    expected = reference.detect(x, contrast=0.0, sigma0=0.7, n_octaves=1, reduce=None)
    assert expected
    assert_same(rows(found), expected)


def test_two_neighbouring_axes_that_are_not_the_last(backend):
    x = np.moveaxis(blobs(3, 37, 31), 0, 2)
    found = detect(backend.array(x), axes=(0, 1), contrast=0.002)
    moved = detect(backend.array(np.ascontiguousarray(np.moveaxis(x, 2, 0))), axes=(1, 2), contrast=0.002)
    assert len(found) > 5
    for k in range(3):
        assert rows(found, k) == rows(moved, k)


@pytest.mark.parametrize("options", [
    {}, {"refine": True}, {"reduce": None, "sigma0": 0.7}, {"reduce": "decimate", "double": True, "refine": True},
    {"threshold": 0.8, "contrast": 0.0, "mode": "constant"}, {"polarity": "dip", "n_octaves": "auto"},
])
def test_the_quick_way_of_series_has_the_keypoints_of_the_way_of_any_rank(options, monkeypatch):
    """That of images, with one axis: the same ladder, criteria and fit, but not in one block and not side by side."""
    x = np.random.default_rng(8).normal(size=(9, 700)).cumsum(1)
    quick = detect(x, **options)
    monkeypatch.setattr(_detect, "find", _octavewise.find)
    general = detect(x, **options)
    assert len(quick) > 100
    assert [len(rows(quick, k)) for k in range(9)] == [len(rows(general, k)) for k in range(9)]
    for k in range(9):
        ours, expected = np.array(rows(quick, k)), np.array(rows(general, k))
        assert_allclose(ours, expected, rtol=0, atol=1e-7)


def test_long_series_in_parts_have_the_keypoints_of_the_whole(walk, monkeypatch):
    for x, options in ((walk(3, 9001), {}), (walk(2, 7001, seed=1), {"reduce": "decimate", "double": True})):
        whole = detect(x, **options), detect(x, refine=True, **options)
        monkeypatch.setattr(_detect, "PART", 256)
        parts = detect(x, **options), detect(x, refine=True, **options)
        monkeypatch.undo()
        for one, other in zip(whole, parts, strict=True):
            assert len(one) > 500
            assert_array_equal(one.offsets, other.offsets)
            assert_array_equal(one.scale, other.scale)
            assert_allclose(one.position, other.position, rtol=1e-14)
            assert_array_equal(one.value, other.value)


def test_threads_change_nothing(walk, monkeypatch):
    x = walk(613, 211).astype(np.float32)
    many = detect(x)
    monkeypatch.setattr(_threads, "n_threads", lambda: 1)
    one = detect(x)
    for name in ("position", "value", "offsets", "scale"):
        assert_array_equal(getattr(many, name), getattr(one, name))


@pytest.mark.parametrize("polarity", ["both", "bump", "dip"])
def test_polarity_is_what_the_user_sees(backend, polarity):
    x = bump(201, 60, 2.0) - bump(201, 140, 2.0)
    found = detect(backend.array(x), polarity=polarity, contrast=0.05)
    seen = {(float(p), int(kind)) for p, kind in zip(found.position[:, 0], found.polarity, strict=True)}
    expected = {"both": {(60.0, BUMP), (140.0, DIP)}, "bump": {(60.0, BUMP)}, "dip": {(140.0, DIP)}}
    assert seen == expected[polarity]
    for value, kind in zip(found.value, found.polarity, strict=True):
        assert (value < 0) == (kind == BUMP)


@pytest.mark.parametrize("width", [1.9, 2.0, 3.0, 4.0, 6.5])
def test_a_lone_bump_is_found_at_its_centre_at_root_two_of_its_width(backend, width):
    found = detect(backend.array(bump(401, 200, width)), refine=True, scales_per_octave=4, polarity="bump")
    best = int(abs(found.value).argmax())
    assert float(found.position[best, 0]) == pytest.approx(200, abs=0.06)
    third_of_a_level = 2 ** (1 / 12) - 1  # levels are a factor 2^(1/4) apart
    assert float(found.sigma[best]) * 2 ** (1 / 8) == pytest.approx(np.sqrt(2) * width, rel=third_of_a_level)


@pytest.mark.parametrize("width", np.linspace(1.7, 7.5, 13))
def test_without_refining_the_level_next_to_the_peak_is_reported(width):
    found = detect(bump(401, 200, width), polarity="bump")
    best = int(abs(found.value).argmax())
    assert abs(np.log2(found.sigma[best] * 2 ** (1 / 6) / (np.sqrt(2) * width))) <= 1 / 6 + 0.05
    assert abs(found.position[best, 0] - 200) <= 2.0 ** found.octave[best] / 2


@pytest.mark.parametrize("width", [2.5, 4.0, 5.5])
def test_a_lone_blob_is_found_at_its_centre_at_its_width(backend, width):
    x = bump(101, 40.8, width)[:, None] * bump(107, 53.3, width)
    found = detect(backend.array(x), axes=(0, 1), scales_per_octave=4, polarity="bump", contrast=0.01)
    best = int(abs(found.value).argmax())
    assert found.position[best].tolist() == pytest.approx([40.8, 53.3], abs=0.06)
    assert float(found.sigma[best]) * 2 ** (1 / 8) == pytest.approx(width, rel=2 ** (1 / 12) - 1)


@pytest.mark.parametrize("value", [0.0, 0.1, -7.0, 1e6, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_constant_series_has_none(backend, value, dtype):
    for n in (8, 101, 3001):
        assert len(detect(backend.array(np.full((2, n), value, dtype)), contrast=0)) == 0
    assert len(detect(backend.array(np.full((37, 41), value, dtype)), axes=(0, 1), contrast=0, refine=False)) == 0


def test_a_plateau_has_none(backend):
    x = np.zeros(200)
    x[90:110] = 1  # symmetric about 99.5: in octave 0 its two middle samples are equal
    found = detect(backend.array(x), n_octaves=1, scales_per_octave=12, sigma0=4.0)
    assert not [p for p in found.position[:, 0].tolist() if 98 < p < 101]


def test_nothing_on_the_border_of_the_stack(backend, walk):
    found = detect(backend.array(walk(23, 64)), contrast=0)
    assert set(found.scale.tolist()) <= {1, 2, 3}
    for octave, last in ((0, 63), (1, 62.5), (2, 61.5)):
        at = found.position[:, 0][found.octave == octave]
        assert float(at.min()) > (2**octave - 1) / 2
        assert float(at.max()) < last


def test_contrast_is_asked_of_the_absolute_difference(backend, walk):
    x = backend.array(walk(7, 211))
    every, some = detect(x, contrast=0), detect(x, contrast=0.3)
    assert 0 < len(some) < len(every)
    assert_array_equal(some.value, every.take(abs(every.value) >= 0.3).value)


def test_threshold_demands_more_than_the_largest_neighbour(backend, walk):
    x = backend.array(walk(7, 211))
    counts = [len(detect(x, threshold=t)) for t in (0.9, 1.0, 1.05, 1.5)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[1] > counts[2] > counts[3]


def test_sorted_by_series_octave_scale_position(backend, walk):
    for refine in (False, True):
        found = detect(backend.array(walk(5, 3, 301)), refine=refine).to_numpy()
        assert found.n_series == 15
        keys = list(zip(found.series, found.octave, found.scale, found.position[:, 0], strict=True))
        assert keys == sorted(keys)


@pytest.mark.parametrize("n", [1, 2, 7])
def test_too_short_for_an_octave_gives_none_and_one_warning(backend, n):
    with pytest.warns(UserWarning, match=f"x has {n} samples along an axis; an octave needs 8") as caught:
        found = detect(backend.array(np.arange(3.0 * n).reshape(3, n)))
    assert len(caught) == 1
    assert (len(found), found.n_series) == (0, 3)
    assert tuple(found.position.shape) == (0, 1)


def test_eight_samples_are_enough(backend):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = detect(backend.array(bump(8, 4, 1.0)), sigma0=0.5, polarity="bump", contrast=0.05)
    assert found.position[:, 0].tolist() == [4.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": -1}, "threshold must be a non-negative"),
        ({"contrast": np.nan}, "contrast must be a non-negative"),
        ({"polarity": "up"}, "unknown polarity 'up'; choose one of 'both', 'bump', 'dip'"),
        ({"edge_ratio": 0.5}, "edge_ratio must be at least 1, got 0.5"),
    ],
)
def test_wrong_criteria_say_the_rule(options, message):
    with pytest.raises(ValueError, match=message):
        detect(np.zeros(99), **options)


series = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).normal(size=(3, 97)).cumsum(-1))


@settings(max_examples=200, deadline=None)
@given(series, st.sampled_from([0.125, 0.5, 2.0, 64.0]))
def test_p35_amplitude_scales_with_contrast(x, factor):
    one, other = detect(x, contrast=0.01), detect(factor * x, contrast=factor * 0.01)
    assert_array_equal(one.position, other.position)
    assert_array_equal(one.sigma, other.sigma)
    assert_array_equal(factor * one.value, other.value)


@settings(max_examples=200, deadline=None)
@given(series)
def test_p35_a_flipped_sign_swaps_the_polarity(x):
    one, other = detect(x), detect(-x)
    assert_array_equal(one.position, other.position)
    assert_array_equal(one.polarity, -other.polarity)
    assert_array_equal(detect(x, polarity="bump").position, detect(-x, polarity="dip").position)


@settings(max_examples=200, deadline=None)
@given(series, st.permutations(range(3)), st.integers(0, 2))
def test_p35_a_series_does_not_see_what_it_is_batched_with(x, order, alone):
    whole, other, one = detect(x), detect(x[list(order)]), detect(x[alone])
    for k in range(3):
        assert rows(whole, order[k]) == rows(other, k)
    assert rows(whole, alone) == rows(one)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(-6, 6).map(lambda k: 4 * k))
def test_p35_a_shift_by_whole_steps_moves_the_keypoints(seed, shift):
    signal = np.random.default_rng(seed).normal(size=241).cumsum()
    padded = np.pad(signal, 400, mode="edge")
    one, other = detect(padded), detect(np.roll(padded, shift))
    a, b = ({row[:3] for row in rows(f) if 350 < row[2] < 690} for f in (one, other))
    moved = {(o, s, p + shift) for o, s, p in a}
    # what leaves or enters at the rim of the window is not compared
    assert {m for m in moved if 380 < m[2] < 660} == {m for m in b if 380 < m[2] < 660}


def test_p35_time_twice_as_long_is_one_octave_up(backend):
    rng = np.random.default_rng(8)
    centres, widths, signs = np.arange(100, 900, 80), rng.uniform(1.85, 2.2, 10), rng.choice([-1, 1], 10)
    t = np.arange(1000.0)

    def signal(t):
        parts = zip(centres, widths, signs, strict=True)
        return sum(sign * np.exp(-0.5 * ((t - centre) / width) ** 2) for centre, width, sign in parts)

    found = detect(backend.array(signal(t)), contrast=0.06, n_octaves=4)
    slow = detect(backend.array(signal(np.arange(2000) / 2 - 0.25)), contrast=0.06, n_octaves=4)
    assert len(found) == len(slow) == 10
    assert_allclose(slow.sigma, 2 * found.sigma)
    assert_array_equal(slow.octave, found.octave + 1)
    assert_allclose(slow.position, 2 * found.position + 0.5)
