"""Benchmarks: suites of data sets x estimators x folds x seeds, one JSON row a cell, tables and a report from rows."""

from tsattn.benchmark.data import Data
from tsattn.benchmark.folder import Folder
from tsattn.benchmark.run import run_suite
from tsattn.benchmark.suite import Entry, Info, Suite, Task
from tsattn.benchmark.tables import markdown, tables

__all__ = ["Data", "Entry", "Folder", "Info", "Suite", "Task", "markdown", "run_suite", "tables"]
