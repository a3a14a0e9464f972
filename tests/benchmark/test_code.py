import shutil

import pytest

from tsattn.benchmark import Folder, run_suite
from tsattn.benchmark import code as module
from tsattn.benchmark.code import code_of, reached, without_modules
from tsattn.benchmark.mixtures import states_of_code

SDMA = "tsattn.classification.sdma.SDMAClassifier"
PLAIN = '''
from numpy import pi

SIZE, FAR = 3, 9


def double(x):
    """Twice x."""
    return 2 * x


class Scale:
    """A scale."""

    size = SIZE

    def grow(self):
        return double(self.size) + pi


def nothing():
    return FAR
'''


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Digests of a package that is made of texts."""
    root = tmp_path / "tsattn"

    def digest(name, **files):
        shutil.rmtree(root, ignore_errors=True)
        for path, text in files.items():
            file = root / f"{path}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        module._parsed.cache_clear()
        module._digest_of.cache_clear()
        return code_of(f"tsattn.{name}")

    monkeypatch.setattr(module, "PACKAGE", root)
    yield digest
    module._parsed.cache_clear()
    module._digest_of.cache_clear()


@pytest.mark.parametrize("text", [
    PLAIN.replace("Twice x.", "Two times x, as ever."), PLAIN.replace('    """Twice x."""\n', ""),
    PLAIN.replace("return 2", "# the double\n    return 2"), PLAIN.replace("2 * x", "(2 *\n            x)"),
    '"""A file."""\n' + PLAIN, PLAIN.replace("return FAR", "return 7"), PLAIN + "\nMORE = 1\n"])
def test_what_no_result_depends_on_changes_nothing(text, package):
    assert text != PLAIN
    assert package("maths.Scale", maths=text) == package("maths.Scale", maths=PLAIN)


@pytest.mark.parametrize("text", [
    PLAIN.replace("2 *", "3 *"), PLAIN.replace("SIZE, FAR = 3", "SIZE, FAR = 5"),
    PLAIN.replace("size = S", "size = -S"), PLAIN.replace("import pi", "import e as pi"),
    PLAIN.replace("from numpy", "from math"),
    PLAIN.replace("return 2 * x", "'not a docstring'; return 2 * x").replace('"""Twice x."""', "x = +x")])
def test_what_code_does_counts(text, package):
    assert package("maths.Scale", maths=text) != package("maths.Scale", maths=PLAIN)


DOUBLE = 'def double(x):\n    return 2 * x\n'
MOVED = PLAIN.replace('def double(x):\n    """Twice x."""\n    return 2 * x\n', "")


@pytest.mark.parametrize("files", [
    {"other": PLAIN}, {"room/maths": PLAIN},
    {"maths": "from tsattn.parts import double\n" + MOVED, "parts": DOUBLE},
    {"maths": "from tsattn.room import double\n" + MOVED, "room/parts": DOUBLE,
     "room/__init__": "from tsattn.room.parts import double\n"},
    {"maths": MOVED.replace("        return", "        from tsattn.parts import double\n\n        return"),
     "parts": DOUBLE}])
def test_where_code_stands_does_not_count(files, package):
    assert DOUBLE not in MOVED
    place = next(iter(files)).replace("/", ".")
    assert package(f"{place}.Scale", **files) == package("maths.Scale", maths=PLAIN)
    changed = {name: text.replace("2 * x", "5 * x") for name, text in files.items()}
    assert package(f"{place}.Scale", **changed) != package(f"{place}.Scale", **files)


def test_names_that_change_places_count(package):
    """Two constants of one name, in two files, whose values are exchanged."""
    user = "from tsattn.a import one\nfrom tsattn.b import two\n\n\ndef both():\n    return one(), two()\n"
    parts = {name: f"STILL = {value}\n\n\ndef {name}():\n    return STILL\n"
             for name, value in [("one", 1), ("two", 2)]}
    before = package("c.both", a=parts["one"], b=parts["two"], c=user)
    exchanged = {name: text.replace("= 1", "= 0").replace("= 2", "= 1").replace("= 0", "= 2")
                 for name, text in parts.items()}
    assert package("c.both", a=exchanged["one"], b=exchanged["two"], c=user) != before


def test_a_module_that_is_imported_as_a_whole_counts_by_what_is_used_of_it(package):
    user = "from tsattn.room import parts as p\n\n\ndef use(x):\n    return p.double(x)\n"
    before = package("user.use", user=user, **{"room/parts": DOUBLE})
    assert package("user.use", user=user, **{"room/parts": DOUBLE + "\nMORE = 1\n"}) == before
    assert package("user.use", user=user, **{"room/parts": DOUBLE.replace("2", "3")}) != before


def test_a_module_that_is_handed_on_counts_as_a_whole(package):
    user = "from tsattn.room import parts\n\n\ndef use(name, x):\n    return getattr(parts, name)(x)\n"
    before = package("user.use", user=user, **{"room/parts": DOUBLE})
    assert package("user.use", user=user, **{"room/parts": DOUBLE + "\nMORE = 1\n"}) != before
    assert package("user.use", user=user, **{"room/parts": DOUBLE.replace("2", "3")}) != before


@pytest.mark.parametrize("line", ["TABLE['y'] = 2", "N += 1", "if N:\n    N = 3", "N = 4", "print(N)", "f.x = 1"])
def test_what_no_name_leads_to_is_refused(line, package):
    with pytest.raises(ValueError, match=r"maths\.py.* (has none|must define 'N' once)"):
        package("maths.f", maths=f"TABLE, N = {{}}, 1\n\n\ndef f():\n    return TABLE\n\n\n{line}\n")


def test_every_file_can_be_followed():
    defined = {name for path in module.PACKAGE.rglob("*.py") for name in module._parsed(path).defined}
    assert {"SDMAClassifier", "SDMA", "over_rows"} <= defined


REACHED = {"training/config.py": True, "training/augment.py": True, "nn/padding.py": True, "_inputs.py": True,
           "scalespace/_kernels.py": True, "cli.py": False, "_relevance.py": False, "datasets/auslan.py": False,
           "benchmark/run.py": False, "nn/_proportions_kernel.py": True}


def test_what_an_estimator_reaches_by_names_is_read_and_nothing_else():
    found = {definition.path.relative_to(module.PACKAGE).as_posix() for definition in reached([
        module._definition_of(SDMA)])}
    assert {name: name in found for name in REACHED} == REACHED
    assert not any(name.endswith("__init__.py") for name in found)  # they pass on what others define


def test_names_stand_at_any_depth_of_a_description():
    nested = {"class": "sktime.Pipeline", "params": {"steps": [["a", {"class": SDMA, "params": {}}]]}}
    assert code_of(nested) == code_of(SDMA) != code_of({"class": "sktime.Pipeline", "params": {}})
    assert code_of(["tsattn.benchmark.competitors.Resample"]) not in {code_of(SDMA), code_of([])}
    assert without_modules(nested)["params"]["steps"][0][1]["class"] == "tsattn.SDMAClassifier"
    assert without_modules(["sktime.Pipeline", "tsattn", 3]) == ["sktime.Pipeline", "tsattn", 3]
    with pytest.raises(ValueError, match=r"must be that of a class, function or constant, got 'tsattn.nn.nothing'"):
        code_of("tsattn.nn.nothing")


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
