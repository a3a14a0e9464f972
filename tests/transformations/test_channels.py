from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.special import ive

from tsattn.transformations import ScaleSpaceChannels

LADDER = (0, 0.7, 1.1, 1.8, 2.8)


def smooth(x, sigma):
    """One series by Lindeberg's discrete Gaussian, the border reflected: a loop over samples and weights."""
    if sigma == 0:
        return np.array(x)
    radius = max(int(np.ceil(4 * sigma)), 3)
    weights = np.array([ive(abs(k), sigma**2) for k in range(-radius, radius + 1)])
    weights /= weights.sum()
    mirror = [*range(len(x)), *range(len(x) - 1, -1, -1)]
    return np.array([sum(w * x[mirror[(t + k) % len(mirror)]] for k, w in zip(range(-radius, radius + 1), weights,
                                                                              strict=True))
                     for t in range(len(x))])


def test_bands_equal_the_loop(ragged):
    result = ScaleSpaceChannels().fit_transform(ragged)
    for name in ("s0", "s4"):
        for column in ("hand", "head"):
            x = ragged.loc[name, column].to_numpy()
            for i, (fine, coarse) in enumerate(pairwise(LADDER)):
                expected = smooth(x, fine) - smooth(x, coarse)
                # incremental smoothing cuts each of its kernels at four sigma: 1e-3 of the values at the far weights
                assert_allclose(result.loc[name, f"{column}__band{i}"], expected, atol=1e-3 * np.ptp(x))


def test_bands_and_the_coarsest_level_add_up_to_the_series(ragged):
    bands = ScaleSpaceChannels().fit_transform(ragged)
    total = bands[[f"foot__band{i}" for i in range(4)]].sum(axis=1)
    rest = ragged["foot"] - total
    expected = np.concatenate([smooth(ragged.loc[f"s{i}", "foot"].to_numpy(), 2.8) for i in range(7)])
    assert_allclose(rest, expected, atol=1e-3 * np.ptp(ragged["foot"]))


def test_columns_go_variate_by_variate_after_the_series_own(ragged):
    result = ScaleSpaceChannels(sigmas=(0, 1, 2), keep=True).fit_transform(ragged)
    assert result.columns.tolist() == ["hand", "foot", "head", "hand__band0", "hand__band1", "foot__band0",
                                       "foot__band1", "head__band0", "head__band1"]
    pd.testing.assert_frame_equal(result[["hand", "foot", "head"]], ragged)
    assert result.index.equals(ragged.index)


def test_the_sign_is_positive_on_a_bump_and_magnitude_drops_it():
    t = np.arange(61)
    dip = pd.DataFrame({"x": -np.exp(-((t - 30) ** 2) / (2 * 1.5**2))})
    signed = ScaleSpaceChannels().fit_transform(dip)
    assert (signed.loc[30] < -0.01).all()
    pd.testing.assert_frame_equal(ScaleSpaceChannels(magnitude=True).fit_transform(dip), signed.abs())


def test_magnitude_leaves_the_kept_series_alone(ragged):
    result = ScaleSpaceChannels(keep=True, magnitude=True).fit_transform(ragged)
    pd.testing.assert_frame_equal(result[["hand", "foot", "head"]], ragged)


def test_an_array_comes_back_as_an_array(even):
    result = ScaleSpaceChannels(sigmas=(0, 1, 2)).fit_transform(even)
    assert result.shape == (11, 6, 47)
    one = ScaleSpaceChannels(sigmas=(0, 1, 2)).fit_transform(pd.DataFrame(even[5].T))
    assert_allclose(result[5].T, one, atol=1e-12)


def test_p35_shifting_the_inside_of_a_series_shifts_its_bands():
    """Of 200 series, each by its own number of steps."""
    rng = np.random.default_rng(35)
    x, shifts = np.zeros((200, 1, 97)), rng.integers(-13, 14, 200)
    x[:, :, 38:58] = rng.normal(size=(200, 1, 20))

    def moved(values):
        return np.stack([np.roll(one, shift, axis=-1) for one, shift in zip(values, shifts, strict=True)])

    make = ScaleSpaceChannels()
    assert_allclose(make.fit_transform(moved(x)), moved(make.fit_transform(x)), atol=1e-12)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.integers(0, 10_000))
def test_p35_bands_are_linear_and_blind_to_an_offset(factor, offset, seed):
    x = pd.DataFrame({"x": np.random.default_rng(seed).normal(size=23)})
    bands = ScaleSpaceChannels()
    assert_allclose(bands.fit_transform(factor * x + offset), factor * bands.fit_transform(x),
                    atol=1e-11 * (abs(factor) + abs(offset)) + 1e-320)  # where numbers end, so do their digits


@pytest.mark.parametrize("sigmas", [(1,), (), (0, 1, 1), (2, 1), (0, float("nan")), (-1, 2), (0, float("inf"))])
def test_a_ladder_must_increase(ragged, sigmas):
    with pytest.raises(ValueError, match="sigmas must be"):
        ScaleSpaceChannels(sigmas=sigmas).fit(ragged)


def test_an_unknown_rule_is_named(ragged):
    with pytest.raises(ValueError, match="sigmas must be 'auto' or increasing numbers, got 'best'"):
        ScaleSpaceChannels(sigmas="best").fit(ragged)


def noise_panel(seed=17, steps=211, n=23):
    return np.random.default_rng(seed).normal(size=(n, 2, steps))


def blurred(X, sigma):
    return ScaleSpaceChannels(sigmas=(sigma, 1e3)).fit_transform(X)  # the second level is flat: all that is left is L


def test_auto_gives_white_noise_the_default_ladder():
    assert_allclose(ScaleSpaceChannels(sigmas="auto").fit(noise_panel()).sigmas_, LADDER, rtol=0.1)


def test_auto_gives_smoother_data_a_coarser_ladder():
    X = noise_panel()
    ladders = [ScaleSpaceChannels(sigmas="auto").fit(X).sigmas_]
    for sigma in (1, 3, 7):
        ladders.append(ScaleSpaceChannels(sigmas="auto").fit(blurred(X, sigma)).sigmas_)
    firsts = [ladder[1] for ladder in ladders]
    assert firsts == sorted(firsts)
    assert firsts[-1] > 5
    for ladder in ladders:
        assert ladder[0] == 0
        assert all(b / a > 1.29 for a, b in pairwise(ladder[1:]))


def test_auto_is_blind_to_units_and_counts_every_variate_alike():
    X = noise_panel()
    X[:, 1] = blurred(X, 5)[:, 1]
    expected = ScaleSpaceChannels(sigmas="auto").fit(X).sigmas_
    X[:, 0] = 1e6 * X[:, 0] + 3
    assert ScaleSpaceChannels(sigmas="auto").fit(X).sigmas_ == expected


def test_auto_falls_back_where_nothing_moves():
    X = noise_panel()
    X[:, 0] = 0.1
    assert ScaleSpaceChannels(sigmas="auto").fit(X[:, :1]).sigmas_ == LADDER
    both = ScaleSpaceChannels(sigmas="auto").fit(X).sigmas_
    assert both == ScaleSpaceChannels(sigmas="auto").fit(X[:, 1:]).sigmas_


def test_auto_reads_training_data_only():
    X, smooth_X = noise_panel(), blurred(noise_panel(), 5)
    bands = ScaleSpaceChannels(sigmas="auto").fit(X)
    assert_allclose(bands.transform(smooth_X), ScaleSpaceChannels(sigmas=bands.sigmas_).fit_transform(smooth_X))


def test_a_scale_far_beyond_the_series_leaves_its_mean():
    x = np.arange(11.0)
    bands = ScaleSpaceChannels(sigmas=(0, 1e5)).fit_transform(pd.DataFrame({"a": x}))
    assert_allclose(bands["a__band0"], x - 5, atol=1e-6)


@pytest.mark.parametrize("name", ["keep", "magnitude"])
@pytest.mark.parametrize("value", ["no", 1, None])
def test_switches_are_true_or_false(name, value):
    with pytest.raises(TypeError, match=f"{name} must be True or False"):
        ScaleSpaceChannels(**{name: value}).fit(pd.DataFrame({"a": np.arange(11.0)}))


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("steps", [1, 2, 7, 23])
def test_slopes_go_back_through_the_transpose(keep, steps):
    """The matrix that makes the output of a series, found an impulse at a time, borders and all."""
    make = ScaleSpaceChannels(sigmas=(0, 0.7, 2.8, 5), keep=keep).fit(np.zeros((1, 2, 5)))
    impulses = np.eye(2 * steps).reshape(2 * steps, 2, steps)
    matrix = make.transform(impulses).reshape(2 * steps, -1)  # a row for each value of the series
    slopes = np.random.default_rng(3).normal(size=(1, 6 + 2 * keep, steps))
    assert_allclose(make.pull_back(slopes)[0].ravel(), matrix @ slopes.ravel(), atol=1e-12)


def test_slopes_of_unequal_series_go_back_each_by_itself(ragged):
    make = ScaleSpaceChannels(keep=True).fit(ragged)
    output = make.transform(ragged)
    slopes = pd.DataFrame(np.random.default_rng(5).normal(size=output.shape), output.index, output.columns)
    back = make.pull_back(slopes)
    assert back.index.equals(ragged.index)
    assert back.columns.tolist() == ragged.columns.tolist()
    for name in ("s0", "s4"):  # <B x, g> = <x, B' g>
        assert_allclose((output * slopes).loc[name].to_numpy().sum(), (ragged * back).loc[name].to_numpy().sum())


def test_slopes_need_signed_bands_under_their_names(ragged):
    make = ScaleSpaceChannels(sigmas=(0, 1, 2)).fit(ragged)
    assert make.linear
    with pytest.raises(ValueError, match=r"the 6 columns seen in fit, .'hand__band0'"):
        make.pull_back(ragged)
    magnitude = ScaleSpaceChannels(magnitude=True).fit(ragged)
    assert not magnitude.linear
    with pytest.raises(ValueError, match="signed bands only: magnitude must be False, got True"):
        magnitude.pull_back(magnitude.transform(ragged))
