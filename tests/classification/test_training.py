"""What a `Training` does in the hands of a user of the classifier: groups by id, devices that are not there."""

import numpy as np
import pytest
from sklearn.model_selection import KFold, cross_val_score
from sktime.datatypes import convert_to

from tests.classification.conftest import classifier, frame, series
from tsattn.training import Training

N = 24
Y = np.arange(N) % 2


def person(name):
    return int(str(name).lstrip("i")) // 4


def by_person(groups=person):
    return classifier(training=Training(epochs=1, validation=0.3, groups=groups))


@pytest.fixture(scope="module")
def panel():
    return frame(series(5, [13] * N))


@pytest.mark.parametrize("container", ["numpy3D", "df-list"])
def test_groups_are_refused_where_a_fold_would_number_its_series_anew(container, panel):
    X = convert_to(panel, container)
    groups = {number: person(number) for number in range(N)}
    with pytest.raises(ValueError, match="groups go by instance ids, and these series have none: give X as pd-multi"):
        cross_val_score(by_person(groups), X, Y, cv=3, error_score="raise")


def test_an_array_of_two_axes_has_no_ids_either(panel):
    with pytest.raises(ValueError, match="give X as pd-multiindex"):
        by_person().fit(convert_to(panel, "numpy3D")[:, 0], Y)


@pytest.mark.parametrize("container", ["pd-multiindex", "nested_univ"])
def test_folds_keep_the_groups_of_their_series(container, panel):
    asked = []

    def remember(name):
        asked[-1].add(name)
        return person(name)

    X, names = convert_to(panel, container), [f"i{number}" for number in range(N)]
    for train, _ in KFold(3, shuffle=True, random_state=0).split(names):
        part = X.iloc[train] if container == "nested_univ" else X.loc[[names[i] for i in train]]
        asked.append(set())
        by_person(remember).fit(part, Y[train])
        assert asked[-1] == {names[i] for i in train}
