import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.reference import scalespace as reference
from tsattn.scalespace import describe, detect


def test_p33_descriptors_equal_the_loops(backend, walk):
    x = walk(2, 101)
    found = detect(backend.array(x), refine=True)
    ours = backend.numpy(describe(backend.array(x), found, n_cells=5))
    assert ours.shape == (len(found), 10)
    flat = found.to_numpy()
    for n in range(len(flat)):
        expected = reference.describe(x[flat.series[n]], flat.position[n, 0], flat.sigma[n], 5)
        assert_allclose(ours[n], expected, rtol=0, atol=1e-11)


def test_they_have_unit_norm(backend, walk):
    x = backend.array(walk(5, 211).astype(np.float32))
    found = describe(x, detect(x))
    assert tuple(found.shape) == (len(detect(x)), 16)
    assert_allclose((backend.numpy(found) ** 2).sum(1), 1, rtol=1e-5)


def test_a_symmetric_bump_rises_then_falls(backend):
    x = np.exp(-0.5 * ((np.arange(101) - 50) / 2) ** 2)
    found = describe(backend.array(x), detect(backend.array(x), polarity="bump"), n_cells=4)
    rises, falls = backend.numpy(found)[0, 0::2], backend.numpy(found)[0, 1::2]
    assert_allclose(rises, falls[::-1], atol=1e-12)
    assert_allclose(rises[2:], 0, atol=1e-12)


def test_height_and_level_do_not_count_and_a_flip_swaps_the_signs(backend, walk):
    x = walk(3, 211)
    found = detect(backend.array(x))
    one = backend.numpy(describe(backend.array(x), found))
    assert_allclose(backend.numpy(describe(backend.array(7 * x + 40), found)), one, atol=1e-10)
    flipped = backend.numpy(describe(backend.array(-x), found)).reshape(-1, 8, 2)[:, :, ::-1]
    assert_allclose(flipped.reshape(-1, 16), one, atol=1e-12)


def test_a_flat_scope_is_zero(backend, walk):
    x = backend.array(walk(211))
    assert not backend.numpy(describe(x * 0 + 3, detect(x))).any()


def test_wrong_parameters_say_the_rule(walk):
    x = walk(211)
    with pytest.raises(ValueError, match="n_cells must be an integer of at least 1, got 0"):
        describe(x, detect(x), n_cells=0)
