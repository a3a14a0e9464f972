import ast

import pytest

from tsattn.benchmark import Folder, run_suite
from tsattn.benchmark import code as module
from tsattn.benchmark.code import code_of, digest
from tsattn.benchmark.mixtures import states_of_code

PLAIN = '''
def double(x):
    """Twice x."""
    return 2 * x


class Scale:
    """A scale."""

    size = 3
'''


def digest_of_text(folder, text, name="maths.py"):
    path = folder / name
    path.write_text(text)
    return digest([path], folder)


@pytest.mark.parametrize("text", [
    PLAIN.replace("Twice x.", "Two times x, as ever."), PLAIN.replace('    """Twice x."""\n', ""),
    PLAIN.replace("return", "# the double\n    return"), PLAIN.replace("2 * x", "(2 *\n            x)"),
    '"""A file."""\n' + PLAIN])
def test_docstrings_comments_and_line_breaks_change_nothing(tmp_path, text):
    assert text != PLAIN
    assert digest_of_text(tmp_path, text) == digest_of_text(tmp_path, PLAIN)


@pytest.mark.parametrize(("text", "name"), [
    (PLAIN.replace("2", "3"), "maths.py"), (PLAIN.replace("size = 3", "size = 5"), "maths.py"), (PLAIN, "other.py"),
    (PLAIN.replace("return 2 * x", "'not a docstring'; return 2 * x").replace('"""Twice x."""', "x = +x"), "maths.py")])
def test_what_code_does_and_where_it_stands_counts(tmp_path, text, name):
    assert digest_of_text(tmp_path, text, name) != digest_of_text(tmp_path, PLAIN)


def test_every_room_is_read_but_those_named():
    top = {node.stem if node.suffix else node.name for node in module.PACKAGE.iterdir()
           if node.suffix == ".py" or (node / "__init__.py").exists()}
    assert top > module.ELSEWHERE
    assert top - module.ELSEWHERE >= {"_checks", "_estimator", "_inputs", "_panel", "classification", "scalespace",
                                      "nn", "models", "training", "transformations"}
    assert code_of(ours=True) != code_of(ours=False)


def test_a_changed_recipe_is_other_code(monkeypatch, tmp_path):
    copies = []
    for path in sorted(module.PACKAGE.rglob("*.py")):
        copy = tmp_path / path.relative_to(module.PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
        copies.append(copy)
    monkeypatch.setattr(module, "PACKAGE", tmp_path)
    before = code_of.__wrapped__(ours=True)
    assert before == code_of(ours=True)
    for name, changes in (("cli.py", False), ("datasets/auslan.py", False), ("training/config.py", True)):
        path = tmp_path / name
        path.write_text(path.read_text() + "\nMORE = 1\n")
        ast.parse(path.read_text())
        assert (code_of.__wrapped__(ours=True) != before) is changes


def test_changed_code_makes_new_rows_and_the_old_ones_stay(dummies, tmp_path, monkeypatch):
    first = run_suite(dummies.SMALL, tmp_path)
    assert {row["code"] for row in Folder(tmp_path).rows()} == {code_of(ours=True), code_of(ours=False)}
    monkeypatch.setattr("tsattn.benchmark.run.code_of", lambda *, ours: "new" if ours else code_of(ours=False))
    second = run_suite(dummies.SMALL, tmp_path)
    assert [a == b for a, b in zip(first, second, strict=True)] == [False, True, False]  # the second is no one of ours
    assert len(list(Folder(tmp_path).rows())) == 5


def test_states_of_the_code_are_counted_apart_for_ours_and_others(rows):
    mixed = [rows.row("a", ours=True), rows.row("b", ours=True, code="new"), rows.row("c", code="else")]
    assert states_of_code(mixed) == ["The rows of our estimators come from 2 different states of the code."]
    assert states_of_code(mixed[1:]) == []
