"""Inside the pipelines and searches of sktime and scikit-learn."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline, make_union
from sktime.classification.distance_based import KNeighborsTimeSeriesClassifier

from tsattn.transformations import ScaleSpaceChannels, UVTFEvents, UVTFSaliency


@pytest.fixture
def problem():
    """Two classes that differ in the width of their bumps, at random places; two columns."""
    rng = np.random.default_rng(3)
    y = np.array(["narrow", "wide"] * 13)
    width = np.where(y == "narrow", 1.5, 5.0)[:, None, None]
    centre = rng.uniform(20, 50, size=(26, 2, 1))
    X = np.exp(-((np.arange(71) - centre) ** 2) / (2 * width**2))
    return X + 0.01 * rng.normal(size=X.shape), y


def forest():
    return RandomForestClassifier(30, random_state=0)


def test_sktime_pipeline_with_a_scikit_learn_classifier_learns(problem):
    X, y = problem
    pipeline = UVTFEvents(n_words=4, random_state=0) * forest()
    pipeline.fit(X[:16], y[:16])
    assert (pipeline.predict(X[16:]) == y[16:]).mean() >= 0.9


def test_sktime_pipeline_of_transformers_and_a_series_classifier(problem):
    X, y = problem
    pipeline = ScaleSpaceChannels() * KNeighborsTimeSeriesClassifier(distance="euclidean")
    assert pipeline.fit(X[:16], y[:16]).predict(X[16:]).shape == (10,)


def test_sktime_transformers_chain(ragged):
    chained = (ScaleSpaceChannels(sigmas=(0, 1, 2)) * UVTFSaliency()).fit_transform(ragged)
    assert chained.columns.tolist() == [f"{name}__band{i}" for name in ragged.columns for i in range(2)]
    by_hand = UVTFSaliency().fit_transform(ScaleSpaceChannels(sigmas=(0, 1, 2)).fit_transform(ragged))
    assert_allclose(chained, by_hand)


def test_sktime_union_puts_columns_side_by_side(ragged):
    both = (ScaleSpaceChannels(sigmas=(0, 1)) + UVTFSaliency()).fit_transform(ragged)
    assert both.shape == (len(ragged), 6)


def test_scikit_learn_pipeline_learns(problem):
    X, y = problem
    pipeline = make_pipeline(UVTFEvents(n_words=4, random_state=0), forest())
    assert (pipeline.fit(X[:16], y[:16]).predict(X[16:]) == y[16:]).mean() >= 0.9


def test_scikit_learn_union(problem):
    X, y = problem
    union = make_union(UVTFEvents(n_words=0), UVTFEvents(n_words=0, polarity="bump"))
    assert make_pipeline(union, forest()).fit(X, y).predict(X).shape == y.shape


def test_scikit_learn_searches_over_our_parameters(problem):
    X, y = problem
    pipeline = make_pipeline(UVTFEvents(random_state=0), forest())
    grid = {"uvtfevents__sigma0": [0.8, 1.6], "uvtfevents__n_words": [0, 3]}
    search = GridSearchCV(pipeline, grid, cv=3, error_score="raise").fit(X, y)
    assert set(search.best_params_) == set(grid)
    assert search.best_score_ >= 0.9
    assert (search.predict(X) == y).mean() >= 0.9


def test_the_ladder_can_be_set_through_a_pipeline(problem):
    X, y = problem
    pipeline = ScaleSpaceChannels() * UVTFEvents(n_words=0) * RidgeClassifier()
    names = [name for name in pipeline.get_params() if name.endswith("__sigmas")]
    assert len(names) == 1
    for sigmas in [(0, 0.7, 1.4), "auto"]:
        fitted = pipeline.clone().set_params(**{names[0]: sigmas}).fit(X[:16], y[:16])
        assert fitted.predict(X[16:]).shape == (10,)


def test_scikit_learn_cross_validation(problem):
    X, y = problem
    scores = cross_val_score(make_pipeline(UVTFEvents(n_words=0), forest()), X, y, cv=3, error_score="raise")
    assert scores.mean() >= 0.9


def test_sktime_searches_over_our_parameters(problem):
    from sktime.classification.model_selection import TSCGridSearchCV

    X, y = problem
    pipeline = UVTFEvents(n_words=0) * forest()
    name = next(name for name in pipeline.get_params() if name.endswith("__sigma0"))
    search = TSCGridSearchCV(pipeline, {name: [0.8, 1.6]}, cv=2).fit(X, y)
    assert search.predict(X).shape == y.shape
