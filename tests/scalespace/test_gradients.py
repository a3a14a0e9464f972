import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tests.reference import sift as reference
from tsattn.scalespace import _gradients_kernel as compiled
from tsattn.scalespace import _octavewise
from tsattn.scalespace._ladder import Ladder
from tsattn.scalespace.criteria import Criteria
from tsattn.scalespace.gradients import describe_images, orient, peaks, unit

LADDER = Ladder(2, 3, 1.1, "reflect", "discrete", 4.0, "auto", 0.0, False)
CRITERIA = Criteria(1.0, 0.002, "both", True, 10.0)


def picture(height, width, seed=3):
    """Bumps and dips of several widths."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((height, width))
    x = np.zeros((height, width))
    for sign in rng.choice([-1, 1], 30):
        row, column, size = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(1, 3)
        x += sign * np.exp(-0.5 * ((rows - row) ** 2 + (columns - column) ** 2) / size**2)
    return x


def searched(x):
    """What is found in each octave of a stack of images."""
    return list(_octavewise.search(x, 0, LADDER, CRITERIA, 1))


def numbers(x):
    return x.numpy() if hasattr(x, "numpy") else x


def test_directions_equal_the_loops(backend):
    found = searched(backend.array(np.stack([picture(37, 31), picture(37, 31, 4)])))
    assert sum(len(one.value) for one in found) > 10
    for one in found:
        which, angle = map(numbers, orient(one))
        levels, series, level, place, sigma = map(
            numbers, (one.octave.levels, one.series, one.level, one.place, one.own_sigma))
        for k in range(len(series)):
            histogram = reference.directions(levels[series[k], level[k]], *place[k, 1:], sigma[k])
            expected = reference.angles(histogram)
            assert_allclose(np.sort(angle[which == k]), np.sort(expected), atol=1e-4)


def test_descriptors_equal_the_loops(backend):
    rng = np.random.default_rng(0)
    for one in searched(backend.array(picture(37, 31)[None])):
        n = len(one.value)
        which, angle = rng.permutation(n), rng.uniform(-np.pi, np.pi, n)
        descriptors = numbers(describe_images(one, backend.array(which), backend.array(angle)))
        assert descriptors.shape == (n, 128)
        levels, series, level, place, sigma = map(
            numbers, (one.octave.levels, one.series, one.level, one.place, one.own_sigma))
        for k, a, descriptor in zip(which, angle, descriptors, strict=True):
            expected = reference.descriptor(levels[series[k], level[k]], *place[k, 1:], sigma[k], a)
            assert_allclose(descriptor, expected, atol=2e-5)


def test_the_compiled_arc_tangent_is_right_to_two_millionths():
    turn = np.linspace(-np.pi, np.pi, 10_001)[1:]
    dy, dx = np.sin(turn), np.cos(turn)
    line, found = np.empty((2, 1)), []
    for down, right in zip(dy, dx, strict=True):
        compiled.fill_line(np.array([[0, 0, 0], [0, 0, right], [0, down, 0]]), 1, 1, 2, compiled.ARC, line)
        found.append(line[:, 0].copy())
    size, angle = np.array(found).T
    assert_allclose(size, 1, atol=1e-12)
    assert_allclose(angle, turn, atol=3e-6)


def test_directions_of_equal_height_are_all_there_and_lie_between_bins():
    bins = np.zeros((1, 36))
    bins[0, [0, 1]], bins[0, 20] = 1.0, 1.5
    which, angle, height = peaks(bins)
    assert which.tolist() == [0, 0]
    assert_allclose(angle * 36 / (2 * np.pi), [0.5, 20 - 36])
    assert height[0] > height[1]


def test_a_place_without_a_gradient_points_along_its_row():
    which, angle, _ = peaks(np.zeros((2, 36)))
    assert (which.tolist(), angle.tolist()) == ([0, 1], [0.0, 0.0])


def test_a_ramp_points_up_the_ramp(backend):
    """Of a bump on a steep ramp the one direction is the ramp's."""
    rows, columns = np.indices((41, 41))
    for turn in (0.3, 2.0, -1.2):
        ramp = 0.5 * (np.cos(turn) * columns + np.sin(turn) * rows)
        bump = np.exp(-0.5 * ((rows - 20) ** 2 + (columns - 20) ** 2) / 4)
        for one in searched(backend.array((ramp + bump)[None])):
            _, angle = orient(one, every=False)
            assert_allclose(numbers(angle), turn, atol=0.02)


def test_numbers_are_cut_at_two_tenths_of_the_norm(backend):
    x = np.array([[3.0, 4.0] + [0.1] * 126, [0.0] * 128])
    found = numbers(unit(backend.array(x)))
    assert_allclose(np.linalg.norm(found, axis=1), [1, 0])
    assert found[0, 0] == found[0, 1]
    assert_allclose(found[0, 2] / found[0, 0], 0.1 / np.linalg.norm(x[0]) / 0.2)


def test_threads_change_nothing():
    x = picture(150, 170)[None]
    alone = [(orient(one), one) for one in searched(x)]
    for (which, angle), one in alone:
        shared = _octavewise.Found(one.octave, 0, one.series, one.level, one.place, one.value, None)
        assert_array_equal(describe_images(one, which, angle), describe_images(shared, which, angle))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_descriptors_have_the_type_of_the_image(dtype):
    for one in searched(picture(37, 31)[None].astype(dtype)):
        assert describe_images(one, *orient(one)).dtype == dtype
