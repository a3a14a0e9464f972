import importlib
import importlib.util
import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def _module(name):
    """A module of this folder, under a name that worker processes find too."""
    if str(HERE) not in sys.path:
        sys.path.append(str(HERE))
    return importlib.import_module(name)


@pytest.fixture(scope="session")
def script():
    """Load a script of the folder benchmarks by its name, as a module."""
    def load(name):
        spec = importlib.util.spec_from_file_location(name, HERE.parents[1] / "benchmarks" / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    return load


@pytest.fixture(scope="session")
def dummies():
    return _module("dummies")


@pytest.fixture(scope="session")
def rows():
    return _module("rows")


@pytest.fixture
def importable(monkeypatch):
    """Worker processes find the modules of this folder."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]))
