import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.ndimage import gaussian_filter

from tests.reference import racknet as reference
from tsattn.design import Features, image_features, series_features
from tsattn.design.features import entropies, quantised
from tsattn.image import sift
from tsattn.scalespace import Keypoints, detect

LENGTHS = np.array([101, 7, 43, 101, 61])


@pytest.fixture(scope="module")
def walks():
    return np.random.default_rng(5).normal(size=(LENGTHS.sum(), 3)).cumsum(0)


@pytest.fixture(scope="module")
def found(walks):
    return series_features(walks, LENGTHS, n_octaves="auto")


def same(one, other):
    return all(np.array_equal(getattr(one, name), getattr(other, name))
               for name in ("octave", "sigma", "entropy", "descriptor", "instance"))


def smooth(n, height, width, *channels):
    """Pictures of blobs, from 0 to 1."""
    noise = np.random.default_rng(4).random((n, height, width, *channels))
    x = gaussian_filter(noise, (0, 1.5, 1.5, *[0] * len(channels)))
    return (x - x.min()) / (x.max() - x.min())


def spoiled(shape, place):
    x = np.random.default_rng(0).random(shape)
    x[place] = np.inf
    return x


def keypoints(position, sigma, offsets):
    n = len(sigma)
    return Keypoints(np.array(position, float), np.array(sigma, float), np.zeros(n, int), np.ones(n, int), np.zeros(n),
                     np.ones(n, np.int8), np.array(offsets))


@pytest.mark.parametrize("shape", [(37,), (13, 17)])
def test_entropies_equal_the_loop(shape):
    rng = np.random.default_rng(1)
    levels = rng.integers(0, 9, (3, *shape)).astype(np.uint8)
    places = rng.uniform(0, np.array(shape) - 1, (11, len(shape)))
    sigmas = rng.uniform(0.5, 3, 11)
    ours = entropies(levels.reshape(3, -1, shape[-1]), keypoints(places, sigmas, [0, 4, 4, 11]))
    series = [0] * 4 + [2] * 7
    loop = [reference.entropy(reference.within(levels[i], place, sigma))
            for i, place, sigma in zip(series, places, sigmas, strict=True)]
    np.testing.assert_allclose(ours, loop, rtol=0, atol=1e-12)


def test_entropies_by_hand():
    levels = np.array([[[0, 0, 1, 1, 2, 3, 3, 3]]], np.uint8)
    halves, flat = entropies(levels, keypoints([[1.5], [6.0]], [0.5, 0.3], [0, 2]))
    assert (halves, flat) == (1.0, 0.0)  # 0 0 1 1, and 3 alone


def test_levels_span_the_range():
    assert quantised(np.array([-3.0, 1.0, 5.0]), -3.0, 5.0).tolist() == [0, 128, 255]
    assert quantised(np.full((4, 1), 7.0)).tolist() == [[0]] * 4
    assert len(np.unique(quantised(np.arange(256.0)[:, None]))) == 256


def test_the_source_of_each_feature_is_kept(found):
    assert set(np.unique(found.instance)) <= {0, 2, 3, 4}  # 1 is too short for an octave
    assert (np.diff(found.instance) >= 0).all()
    assert found.descriptor.shape == (len(found), 16)
    assert found.descriptor.dtype == np.float32
    assert set(found.seconds) == {"features", "entropy"}


def test_a_series_has_the_same_features_in_any_company(walks, found):
    part = series_features(walks, np.array([101, 7, 43, 162]), n_octaves="auto")  # the same rows: scale and levels stay
    assert same(part.take(part.instance < 3), found.take(found.instance < 3))


def test_features_are_those_of_detection(walks, found):
    scaled = (walks - walks.mean(0)) / walks.std(0)
    one = detect(np.ascontiguousarray(scaled[:101].T), n_octaves="auto")
    own = found.take(found.instance == 0)
    assert np.array_equal(own.sigma, one.sigma)
    assert np.array_equal(own.octave, one.octave)


@pytest.mark.parametrize("change", [lambda x: 8 * x, lambda x: x / 1024, lambda x: x * [2.0, 0.5, 4.0]])
def test_scaling_of_amplitudes_changes_nothing(change, walks, found):
    assert same(series_features(change(walks), LENGTHS, n_octaves="auto"), found)


def test_constant_and_short_series_have_none():
    for values in (np.full((40, 2), 0.1), np.zeros((40, 2))):
        assert len(series_features(values, np.array([40]))) == 0
    none = series_features(np.random.default_rng(0).normal(size=(14, 2)), np.array([7, 7]))
    assert none.descriptor.shape == (0, 16)


def test_images_have_the_same_columns():
    rng = np.random.default_rng(3)
    blobs = np.zeros((5, 28, 28))
    for image, (row, column) in zip(blobs[:4], rng.uniform(8, 20, (4, 2)), strict=True):
        y, x = np.indices(image.shape)
        image += np.exp(-((y - row) ** 2 + (x - column) ** 2) / 8)
    found = image_features(blobs)
    assert set(found.instance) == {0, 1, 2, 3}
    assert found.descriptor.shape == (len(found), 128)
    assert set(found.seconds) == {"features", "entropy"}
    whole = image_features((255 * blobs).round().astype(np.uint8))
    assert np.array_equal(whole.instance, found.instance)
    colour = image_features(np.repeat(blobs[..., None], 3, -1))
    assert np.allclose(colour.entropy, found.entropy)
    assert len(image_features(np.zeros((2, 28, 28)))) == 0


def test_entropies_of_images_equal_the_loop():
    """Levels are those of the range of all images, 256 of them."""
    x = np.rint(150 * smooth(3, 17, 31)).astype(int)
    x[1, :, :5], x[0, 0, 0] = 0, 200
    found = image_features(x)
    assert len(found) > 5
    keypoints, _ = sift.detect_and_describe((x / 200)[..., None].astype(np.float32))
    levels = np.minimum(x * 256 // 200, 255)
    loop = [reference.entropy(reference.within(levels[image], place, sigma))
            for image, place, sigma in zip(keypoints.series, keypoints.position, keypoints.sigma, strict=True)]
    assert_allclose(found.entropy, loop, atol=1e-9)


def test_colours_count_as_the_eye_sees_them_and_opacity_does_not():
    x = smooth(3, 24, 31, 3) * [0.9, 0.4, 0.7]
    low, high = x.min(), x.max()
    luma = 0.299 * x[..., 0] + 0.587 * x[..., 1] + 0.114 * x[..., 2]
    keypoints, descriptors = sift.detect_and_describe(((luma - low) / (high - low)).astype(np.float32))
    found = image_features(x)
    assert len(found) == len(keypoints) > 5
    assert_allclose(found.descriptor, descriptors, atol=1e-5)
    for opacity in (0.0, 255.0):
        assert same(image_features(np.concatenate([x, np.full((3, 24, 31, 1), opacity)], -1)), found)
    grey = image_features(x[..., 0])
    assert same(image_features(x[..., [0, 1]]), grey)
    assert same(image_features(np.stack([x[..., 0]] * 5, -1)), grey)


@pytest.mark.parametrize(("call", "said"), [
    (lambda: series_features(np.zeros((5, 2)), np.array([4])), "lengths must sum to the rows of values"),
    (lambda: series_features(np.zeros((0, 2)), np.zeros(0, int)), r"one row and one variate at least, got .*\(0, 2\)"),
    (lambda: series_features(spoiled((20, 2), (12, 1)), [9, 0, 11]),
     "values must be finite, got inf in series 2, step 3, variate 1"),
    (lambda: image_features(spoiled((5, 20, 20), (1, 3, 17))), "must not hold infinity, found inf in image 1, row 3, "),
    (lambda: image_features(spoiled((5, 20, 20, 3), (1, 3, 17, 2))), "image 1, row 3, column 17, channel 2"),
    (lambda: image_features([np.zeros((20, 20)), np.zeros((20, 21))]), "images must have one size each, got 2 of"),
    (lambda: image_features(np.zeros((5, 2))), r"images must have shape \(n, height, width\)"),
    (lambda: Features(np.zeros(2, int), np.zeros(3), np.zeros(2), np.zeros((2, 4)), np.zeros(2, int)),
     "columns must be of one length, got"),
])
def test_nonsense_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()


@pytest.mark.parametrize("shape", [(20, 1, 1), (20, 16, 1), (20, 16, 3), (20, 16, 4), (20, 16, 16)])
def test_p25_images_of_any_width_are_as_many_as_they_are(shape):
    x = np.random.default_rng(0).random(shape)
    found, wider = image_features(x), image_features(np.repeat(x, 2, axis=2))
    assert set(found.instance) <= set(range(20))
    assert len(wider.instance) == len(image_features(np.repeat(x, 2, axis=2)[..., None]).instance)


def test_p23_units_of_images_do_not_matter():
    x = np.random.default_rng(0).integers(0, 256, (5, 24, 24))
    expected = image_features(x)
    for other in (x + 2**40, x * 1e9 + 1e12, x / 255):
        found = image_features(other)
        assert_array_equal(found.instance, expected.instance)
        assert_allclose(found.sigma, expected.sigma, rtol=1e-3)


@pytest.mark.parametrize(("images", "error", "message"), [
    (np.zeros((0, 8, 8)), ValueError, "one pixel at least"), (np.zeros((2, 3, 32, 32)), ValueError, "channels last"),
    (np.zeros((2, 8, 8), complex), TypeError, "got complex128"), (np.zeros((8, 8)), ValueError, r"got \(8, 8\)"),
])
def test_p25_what_are_no_images_is_refused(images, error, message):
    with pytest.raises(error, match=message):
        image_features(images)


@pytest.mark.parametrize("lengths", [[60, -20], [20.0, 20.0]])
def test_lengths_are_whole_numbers(lengths):
    with pytest.raises(ValueError, match="whole numbers from 0 up"):
        series_features(np.zeros((40, 1)), lengths)
