"""Our estimators in sktime's own benchmarks."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score
from sklearn.model_selection import KFold
from sktime.benchmarking.classification import ClassificationBenchmark
from sktime.benchmarking.forecasting import ForecastingBenchmark
from sktime.datasets import load_airline, load_unit_test
from sktime.performance_metrics.forecasting import MeanAbsoluteError
from sktime.split import ExpandingWindowSplitter

from tsattn.classification import LSTMSANClassifier, ScaleSpaceRidgeClassifier, SDMAClassifier, XM2AClassifier
from tsattn.forecasting import SDMAForecaster, Seq2SeqForecaster
from tsattn.training import Training

SHORT = Training(epochs=2)


def unit_test():
    return load_unit_test(return_type="pd-multiindex")


@pytest.mark.slow
def test_classifiers_in_sktimes_benchmark(tmp_path):
    classifiers = {
        "ridge": ScaleSpaceRidgeClassifier(proportions=50, random_state=0),
        "sdma": SDMAClassifier(hidden_size=4, proportions=20, training=SHORT, random_state=0),
        "xm2a": XM2AClassifier(n_heads=2, n_units=4, n_layers=1, proportions=20, training=SHORT, random_state=0),
        "lstm-san": LSTMSANClassifier(hidden_size=4, n_layers=1, proportions=20, training=SHORT, random_state=0),
    }
    benchmark, folds = ClassificationBenchmark(), KFold(3)
    for name, classifier in classifiers.items():
        benchmark.add_estimator(classifier, name)
    benchmark.add_task(unit_test, folds, [accuracy_score])
    found = benchmark.run(tmp_path / "found.csv").set_index("model_id")
    X, y = unit_test()
    ids = X.index.get_level_values(0).unique()
    for name, classifier in classifiers.items():
        for fold, (train, test) in enumerate(folds.split(ids)):
            own = classifier.clone().fit(X.loc[ids[train]], y[train]).predict(X.loc[ids[test]])
            assert found.loc[name, f"accuracy_score_fold_{fold}_test"] == (own == y[test]).mean()


@pytest.mark.slow
def test_forecasters_in_sktimes_benchmark(tmp_path):
    training = Training(epochs=2, validation=0.2)
    forecasters = {
        "sdma": SDMAForecaster(look_back=12, hidden_size=4, training=training, random_state=0),
        "seq2seq": Seq2SeqForecaster(look_back=12, hidden_size=4, training=training, random_state=0),
    }
    benchmark = ForecastingBenchmark()
    for name, forecaster in forecasters.items():
        benchmark.add_estimator(forecaster, name)
    splitter = ExpandingWindowSplitter(initial_window=120, step_length=12, fh=[1, 2, 3])
    benchmark.add_task(load_airline, splitter, [MeanAbsoluteError()])
    found = benchmark.run(tmp_path / "found.csv").set_index("model_id")
    y: pd.Series = load_airline()
    for name, forecaster in forecasters.items():
        for fold, (train, test) in enumerate(splitter.split(y)):
            own = forecaster.clone().fit(y.iloc[train], fh=[1, 2, 3]).predict()
            assert found.loc[name, f"MeanAbsoluteError_fold_{fold}_test"] == np.abs(y.iloc[test] - own).mean()
