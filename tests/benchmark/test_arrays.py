import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import RidgeClassifier
from sktime.utils.estimator_checks import check_estimator

from tsattn.benchmark import Entry, Folder, Suite, Task, run_suite
from tsattn.benchmark.arrays import ArrayClassifier, ArrayRegressor


class Rising(ClassifierMixin, BaseEstimator):
    """A classifier of arrays (instance, channel, step), written as aeon's are; it needs to write into them."""

    def fit(self, X, y):
        self.shape_ = X.shape
        X -= X[:, :, :1]
        self.classes_ = np.unique(y)
        rise = X[:, 0, -1]
        self.rise_ = np.array([rise[y == name].mean() for name in self.classes_])
        return self

    def predict(self, X):
        X -= X[:, :, :1]
        return self.classes_[np.abs(X[:, 0, -1, None] - self.rise_).argmin(1)]


def rising(_seed, _info):
    return ArrayClassifier(Rising())


def forest(seed, _info):
    return ArrayClassifier(RandomForestClassifier(random_state=seed), flat=True)


def test_a_row_holds_channel_after_channel(dummies):
    X, y = dummies.panel().take(range(6))
    row = X.loc["s2"].to_numpy().T.reshape(-1)

    class Kept(Rising):
        def fit(self, X, y):
            self.X_ = X.copy()
            return self

    fitted = ArrayClassifier(Kept(), flat=True).fit(X, y)
    assert fitted.estimator_.X_.shape == (6, 10)
    assert np.array_equal(fitted.estimator_.X_[2], row)
    fitted = ArrayClassifier(Kept()).fit(X, y)
    assert fitted.estimator_.X_.shape == (6, 2, 5)
    assert np.array_equal(fitted.estimator_.X_[2], row.reshape(2, 5))


def test_what_is_given_stays_as_it_was(dummies):
    X, y = dummies.panel().take(range(12))
    kept, estimator = X.copy(), Rising()
    assert (ArrayClassifier(estimator).fit(X, y).predict(X) == y).all()
    assert X.equals(kept)
    assert not hasattr(estimator, "rise_")


def test_estimators_of_arrays_stand_in_a_suite(dummies, tmp_path):
    suite = Suite("arrays", "", (Task("slopes", dummies.unequal_panel),), (
        Entry("rising", rising, equal_length=True), Entry("forest", forest, equal_length=True)), seeds=2)
    rows = [Folder(tmp_path).read(key) for key in run_suite(suite, tmp_path)]
    assert [row["status"] for row in rows] == ["done"] * 4
    assert {row["estimator"]["name"]: row["scores"]["accuracy"] for row in rows} == {"rising": 1, "forest": 1}
    told = {row["estimator"]["name"]: row["scores"]["log_loss"] is not None for row in rows}
    assert told == {"rising": False, "forest": True}  # only one of them has probabilities


def test_probabilities_are_the_estimators_own(dummies):
    X, y = dummies.panel().take(range(21))
    found = ArrayClassifier(RandomForestClassifier(5, max_depth=1, random_state=0), flat=True).fit(X, y)
    own = found.estimator_.predict_proba(np.stack([X.loc[f"s{k}"].to_numpy().T.reshape(-1) for k in range(21)]))
    assert np.array_equal(found.predict_proba(X), own)
    assert len(np.unique(own)) > 2
    assert not ArrayClassifier(RidgeClassifier(), flat=True).get_tag("capability:predict_proba")


def test_flat_is_yes_or_no(dummies):
    X, y = dummies.panel().take(range(6))
    with pytest.raises(TypeError, match="flat must be True or False, got 'yes'"):
        ArrayClassifier(Rising(), flat="yes").fit(X, y)


@pytest.mark.slow
@pytest.mark.parametrize("estimator", [ArrayClassifier, ArrayRegressor])
def test_they_keep_sktimes_contract(estimator):
    check_estimator(estimator, raise_exceptions=True, verbose=False)
