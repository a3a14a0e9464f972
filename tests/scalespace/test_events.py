import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from tests.reference import scalespace as reference
from tsattn.scalespace import BUMP, Events, detect, events
from tsattn.scalespace.events import samples_within


def test_p33_amplitude_is_the_mean_of_the_scope(backend, walk):
    x = walk(3, 101) + 1000
    found = events(backend.array(x)).to_numpy()
    assert len(found) > 20
    for k in range(3):
        for n in range(found.offsets[k], found.offsets[k + 1]):
            expected = reference.scope_mean(x[k], found.position[n, 0], found.sigma[n])
            assert found.amplitude[n] == pytest.approx(expected, rel=1e-12)


def test_scope_is_three_sigma_cut_at_the_ends(backend, walk):
    found = events(backend.array(walk(7, 64))).to_numpy()
    assert_array_equal(found.center, found.position[:, 0])
    assert_allclose(found.start, np.maximum(found.center - 3 * found.sigma, 0))
    assert_allclose(found.end, np.minimum(found.center + 3 * found.sigma, 63))
    assert (found.start == 0).any()
    assert (found.end == 63).any()


def test_by_hand(backend):
    x = np.zeros(61)
    x[30] = 1.0
    found = events(backend.array(x), sigma0=0.5, polarity="bump", contrast=0.05)
    assert found.center.tolist() == [30.0]
    assert found.sigma.tolist() == pytest.approx([0.5 * 2 ** (2 / 3)])
    assert found.polarity.tolist() == [BUMP]
    assert found.amplitude.tolist() == pytest.approx([1 / 5])  # 3 sigma = 2.38: samples 28..32


def test_given_keypoints_are_kept(backend, walk):
    x = backend.array(walk(3, 101))
    keypoints = detect(x, polarity="dip")
    found = events(x, keypoints)
    assert isinstance(found, Events)
    assert_array_equal(found.position, keypoints.position)
    assert_array_equal(found.amplitude, events(x, polarity="dip").amplitude)
    with pytest.raises(TypeError, match="options are for detection"):
        events(x, keypoints, polarity="dip")


def test_any_axis_may_be_time(backend, walk):
    x = walk(3, 101)
    along, across = events(backend.array(x)), events(backend.array(x.T.copy()), axes=(0,))
    assert_array_equal(along.amplitude, across.amplitude)
    with pytest.raises(ValueError, match="a series has one axis"):
        events(backend.array(x), axes=(0, 1))


def test_keypoints_of_other_series_are_refused(walk):
    x = walk(3, 101)
    with pytest.raises(ValueError, match="keypoints must be of the same 2 series, got 3"):
        events(x[:2], detect(x))
    with pytest.raises(ValueError, match=r"positions must lie in \[0, 49\]"):
        events(x[:, :50], detect(x))
    with pytest.raises(TypeError, match="both be NumPy arrays or both torch tensors"):
        events(torch.from_numpy(x), detect(x))


def test_no_events(backend):
    found = events(backend.array(np.ones((5, 64))))
    assert (len(found), found.n_series, tuple(found.amplitude.shape)) == (0, 5, (0,))


def test_p32_amplitudes_are_differentiable():
    x = torch.randn(2, 41, dtype=torch.float64, generator=torch.Generator().manual_seed(2)).cumsum(-1)
    keypoints = detect(x)
    assert len(keypoints) == 3
    assert torch.autograd.gradcheck(lambda x: events(x, keypoints).amplitude, (x.requires_grad_(),))


def test_a_scope_between_two_samples_is_the_later_of_the_nearest():
    centre, sigma = np.array([2.5, 3.5, 4.2, 10.0]), np.full(4, 0.1)
    expected = ([3, 4, 4, 10], [3, 4, 4, 10])
    for x in (centre, torch.from_numpy(centre)):
        low, high = samples_within(x, 0.1 + 0 * x, 10)
        assert (low.tolist(), high.tolist()) == expected
    low, high = samples_within(centre, 10 * sigma, 10)
    assert (low.tolist(), high.tolist()) == ([0, 1, 2, 7], [5, 6, 7, 10])
