"""Each example in a docstring runs. Loaders of public data have theirs run in tests/datasets, where the data are."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "tsattn").rglob("*.py")
    if "datasets" not in path.parts and path.name != "__main__.py"
)


@pytest.mark.parametrize("module", MODULES)
def test_p68_examples_of(module):
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.testmod(importlib.import_module(module), optionflags=options).failed == 0
