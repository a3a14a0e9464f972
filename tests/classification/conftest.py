import pytest

from tests.estimators.conftest import (  # noqa: F401 - for the tests beside
    CLASSIFIERS,
    FORMS,
    LEARNING,
    QUICK,
    TRAINED,
    each,
    equal,
    frame,
    known,
    learning,
    pytest_collection_modifyitems,
    ragged,
    series,
    unseen,
)
from tests.estimators.conftest import make as classifier

every_classifier, every_trained = each(CLASSIFIERS), each([cls for cls in CLASSIFIERS if cls in TRAINED])
OF_CLASSES = {name: form for name, form in FORMS.items() if form.get("cls", next(iter(CLASSIFIERS))) in CLASSIFIERS}


@pytest.fixture(scope="session", params=OF_CLASSES)
def fitted(request, ragged):  # noqa: F811 - the fixture
    return classifier(**OF_CLASSES[request.param]).fit(ragged.X, ragged.y)


@pytest.fixture(scope="session", params=CLASSIFIERS, ids=lambda cls: cls.__name__)
def learned(request, ragged):  # noqa: F811
    return learning(request.param).fit(ragged.X, ragged.y)


WRONG_FOR_RACKNET = [  # and told before features are looked for
    ({"budget": -5}, "budget must be an integer of at least 1"), ({"recurrent": "yes"}, "recurrent must be True"),
    ({"min_features": 2.0}, "min_features must lie in"), ({"normalise": 1}, "normalise must be True"),
    ({"dropout": 1.0}, "dropout must lie in"), ({"max_components": 0}, "max_components must be"),
    ({"training": {"epochs": 1}}, "must be a Training"),
]
