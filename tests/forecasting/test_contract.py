"""sktime's own contract, whole, and its compositions."""

import numpy as np
import pytest
from sktime.forecasting.compose import ForecastingPipeline, TransformedTargetForecaster
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.model_selection import ForecastingGridSearchCV
from sktime.split import ExpandingWindowSplitter, SlidingWindowSplitter
from sktime.transformations.series.boxcox import LogTransformer
from sktime.transformations.series.impute import Imputer
from sktime.utils.estimator_checks import check_estimator, parametrize_with_checks

from tests.forecasting.test_forecasts import SMALL, panel, small, waves

pytestmark = pytest.mark.filterwarnings("ignore:0 windows are held out")  # series are short here


@parametrize_with_checks(list(SMALL))
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # the checks themselves provoke them
def test_p03_sktime_checks(obj, test_name):
    assert check_estimator(obj, tests_to_run=test_name, raise_exceptions=True, verbose=False)


def test_in_a_pipeline_of_the_target():
    y = waves(70)["a"]
    pipeline = TransformedTargetForecaster([("log", LogTransformer()), ("forecaster", small())])
    plain = small().fit(np.log(y), fh=[1, 2]).predict()
    assert np.allclose(pipeline.fit(y, fh=[1, 2]).predict(), np.exp(plain))


def test_in_a_pipeline_of_exogenous_columns():
    y, X = waves(72)[["a"]], waves(72, columns=("x",), seed=4)
    holed = X.copy()
    holed.iloc[3] = np.nan
    pipeline = ForecastingPipeline([("fill", Imputer(method="linear")), ("forecaster", small())])
    pipeline.fit(y.iloc[:70], X=holed.iloc[:70], fh=[1, 2])
    assert np.isfinite(pipeline.predict(X=X.iloc[70:]).to_numpy()).all()


@pytest.mark.slow
def test_in_a_grid_search():
    y = waves(70)["a"]
    search = ForecastingGridSearchCV(small(), cv=ExpandingWindowSplitter(fh=[1], initial_window=60, step_length=5),
                                     param_grid={"look_back": [4, 8], "training__lr": [1e-3]}, error_score="raise")
    assert search.fit(y, fh=[1]).best_params_["look_back"] in (4, 8)


@pytest.mark.parametrize("splitter", [
    ExpandingWindowSplitter(fh=[1, 2], initial_window=50, step_length=10),
    SlidingWindowSplitter(fh=[1, 2], window_length=50, step_length=10),
])
@pytest.mark.usefixtures("one_thread")
@pytest.mark.slow
def test_p57_evaluate_says_the_same_by_threads_and_workers(splitter):
    y = waves(80)["a"]
    found = [evaluate(small(), splitter, y, backend=backend, error_score="raise")["test_MeanAbsolutePercentageError"]
             for backend in (None, "threading", "loky", "dask")]
    assert all(found[0].equals(other) for other in found[1:])


def test_evaluate_without_fitting_again():
    y = waves(80)["a"]
    splitter = ExpandingWindowSplitter(fh=[1], initial_window=60, step_length=5)
    found = evaluate(small(), splitter, y, strategy="no-update_params", error_score="raise")
    assert len(found) == 4


@pytest.mark.parametrize("index", ["int", "datetime", "period"])
def test_every_kind_of_index(index):
    y = waves(50)
    y = {"int": y.reset_index(drop=True), "datetime": y.to_timestamp(freq="D"), "period": y}[index]
    found = small().fit(y.iloc[:46], fh=[1, 3]).predict()
    assert found.index.equals(y.index[[46, 48]])


def test_hierarchical_series():
    y = panel((40, 40))
    y = y.set_index(np.repeat([0, 1], 40), append=True).reorder_levels([2, 0, 1]).sort_index()
    y.index.names = ["region", "series", "day"]
    found = small().fit(y, fh=[1, 2]).predict()
    assert found.index.names == y.index.names
    assert len(found) == 2 * 2
