"""Each classifier of images once from end to end, small; tests/classification has what each of them promises."""

import numpy as np
import pytest
from sklearn.base import clone

import tsattn
from tsattn.classification import ImageClassifier, RACKNetImageClassifier
from tsattn.training import Training

LEARNING = Training(epochs=12, batch_size=8, lr=1e-2, augment=())
SMALL = {
    "image": ImageClassifier(attention="san-d", training=LEARNING, random_state=0),
    "racknet": RACKNetImageClassifier(budget=12, max_components=1, training=LEARNING, random_state=0),
}


def blobs(seed, n=24):
    """A light blob in the upper or in the lower half."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((14, 18))
    row, column = np.where(np.arange(n) % 2, 4, 10), rng.uniform(5, 13, n)
    light = np.exp(-((y - row[:, None, None]) ** 2 + (x - column[:, None, None]) ** 2) / 8)
    return (200 * light + rng.uniform(0, 20, light.shape)).astype(np.uint8), np.array(["low", "high"])[np.arange(n) % 2]


@pytest.mark.parametrize("name", SMALL)
def test_it_learns_tells_and_goes_round_through_a_file(name, tmp_path):
    fitted = clone(SMALL[name]).fit(*blobs(1))
    X, y = blobs(2)
    shares = fitted.predict_proba(X)
    assert fitted.score(X, y) > 0.9
    assert shares.shape == (24, 2)
    assert np.allclose(shares.sum(1), 1)
    assert np.allclose(fitted.predict_proba(X[:1]), shares[:1], atol=1e-5)
    tsattn.save(fitted, tmp_path / "model")
    assert np.array_equal(tsattn.load(tmp_path / "model").predict_proba(X), shares)
