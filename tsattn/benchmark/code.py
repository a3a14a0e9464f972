"""The state of the code that a row depends on, as a digest: rows of other code have other keys.

An estimator depends on the modules of this package that it reaches by imports, from those of its own classes and
functions on. The digest is taken over their syntax trees without docstrings, so that comments, docstrings, line breaks,
and models that it has nothing to do with, change nothing.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

PACKAGE = Path(__file__).parents[1]
ELSEWHERE = {"_files", "_persistence", "_relevance", "instances"}  # what is imported and no prediction depends on


def code_of(described: Any) -> str:
    """The digest of what an estimator runs of this package, from what `tsattn.benchmark.keys.describe` made of it."""
    return _digest_of(frozenset(_module_of(name) for name in _names(described)))


@cache
def _digest_of(first: frozenset[Path]) -> str:
    return digest(sorted(reached(first)), PACKAGE)


def reached(first: Iterable[Path]) -> set[Path]:
    """The modules themselves and all that they import, at any depth."""
    found: set[Path] = set()
    waiting = list(first)
    while waiting:
        path = waiting.pop()
        if path not in found and path.stem not in ELSEWHERE:
            found.add(path)
            waiting += _imports(path)
    return found


def digest(paths: Iterable[Path], root: Path) -> str:
    """16 hexadecimal digits over the files' names below `root` and what they do."""
    found = hashlib.sha256()
    for path in paths:
        found.update(f"{path.relative_to(root).as_posix()}\0{_parsed(path.read_bytes()).tree}\0".encode())
    return found.hexdigest()[:16]


def _names(described: Any) -> Iterator[str]:
    """The dotted names of this package's classes and functions in a description."""
    if isinstance(described, str):
        if described.startswith(f"{PACKAGE.name}."):
            yield described
    elif isinstance(described, list):
        for entry in described:
            yield from _names(entry)
    elif isinstance(described, dict):
        for entry in described.values():
            yield from _names(entry)


def _module_of(name: str) -> Path:
    """The file of the module that a dotted name begins with."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        path = _file_of(parts[1:end])
        if path is not None:
            return path
    raise ValueError(f"a name of this package must begin with one of its modules, got {name!r}")


def _file_of(parts: Iterable[str]) -> Path | None:
    place = PACKAGE.joinpath(*parts)
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def _imports(path: Path) -> Iterator[Path]:
    """The files of this package that a module imports, looking through what packages pass on."""
    for module, name in _parsed(path.read_bytes()).imports:
        if module.split(".")[0] == PACKAGE.name:
            yield _source(f"{module}.{name}")


def _source(name: str) -> Path:
    """The file in which an imported name is defined."""
    path = _module_of(name)
    if path.name != "__init__.py":
        return path
    last = name.rpartition(".")[2]
    passed_on = (module for module, imported in _parsed(path.read_bytes()).imports if imported == last)
    return next((_source(f"{module}.{last}") for module in passed_on), path)


class Parsed(NamedTuple):
    """What a file says: the names that it imports, each with its module, and its syntax tree without docstrings."""

    imports: tuple[tuple[str, str], ...]
    tree: str


@cache  # by what the file holds: one that has changed is parsed anew
def _parsed(text: bytes) -> Parsed:
    tree = ast.parse(text)
    imports = ((node.module, alias.name) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module
               for alias in node.names)
    return Parsed(tuple(imports), ast.dump(_without_docstrings(tree)))


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) \
                and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return tree
