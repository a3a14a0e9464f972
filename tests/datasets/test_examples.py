"""The examples in the docstrings run: those that need no data always, the others where the data are."""

import doctest
import importlib

import pytest


def failures(module):
    finder = doctest.DocTestFinder()
    runner = doctest.DocTestRunner()
    tests = [test for test in finder.find(importlib.import_module(f"tsattn.datasets.{module}")) if test.examples]
    assert tests
    for test in tests:
        runner.run(test)
    return runner.failures


@pytest.mark.parametrize("module", ["groups", "planted", "shipped"])
def test_examples(module):
    assert failures(module) == 0


@pytest.mark.data
@pytest.mark.parametrize("module", ["auslan", "forecasting", "hdm05", "kick_vs_punch", "sml2010",
                                    "spoken_arabic_digits", "ts_files", "digits", "objects", "photos"])
def test_examples_with_data(module):
    assert failures(module) == 0
