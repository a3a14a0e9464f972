"""The state of the code that a row depends on, as a digest: rows of other code have other keys.

The digest is taken over syntax trees without docstrings, so that comments, docstrings and line breaks change nothing.
"""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
# what no prediction depends on, or depends on through the data's checksum alone
ELSEWHERE = {"__init__", "__main__", "cli", "benchmark", "plots", "datasets", "_persistence", "_relevance", "_files"}
COMPETITORS = Path(__file__).with_name("competitors.py")


@cache
def code_of(*, ours: bool) -> str:
    """The digest of the rooms that compute our estimators' results, or of the competitors' module."""
    rooms = [path for path in sorted(PACKAGE.rglob("*.py")) if _room(path) not in ELSEWHERE]
    return digest(rooms if ours else [COMPETITORS], PACKAGE)


def digest(paths: Iterable[Path], root: Path) -> str:
    """16 hexadecimal digits over the files' names below `root` and what they do."""
    found = hashlib.sha256()
    for path in paths:
        tree = ast.parse(path.read_bytes())
        found.update(f"{path.relative_to(root).as_posix()}\0{ast.dump(_without_docstrings(tree))}\0".encode())
    return found.hexdigest()[:16]


def _room(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) \
                and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return tree
