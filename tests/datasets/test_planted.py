import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tsattn.datasets import load_planted_events, make_planted_events

FOLDER = Path(__file__).parents[2] / "datasets" / "planted_events"


def test_without_noise_the_series_are_the_sum_of_the_events():
    X, _, truth = make_planted_events(
        7, 61, 3, n_classes=5, n_events=2, n_distractors=3, amplitude=2.5, noise=0, random_state=11)
    expected = np.zeros((7, 61, 3))
    for event in truth.itertuples():
        for step in range(61):
            bump = event.amplitude * np.exp(-((step - event.t) ** 2) / (2 * event.sigma**2))
            expected[int(event.instance[1:]), step, int(event.variate[1:])] += bump
    np.testing.assert_allclose(X.to_numpy().reshape(7, 61, 3), expected, atol=1e-12)


def test_the_class_decides_variate_and_sign_of_the_telling_events():
    _, y, truth = make_planted_events(23, 61, 2, n_classes=4, n_distractors=2, random_state=5)
    label = dict(zip(sorted(set(truth["instance"])), y, strict=True))
    told = truth[truth["telling"]]
    for event in told.itertuples():
        kind = int(label[event.instance])
        assert event.variate == f"x{kind % 2}"
        assert event.amplitude == (3.0 if kind < 2 else -3.0)
    assert len(told) == 23
    assert len(truth) == 69
    assert sorted(np.unique(y, return_counts=True)[1]) == [5, 6, 6, 6]


def test_events_keep_three_sigmas_from_the_ends():
    _, _, truth = make_planted_events(211, 61, 2, sigma=(2, 7), random_state=2)
    assert (truth["t"] >= 3 * truth["sigma"]).all()
    assert (truth["t"] <= 60 - 3 * truth["sigma"]).all()
    assert truth["sigma"].between(2, 7).all()
    assert truth["sigma"].min() < 2.2
    assert truth["sigma"].max() > 6.5


def test_the_noise_has_its_deviation():
    X, _, _ = make_planted_events(101, 211, 3, n_events=0, noise=0.5, random_state=2)
    assert abs(X.to_numpy().std() - 0.5) < 0.005


def test_a_seed_gives_the_same_series_and_a_generator_goes_on():
    first, second = (make_planted_events(5, 41, 2, random_state=3)[0] for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    generator = np.random.default_rng(3)
    pd.testing.assert_frame_equal(first, make_planted_events(5, 41, 2, random_state=generator)[0])
    assert not np.array_equal(first, make_planted_events(5, 41, 2, random_state=generator)[0])


def test_the_global_generator_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    make_planted_events(5, 41, 2)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize(("options", "message"), [
    ({"n_series": 0}, "n_series must be an integer of at least 1, got 0"),
    ({"n_classes": 7}, "n_classes must be at most twice n_channels, got 7 and 3"),
    ({"n_steps": 30}, "n_steps must be above 30, six of the largest sigma, got 30"),
    ({"sigma": (3, 2)}, "sigma must be"),
    ({"sigma": (0, 2)}, "sigma must be a positive finite number, got 0"),
    ({"noise": -1}, "noise must be a non-negative finite number, got -1"),
    ({"n_events": -1}, "n_events must be an integer of at least 0"),
])
def test_sizes_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        make_planted_events(**options)


def test_the_shipped_example_is_what_its_script_makes():
    made = runpy.run_path(str(FOLDER / "make.py"))["tables"]()
    assert set(made) == {"example.csv", "example_truth.csv"}
    for name, text in made.items():
        assert (FOLDER / name).read_text() == text


def test_the_shipped_example_is_loaded_as_it_was_made():
    X, y, truth = load_planted_events()
    made_X, made_y, made_truth = make_planted_events(20, 61, 2, n_distractors=1, random_state=7)
    pd.testing.assert_frame_equal(X, made_X, rtol=0, atol=5.1e-5)
    assert y.tolist() == made_y.tolist()
    pd.testing.assert_frame_equal(truth, made_truth, rtol=0, atol=5.1e-5)
