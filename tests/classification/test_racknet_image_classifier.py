"""What RACKNetImageClassifier does beyond ImageClassifier."""

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError

import tsattn
from tests.classification.conftest import WRONG_FOR_RACKNET
from tsattn import _networks
from tsattn._checks import ModelFileError
from tsattn._files import read_tensors, write_tensors
from tsattn.classification import RACKNetImageClassifier
from tsattn.design import ImageRackNetwork
from tsattn.training import Training

pytestmark = pytest.mark.slow  # each fit takes a while; make check has those of series


def problem(seed, n=32):
    """Blobs, low or high."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((20, 24))
    rows, columns = np.where(np.arange(n) % 2, 6, 14) + rng.uniform(-1, 1, n), rng.uniform(6, 18, n)
    blobs = np.exp(-((y - rows[:, None, None]) ** 2 + (x - columns[:, None, None]) ** 2) / 8)
    images = 200 * blobs + rng.uniform(0, 20, (n, 20, 24))
    return images.astype(np.uint8), np.array(["low", "high"])[np.arange(n) % 2]


def make(**options):
    return RACKNetImageClassifier(**{"budget": 24, "max_components": 2, "random_state": 0,
                                     "training": Training(epochs=8, batch_size=8, lr=1e-2, augment=())} | options)


@pytest.fixture(scope="module")
def fitted():
    return make().fit(*problem(1))


def test_it_learns_an_easy_problem(fitted):
    X, y = problem(2)
    assert (fitted.predict(X) == y).mean() > 0.9
    assert fitted.predict_proba(X).shape == (32, 2)


def test_the_network_is_that_of_its_architecture(fitted):
    body = fitted.network_.body
    assert isinstance(body, ImageRackNetwork)
    assert [[layer.out_channels for layer in rack.convolutions] for rack in body.body.racks] == \
        [[layer.kernels for layer in rack] for rack in fitted.architecture_.racks]
    assert (fitted.architecture_.ndim, fitted.architecture_.budget) == (2, 24)
    assert set(fitted.plan_.seconds) == {"features", "entropy", "mixture", "clustering"}


def test_labels_units_and_order_do_not_shape_it(fitted):
    X, y = problem(1)
    for images, labels in ((X, y[::-1]), (X / 256, y), (X[::-1], y), (np.repeat(X[..., None], 3, -1), y)):
        assert make().fit(images, labels).architecture_ == fitted.architecture_


def test_it_goes_round_through_a_file(fitted, tmp_path):
    tsattn.save(fitted, tmp_path / "model")
    loaded = tsattn.load(tmp_path / "model")
    X, _ = problem(3)
    assert (loaded.predict_proba(X) == fitted.predict_proba(X)).all()
    assert loaded.architecture_ == fitted.architecture_
    assert str(loaded.plan_) == str(fitted.plan_)


@pytest.mark.parametrize("change", [
    lambda plan: plan["architecture"]["parameters"].update(ndim=1),
    lambda plan: plan["architecture"]["parameters"].update(racks={"tuple": []}),
    lambda plan: plan["architecture"]["parameters"]["racks"]["tuple"][0]["tuple"][0]["parameters"].update(
        kernels=10**15),
    lambda plan: plan.update(strategy="os.system"), lambda plan: plan.update(octaves={"tuple": []}),
    lambda plan: plan.update(seconds={"dict": [["features", True]]}),
])
def test_p41_p44_made_up_plans_are_refused(change, fitted, tmp_path):
    tsattn.save(fitted, tmp_path / "model")
    tensors, config = read_tensors(tmp_path / "model")
    change(config["estimator"]["state"]["plan_"]["parameters"])
    write_tensors(tmp_path / "model", tensors, config)
    with pytest.raises(ModelFileError, match="malformed model file"):
        tsattn.load(tmp_path / "model")


def test_the_published_form():
    made = RACKNetImageClassifier.paper("uniform-layer", recurrent=True, rack_pooling="max", budget=24, epochs=1,
                                        random_state=0).fit(*problem(1))
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in made.network_.modules())
    assert made.architecture_.pooling == "max"
    sizes = {layer.kernels for rack in made.architecture_.racks for layer in rack}
    assert max(sizes) - min(sizes) <= 1


def test_pictures_of_nothing_get_one_layer():
    made = make().fit(np.zeros((4, 3, 2)), [0, 1, 0, 1])
    assert [len(rack) for rack in made.architecture_.racks] == [1]


def test_pixels_speak_and_there_is_no_attention_to_be_shown(fitted):
    assert not hasattr(fitted, "masks")
    assert fitted.relevance(problem(1)[0][:2]).shape == (2, 20, 24)


@pytest.mark.parametrize(("options", "said"), [
    ({"budget": 1}, "budget must be at least the number of layers"), ({"strategy": "best"}, "unknown strategy 'best'"),
    ({"rack_pooling": "maxout"}, "unknown rack_pooling 'maxout'"), ({"n_octaves": 0}, "n_octaves")])
def test_nonsense_is_refused_in_fit(options, said):
    with pytest.raises(ValueError, match=said):
        make(**options).fit(*problem(1))


@pytest.mark.parametrize(("options", "said"), WRONG_FOR_RACKNET)
def test_nonsense_is_refused_before_features_are_looked_for(options, said, monkeypatch):
    monkeypatch.setattr(_networks, "image_features", lambda *_, **__: pytest.fail("too late"))
    with pytest.raises((TypeError, ValueError), match=said):
        make(**options).fit(*problem(1))


def test_p05_there_is_no_architecture_before_fit():
    with pytest.raises(NotFittedError):
        RACKNetImageClassifier().architecture_  # noqa: B018 - asking is what raises
