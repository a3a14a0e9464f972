import warnings

import numpy as np
import pytest

from tests.reference import racknet as reference
from tsattn.design.observations import (
    Mixture,
    count_clusters,
    histogram,
    kernel_edge,
    nearness,
    separate,
    sufficient_octaves,
)


def drawn(*parts, seed=0):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(mean, sd, n) for mean, sd, n in parts])


@pytest.mark.parametrize(("counts", "share", "octaves"), [
    ([990, 10], 0.01, (0, 1)), ([991, 9], 0.01, (0,)), ([500, 4, 496], 0.01, (0, 2)), ([1, 1], 0, (0, 1))])
def test_racks_are_octaves_with_features_enough(counts, share, octaves):
    assert sufficient_octaves(np.repeat(np.arange(len(counts)), counts), share) == octaves


def test_the_octave_of_the_doubled_image_is_one():
    assert sufficient_octaves(np.array([-1, -1, 0])) == (-1, 0)


def test_the_histogram_has_bins_of_a_hundredth():
    entropy = drawn((3, 0.5, 500))
    counts = histogram(entropy)
    assert counts.sum() == 500
    assert counts[250] == ((entropy >= 2.5) & (entropy < 2.51)).sum()
    assert histogram(np.array([0.07, 0.29])).nonzero()[0].tolist() == [7, 29]  # exact in no binary


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_as_many_layers_as_there_are_gaussians(n):
    found = separate(drawn(*((1 + 1.5 * i, 0.15, 400) for i in range(n))))
    np.testing.assert_allclose(found.means, 1 + 1.5 * np.arange(n), atol=0.05)
    np.testing.assert_allclose(found.weights, np.full(n, 1 / n), atol=0.01)
    np.testing.assert_allclose(found.sds, np.full(n, 0.15), atol=0.03)


def test_a_dirichlet_process_finds_them_too():
    entropy = drawn((2, 0.1, 600), (4, 0.3, 300))
    one, again = (separate(entropy, method="dirichlet", random_state=3) for _ in range(2))
    assert one == again
    assert np.abs(np.array(one.means)[[0, -1]] - [2, 4]).max() < 0.4
    assert 2 <= len(one.means) < 10


def test_the_order_of_features_does_not_count():
    entropy = drawn((2, 0.1, 300), (3, 0.4, 300))
    assert separate(entropy) == separate(entropy[::-1])


def test_low_means_come_first():
    found = separate(drawn((4, 0.2, 300), (1, 0.2, 100), (2.5, 0.2, 200)))
    assert list(found.means) == sorted(found.means)
    assert np.argmax(found.weights) == 2


def test_a_few_features_make_no_layer():
    entropy = drawn((2, 0.1, 990), (6, 0.1, 8))
    assert len(separate(entropy).means) == 1
    assert len(separate(entropy, min_features=0.001).means) == 2


def test_no_more_than_asked_for():
    assert len(separate(drawn(*((1 + i, 0.1, 200) for i in range(5))), max_components=2).means) == 2


@pytest.mark.parametrize("entropy", [[0.0], [2.5], [2.5] * 9, [1.0, 3.0], [1.0, 1.0, 3.0]])
@pytest.mark.parametrize("method", ["bic", "dirichlet"])
def test_very_few_entropies_do(entropy, method):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = separate(np.array(entropy), method=method, random_state=0)
    assert 1 <= len(found.means) <= len(set(entropy))
    assert set(found.assign(np.array(entropy))) <= set(range(len(found.means)))


def test_assignment_is_to_the_likeliest():
    mixture = Mixture((0.25, 0.75), (1.0, 2.0), (0.2, 0.1))
    entropy = np.linspace(0, 4, 41)
    assert np.array_equal(mixture.assign(entropy)[:30], mixture.density(entropy)[:30].argmax(1))
    assert mixture.assign(np.array([1e6])).tolist() == [0]  # where both densities are 0 in float64
    assert mixture.density(np.linspace(-1, 5, 6001)).sum() * 0.001 == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("eps", [0.02, 0.1, 0.5])
def test_clusters_equal_the_loop(eps):
    rng = np.random.default_rng(2)
    points = np.abs(np.repeat(np.eye(7)[:4], 9, axis=0) + 0.25 * rng.normal(size=(36, 7)))
    assert count_clusters(points, eps) == reference.n_clusters(points.tolist(), eps, 5)


def test_near_is_where_half_have_five_others():
    points = np.abs(np.random.default_rng(4).normal(size=(60, 5)))
    eps = nearness(points)
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    others = ((1 - unit @ unit.T) <= eps + 1e-12).sum(1) - 1
    assert abs((others >= 5).mean() - 0.5) <= 1 / 60


def test_flat_and_few_descriptors_are_one_cluster():
    assert nearness(np.zeros((3, 4))) == 1.0
    assert count_clusters(np.zeros((9, 4)), 0.5) == 1
    assert count_clusters(np.ones((3, 4)), 0.5) == 1
    assert nearness(np.ones((9, 4))) > 0


@pytest.mark.parametrize(("scope", "edge"), [(2.0, 3), (2.66, 3), (2.68, 5), (4.0, 5)])
def test_a_wide_scope_asks_for_five(scope, edge):
    assert kernel_edge(scope, 2.0) == edge


@pytest.mark.parametrize(("call", "said"), [
    (lambda: separate(np.array([])), "a mixture needs at least 1 entropy"),
    (lambda: separate(np.ones(3), method="aic"), "unknown method 'aic'; choose one of 'bic', 'dirichlet'"),
    (lambda: separate(np.ones(3), max_components=0), "max_components must be an integer of at least 1"),
    (lambda: sufficient_octaves(np.ones(3, int), 1), r"min_features must lie in \[0, 1\)"),
    (lambda: count_clusters(np.eye(3), 0), "eps must be a positive finite number"),
    (lambda: Mixture((1.0,), (2.0,), (0.0,)), "weights and deviations above 0"),
    (lambda: Mixture((1.0,), (float("nan"),), (1.0,)), "must have finite numbers"),
])
def test_nonsense_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()


@pytest.mark.parametrize("method", ["bic", "dirichlet"])
def test_no_gaussian_is_narrower_than_a_twentieth_of_a_bit(method):
    found = separate(np.repeat([1.0, 2.0, 3.0], 100), method=method, random_state=0)
    assert len(found.sds) == 3
    assert min(found.sds) >= 0.05 - 1e-9
