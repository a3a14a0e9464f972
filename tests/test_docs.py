"""Each example in a docstring runs. Loaders of public data have theirs run in tests/datasets, where the data are."""

import doctest
import importlib
import inspect
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


def offered():
    """Each class and function that a room of the package offers."""
    for path in sorted((ROOT / "tsattn").rglob("__init__.py")):
        room = ".".join(path.relative_to(ROOT).parent.parts)
        module = importlib.import_module(room)
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing) or inspect.isroutine(thing):
                yield pytest.param(thing, id=f"{room}.{name}")


@pytest.mark.parametrize("thing", list(offered()))
def test_p68_what_is_offered_is_shown_in_an_example(thing):
    assert doctest.DocTestParser().get_examples(vars(thing).get("__doc__", thing.__doc__) or "")


def test_p68_the_reference_has_every_public_name():
    docs = ROOT / "docs"
    pages = {f"tsattn.{page.stem}": page.read_text(encoding="utf-8") for page in docs.glob("reference/*.md")}
    assert (docs / "index.md").read_text(encoding="utf-8").count("\nreference/") == len(pages)
    for path in sorted((ROOT / "tsattn").glob("*/__init__.py")):
        room = ".".join(path.relative_to(ROOT).parent.parts)
        for name in importlib.import_module(room).__all__:
            assert f"\n   {name}\n" in pages[room], f"{room}.{name}"
