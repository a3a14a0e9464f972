import importlib.util
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def _dummies():
    """The module `dummies`, under a name that worker processes find too."""
    if str(HERE) not in sys.path:
        sys.path.append(str(HERE))
    if "dummies" not in sys.modules:
        spec = importlib.util.spec_from_file_location("dummies", HERE / "dummies.py")
        sys.modules["dummies"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["dummies"])
    return sys.modules["dummies"]


@pytest.fixture(scope="session")
def dummies():
    return _dummies()
