"""sktime's own checks, none left out."""

import pytest
from sktime.utils.estimator_checks import check_estimator, parametrize_with_checks

from tsattn.transformations import ScaleSpaceChannels, UVTFEvents, UVTFSaliency


@pytest.mark.filterwarnings("ignore:.*series are shorter than:UserWarning")
@parametrize_with_checks([ScaleSpaceChannels, UVTFEvents, UVTFSaliency])
@pytest.mark.slow
def test_sktime_contract(obj, test_name):
    check_estimator(obj, tests_to_run=test_name, raise_exceptions=True)
