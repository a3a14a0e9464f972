import tracemalloc

import numpy as np
import pytest
import scipy.ndimage
import torch
from numpy.testing import assert_allclose, assert_array_equal

from tests.reference import scalespace as reference
from tsattn.scalespace import bands, blur, detect, gaussian_kernel, octaves
from tsattn.scalespace.gaussian import _folded, convolve, half_kernel
from tsattn.transformations import ScaleSpaceChannels, UVTFEvents, UVTFSaliency


@pytest.mark.parametrize("kind", ["discrete", "sampled"])
@pytest.mark.parametrize("sigma", [0.0, 0.3, 0.7, 1.6, 6.1])
def test_kernel_equals_the_loop_and_sums_to_one(kind, sigma):
    found = gaussian_kernel(sigma, kernel=kind)
    assert_allclose(found, reference.kernel(sigma, kind), rtol=1e-9, atol=1e-15)
    assert found.sum() == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize("sigma", [0.2, 0.383, 0.5, 0.84, 1.6, 11.0])
def test_the_discrete_gaussian_has_its_variance_at_every_sigma(sigma):
    weights = gaussian_kernel(sigma)
    n = np.arange(len(weights)) - len(weights) // 2
    assert (weights * n**2).sum() == pytest.approx(sigma**2, rel=5e-3)


def test_the_sampled_gaussian_smooths_too_little_below_a_sigma_of_seven_tenths():
    weights = gaussian_kernel(0.383, kernel="sampled")
    n = np.arange(len(weights)) - len(weights) // 2
    assert (weights * n**2).sum() ** 0.5 == pytest.approx(0.249, abs=1e-3)


def test_the_radius_is_truncate_sigmas_rounded_up_and_at_least_three():
    assert [len(gaussian_kernel(s)) for s in (0.5, 1.6, 2.0, 2.01)] == [7, 15, 17, 19]
    assert len(gaussian_kernel(2.0, truncate=2.5)) == 11


@pytest.mark.parametrize("mode", ["reflect", "nearest", "constant"])
@pytest.mark.parametrize("shape", [(23,), (2,), (11, 13)])
def test_p33_blur_equals_the_loop(backend, mode, shape):
    x = np.random.default_rng(1).normal(size=shape)
    axes = tuple(range(len(shape)))
    found = blur(backend.array(x), 1.7, axes=axes, mode=mode)
    assert_allclose(backend.numpy(found), reference.blur(x, 1.7, mode), rtol=0, atol=1e-13)


@pytest.mark.parametrize("mode", ["reflect", "nearest", "constant"])
def test_borders_are_those_of_scipy(backend, mode):
    x = np.random.default_rng(2).normal(size=(5, 7, 31))
    expected = scipy.ndimage.convolve1d(x, gaussian_kernel(9.0), axis=1, mode=mode)
    assert_allclose(backend.numpy(blur(backend.array(x), 9.0, axes=(1,), mode=mode)), expected, rtol=0, atol=1e-13)


def test_p34_the_filter_in_float32_is_the_direct_one_in_float64(backend, walk):
    x = walk(7, 1009)
    expected = scipy.ndimage.convolve1d(x, gaussian_kernel(3.2), axis=-1, mode="reflect")
    found = blur(backend.array(x.astype(np.float32)), 3.2)
    assert found.dtype == backend.array(x.astype(np.float32)).dtype
    error = backend.numpy(found) - expected
    assert np.sqrt((error**2).mean() / (expected**2).mean()) < 1e-6


@pytest.mark.parametrize(("a", "b"), [(0.3, 0.4), (0.5, 0.6), (1.6, 1.2), (5.0, 12.0)])
def test_two_blurs_are_one_whose_variance_is_the_sum(backend, a, b):
    x = backend.array(np.random.default_rng(3).normal(size=(3, 101)))
    for truncate, tolerance in ((30, 1e-12), (4, 2e-3)):  # the tails that are cut off are all that differs
        twice = blur(blur(x, a, truncate=truncate), b, truncate=truncate)
        once = blur(x, np.hypot(a, b), truncate=truncate)
        assert_allclose(backend.numpy(twice), backend.numpy(once), rtol=0, atol=tolerance)


def test_sampled_blurs_do_not_add_up_at_small_sigma():
    x = np.eye(1, 31, 15)
    twice = blur(blur(x, 0.3, kernel="sampled"), 0.4, kernel="sampled")
    assert abs(twice - blur(x, 0.5, kernel="sampled")).max() > 0.01


def test_a_constant_stays_constant_to_the_last_bit(backend):
    for n in (9, 100, 5003):
        out = backend.numpy(blur(backend.array(np.full((3, n), 0.1, np.float32)), 2.3))
        assert np.ptp(out) == 0
        assert out[0, 0] == pytest.approx(0.1, rel=1e-6)


def test_equal_weights_left_and_right_to_the_last_bit(backend):
    x = np.random.default_rng(4).normal(size=(2, 1003))
    assert_array_equal(
        backend.numpy(blur(backend.array(x[:, ::-1]), 2.3))[:, ::-1], backend.numpy(blur(backend.array(x), 2.3))
    )


def test_sigma_zero_copies(backend):
    x = backend.array(np.arange(5.0))
    out = blur(x, 0.0)
    assert_array_equal(backend.numpy(out), np.arange(5.0))
    out[0] = 9
    assert x[0] == 0


LAYOUTS = {
    "fortran": np.asfortranarray,
    "strided": lambda x: np.repeat(x, 2, -1)[..., ::2],
    "negative strides": lambda x: np.ascontiguousarray(x[::-1, ::-1])[::-1, ::-1],
    "big endian": lambda x: x.astype(">f8"),
    "read only": lambda x: np.broadcast_to(x, x.shape),
    "float32": lambda x: x.astype(np.float32),
    "float16": lambda x: x.astype(np.float16),
    "integers": lambda x: x.astype(np.int16),
    "lists": lambda x: x.tolist(),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_p20_layouts_and_types_change_nothing(name):
    x = np.random.default_rng(5).integers(-40, 40, size=(7, 29)).astype(np.float64)
    before = x.copy()
    found = blur(LAYOUTS[name](x), 1.6)
    assert found.dtype == (np.float32 if name in ("float32", "float16") else np.float64)
    assert_allclose(found, blur(x, 1.6), rtol=0, atol=2e-5 if found.dtype == np.float32 else 0)
    assert_array_equal(x, before)


@pytest.mark.parametrize("bad", [np.array([1j]), np.array(["a"]), np.array([None]), np.ma.array([1.0, 2.0])])
def test_p21_other_types_are_refused_by_name(bad):
    with pytest.raises(TypeError, match="x must be one of numpy arrays of real numbers"):
        blur(bad, 1.0)


def test_p21_complex_tensors_are_refused():
    with pytest.raises(TypeError, match="complex64"):
        blur(torch.zeros(9, dtype=torch.complex64), 1.0)


@pytest.mark.parametrize("shape", [(0, 5), (3, 0), (0,)])
def test_p12_empty_arrays_are_refused_by_shape(backend, shape):
    with pytest.raises(ValueError, match=r"at least one series and one sample, got shape \("):
        blur(backend.array(np.zeros(shape)), 1.0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_p10_nan_and_infinity_are_refused_by_place(backend, value):
    x = np.zeros((3, 700_000), np.float32)
    x[2, 5], x[2, 9] = value, np.nan
    with pytest.raises(ValueError, match=r"x must be finite, got -?(nan|inf) at flat position 1400005, index \(2, 5\)"):
        blur(backend.array(x), 1.0)


def test_p10_what_would_overflow_is_refused(backend):
    with pytest.raises(ValueError, match="overflow"):
        blur(backend.array(np.array([0, 1e38, 3e38], np.float32)), 1.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sigma": -1.0}, "sigma must be a non-negative finite number, got -1.0"),
        ({"sigma": np.nan}, "sigma must be"),
        ({"mode": "wrap"}, "unknown mode 'wrap'; choose one of 'reflect'"),
        ({"kernel": "box"}, "unknown kernel 'box'"),
        ({"truncate": 0}, "truncate must be a positive"),
        ({"axes": (0, 0)}, "axes must be distinct"),
        ({"axes": (0, -2)}, "axes must be distinct"),
        ({"axes": ()}, "at least one"),
        ({"axes": (2,)}, r"axes must lie in \[-2, 2\)"),
    ],
)
def test_wrong_parameters_say_the_rule(options, message):
    with pytest.raises(ValueError, match=message):
        blur(np.zeros((5, 7)), **{"sigma": 1.0, **options})


def test_gradients_of_blur():
    x = torch.randn(2, 11, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    for mode in ("reflect", "nearest", "constant"):
        assert torch.autograd.gradcheck(lambda x, mode=mode: blur(x, 1.1, mode=mode), (x,))


@pytest.mark.parametrize("sigma", [29_999.0, 30_001.0, 40_000.0, 100_000.0])
def test_the_discrete_gaussian_of_any_width_is_finite(sigma):
    weights = gaussian_kernel(sigma)
    n = np.arange(len(weights)) - len(weights) // 2
    assert np.isfinite(weights).all()
    assert_allclose(weights.sum(), 1, rtol=1e-12)
    shape = np.exp(-0.5 * (n / sigma) ** 2)
    # what the sampled Gaussian differs by: 1 / (8 sigma^2) of the peak, here below 2e-10
    assert_allclose(weights / weights.max(), shape, rtol=0, atol=2e-10)


def test_no_step_where_the_sampled_gaussian_takes_over():
    assert_allclose(gaussian_kernel(30_001.0).max() * 30_001, gaussian_kernel(29_999.0).max() * 29_999, rtol=1e-9)


@pytest.mark.parametrize("mode", ["reflect", "nearest", "constant"])
@pytest.mark.parametrize(("shape", "sigma"), [((3,), 40.0), ((1,), 17.3), ((24,), 90.5), ((2, 5), 33.0)])
def test_p33_a_kernel_much_longer_than_the_series_equals_the_loop(backend, mode, shape, sigma):
    x = np.random.default_rng(6).normal(size=shape)
    axes = tuple(range(len(shape)))
    found = blur(backend.array(x), sigma, axes=axes, mode=mode, kernel="sampled")
    assert_allclose(backend.numpy(found), reference.blur(x, sigma, mode, "sampled"), rtol=0, atol=1e-13)
    taps = half_kernel(sigma, "sampled", 4.0, shape, mode)
    assert [*map(len, taps if isinstance(taps, tuple) else [taps])] == [n + 1 for n in shape]


@pytest.mark.parametrize("mode", ["reflect", "nearest", "constant"])
def test_a_kernel_is_folded_as_it_is_the_same(mode):
    x = np.random.default_rng(7).normal(size=(3, 11))
    sigma = 26.9  # a radius of 108, 4 n + 64, is the last that is not
    assert len(half_kernel(sigma, "discrete", 4.0, (11,), mode)) == 109
    found = [convolve(x, half_kernel(one, "discrete", 4.0, (11,), mode), 1, mode) for one in (sigma, sigma + 0.2)]
    assert_allclose(*found, rtol=0, atol=5e-3)
    folded = convolve(x, _folded(108, sigma, True, 11, mode), 1, mode)
    assert_allclose(folded, found[0], rtol=0, atol=1e-14)


def test_the_widest_gaussian_takes_no_memory(backend):
    x = backend.array(np.random.default_rng(8).normal(size=(2, 24)))
    tracemalloc.start()
    found = [blur(x, 1e6), bands(x, (0, 1e6))[:, 0], octaves(x, sigma0=1e5, n_octaves=1)[0].levels[:, -1]]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    mean = backend.numpy(x).mean(axis=-1, keepdims=True)
    assert_allclose(backend.numpy(found[0]), np.broadcast_to(mean, (2, 24)), atol=1e-4)
    assert_allclose(backend.numpy(found[1] + found[0]), backend.numpy(x), atol=1e-12)
    assert_allclose(backend.numpy(found[2]), np.broadcast_to(mean, (2, 24)), atol=1e-4)
    assert peak < 10_000_000


@pytest.mark.parametrize("call", [
    lambda x: blur(x, 1.1e6), lambda x: gaussian_kernel(2e6), lambda x: bands(x, (0, 1e7)),
    lambda x: octaves(x, sigma0=1e7), lambda x: bands(x, range(1001)), lambda x: octaves(x, n_octaves=33),
    lambda x: octaves(x, scales_per_octave=101), lambda x: detect(x, n_octaves=10**6),
    lambda x: ScaleSpaceChannels(sigmas=(0, 1e7)).fit(x), lambda x: UVTFEvents(n_octaves=10**6).fit(x),
    lambda x: UVTFEvents(n_words=10**6).fit(x), lambda x: UVTFSaliency(sigma0=1e9).fit(x),
    lambda x: UVTFSaliency(scales_per_octave=10**9).fit(x),
])
def test_no_parameter_asks_for_more_than_there_is(call):
    with pytest.raises(ValueError, match=r"must be at most \d+"):
        call(np.zeros((2, 1, 24)))


def test_beyond_what_a_float_holds_a_kernel_has_nothing():
    assert_array_equal(gaussian_kernel(0.5, truncate=1e12)[[0, -1]], 0)
    assert len(gaussian_kernel(0.5, truncate=1e12)) < 1000
