"""What RACKNetClassifier does, beyond what every estimator promises."""

import numpy as np
import pandas as pd
import pytest
import torch

from tests.classification.conftest import WRONG_FOR_RACKNET, classifier, frame, series
from tsattn import _networks
from tsattn.classification import RACKNetClassifier
from tsattn.design import RackNetwork, racknet, series_features
from tsattn.design.recurrent import RecurrentRack
from tsattn.nn.convolution import BatchNorm
from tsattn.nn.rank import HeConv1d

pytestmark = pytest.mark.slow  # each fit takes a while; make check has those of series


def racks(**options):
    return classifier(RACKNetClassifier, **{"proportions": 0, "budget": 60, **options})


def body_of(fitted):
    return next(module for module in fitted.network_.modules() if isinstance(module, RackNetwork))


@pytest.fixture(scope="module")
def walks():
    values = np.random.default_rng(5).normal(size=(20, 3, 97)).cumsum(2)
    return values, np.arange(20) % 2


@pytest.fixture(scope="module")
def fitted(walks):
    return racks(saliency=None).fit(*walks)


def test_the_network_is_that_of_its_architecture(fitted):
    assert len(body_of(fitted).racks) == len(fitted.architecture_.racks) > 1
    kernels = [[layer.out_channels for layer in rack.convolutions] for rack in body_of(fitted).racks]
    assert kernels == [[layer.kernels for layer in rack] for rack in fitted.architecture_.racks]
    assert fitted.architecture_.budget == 60
    assert fitted.architecture_.ndim == 1


def test_the_architecture_is_that_of_the_training_series(fitted, walks):
    values = walks[0].transpose(0, 2, 1).reshape(-1, 3)
    plan = racknet(series_features(values, np.full(20, 97), n_octaves="auto"), budget=60, ndim=1, random_state=7)
    assert plan.architecture == fitted.architecture_
    assert set(fitted.plan_.seconds) == {"features", "entropy", "mixture", "clustering"}


def test_labels_are_not_looked_at(fitted, walks):
    values, y = walks
    assert racks(saliency=None).fit(values, y[np.random.default_rng(1).permutation(20)]).architecture_ == \
        fitted.architecture_


def test_units_and_what_is_read_beside_the_series_do_not_shape_it(fitted, walks):
    values, y = walks
    assert racks(scaling=None, saliency=None).fit(values / 1024, y).architecture_ == fitted.architecture_
    assert racks(saliency="events").fit(values, y).architecture_ == fitted.architecture_


def test_channels_are_found_apart(walks):
    """Whatever order they stand in."""
    values, y = walks
    one, other = (racks(saliency=None).fit(x, y).plan_ for x in (values, values[:, ::-1]))
    assert one.architecture == other.architecture
    assert one.n_features == other.n_features


def test_the_published_form(walks):
    made = RACKNetClassifier.paper(budget=60, epochs=2, random_state=0).fit(*walks)
    modules = list(made.network_.modules())
    assert not any(isinstance(module, BatchNorm) for module in modules)
    assert all(module.bias is not None for module in modules if isinstance(module, HeConv1d))
    assert (made.inputs_.saliency, made.network_.trunk, body_of(made).dropout.p) == (None, None, 0.25)
    assert len(made.history_) == 2
    assert set(made.history_["lr"]) == {1e-3}


def test_its_recurrent_form(walks):
    made = RACKNetClassifier.paper(recurrent=True, rack_pooling="max", budget=60, epochs=1, random_state=0).fit(*walks)
    assert all(isinstance(rack, RecurrentRack) for rack in body_of(made).racks)
    assert made.architecture_.pooling == body_of(made).pooling == "max"


def test_the_default_normalises(fitted):
    assert any(isinstance(module, BatchNorm) for module in fitted.network_.modules())


def test_series_without_events_get_one_layer():
    made = racks(saliency=None).fit(frame(series(1, [5, 6, 7, 4])), [0, 1, 0, 1])
    assert [[layer.kernels for layer in rack] for rack in made.architecture_.racks] == [[60]]
    assert made.plan_.n_features == 0


def test_gaps_are_filled_before_events_are_found(walks):
    values, y = walks
    index = pd.MultiIndex.from_product([range(20), range(97)])
    X = pd.DataFrame(values.transpose(0, 2, 1).reshape(-1, 3), index=index)
    X.iloc[3:9, 1] = np.nan
    made = racks(saliency=None).fit(X, y)
    assert body_of(made).racks[0].convolutions[0].in_channels == 6  # and what was observed beside them
    assert torch.isfinite(next(made.network_.parameters())).all()


@pytest.mark.parametrize(("options", "said"), [
    ({"budget": 1}, "budget must be at least the number of layers, [0-9]+, so that each has a kernel, got 1"),
    ({"strategy": "best"}, "unknown strategy 'best'; choose one of 'racknet', 'racknet-printed'"),
    ({"n_octaves": 0}, "n_octaves"), ({"min_features": 2.0}, r"min_features must lie in \[0, 1\)"),
    ({"max_components": 0}, "max_components must be an integer of at least 1"),
    ({"rack_pooling": "maxout"}, "unknown rack_pooling 'maxout'; choose one of 'average', 'max'"),
    ({"dropout": 1.0}, r"dropout must lie in \[0, 1\)"), ({"pooling": "first"}, "unknown pooling 'first'"),
])
def test_nonsense_is_refused_in_fit(options, said, walks):
    with pytest.raises(ValueError, match=said):
        racks(**options).fit(*walks)


@pytest.mark.parametrize(("options", "said"), [
    *WRONG_FOR_RACKNET, ({"pooling": "median"}, "unknown pooling 'median'"), ({"proportions": -1}, "proportions must"),
])
def test_nonsense_is_refused_before_features_are_looked_for(options, said, walks, monkeypatch):
    monkeypatch.setattr(_networks, "series_features", lambda *_, **__: pytest.fail("too late"))
    with pytest.raises((TypeError, ValueError), match=said):
        racks(**options).fit(*walks)


@pytest.mark.parametrize("name", ["normalise", "recurrent"])
def test_switches_are_true_or_false(name, walks):
    with pytest.raises(TypeError, match=f"{name} must be True or False, got 1"):
        racks(**{name: 1}).fit(*walks)
