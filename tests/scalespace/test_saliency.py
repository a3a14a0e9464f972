import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from tests.reference import scalespace as reference
from tsattn.scalespace import Keypoints, detect, events, saliency_series

AMPLITUDES = ["average", "center", "unit", "scale-space"]


@pytest.mark.parametrize("amplitude", AMPLITUDES)
@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_p33_saliency_equals_the_direct_sum(backend, walk, amplitude, cut, dtype):
    x = walk(3, 71).astype(dtype)
    found = events(backend.array(x), refine=dtype == np.float64)
    flat = found.to_numpy()
    ours = saliency_series(backend.array(x), found, amplitude=amplitude, cut=cut)
    assert ours.dtype == backend.array(x).dtype
    for k in range(3):
        some = slice(flat.offsets[k], flat.offsets[k + 1])
        pairs = list(zip(flat.center[some], flat.sigma[some], strict=True))
        assert len(pairs) > 3
        expected = reference.saliency(x[k].astype(float), pairs, amplitude, cut)
        tolerance = (1e-11 if dtype == np.float64 else 2e-6) * abs(expected).max()
        assert_allclose(backend.numpy(ours)[k], expected, rtol=0, atol=tolerance)


def one(position, sigma, n_series=1):
    """A single keypoint of series 0."""
    column = np.zeros(1, np.int64)
    offsets = np.array([0] + [1] * n_series)
    return Keypoints(np.array([[position]]), np.array([sigma]), column, column + 1, column * 1.0, column + 1, offsets)


def test_p33_masks_hold_to_the_far_end_of_a_long_series():
    x = np.zeros(60_001)
    for sigma, centre in ((1.6, 7.0), (500.0, 30_000.25), (9000.0, 59_999.5)):
        found = saliency_series(x, one(centre, sigma), amplitude="unit")
        expected = np.exp(-0.5 * ((np.arange(60_001) - centre) / sigma) ** 2)
        seen = expected > 1e-300
        assert_allclose(found[seen], expected[seen], rtol=1e-9)
        assert (found[~seen] < 1e-299).all()


def test_a_mask_has_peak_one_and_three_sigma_when_cut(backend):
    x = np.full((2, 41), 5.0)
    found = one(20.0, 3.0, 2)
    if backend.name == "torch":
        found = Keypoints(*[torch.from_numpy(getattr(found, name)) for name in Keypoints.__dataclass_fields__])
    out = backend.numpy(saliency_series(backend.array(x), found, amplitude="unit", cut=True))
    assert out[0, 20] == 1
    assert out[0, 29] == pytest.approx(np.exp(-4.5))
    assert out[0, 30] == 0
    assert (out[1] == 0).all()
    assert backend.numpy(saliency_series(backend.array(x), found))[0, 20] == pytest.approx(5)


def test_no_events_give_zero(backend):
    x = backend.array(np.ones((2, 3, 64)))
    for amplitude in AMPLITUDES:
        out = saliency_series(x, detect(x), amplitude=amplitude)
        assert_array_equal(backend.numpy(out), np.zeros((2, 3, 64)))


def test_shape_and_axes_are_those_of_the_series(backend, walk):
    x = walk(2, 3, 101)
    moved = backend.array(np.ascontiguousarray(np.moveaxis(x, -1, 0)))
    out = saliency_series(moved, detect(moved, axes=(0,)), axes=(0,))
    assert tuple(out.shape) == (101, 2, 3)
    straight = saliency_series(backend.array(x), detect(backend.array(x)))
    assert_array_equal(np.moveaxis(backend.numpy(out), 0, -1), backend.numpy(straight))


def test_unknown_amplitudes_list_the_choices():
    with pytest.raises(ValueError, match="unknown amplitude 'mean'; choose one of 'average', 'center', 'unit'"):
        saliency_series(np.zeros(9), one(4.0, 1.0), amplitude="mean")


@pytest.mark.parametrize("amplitude", ["average", "center", "scale-space"])
@pytest.mark.parametrize("cut", [False, True])
def test_p32_saliency_is_differentiable_in_the_series(amplitude, cut):
    generator = torch.Generator().manual_seed(1)
    for shape in ((19,), (2, 23), (2, 3, 17)):
        x = torch.randn(*shape, dtype=torch.float64, generator=generator).cumsum(-1)
        found = detect(x, contrast=0)
        assert len(found) > 0
        x = x.requires_grad_()
        assert torch.autograd.gradcheck(
            lambda x, found=found: saliency_series(x, found, amplitude=amplitude, cut=cut), (x,)
        )
