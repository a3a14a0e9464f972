"""Fitted estimators in other processes: made by fork, by spawn, by a server, by joblib, by a loader of batches."""

import multiprocessing
import os
import threading

import joblib
import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_limits
from torch.utils.data import DataLoader, Dataset

import tsattn
from tests.estimators.conftest import ESTIMATORS, fit, make, problem, said
from tests.estimators.test_settings import IMAGES, OF_IMAGES, TRANSFORMERS, learned
from tests.forecasting.test_forecasts import SMALL, panel, small
from tsattn.classification import ImageClassifier, ScaleSpaceRidgeClassifier, SDMAClassifier
from tsattn.forecasting import SDMAForecaster
from tsattn.transformations import ScaleSpaceChannels, UVTFEvents

TIMEOUT = 60  # seconds, in which a child answers or counts as one that never does
METHODS = ["fork", "spawn", "forkserver"]
ALL = [*ESTIMATORS, *SMALL, *OF_IMAGES, *TRANSFORMERS]
FEW = {SDMAClassifier, SDMAForecaster, ImageClassifier, UVTFEvents}  # one of a kind, for every day


@pytest.fixture(scope="module")
def data():
    return problem(1, [40] * 24)


@pytest.fixture
def many_threads(data):
    """Pools of threads, torch's and scikit-learn's, which have been at work before a process is forked."""
    before = torch.get_num_threads()
    with threadpool_limits(2, user_api="openmp"):
        torch.set_num_threads(2)
        torch.randn(400, 400).mm(torch.randn(400, 400)).exp().sum()
        UVTFEvents(n_words=3, n_octaves=1, threshold=0.1, random_state=0).fit(data.X)  # k-means of many descriptors
        yield
    torch.set_num_threads(before)


def asked(method, work, *arguments):
    """What a process started by this method says; it is ended if it says nothing in time."""
    with multiprocessing.get_context(method).Pool(1) as pool:
        return pool.apply_async(work, arguments).get(TIMEOUT)


def answered(made, X):
    return made.transform(X) if type(made) in TRANSFORMERS else said(made, X)


def close(found, expected):
    if np.asarray(expected).dtype.kind in "OUT":
        return (found == expected).all()
    return np.abs(np.asarray(found, float) - np.asarray(expected, float)).max() <= 1e-6


@pytest.mark.long
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("cls", [SDMAClassifier, SDMAForecaster, ImageClassifier, UVTFEvents],
                         ids=lambda cls: cls.__name__)
def test_p57_every_way_to_start_a_process_gives_the_same(cls, method, data, many_threads):
    made, _ = learned(cls, data)
    X = IMAGES if cls in OF_IMAGES else data.X
    assert close(asked(method, answered, made, X), answered(made, X))


@pytest.mark.parametrize("cls", [pytest.param(cls, marks=[] if cls in FEW else [pytest.mark.long]) for cls in ALL],
                         ids=lambda cls: cls.__name__)
def test_p57_fit_and_all_there_is_to_ask_answer_after_fork(cls, data, many_threads):
    _, expected = learned(cls, data)
    _, found = asked("fork", learned, cls, data)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.asarray(one, float), np.asarray(other, float), rtol=0, atol=1e-5)


def read(path, X):
    return tsattn.load(path).predict(X)


def test_p57_a_file_is_read_after_fork(data, many_threads, tmp_path):
    made = fit(make(), data)
    tsattn.save(made, tmp_path / "model")
    assert (asked("fork", read, tmp_path / "model", data.X) == made.predict(data.X)).all()


@pytest.mark.long
@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
@pytest.mark.parametrize("cls", [SDMAClassifier, ScaleSpaceRidgeClassifier, SDMAForecaster],
                         ids=lambda cls: cls.__name__)
def test_p57_joblib_fits_and_predicts_by_every_backend(cls, backend, data, many_threads):
    made, y = learned(cls, data)[0], panel()
    jobs = [joblib.delayed(answered)(made, data.X)] * 2
    if cls in SMALL:
        jobs += [joblib.delayed(small(cls).fit)(y, fh=[1])] * 2
    else:
        jobs += [joblib.delayed(make(cls).fit)(data.X, data.y)] * 2
    first, second, *fitted = joblib.Parallel(n_jobs=2, backend=backend, timeout=TIMEOUT)(jobs)
    assert close(first, answered(made, data.X))
    assert close(second, first)
    assert close(*(answered(one, data.X) for one in fitted))


class Transformed(Dataset):
    """Series as a loader's workers see them: each transformed when it is asked for."""

    def __init__(self, transformer, X):
        self.transformer, self.X = transformer, X

    def __len__(self):
        return len(self.X)

    def __getitem__(self, place):
        return self.transformer.transform(self.X[place: place + 1])[0]


@pytest.mark.long
@pytest.mark.parametrize("fitted", [ScaleSpaceChannels, SDMAClassifier], ids=lambda cls: cls.__name__)
def test_p57_workers_of_a_loader_of_batches_transform(fitted, many_threads):
    X = np.random.default_rng(0).standard_normal((6, 2, 30))
    transformer = ScaleSpaceChannels().fit(X)
    if fitted is SDMAClassifier:  # each item is what a network says of it
        made = make().fit(X, np.arange(6) % 2)
        transformer.transform = lambda x: made.predict_proba(x)
    loader = DataLoader(Transformed(transformer, X), batch_size=2, num_workers=2, timeout=TIMEOUT,
                        multiprocessing_context="fork")
    found = torch.cat(list(loader)).numpy()
    np.testing.assert_allclose(found, transformer.transform(X), rtol=0, atol=1e-6)


def threads_meanwhile(made, X):
    """How many threads torch has before calls, some side by side, and after; and how many have answered."""
    before, found = torch.get_num_threads(), [made.predict(X)]
    threads = [threading.Thread(target=lambda: found.append(made.predict(X))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return before, torch.get_num_threads(), len(found)


def test_p57_a_forked_process_has_one_thread_from_its_first_call(data, many_threads):
    made = fit(make(), data)
    assert asked("fork", threads_meanwhile, made, data.X) == (2, 1, 4)
    assert torch.get_num_threads() == 2


def of_a_child(made, X):
    """What a process says that was forked by one that was forked."""
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=lambda: answers.put(answered(made, X)))
    child.start()
    try:
        return answers.get(timeout=TIMEOUT)
    finally:
        child.kill()


@pytest.mark.parametrize("asks", [False, True])
def test_p57_a_child_of_a_child_answers(asks, data, many_threads):
    made = fit(make(), data)

    def child(answers):
        if asks:
            made.predict(data.X)
        answers.put(of_a_child(made, data.X))

    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    process = context.Process(target=child, args=(answers,))
    process.start()
    try:
        assert close(answers.get(timeout=TIMEOUT), answered(made, data.X))
    finally:
        process.kill()


def test_p57_the_process_that_imported_keeps_its_threads(many_threads, data):
    assert os.getpid() == tsattn._settings._IMPORTED_IN
    seen = []
    training = tsattn.training.Training(epochs=1, augment=(lambda batch, generator: seen.append(
        torch.get_num_threads()) or batch,))
    fit(make(training=training), data)
    assert set(seen) == {2}
