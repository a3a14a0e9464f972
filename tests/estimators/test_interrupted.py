"""A fit that fails or is interrupted, wherever it stands, leaves an estimator that is not fitted, and can be."""

import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError as NotFitted
from sktime.exceptions import NotFittedError

import tsattn
from tests.estimators.conftest import ESTIMATORS, fit, make, problem
from tests.estimators.test_settings import BRIEF, IMAGES, LABELS, OF_IMAGES, TRANSFORMERS
from tests.forecasting.test_forecasts import SMALL, panel, small

PACKAGE = str(Path(tsattn.__file__).parent)
ALL = [*ESTIMATORS, *SMALL, *OF_IMAGES, *TRANSFORMERS]
PLACES = 6  # of so many, spread over all calls of ours, each is interrupted once
BEGUN = 5  # calls until an estimator has let go of what it was
ERRORS = [KeyboardInterrupt, SystemExit, MemoryError]


def interrupted(work, place=None, error=None):
    """Let an error come in the so-many-th call of a function of ours; returned is how many there were."""
    calls = 0

    def count(frame, event, _):
        nonlocal calls
        if event == "call" and frame.f_code.co_filename.startswith(PACKAGE):
            calls += 1
            if calls - 1 == place:
                raise error

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


@pytest.fixture(scope="module")
def data():
    return problem(1, [13, 17, 19, 23] * 2)


def unfitted(cls, data):
    """An estimator, how it is fitted, and what is asked of it."""
    quick = BRIEF.clone().set_params(augment=())
    if cls in SMALL:
        y, made = panel(), small(cls, training=quick.clone().set_params(batch_size=32, validation=0.2))
        return made, lambda: made.fit(y, fh=[1, 2]), lambda: made.predict()
    if cls in OF_IMAGES:
        made = cls(training=quick, random_state=0, **OF_IMAGES[cls])
        return made, lambda: made.fit(IMAGES, LABELS), lambda: made.predict_proba(IMAGES)
    if cls in TRANSFORMERS:
        made = cls(**TRANSFORMERS[cls])
        return made, lambda: made.fit(data.X), lambda: made.transform(data.X)
    made = make(cls, **({"training": quick} if "training" in cls.get_param_names() else {}))
    return made, lambda: fit(made, data), lambda: made.predict(data.X)


def sweep(cls, data, errors):
    made, learn, ask = unfitted(cls, data)
    learn()
    expected, n_calls = ask(), interrupted(learn)
    for number, place in enumerate(np.linspace(BEGUN, n_calls - 1, PLACES).astype(int)):
        learn()
        error = errors[number % len(errors)]
        with pytest.raises(error):
            interrupted(learn, place, error)
        assert not made.is_fitted
        with pytest.raises((NotFittedError, NotFitted)):
            ask()
    learn()
    assert np.array_equal(np.asarray(ask()), np.asarray(expected))


@pytest.mark.parametrize("cls", [pytest.param(cls, marks=pytest.mark.long) for cls in ALL if cls not in OF_IMAGES]
                         + [*OF_IMAGES], ids=lambda cls: cls.__name__)
def test_p58_an_interrupted_refit_leaves_it_unfitted(cls, data):
    sweep(cls, data, ERRORS)
