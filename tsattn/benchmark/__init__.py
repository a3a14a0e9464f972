"""Benchmarks: suites of data sets x estimators x folds x seeds, one JSON row a cell, tables and a report from rows.

A `Task` is one of classification, a `RegressionTask` of numbers, a `ForecastTask` of rows in time, an `ImageTask` of
images.
"""

from tsattn.benchmark.arrays import ArrayClassifier, ArrayRegressor
from tsattn.benchmark.data import Data
from tsattn.benchmark.folder import Folder
from tsattn.benchmark.forecasting import ForecastTask
from tsattn.benchmark.images import Images, ImageTask
from tsattn.benchmark.panels import RegressionTask
from tsattn.benchmark.run import run_suite
from tsattn.benchmark.series import Series
from tsattn.benchmark.sktime_forecasters import SktimeForecaster
from tsattn.benchmark.suite import Entry, Info, Suite, Task
from tsattn.benchmark.tables import tables
from tsattn.benchmark.text import markdown
from tsattn.benchmark.tuning import TunableEntry, Tuning

__all__ = [
    "ArrayClassifier",
    "ArrayRegressor",
    "Data",
    "Entry",
    "Folder",
    "ForecastTask",
    "ImageTask",
    "Images",
    "Info",
    "RegressionTask",
    "Series",
    "SktimeForecaster",
    "Suite",
    "Task",
    "TunableEntry",
    "Tuning",
    "markdown",
    "run_suite",
    "tables",
]
