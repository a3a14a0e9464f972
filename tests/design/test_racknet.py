from dataclasses import replace

import numpy as np
import pytest

from tsattn.design import (
    STRATEGIES,
    Architecture,
    Features,
    Layer,
    Mixture,
    OctavePlan,
    RACKNetPlan,
    racknet,
    series_features,
)
from tsattn.design.designing import sampled
from tsattn.design.observations import METHODS, count_clusters, nearness

KINDS = [(0, 2.0, 1.0, 5), (0, 2.0, 3.0, 2), (1, 4.0, 2.0, 1), (1, 6.0, 4.0, 4)]  # octave, sigma, entropy, directions
EACH = 60


def planted(seed=0):
    """Two octaves of two kinds of features each, of so many directions."""
    rng = np.random.default_rng(seed)
    octave, sigma, entropy, descriptor = [], [], [], []
    for o, s, e, n in KINDS:
        octave += [o] * EACH * n
        sigma += [s] * EACH * n
        entropy.append(rng.normal(e, 0.1, EACH * n))
        descriptor.append(np.repeat(np.eye(7)[:n], EACH, axis=0) + 0.02 * rng.normal(size=(EACH * n, 7)))
    n = len(octave)
    return Features(np.array(octave), np.array(sigma), np.concatenate(entropy),
                    np.concatenate(descriptor).astype(np.float32), rng.integers(0, 40, n), {"features": 1.5})


@pytest.fixture(scope="module")
def found():
    return planted()


@pytest.fixture(scope="module")
def plan(found):
    return racknet(found, budget=60, ndim=1, random_state=0)


def test_what_was_planted_is_found(plan):
    assert [octave.octave for octave in plan.octaves] == [0, 1]
    assert [octave.clusters for octave in plan.octaves] == [(5, 2), (1, 4)]
    assert [octave.edges for octave in plan.octaves] == [(3, 3), (3, 5)]
    np.testing.assert_allclose([octave.mixture.means for octave in plan.octaves], [[1, 3], [2, 4]], atol=0.05)
    # 30 to each rack; 2 : 5 and 4 : 1 within
    assert plan.architecture == Architecture(((Layer(9), Layer(21)), (Layer(24), Layer(6, edge=5))), ndim=1)


def test_inverse_order_has_complex_layers_first(found):
    plan = racknet(found, budget=60, strategy="inverse-order", ndim=1, random_state=0)
    assert plan.architecture.racks == ((Layer(21), Layer(9)), (Layer(6, edge=5), Layer(24)))
    assert "kernels by inverse-order, layers of high entropies first\noctave 0" in str(plan)
    assert "kernels by racknet\noctave 0" in str(racknet(found, budget=60, ndim=1, random_state=0))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_strategies_share_racks_and_layers(strategy, found, plan):
    other = racknet(found, budget=60, strategy=strategy, ndim=1, random_state=0).architecture
    assert list(map(len, other.racks)) == list(map(len, plan.architecture.racks))
    assert other.budget == 60


@pytest.mark.parametrize("max_features", [5000, 100])
def test_the_order_of_features_changes_nothing(max_features, found):
    shuffled = found.take(np.random.default_rng(1).permutation(len(found)))
    one, other = (racknet(some, budget=60, max_features=max_features, random_state=0) for some in (found, shuffled))
    assert one.architecture == other.architecture
    assert [octave.clusters for octave in one.octaves] == [octave.clusters for octave in other.octaves]


def test_whose_a_feature_is_changes_nothing(found, plan):
    other = racknet(replace(found, instance=found.instance[::-1]), budget=60, ndim=1, random_state=0)
    assert other.architecture == plan.architecture


def test_a_sample_is_stated_and_repeats(found):
    plans = [racknet(found, budget=60, max_features=100, random_state=seed) for seed in (0, 0)]
    assert plans[0].architecture == plans[1].architecture
    assert [octave.n_sampled for octave in plans[0].octaves] == [100, 100]
    assert [octave.n_features for octave in plans[0].octaves] == [420, 300]
    assert "octave 0: 420 features, sampled 100; " in str(plans[0])
    assert all(octave.counts.sum() == octave.n_features for octave in plans[0].octaves)
    assert len(sampled(found, 100, 0)) == 100
    assert not np.array_equal(sampled(found, 100, 0).entropy, sampled(found, 100, 1).entropy)


def test_the_seconds_of_stages_are_kept(plan):
    assert set(plan.seconds) == {"features", "mixture", "clustering"}
    assert plan.seconds["features"] == 1.5
    assert min(plan.seconds.values()) > 0
    assert "features 1.50 s, mixture " in str(plan)


def test_without_features_there_is_one_layer(found):
    plan = racknet(found.take(np.zeros(0, int)), budget=40, ndim=1)
    assert plan.architecture == Architecture(((Layer(40),),), ndim=1)
    assert (plan.octaves, plan.n_features) == ((), 0)


def test_the_global_generator_is_left_alone(found):
    before = np.random.mtrand._rand.get_state()[1].tolist()
    racknet(found, budget=60, max_features=100, method="dirichlet")
    assert np.random.mtrand._rand.get_state()[1].tolist() == before


@pytest.mark.parametrize(("options", "said"), [
    ({"budget": 3}, "budget must be at least the number of layers, 4"),
    ({"strategy": "best"}, "unknown strategy 'best'"), ({"method": "aic"}, "unknown method 'aic'"),
    ({"max_features": 0}, "max_features must be an integer of at least 1"),
    ({"max_components": 0}, "max_components must be an integer of at least 1"),
    ({"min_features": 1.0}, "min_features must lie in"), ({"pooling": "maxout"}, "unknown pooling 'maxout'"),
    ({"dropout": -0.1}, "dropout must lie in"), ({"ndim": 3}, "unknown ndim 3"),
])
def test_nonsense_is_refused(options, said, found):
    with pytest.raises(ValueError, match=said):
        racknet(found, **options)


def test_a_plan_whose_parts_do_not_fit_is_refused(plan):
    with pytest.raises(ValueError, match="does not belong to it"):
        RACKNetPlan(plan.architecture, plan.octaves[:1], "racknet", 9)
    with pytest.raises(ValueError, match="does not belong together"):
        replace(plan.octaves[0], edges=(3,))
    with pytest.raises(ValueError, match="does not belong together"):
        replace(plan.octaves[0], counts=plan.octaves[0].counts[:-1])
    assert isinstance(plan.octaves[0], OctavePlan)


@pytest.mark.slow
@pytest.mark.data
def test_motions_have_three_racks():
    from tsattn._panel import Panel
    from tsattn.datasets import load_hdm05

    X, _ = load_hdm05(split="train", return_type="pd-multiindex", resample="15Hz", angles="sincos")
    panel = Panel.from_sktime(X)
    features = series_features(panel.values, panel.lengths, n_octaves="auto")
    plans = [racknet(features, ndim=1, random_state=seed) for seed in (0, 0)]
    assert [octave.octave for octave in plans[0].octaves] == [0, 1, 2]
    assert all(2 <= len(rack) <= 5 for rack in plans[0].architecture.racks)
    assert plans[0].architecture == plans[1].architecture


def test_the_method_is_the_one_that_is_asked_for(found, plan, monkeypatch):
    monkeypatch.setitem(METHODS, "dirichlet", lambda x, *_: Mixture((1.0,), (float(x.mean()),), (1.0,)))
    assert [len(octave.clusters) for octave in racknet(found, budget=60, method="dirichlet").octaves] == [1, 1]
    assert [len(octave.clusters) for octave in plan.octaves] == [2, 2]


def test_what_near_means_is_said_by_the_whole_octave():
    rng = np.random.default_rng(0)
    n = [100, 300]  # of two kinds, three directions each
    entropy = np.concatenate([rng.normal(1, 0.1, n[0]), rng.normal(3, 0.1, n[1])])
    direction = np.eye(6)[np.concatenate([np.arange(n[0]) % 3, 3 + np.arange(n[1]) % 3])]
    descriptor = direction + np.repeat([[0.01], [0.1]], n, axis=0) * rng.normal(size=(sum(n), 6))
    found = Features(np.zeros(sum(n), int), np.full(sum(n), 2.0), entropy, descriptor, np.arange(sum(n)))
    (octave,) = racknet(found, budget=60, random_state=0).octaves
    parts = [descriptor[entropy < 2], descriptor[entropy > 2]]
    expected, other = (tuple(count_clusters(part, nearness(whole)) for part in parts)
                       for whole in (descriptor, parts[0]))
    assert octave.clusters == expected != other


def test_the_histogram_is_that_of_the_octaves_entropies(found, plan):
    for octave in plan.octaves:
        own = found.entropy[found.octave == octave.octave]
        assert octave.counts.tolist() == np.bincount((own * 100).astype(int)).tolist()


def test_what_are_no_features_is_told():
    with pytest.raises(TypeError, match=r"features must be Features, as series_features.* return them, got ndarray"):
        racknet(np.zeros((5, 12, 12)))
    with pytest.raises(ValueError, match=r"min_features must lie in"):
        racknet(planted().take(np.zeros(0, int)), min_features=2.0)
