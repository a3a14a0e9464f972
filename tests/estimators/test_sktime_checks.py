"""sktime's own contract, whole: no check is left out."""

import pytest
from sktime.utils.estimator_checks import check_estimator, parametrize_with_checks

from tests.estimators.conftest import ESTIMATORS


@parametrize_with_checks(list(ESTIMATORS))
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # the checks themselves provoke them
def test_p03_sktime_checks(obj, test_name):
    assert check_estimator(obj, tests_to_run=test_name, raise_exceptions=True, verbose=False)
