"""What a classifier promises about labels and probabilities."""

import numpy as np
import pandas as pd
import pytest

from tests.classification.conftest import LEARNING, classifier, every_classifier
from tsattn.training import Training


def test_p08_probabilities(fitted, unseen):
    proba = fitted.predict_proba(unseen.X)
    assert proba.dtype == np.float64
    assert proba.shape == (24, 2)
    assert np.isfinite(proba).all()
    assert ((proba >= 0) & (proba <= 1)).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=0, atol=1e-6)
    assert (fitted.classes_[proba.argmax(axis=1)] == fitted.predict(unseen.X)).all()


@every_classifier
@pytest.mark.filterwarnings("ignore:only single label")
def test_p14_one_class_is_always_predicted(cls, ragged, unseen):
    made = classifier(cls).fit(ragged.X, np.array(["only"] * 24))
    assert made.predict(unseen.X).tolist() == ["only"] * 24
    assert made.predict_proba(unseen.X).tolist() == [[1.0]] * 24
    assert made.classes_.tolist() == ["only"]
    assert not [name for name in ("network_", "history_", "best_epoch_", "n_parameters_") if hasattr(made, name)]
    with pytest.raises(ValueError, match=f"no network to explain: {cls.__name__} was fitted to one class only"):
        made.attention(unseen.X)


def test_p15_unknown_classes_and_small_ones(ragged, learned):
    assert learned.score(ragged.X, np.array(["never seen"] * 24)) == 0
    y = ragged.y.copy()
    y[5] = "rare"
    with pytest.raises(ValueError, match="class 'rare' has 1"):
        classifier(training=Training(epochs=2, validation=0.2)).fit(ragged.X, y)
    assert classifier().fit(ragged.X, y).classes_.tolist() == ["bump", "flat", "rare"]


@pytest.mark.parametrize("labels", [["b", "a"], [7, 3], [True, False], [-5, 11], [1.0, -2.0]], ids=str)
@pytest.mark.parametrize("kind", [
    pytest.param(np.array, id="array"), pytest.param(pd.Series, id="series", marks=pytest.mark.slow),
    pytest.param(list, id="list", marks=pytest.mark.slow),
    pytest.param(lambda y: np.array(y, dtype=object), id="object", marks=pytest.mark.slow),
])
def test_p16_labels_come_back_as_they_were(labels, kind, equal):
    y = kind([labels[code] for code in equal.y])
    back = classifier(training=LEARNING, dropout=0.0).fit(equal.X, y).predict(equal.X)
    assert back.tolist() == list(y)
    if isinstance(y, np.ndarray):
        assert back.dtype == y.dtype


def test_p16_missing_labels_are_refused(equal):
    with pytest.raises(ValueError, match="y must not hold missing labels, found one at position 1"):
        classifier().fit(equal.X, np.where(equal.y, np.nan, 1.0))


@every_classifier
@pytest.mark.parametrize(("weights", "said"), [
    ({"bump": 0.0, "flat": 0.0}, "must be finite, at least 0 and not all 0"),
    ({"bump": -1.0}, "must be finite, at least 0 and"),
    ({"bump": np.nan}, "must be finite"), ({"circle": 1.0}, "must name classes that y has, got 'circle'"),
], ids=["zero", "negative", "not a number", "unknown"])
def test_p24_class_weights_that_make_no_sense_are_refused(cls, weights, said, ragged):
    made = classifier(cls, class_weight=weights)
    with pytest.raises(ValueError, match=f"class_weight {said}"):
        made.fit(ragged.X, ragged.y)
    assert not made.is_fitted


@pytest.mark.parametrize("dtype", [None, object])
@pytest.mark.parametrize("kind", ["array", "Series", "list"])
def test_labels_that_have_no_order_are_refused_with_a_cure_that_works(kind, dtype, equal):
    labels = np.array([1 + 1j, 2 + 0j], dtype=dtype)[equal.y]
    y = {"array": labels, "Series": pd.Series(labels), "list": labels.tolist()}[kind]
    with pytest.raises(TypeError, match=r"y must hold labels that can be sorted, got complex.*: make them texts$"):
        classifier().fit(equal.X, y)
    assert classifier().fit(equal.X, labels.astype(str)).classes_.tolist() == ["(1+1j)", "(2+0j)"]


def test_numpys_labels_are_shown_plainly(equal):
    y = np.where(equal.y, np.int64(1), np.int64(3)).astype(object)
    y[0] = "one"
    with pytest.raises(TypeError, match=r"got int(64)? \(\d\) beside text \('one'\)"):
        classifier().fit(equal.X, y)
    with pytest.raises(ValueError, match="class_weight must name classes that y has, got 7; y has"):
        classifier(class_weight={np.int64(7): 1.0}).fit(equal.X, equal.y)
    with pytest.raises(ValueError, match=r"at least 0 and not all 0, .* got {0: -1.0}$"):
        classifier(class_weight={np.int64(0): np.float64(-1)}).fit(equal.X, equal.y)
