import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from tests.reference import scalespace as reference
from tsattn.scalespace import bands, blur, octaves
from tsattn.scalespace.octaves import enlarge


def moments(octave, level):
    """Mean and standard deviation of a level as a distribution over input samples."""
    place = np.arange(octave.levels.shape[-1]) * octave.step + octave.offset
    weight = octave.levels[level] / octave.levels[level].sum()
    mean = (weight * place).sum()
    return mean, np.sqrt((weight * (place - mean) ** 2).sum())


@pytest.mark.parametrize("reduce", ["average", "decimate", None])
@pytest.mark.parametrize("mode", ["reflect", "constant"])
@pytest.mark.parametrize("shape", [(67,), (34, 37)])
def test_p33_octaves_equal_the_loops(backend, reduce, mode, shape):
    x = np.random.default_rng(0).normal(size=shape)
    axes = tuple(range(len(shape)))
    found = octaves(backend.array(x), axes=axes, reduce=reduce, mode=mode, scales_per_octave=2)
    expected = reference.octaves(x, 3, 2, reduce=reduce, mode=mode)
    assert len(found) == 3
    for ours, (levels, step, offset) in zip(found, expected, strict=True):
        assert (ours.step, ours.offset) == (step, offset)
        assert_allclose(backend.numpy(ours.levels), levels, rtol=0, atol=1e-12)


def test_the_axis_of_scales_stands_before_the_space_axes(backend):
    x = backend.array(np.random.default_rng(0).normal(size=(17, 3, 5, 19)))
    assert octaves(x, axes=(0, 3))[0].levels.shape == (3, 5, 6, 17, 19)
    assert octaves(x, axes=(0, 3))[0].differences.shape == (3, 5, 5, 17, 19)
    one = octaves(x[:, 1, 4], axes=(0, 1))[0].levels
    assert_array_equal(backend.numpy(octaves(x, axes=(0, 3))[0].levels)[1, 4], backend.numpy(one))


@pytest.mark.parametrize("options", [{}, {"reduce": "decimate"}, {"reduce": None, "sigma0": 0.5}, {"sigma0": 1.0}])
def test_every_level_has_the_blur_it_says_within_one_percent(options):
    impulse = np.zeros(2048)
    impulse[1024:1026] = 0.5  # of variance 1/4
    for octave in octaves(impulse, n_octaves=4, **options):
        for level, sigma in enumerate(octave.sigmas):
            mean, spread = moments(octave, level)
            assert np.sqrt(spread**2 - 0.25) == pytest.approx(sigma, rel=0.01)
            assert mean == pytest.approx(1024.5, abs=0.01)


def test_level_zero_of_the_next_octave_is_the_reduced_level(walk):
    x = walk(3, 101)
    first, second, _ = octaves(x, reduce="decimate")
    assert_array_equal(second.levels[:, 0], first.levels[:, 3, ::2])
    first, second, _ = octaves(x, reduce=None)
    assert_array_equal(second.levels[:, 0], first.levels[:, 3])


def test_averaging_pairs_moves_the_grid_by_half_a_step():
    ramp = np.arange(512.0)
    for octave in octaves(ramp):
        place = np.arange(octave.levels.shape[-1]) * octave.step + octave.offset
        inside = (place > 100) & (place < 400)
        assert_allclose(octave.levels[:, inside], np.broadcast_to(place[inside], (6, inside.sum())), atol=1e-9)


@pytest.mark.parametrize(
    ("reduce", "lengths"), [("average", [37, 18, 9]), ("decimate", [37, 19, 10]), (None, [37, 37, 37])]
)
def test_odd_lengths(backend, reduce, lengths):
    x = np.random.default_rng(1).normal(size=37)
    found = octaves(backend.array(x), reduce=reduce)
    assert [o.levels.shape[-1] for o in found] == lengths
    if reduce == "average":  # the last sample has no partner: what stands beyond it is all that it changes
        ready = reference.blur_row(reference.octaves(x)[0][0][2], np.sqrt(4 * 2.56 - 0.25 - (1.6 * 2 ** (2 / 3)) ** 2))
        assert backend.numpy(found[1].levels)[0, -1] == pytest.approx((ready[34] + ready[35]) / 2, abs=1e-12)


def test_auto_leaves_eight_samples():
    assert [o.levels.shape[-1] for o in octaves(np.zeros(130), n_octaves="auto")] == [130, 65, 32, 16, 8]
    assert [o.index for o in octaves(np.zeros(127), n_octaves="auto")] == [0, 1, 2, 3]
    assert len(octaves(np.zeros(130), n_octaves="auto", sigma0=0.5)) == 5
    assert [o.levels.shape[-2:] for o in octaves(np.zeros((99, 17)), axes=(0, 1))] == [(99, 17), (50, 9)]
    assert octaves(np.zeros(7)) == []


def test_auto_reduces_pairs_of_a_series_pixels_of_an_image_and_nothing_below_one():
    series, image = np.zeros(64), np.zeros((64, 64))
    assert octaves(series)[1].offset == 0.5
    assert octaves(image, axes=(0, 1))[1].offset == 0
    assert octaves(series, sigma0=0.99)[1].step == 1
    assert octaves(series, sigma0=1.0)[1].step == 2


def test_an_image_that_is_constant_along_rows_has_the_stack_of_its_series(backend, walk):
    row = walk(61)
    image = np.repeat(row[None], 43, 0)
    for reduce in ("average", "decimate", None):
        pairs = zip(
            octaves(backend.array(image), axes=(0, 1), reduce=reduce),
            octaves(backend.array(row), reduce=reduce),
            strict=True,
        )
        for flat, line in pairs:
            stack = backend.numpy(flat.differences)
            expected = np.broadcast_to(backend.numpy(line.differences)[:, None], stack.shape)
            assert_allclose(stack, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("reduce", ["average", "decimate"])
def test_doubling_adds_octave_minus_one_on_a_grid_of_half_samples(backend, reduce):
    ramp = backend.array(np.arange(400.0))
    found = octaves(ramp, double=True, reduce=reduce, assumed_blur=0.5)
    assert [(o.index, o.step) for o in found] == [(-1, 0.5), (0, 1), (1, 2), (2, 4)]
    assert [o.offset for o in found] == [-0.25, 0.0, 0.5, 1.5] if reduce == "average" else [-0.25] * 4
    assert found[0].sigmas[0] == 0.8
    for octave in found:
        place = np.arange(octave.levels.shape[-1]) * octave.step + octave.offset
        inside = (place > 100) & (place < 300)
        level = backend.numpy(octave.levels)[0, inside]
        assert_allclose(level, place[inside], atol=0.02)


def test_assumed_blur_is_what_the_input_brings():
    impulse = np.zeros(256)
    impulse[128] = 1
    whole, rest = octaves(impulse)[0].levels, octaves(blur(impulse, 0.9), assumed_blur=0.9)[0].levels
    assert_allclose(whole, rest, atol=1e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"assumed_blur": 2.0}, "sigma0 must not be below the blur"),
        ({"assumed_blur": 1.0, "double": True}, "sigma0 must not be below the blur"),
        ({"sigma0": 0.25, "reduce": "average"}, "needs sigma0 of at least 0.289"),
        ({"sigma0": 0}, "sigma0 must be a positive"),
        ({"n_octaves": 0}, "n_octaves"),
        ({"scales_per_octave": 0}, "scales_per_octave must be an integer of at least 1"),
        ({"reduce": "half"}, "unknown reduce 'half'"),
    ],
)
def test_wrong_parameters_say_the_rule(options, message):
    with pytest.raises(ValueError, match=message):
        octaves(np.zeros(99), **options)


def test_bands_are_differences_of_blurs_and_sum_to_the_series(backend, walk):
    x = walk(2, 3, 53)
    found = backend.numpy(bands(backend.array(x)))
    assert found.shape == (2, 3, 4, 53)
    levels = [x] + [np.apply_along_axis(reference.blur_row, -1, x, s) for s in (0.7, 1.1, 1.8, 2.8)]
    for k in range(4):
        assert_allclose(found[:, :, k], levels[k] - levels[k + 1], atol=2e-3 * np.ptp(x))
    last = blur(blur(blur(blur(x, 0.7), (1.21 - 0.49) ** 0.5), (3.24 - 1.21) ** 0.5), (7.84 - 3.24) ** 0.5)
    assert_allclose(found.sum(2) + last, x, atol=1e-12)


def test_a_bump_is_positive_in_the_bands_and_negative_in_the_differences():
    bump = np.exp(-0.5 * ((np.arange(101) - 50) / 3) ** 2)
    assert (bands(bump)[:, 50] > 0).all()
    assert (octaves(bump)[0].differences[:, 50] < 0).all()


def test_bands_need_increasing_sigmas():
    for sigmas in ((1.0,), (1.0, 1.0), (2.0, 1.0), ()):
        with pytest.raises(ValueError, match="sigmas must be two or more increasing"):
            bands(np.zeros(9), sigmas)


def test_p32_gradients_of_bands_and_octaves():
    generator = torch.Generator().manual_seed(0)
    for shape in ((9,), (2, 13), (3, 2, 8)):
        x = torch.randn(*shape, dtype=torch.float64, generator=generator, requires_grad=True)
        assert torch.autograd.gradcheck(bands, (x,))
    x = torch.randn(17, dtype=torch.float64, generator=generator, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: tuple(o.levels for o in octaves(x, double=True)), (x,))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_images_are_enlarged_as_tensors_are_axis_by_axis(dtype):
    x = np.random.default_rng(0).normal(size=(3, 13, 7)).astype(dtype)
    assert_array_equal(enlarge(x, 2), enlarge(torch.from_numpy(x), 2).numpy())
    ramp = np.arange(13.0).repeat(7).reshape(1, 13, 7).astype(dtype)
    assert_allclose(enlarge(ramp, 2)[0, 1:-1, 3], np.arange(1, 25) / 2 - 0.25)
