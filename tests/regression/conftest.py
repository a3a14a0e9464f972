from tests.estimators.conftest import (  # noqa: F401 - for the tests beside
    QUICK,
    REGRESSORS,
    each,
    frame,
    known,
    learning,
    make,
    pytest_collection_modifyitems,
    ragged,
    series,
    unseen,
)

every_regressor = each(REGRESSORS)
