"""Images in another unit than those learned from are told, and nothing else is."""

import dataclasses
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits

from tsattn._pictures import Pictures
from tsattn.classification import ImageClassifier, RACKNetImageClassifier
from tsattn.training import Training

rng = np.random.default_rng(0)
SHARES = rng.random((40, 12, 12, 3)) * 0.9
BYTES = (SHARES * 255).astype(np.uint8)
SAID = r"X should be in the unit of the training images, .*from {} to .*, got"


@pytest.mark.parametrize(("learned", "asked"), [
    (SHARES, BYTES), (BYTES, SHARES), (BYTES, SHARES.astype(np.float16)), (BYTES, SHARES > 0.5),
    (2 * SHARES - 1, BYTES), (BYTES, BYTES.astype(np.uint16) * 257), (BYTES.astype(np.uint16) * 257, BYTES),
    (SHARES, SHARES[:1] * 255), (SHARES * 1e-6, SHARES),
])
def test_another_unit_is_told(learned, asked):
    inputs = Pictures.learn(learned)
    with pytest.warns(UserWarning, match=SAID.format(f"{learned.min():.4g}")):
        inputs(asked)


@pytest.mark.parametrize(("learned", "asked"), [
    (BYTES, BYTES.astype(float)), (BYTES, BYTES[:1] // 200), (BYTES, 0 * BYTES), (SHARES, 0 * SHARES),
    (SHARES, SHARES * 1.5 - 0.2), (BYTES, np.full_like(BYTES, 255)), (0 * BYTES, 0 * BYTES), (SHARES > 0.5, SHARES),
])
def test_the_same_unit_is_not(learned, asked):
    inputs = Pictures.learn(learned)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        inputs(asked)


def test_digits_one_by_one_are_not_told():
    X = load_digits().images
    inputs = Pictures.learn(X[:900, ..., None])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        inputs(X[900:])
        for x in X[900:1100]:
            inputs(x[None])


def test_what_an_older_file_says_nothing_of_is_not_told():
    inputs = dataclasses.replace(Pictures.learn(SHARES), low=None, high=None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        inputs(BYTES)


@pytest.mark.slow
@pytest.mark.parametrize("made", [ImageClassifier(), RACKNetImageClassifier(budget=12, max_components=1)],
                         ids=lambda made: type(made).__name__)
def test_every_question_is_told(made):
    made.set_params(training=Training(epochs=1), random_state=0).fit(SHARES, np.arange(40) % 2)
    for ask in ("predict", "predict_proba", "relevance", *["masks"] * hasattr(made, "masks")):
        with pytest.warns(UserWarning, match="in the unit of the training images"):
            getattr(made, ask)(BYTES[:3])
