"""Probabilities are probabilities, whatever the problem: classes of any number and kind, series of any lengths."""

import numpy as np
import pytest

from tests.classification.conftest import OF_CLASSES, classifier, frame, known
from tsattn.classification import SDMAClassifier
from tsattn.training import Training

KINDS = {
    "words": lambda code: np.array(["walk", "élan", "", "jump", "B"])[code],
    "numbers": lambda code: 7 - 5 * code,
    "whole real numbers": lambda code: code - 2.0,
    "truths": lambda code: code > 0,
}


@pytest.mark.filterwarnings("ignore:.*shorter than 8 time points")
@pytest.mark.parametrize("seed", range(20))
def test_p08_random_problems(seed):
    rng = np.random.default_rng([8, seed])
    kind = list(KINDS)[seed % 4]
    n_classes, n_channels = 2 if kind == "truths" else int(rng.integers(2, 6)), int(rng.integers(1, 5))
    n = int(rng.integers(2 * n_classes, 31))
    y = KINDS[kind](rng.permutation(np.arange(n) % n_classes))
    size = 10.0 ** rng.integers(-6, 7)
    panel = [size * rng.normal(size=(length, n_channels)) for length in rng.integers(2, 31, n)]
    form = list(OF_CLASSES.values())[seed % len(OF_CLASSES)]
    training = Training(epochs=int(rng.integers(1, 4)), lr=0.1)
    made = classifier(**known(form.get("cls", SDMAClassifier), hidden_size=4, training=training) | form)
    X = frame(panel, columns=[f"c{number}" for number in range(n_channels)])
    proba = made.fit(X, y).predict_proba(X)
    assert proba.dtype == np.float64
    assert proba.shape == (n, n_classes)
    assert made.classes_.tolist() == sorted(set(y.tolist()))
    assert np.isfinite(proba).all()
    assert ((proba >= 0) & (proba <= 1)).all()
    assert np.abs(proba.sum(axis=1) - 1).max() <= 1e-6
    assert (made.classes_[proba.argmax(axis=1)] == made.predict(X)).all()
