import numpy as np
import pytest
from sktime.transformations.interpolate import TSInterpolator
from sktime.utils.estimator_checks import check_estimator

from tsattn.benchmark.competitors import Resample, Standardise, dtw_neighbour, minirocket, tsfresh_forest
from tsattn.benchmark.slow_competitors import inception_time, multirocket
from tsattn.benchmark.suite import Info

INFO = Info("slopes", 12, 2, 3, 5, 5, 11, None)


def test_resampling_by_hand():
    X = np.array([[[0.0, 1.0, 4.0]]])
    assert Resample(5).fit_transform(X).tolist() == [[[0.0, 0.5, 1.0, 2.5, 4.0]]]
    assert Resample(2).fit_transform(X).tolist() == [[[0.0, 4.0]]]


def test_resampling_equals_sktimes(dummies):
    X = dummies.unequal_panel().X
    ours, theirs = Resample(11).fit_transform(X), TSInterpolator(11).fit_transform(X)
    assert ours.index.get_level_values(0).unique().tolist() == [f"s{k}" for k in range(21)]
    assert np.abs(ours.to_numpy() - theirs.to_numpy()).max() < 1e-12


def test_a_single_step_is_repeated(dummies):
    X, _ = dummies.panel().take([0])
    assert (Resample(3).fit_transform(X.iloc[:1]).to_numpy() == X.iloc[0].to_numpy()).all()


def test_standardising_uses_the_training_series_alone():
    standardise = Standardise().fit(np.array([[[0.0, 2.0], [5.0, 5.0]], [[2.0, 4.0], [5.0, 5.0]]]))  # mean 2, var 2
    found = standardise.transform(np.array([[[2.0, 4.0], [5.0, 6.0]]]))
    assert found == pytest.approx(np.array([[[0, 2 / np.sqrt(2)], [0, 1]]]))  # a constant channel is only shifted


@pytest.mark.slow
@pytest.mark.parametrize("transformer", [Resample, Standardise])
def test_transformers_keep_sktimes_contract(transformer):
    check_estimator(transformer, raise_exceptions=True, verbose=False)


@pytest.mark.slow
@pytest.mark.parametrize("make", [minirocket, tsfresh_forest, dtw_neighbour, multirocket, inception_time])
def test_each_competitor_tells_slopes_apart(dummies, make):
    data = dummies.panel(n=48, seed=5)
    X, y = Resample(11).fit_transform(data.take(range(24))[0]), data.take(range(24))[1]
    X_test, y_test = Resample(11).fit_transform(data.take(range(24, 48))[0]), data.take(range(24, 48))[1]
    assert (make(0, INFO).fit(X, y).predict(X_test) == y_test).mean() > 0.9


@pytest.mark.parametrize(("make", "told"), [(minirocket, False), (multirocket, False), (tsfresh_forest, True)])
def test_ridges_give_no_probabilities_behind_a_resampling_either(make, told):
    assert (Resample(11) * make(0, INFO)).get_tag("capability:predict_proba") == told
