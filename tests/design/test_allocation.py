import numpy as np
import pytest

from tests.reference import racknet as reference
from tsattn.design import STRATEGIES, allocate
from tsattn.design.allocation import rounded

CLUSTERS = [[7, 23, 11], [2, 5, 3, 13], [1, 1]]
every_strategy = pytest.mark.parametrize("strategy", STRATEGIES)


def test_coil_as_the_source_has_it():
    """Table 3.2: 8 and 77 kernels in a rack of 2 layers of 10, where a rack of 2 is due 80 of 400: fewer for more."""
    (few, many), *_ = allocate([[77, 8], [3, 5, 3, 3], [4, 8, 4, 4]], 400)
    assert few + many == 80
    assert few / many == pytest.approx(8 / 77, rel=0.1)
    between = allocate([[77, 8], [3, 5, 3, 3], [4, 8, 4, 4]], 400, "racknet-printed")[0]
    assert min(between) >= 36  # as normalised from the printed formula: neither 8 nor 77 can come of it
    assert max(between) <= 45


def test_by_hand():
    clusters = [[1, 3], [2]]
    assert allocate(clusters, 30) == ((15, 5), (10,))
    assert allocate(clusters, 30, "proportional") == ((5, 15), (10,))
    assert allocate(clusters, 30, "uniform-rack") == ((8, 7), (15,))
    assert allocate(clusters, 30, "uniform-layer") == ((10, 10), (10,))
    assert allocate(clusters, 30, "racknet-printed") == ((13, 7), (10,))  # 5/12, 1/4 and 1/3 of 30
    assert allocate([[9]], 5, "racknet-printed") == ((5,),)


@every_strategy
@pytest.mark.parametrize("budget", [9, 10, 97, 400])
def test_the_kernels_sum_to_the_budget_and_none_is_without(strategy, budget):
    found = allocate(CLUSTERS, budget, strategy, random_state=3)
    assert [len(rack) for rack in found] == [3, 4, 2]
    assert sum(map(sum, found)) == budget
    assert min(map(min, found)) >= 1


@pytest.mark.parametrize("strategy", ["racknet", "racknet-printed", "proportional", "uniform-rack", "uniform-layer"])
def test_shares_are_those_of_the_loop(strategy):
    found = STRATEGIES[strategy].shares(CLUSTERS, np.random.default_rng(0))
    flat, loop, kernels = (np.concatenate(parts) for parts in (
        found, reference.shares(strategy, CLUSTERS), allocate(CLUSTERS, 1000, strategy)))
    np.testing.assert_allclose(flat, loop, rtol=0, atol=1e-15)
    assert np.abs(kernels - 1000 * flat).max() < 1  # largest remainders


def test_random_is_drawn_from_a_seed():
    one, again, other = (allocate(CLUSTERS, 97, "random", random_state=seed) for seed in (1, 1, 2))
    assert one == again != other


@every_strategy
def test_too_small_a_budget_says_so(strategy):
    with pytest.raises(ValueError, match=r"budget must be at least the number of layers, 9, .* got 8; raise it"):
        allocate(CLUSTERS, 8, strategy)


@pytest.mark.parametrize("clusters", [[], [[]], [[1], []]])
@pytest.mark.parametrize("strategy", ["racknet", "uniform-rack", "random"])
def test_a_rack_has_a_layer(clusters, strategy):
    with pytest.raises(ValueError, match="clusters must have a rack, and each rack a layer, got"):
        allocate(clusters, 10, strategy)


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="unknown strategy 'best'; choose one of 'racknet'"):
        allocate(CLUSTERS, 40, "best")
    with pytest.raises(ValueError, match="clusters of a layer must be an integer of at least 1, got 0"):
        allocate([[0]], 40)


@pytest.mark.parametrize(("shares", "total", "whole"), [
    ([0.25] * 4, 4, [1, 1, 1, 1]), ([1 / 3] * 3, 10, [4, 3, 3]), ([0.97, 0.01, 0.01, 0.01], 4, [1, 1, 1, 1]),
    ([0.1, 0.9], 10, [1, 9]), ([0.5, 0.49, 0.01], 20, [10, 9, 1]), ([1.0], 3, [3]),
])
def test_rounding_by_hand(shares, total, whole):
    assert rounded(shares, total) == whole
