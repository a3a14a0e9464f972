"""The layers, lowest first. A file imports lower layers only; rooms on one line do not see each other.

This test is the architecture document: when a file no longer fits its room, the plan below changes with it.
"""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "tsattn"
LAYERS = [
    ["_checks", "_files", "_memory", "_settings", "_threads", "_values"],
    ["scalespace"],
    ["nn"],
    ["models", "training"],
    ["image"],
    ["design"],
    ["_instances", "_stamps"],
    ["_panel"],
    ["_containers"],
    ["transformations", "datasets"],
    ["_choices", "_inputs", "_labels", "_pictures", "_relevance"],
    ["_reading"],
    ["_networks"],
    ["_estimator"],
    ["classification", "regression", "forecasting", "dists_kernels", "feature_selection"],
    ["plots", "_fitted"],
    ["_persistence"],
    ["explain"],
    ["benchmark"],
    ["cli"],
    ["__main__", "__init__"],
]
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
TOGETHER = {"_checks", "_files"}  # may see each other: the ground floor
ONLY_THERE = {  # a heavy library enters through one door
    "matplotlib": {"plots"},
    "typer": {"cli"},
    "lightning": {"training"},
    "sktime": {"_panel", "_choices", "_estimator", "_persistence", "transformations", "classification", "regression",
               "forecasting", "dists_kernels", "datasets", "benchmark"},
}
FILES = sorted(PACKAGE.rglob("*.py"))


def room_of(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports_of(path):
    """(module, whether it stands at the top of the file) for each import in a file."""
    tree = ast.parse(path.read_text())
    top = set(map(id, tree.body))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            if node.module == "tsattn":
                yield from ((f"tsattn.{alias.name}", id(node) in top) for alias in node.names)
            else:
                yield node.module, id(node) in top


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_import_lower_layers_only(path):
    room = room_of(path)
    assert room in LEVEL, f"{room} has no place in the plan"
    for module, _ in imports_of(path):
        if not module.startswith("tsattn."):
            continue
        other = module.split(".")[1]
        if other == room or {room, other} <= TOGETHER:
            continue
        assert LEVEL[other] < LEVEL[room], f"{path.name} ({room}) may not import {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_libraries_enter_through_one_door(path):
    for module, _ in imports_of(path):
        doors = ONLY_THERE.get(module.split(".")[0])
        assert doors is None or room_of(path) in doors, f"{path.name} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_print_is_for_the_command_line(path):
    calls = [node for node in ast.walk(ast.parse(path.read_text()))
             if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"]
    assert not calls or room_of(path) == "cli"


def file_of(module):
    place = PACKAGE.parent.joinpath(*module.split("."))
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def imported_by(path):
    """The files of the package that a file imports, wherever the import stands in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [(node.module, alias.name) for alias in node.names] if isinstance(node, ast.ImportFrom) else []
        for module, name in names:
            if module.split(".")[0] == PACKAGE.name:
                yield file_of(f"{module}.{name}") or file_of(module)


def circle(graph):
    """Nodes that lead into a circle of edges: what is left when those that lead nowhere are taken out, in turns."""
    left = dict(graph)
    while ends := [node for node, others in left.items() if not set(others) & set(left)]:
        for node in ends:
            del left[node]
    return sorted(left)


def test_no_file_imports_itself_by_way_of_others():
    assert circle({"a": ["b"], "b": ["c"], "c": ["b"], "d": []}) == ["a", "b", "c"]
    assert circle({path: set(imported_by(path)) - {path} for path in FILES}) == []
