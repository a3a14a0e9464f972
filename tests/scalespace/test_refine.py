import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.reference import scalespace as reference
from tsattn.scalespace import detect, octaves


def fitted(x, contrast, n_scales=3, **options):
    """What the loops make of every extremum of x: (octave, scale, *position, sigma, value) in order."""
    rows = []
    for o, (levels, step, offset) in enumerate(reference.octaves(x, n_scales=n_scales, **options)):
        dogs = levels[1:] - levels[:-1]
        for place in np.ndindex(*[n - 2 for n in dogs.shape]):
            place = tuple(p + 1 for p in place)
            if not reference.is_extremum(dogs, place, 1.0, 0.0):
                continue
            found = reference.refine(dogs, place)
            if found is None or abs(found[2]) < contrast or found[2] * dogs[place] <= 0:
                continue
            at, shift, value = found
            if x.ndim == 2 and reference.is_edge(dogs[at[0]], at[1:], 10):
                continue
            position = [(p + d) * step + offset for p, d in zip(at[1:], shift[1:], strict=True)]
            rows.append((o, at[0], *position, 1.6 * 2 ** (o + (at[0] + shift[0]) / n_scales), value))
    return sorted(rows)


def columns(found):
    found = found.to_numpy()
    return np.column_stack([found.octave, found.scale, found.position, found.sigma, found.value])


def test_p33_refined_events_equal_the_loops(backend, walk):
    x = walk(401, seed=3)
    found = detect(backend.array(x), refine=True, contrast=0.05)
    expected = fitted(x, 0.05)
    assert len(expected) > 20
    assert_allclose(columns(found), expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize("reduce", ["decimate", "average"])
def test_p33_refined_keypoints_of_images_equal_the_loops(backend, reduce):
    rng = np.random.default_rng(4)
    x, (y, z) = 0.02 * rng.normal(size=(31, 29)), np.indices((31, 29))
    for a, b, w in rng.uniform((0, 0, 0.8), (31, 29, 3), (60, 3)):
        x += rng.choice([-1, 1]) * np.exp(-0.5 * ((y - a) ** 2 + (z - b) ** 2) / w**2)
    found = detect(backend.array(x), axes=(0, 1), contrast=0.01, reduce=reduce, n_octaves=2)
    expected = fitted(x, 0.01, reduce=reduce, n_octaves=2)
    assert len(expected) >= 5
    assert_allclose(columns(found), expected, rtol=0, atol=1e-8)


def test_a_parabola_is_fitted_exactly():
    x = np.exp(-0.5 * ((np.arange(301) - 150.3) / 6) ** 2)
    found = detect(x, refine=True, polarity="bump")
    best = abs(found.value).argmax()
    assert found.position[best, 0] == pytest.approx(150.3, abs=0.05)
    coarse = detect(x, polarity="bump")
    assert abs(found.value[best]) >= abs(coarse.value).max()


def test_contrast_is_asked_of_the_fitted_value(backend, walk):
    x = backend.array(walk(5, 401))
    every = detect(x, refine=True, contrast=0)
    some = detect(x, refine=True, contrast=0.2)
    assert 0 < len(some) < len(every)
    assert_allclose(backend.numpy(some.value), backend.numpy(every.take(abs(every.value) >= 0.2).value))


def test_an_edge_is_dropped_and_a_blob_is_kept(backend):
    y, z = np.indices((61, 67))
    blob = np.exp(-0.5 * ((y - 30.2) ** 2 + (z - 33.1) ** 2) / 3**2)
    ridge = np.exp(-0.5 * ((y - 30.2) ** 2 / 2.5**2 + (z - 33.1) ** 2 / 20**2))
    for refine in (False, True):
        options = {"axes": (0, 1), "contrast": 0.005, "polarity": "bump", "refine": refine, "n_octaves": 2}
        assert len(detect(backend.array(blob), **options)) >= 1
        assert len(detect(backend.array(ridge), edge_ratio=5.0, **options)) == 0
        assert len(detect(backend.array(ridge), edge_ratio=None, **options)) >= 1


def test_a_saddle_is_dropped_however_large_the_ratio(backend):
    """Where the curvatures differ in sign, Tr^2 / Det is negative and would pass any limit."""
    x = np.random.default_rng(6).normal(size=(3, 64, 64))
    found = detect(backend.array(x), axes=(1, 2), refine=True, edge_ratio=1e9, contrast=0, sigma0=1.0).to_numpy()
    for k in range(3):
        stacks = {o.index: o for o in octaves(x[k], axes=(0, 1), sigma0=1.0)}
        for n in range(found.offsets[k], found.offsets[k + 1]):
            octave = stacks[found.octave[n]]
            at = tuple(np.rint((found.position[n] - octave.offset) / octave.step).astype(int))
            image = octave.differences[found.scale[n]]
            _, hessian = reference.derivatives(image[tuple(slice(p - 1, p + 2) for p in at)])
            assert np.linalg.det(hessian) > 0
