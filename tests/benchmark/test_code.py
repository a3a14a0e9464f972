import pytest

from tsattn.benchmark import Folder, run_suite
from tsattn.benchmark import code as module
from tsattn.benchmark.code import code_of, digest, reached
from tsattn.benchmark.mixtures import states_of_code

SDMA = "tsattn.classification.sdma.SDMAClassifier"
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


NAMES = {"training/config.py": True, "training/augment.py": True, "nn/padding.py": True, "_inputs.py": True,
         "scalespace/_kernels.py": True, "cli.py": False, "_relevance.py": False, "datasets/auslan.py": False,
         "benchmark/run.py": False}


def test_what_an_estimator_reaches_by_imports_is_read_and_nothing_else():
    found = {path.relative_to(module.PACKAGE).as_posix() for path in reached([module._module_of(SDMA)])}
    assert {name: name in found for name in NAMES} == NAMES
    assert not any(name.endswith("__init__.py") for name in found)  # they pass on what others define


def test_names_stand_at_any_depth_of_a_description():
    nested = {"class": "sktime.Pipeline", "params": {"steps": [["a", {"class": SDMA, "params": {}}]]}}
    assert code_of(nested) == code_of(SDMA) != code_of({"class": "sktime.Pipeline", "params": {}})
    assert code_of(["tsattn.benchmark.competitors.Resample"]) not in {code_of(SDMA), code_of([])}


def test_a_changed_recipe_is_other_code(monkeypatch, tmp_path):
    copies = tmp_path / module.PACKAGE.name
    for path in sorted(module.PACKAGE.rglob("*.py")):
        copy = copies / path.relative_to(module.PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    before = code_of(SDMA)
    monkeypatch.setattr(module, "PACKAGE", copies)
    for name, changes in NAMES.items():
        module._digest_of.cache_clear()
        text = (copies / name).read_text()
        (copies / name).write_text(text + "\nMORE = 1\n")
        assert (code_of(SDMA) != before) is changes, name
        (copies / name).write_text(text)
    module._digest_of.cache_clear()
    assert code_of(SDMA) == before


def test_no_file_is_parsed_twice(monkeypatch):
    texts, parse = [], module.ast.parse
    monkeypatch.setattr(module.ast, "parse", lambda text, *rest: texts.append(text) or parse(text, *rest))
    module._parsed.cache_clear()
    for name in (SDMA, "tsattn.benchmark.competitors.Resample"):
        module._digest_of.cache_clear()
        code_of(name)
    assert len(texts) > 30
    assert len(set(texts)) == len(texts)


@pytest.mark.slow
def test_changed_code_makes_new_rows_and_the_old_ones_stay(dummies, tmp_path, monkeypatch):
    first = run_suite(dummies.SMALL, tmp_path)
    assert {row["code"] for row in Folder(tmp_path).rows()} == {code_of([])}  # it is not of this package
    monkeypatch.setattr("tsattn.benchmark.run.code_of", lambda what: "old" if what["params"]["shift"] else "new")
    second = run_suite(dummies.SMALL, tmp_path)
    assert not set(first) & set(second)
    assert len(list(Folder(tmp_path).rows())) == 6
    assert run_suite(dummies.SMALL, tmp_path) == second


def test_states_of_the_code_are_counted_for_each_estimator_and_data_set(rows):
    mixed = [rows.row("a"), rows.row("a", 1, code="new"), rows.row("b", code="new"), rows.row("b", task="other"),
             rows.row("c", code="else")]
    assert states_of_code(mixed) == ["The rows of a on slopes come from 2 different states of the code."]
    assert states_of_code(mixed[1:]) == []
