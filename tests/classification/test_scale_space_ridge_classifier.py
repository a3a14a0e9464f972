"""What ScaleSpaceRidgeClassifier does, beyond what every estimator promises."""

import numpy as np
import pytest

from tests.classification.conftest import classifier, frame
from tsattn.classification import ScaleSpaceRidgeClassifier
from tsattn.nn.ridge_head import ProportionRidge


def ridge(**options):
    return classifier(ScaleSpaceRidgeClassifier, **options)


def test_nothing_is_trained(ragged):
    made = ridge().fit(ragged.X, ragged.y)
    assert isinstance(made.network_, ProportionRidge)
    assert not any(parameter.requires_grad for parameter in made.network_.parameters())
    assert len(made.history_) == 0
    assert made.best_epoch_ == 0
    assert made.n_parameters_ == (200 * 4 + 1) * 2


@pytest.mark.parametrize(("saliency", "width"), [("channels", 15), ("events", 3), (None, 3)])
def test_it_reads_the_saliency_or_the_series_where_there_is_none(saliency, width, ragged):
    assert ridge(saliency=saliency).fit(ragged.X, ragged.y).network_.proportions.n_inputs == width


@pytest.mark.parametrize(("options", "said"), [
    ({"proportions": 0}, "proportions must be an integer of at least 1, got 0"),
    ({"saliency": "magic"}, "unknown saliency 'magic'; choose one of 'channels', 'events'"),
    ({"scaling": "minmax"}, "unknown scaling 'minmax'; choose one of 'standard', 'series', None"),
    ({"device": "gpu0"}, "device must be 'auto', 'cpu', 'cuda'"),
    ({"device": "cuda:63"}, "device must be there"),
    ({"class_weight": {"x": 1.0}}, r"class_weight must name classes that y has, got 'x'; y has \['bump', 'flat'\]"),
])
def test_nonsense_is_refused_in_fit(options, said, ragged):
    with pytest.raises(ValueError, match=said):
        ridge(**options).fit(ragged.X, ragged.y)


def test_class_weights_move_the_decision(ragged, unseen):
    def bumps(weight):
        return ridge(class_weight=weight).fit(ragged.X, ragged.y).predict_proba(unseen.X)[:, 0].mean()

    assert bumps({"bump": 20.0}) > bumps(None) > bumps({"flat": 20.0})


def test_a_class_of_weight_0_is_never_said(ragged, unseen):
    made = ridge(class_weight={"bump": 0.0}).fit(ragged.X, ragged.y)
    assert set(made.predict(unseen.X)) == {"flat"}


def test_a_series_read_from_its_end_is_the_same(ragged, unseen):
    """A share of time has no direction, and the kernels of a scale space are symmetric."""
    made = ridge(scaling=None).fit(ragged.X, ragged.y)
    backwards = frame([x[::-1] for x in unseen.panel])
    np.testing.assert_allclose(made.predict_proba(backwards), made.predict_proba(unseen.X), rtol=0, atol=1e-5)
    changed = frame([np.roll(x, len(x) // 2, axis=0)[:, [0, 2, 1]] for x in unseen.panel])
    assert np.abs(made.predict_proba(changed) - made.predict_proba(unseen.X)).max() > 0.01


def test_bands_do_not_see_the_level_and_the_series_itself_does(ragged, unseen):
    for saliency, blind in [("channels", True), (None, False)]:
        made = ridge(scaling=None, saliency=saliency).fit(ragged.X, ragged.y)
        moved = made.predict_proba(unseen.X + 1) - made.predict_proba(unseen.X)
        assert bool(np.abs(moved).max() < 1e-5) is blind
