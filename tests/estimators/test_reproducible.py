"""Randomness comes from one seed and goes nowhere; a training that fails leaves something that works."""

import hashlib
import inspect
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import torch

from tests.estimators.conftest import (
    FORMS,
    LEARNING,
    answers,
    every_estimator,
    every_task,
    every_trained,
    fit,
    frame,
    make,
    problem,
    target,
)
from tsattn._checks import DivergenceError
from tsattn.classification import LSTMSANClassifier, ScaleSpaceRidgeClassifier, XM2AClassifier
from tsattn.regression import SDMARegressor
from tsattn.training import Training, fit_network

PROGRAM = """
import hashlib, sys
from tests.estimators.conftest import FORMS, answers, fit, make, problem
data = problem(1, [13, 17, 19, 23] * 3)
for name in sys.argv[1:]:
    made = fit(make(**FORMS[name]), data)
    digest = hashlib.sha256(answers(made, data.X).tobytes())
    for value in made.network_.state_dict().values():
        digest.update(value.numpy().tobytes())
    print(name, digest.hexdigest())
"""


UNTOUCHED = """
import random, sys
import numpy as np, torch
from tests.estimators.conftest import FORMS, fit, make, problem

def states():
    name, keys, *rest = np.random.mtrand._rand.get_state()  # numpy's global generator
    return random.getstate(), name, keys.tolist(), rest, torch.get_rng_state().tolist(), torch.get_num_threads()

data, before = problem(1, [13, 17, 19, 23] * 3), states()
for form in FORMS.values():
    made = fit(make(**form | {"random_state": None}), data)
    made.predict(data.X), made.attention(data.X)
    assert states() == before, form
print(len(FORMS))
"""


@pytest.mark.slow
def test_p26_two_processes_get_the_same_weights_bit_by_bit():
    root = Path(__file__).parents[2]
    names = ["default", "joint", "heads", "recurrent", "glimpses", "ridge", "values"]
    first, second = (subprocess.run([sys.executable, "-c", PROGRAM, *names], cwd=root, capture_output=True, text=True,
                                    check=True, env={"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": seed}).stdout.split()
                     for seed in ("1", "2"))
    assert first[::2] == names
    assert {len(digest) for digest in first[1::2]} == {64}
    assert first == second


@every_task
def test_p26_the_seed_matters_and_a_random_state_is_drawn_from(cls, ragged):
    def found(random_state):
        return answers(fit(make(cls, random_state=random_state), ragged), ragged.X)

    assert (found(1) != found(2)).any()
    assert (found(None) != found(None)).any()
    assert (found(np.random.RandomState(3)) == found(np.random.RandomState(3))).all()
    shared = np.random.RandomState(3)
    assert (found(shared) != found(shared)).any()
    with pytest.raises(TypeError, match="random_state must be None, a numpy RandomState or an integer from 0"):
        found("three")


def test_p31_any_number_of_threads_predicts_the_same(fitted, unseen):
    before, said = torch.get_num_threads(), {}
    try:
        for n_threads in (1, 2, 4):
            torch.set_num_threads(n_threads)
            said[n_threads] = answers(fitted, unseen.X)
            assert (answers(fitted, unseen.X) == said[n_threads]).all()
    finally:
        torch.set_num_threads(before)
    np.testing.assert_allclose(np.stack([said[2], said[4]]), np.stack([said[1]] * 2), rtol=0, atol=1e-6)


@pytest.mark.long
def test_p36_bfloat16_learns_as_well_as_float32():
    known, unknown = problem(1, [40] * 64), problem(2, [40] * 400)
    accuracy = {}
    for precision in ("float32", "bfloat16"):
        training = Training(epochs=250, batch_size=16, precision=precision)  # 4 steps each
        made = fit(make(training=training), known)
        assert len(made.history_) == 250
        assert np.isfinite(made.history_["train_loss"]).all()
        accuracy[precision] = (made.predict(unknown.X) == unknown.y).mean()
    assert abs(accuracy["bfloat16"] - accuracy["float32"]) <= 0.005, accuracy
    assert accuracy["float32"] > 0.9


def test_p28_threads_and_batch_sizes_hardly_matter(fitted, unseen):
    expected = answers(fitted, unseen.X)
    before = torch.get_num_threads()
    try:
        for n_threads in (1, 2, 8):
            torch.set_num_threads(n_threads)
            np.testing.assert_allclose(answers(fitted, unseen.X), expected, rtol=0, atol=1e-5)
    finally:
        torch.set_num_threads(before)
    many = frame(unseen.panel * 23)
    np.testing.assert_allclose(answers(fitted, many), np.concatenate([expected] * 23), rtol=0, atol=1e-5)


@pytest.mark.slow
def test_p29_global_generators_are_neither_used_nor_touched():
    # in a process of its own: the check of annotations that tests run under draws from `random`
    made = subprocess.run([sys.executable, "-c", UNTOUCHED], cwd=Path(__file__).parents[2], capture_output=True,
                          text=True, check=False)
    assert made.returncode == 0, made.stderr
    assert int(made.stdout) == len(FORMS)


@pytest.mark.parametrize("options", [{"encoder": "conv-bilstm"}, {"cls": XM2AClassifier}, {"cls": LSTMSANClassifier},
                                     {"cls": ScaleSpaceRidgeClassifier}, {"cls": SDMARegressor}],
                         ids=["lstm", "heads", "recurrent", "ridge", "values"])
def test_p29_fits_in_threads_do_not_disturb_each_other(options, ragged):
    def found(seed):
        return answers(fit(make(random_state=seed, **options), ragged), ragged.X)

    alone = [found(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(found, range(4)))
    assert all((a == b).all() for a, b in zip(alone, together, strict=True))


@pytest.mark.slow
def test_p57_a_fitted_estimator_travels_to_workers(fitted, unseen):
    parts = joblib.Parallel(n_jobs=2)(joblib.delayed(fitted.predict)(unseen.X) for _ in range(2))
    assert all((part == fitted.predict(unseen.X)).all() for part in parts)


@every_trained
@pytest.mark.parametrize("epochs", [1, 5])
def test_p66_a_loss_that_explodes_leaves_the_last_good_weights(cls, epochs, ragged):
    made = make(cls, training=Training(epochs=epochs + 3, lr=1e6, schedule="constant", clip=None))
    with pytest.raises(DivergenceError, match=r"epoch \d+.*batch \d+.*the last good weights are those of epoch \d+"):
        fit(made, ragged)
    assert all(value.isfinite().all() for value in made.network_.state_dict().values())
    assert made.is_fitted
    assert np.isfinite(answers(made, ragged.X)).all()
    assert isinstance(made.history_, pd.DataFrame)


@every_task
def test_p66_a_failed_fit_is_forgotten_by_the_next(cls, ragged):
    made = make(cls, training=Training(epochs=4, lr=1e6, schedule="constant", clip=None))
    with pytest.raises(DivergenceError):
        fit(made, ragged)
    fit(made.set_params(training=LEARNING), ragged)
    expected = fit(make(cls, training=LEARNING), ragged)
    assert (answers(made, ragged.X) == answers(expected, ragged.X)).all()


def learned_digest(made):
    digest = hashlib.sha256(made.history_.drop(columns="seconds").to_csv().encode())
    for value in made.network_.state_dict().values():
        digest.update(value.numpy().tobytes())
    return digest.hexdigest()


@every_task
def test_p69_no_test_series_and_no_test_label_changes_what_fit_learns(cls, ragged, unseen):
    """Training series are a view of rows of a frame that goes on with the test's, and fit comes again after a score."""
    other = [100 + x[:, ::-1] for x in unseen.panel[:7]]
    names = [f"i{number}" for number in range(len(ragged.panel))]
    found = []
    known, y = target(cls, ragged), target(cls, unseen)
    for panel, labels in [(unseen.panel, y), (unseen.panel, y[::-1]), (other, y[:7])]:
        everything = frame(ragged.panel + panel, ids=names + [f"test{number}" for number in range(len(panel))])
        n_rows = sum(map(len, ragged.panel))
        asked = []
        training = Training(epochs=3, validation=0.25, patience=2, groups=lambda name, seen=asked: seen.append(name) or
                            int(name.removeprefix("i")) // 3)
        made = make(cls, training=training)
        for _ in range(2):
            made.fit(everything.iloc[:n_rows], known)
            found.append(learned_digest(made))
            made.score(everything.iloc[n_rows:], labels)
        assert asked == names * 2
    assert found == [learned_digest(fit(made, ragged))] * 6


@every_estimator
def test_p69_training_takes_one_set_of_series_and_its_labels(cls):
    """Whatever chooses an epoch is held out of the series that are trained on: there is no other way in."""
    assert list(inspect.signature(cls.fit).parameters) == ["self", "X", "y"]
    parameters = inspect.signature(fit_network).parameters
    assert [name for name, one in parameters.items() if "Sequences" in str(one.annotation)] == ["data"]
    accepted = {name: str(one.annotation) for name, one in inspect.signature(Training).parameters.items()}
    assert accepted["validation"] == "float | tuple[int, ...]"
    assert not [name for name, kind in accepted.items() if any(word in kind for word in ("array", "Frame", "Tensor"))]
