"""What holds for every file of the package, read from its text, and what importing it does."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "tsattn"
FILES = sorted(PACKAGE.rglob("*.py"))
EVERYWHERE = [*FILES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]
BUDGET = {"lines of a file": 300, "lines of a function": 40, "positional parameters": 7}
PURE = {"masked_fill", "clamp", "where", "allclose", "isclose", "array_equal", "equal", "softmax", "sort_values",
        "fillna", "dropna", "astype"}
PICKLERS = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve"}  # and all that is in them
RUNS_CODE = {"joblib.load", "torch.load", "torch.hub", "importlib", "importlib.import_module", "allow_pickle", "eval",
             "exec", "compile", "__import__", "read_pickle", "to_pickle", "pandas.read_pickle"}


def named(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: str(path.relative_to(ROOT)))


def dotted(node):
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(reversed([*parts, node.id])) if isinstance(node, ast.Name) else ""


def run(code, *options):
    return subprocess.run([sys.executable, *options, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)


def lines_of_examples(tree):
    """Lines from the heading of a docstring's examples to its end, in all docstrings of a file."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef
    docs = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, documented)]
    return sum(len(doc.partition("Examples\n--------\n")[2].splitlines()) for doc in docs)


@named(FILES)
def test_files_and_functions_keep_their_budget(path):
    text = path.read_text()
    tree = ast.parse(text)
    assert text.count("\n") - lines_of_examples(tree) <= BUDGET["lines of a file"]  # examples are tests
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef):
            continue
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        length = body[-1].end_lineno - body[0].lineno + 1 if body else 0
        assert length <= BUDGET["lines of a function"], f"{node.name} has {length} lines"
        if node.name != "__init__":
            assert len(node.args.args) <= BUDGET["positional parameters"], f"{node.name} takes {len(node.args.args)}"


@named(EVERYWHERE)
def test_no_result_is_thrown_away(path):
    thrown = [ast.unparse(node) for node in ast.walk(ast.parse(path.read_text()))
              if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
              and getattr(node.value.func, "attr", "") in PURE]
    assert not thrown


@named(FILES)
def test_nothing_global_is_seeded_or_set(path):
    calls = {dotted(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}
    allowed = {"np.random.default_rng", "np.random.Generator", "np.random.SeedSequence", "np.random.RandomState"}
    seeds = {name for name in calls if name.startswith(("np.random.", "random.")) and name not in allowed}
    settings = {"torch.manual_seed", "torch.seed", "torch.set_num_threads", "torch.set_default_dtype",
                "torch.use_deterministic_algorithms", "warnings.filterwarnings", "warnings.simplefilter",
                "matplotlib.use", "plt.figure", "plt.subplots", "np.seterr", "os.umask"}
    # a process of its own, started for one cell, may share out its threads; one made by fork has lost them
    if path.name in ("worker.py", "_settings.py"):
        settings -= {"torch.set_num_threads"}
    assert not seeds | (calls & settings)


def sums_that_store(tree):
    """Loops of compiled functions with reordered sums that add to a number and store into an array.

    Such a loop is vectorised only where its arrays are found to lie far enough apart, and so what it sums to hangs on
    where the memory of the moment lies.
    """
    named = {target.id for node in ast.walk(tree) if isinstance(node, ast.Assign) and reorders(node.value)
             for target in node.targets}
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and any(
        reorders(decorator) or dotted(decorator) in named for decorator in node.decorator_list)]
    loops = [(function, loop) for function in functions for loop in ast.walk(function)
             if isinstance(loop, ast.For | ast.While)]
    return [f"{function.name}, line {loop.lineno}" for function, loop in loops
            if not any(isinstance(node, ast.For | ast.While) for node in ast.walk(loop) if node is not loop)
            and stores(loop) and sums(loop)]


def reorders(node):
    return "reassoc" in ast.unparse(node) or "fastmath=True" in ast.unparse(node)


def targets(loop):
    """(what is assigned to, the assignment) within a loop."""
    for node in ast.walk(loop):
        if isinstance(node, ast.Assign | ast.AugAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                yield from ((part, node) for part in getattr(target, "elts", [target]))


def stores(loop):
    return any(isinstance(target, ast.Subscript) for target, _ in targets(loop))


def sums(loop):
    return any(isinstance(target, ast.Name) and (isinstance(node, ast.AugAssign) or any(
        isinstance(part, ast.BinOp) and target.id in {name.id for name in ast.walk(part) if isinstance(name, ast.Name)}
        for part in ast.walk(node.value))) for target, node in targets(loop))


@named(FILES)
def test_p04_no_compiled_sum_hangs_on_where_memory_lies(path):
    assert not sums_that_store(ast.parse(path.read_text()))


@pytest.mark.parametrize(("body", "n_found"), [
    ("row[t] = t; total += t", 1), ("row[t] = t; total = total + t", 1), ("row[t], total = t, total + t", 1),
    ("total += t", 0), ("row[t] += t", 0), ("row[t] = t", 0), ("row[t] = t; last = t", 0),
])
@pytest.mark.parametrize("head", [
    "fast = njit(fastmath={'reassoc'})\n@fast", "@njit(fastmath={'reassoc'})", "@njit(fastmath=True)",
])
@pytest.mark.parametrize("loop", ["for t in range(9)", "while more(row)"])
def test_compiled_sums_that_store_are_found(body, n_found, head, loop):
    assert len(sums_that_store(ast.parse(f"{head}\ndef f(row):\n {loop}: {body}"))) == n_found
    assert not sums_that_store(ast.parse(f"@njit\ndef f(row):\n {loop}: {body}"))


def what_runs_code(tree):
    """Names of what a file imports or calls that can run code held in a file or a string."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call):
            method = getattr(node.func, "attr", "")  # of a frame, or of pandas under any name
            found |= {dotted(node.func), method if method.endswith("_pickle") else ""}
            found |= {key.arg for key in node.keywords if not (key.arg == "allow_pickle" and is_false(key.value))}
    return {name for name in found if name and (name in RUNS_CODE or name.partition(".")[0] in PICKLERS)}


def is_false(node):
    return isinstance(node, ast.Constant) and node.value is False


@named(FILES)
def test_p38_nothing_unpickles_or_evaluates(path):
    assert not what_runs_code(ast.parse(path.read_text()))


@pytest.mark.parametrize("code", [
    "import pickle", "import pickle as p", "from pickle import loads", "from torch import load",
    "from joblib import load",
    "import torch\ntorch.load(f)", "joblib.load(f)", "np.load(f, allow_pickle=True)", "np.load(f, allow_pickle=flag)",
    "pd.read_pickle(f)", "from pandas import read_pickle", "frame.to_pickle(f)", "eval(text)", "exec(text)",
    "__import__(name)", "from importlib import import_module", "import dill.source", "shelve.open(f)",
])
def test_p38_ways_to_run_code_are_seen(code):
    assert what_runs_code(ast.parse(code))


@pytest.mark.parametrize("code", ["np.load(f)", "np.load(f, allow_pickle=False)", "re.compile(p)", "json.load(f)"])
def test_p38_harmless_ways_to_read_are_not(code):
    assert not what_runs_code(ast.parse(code))


def test_the_wheel_has_every_room():
    named = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    rooms = {".".join(path.relative_to(ROOT).parent.parts) for path in PACKAGE.rglob("__init__.py")}
    assert named - {"tsattn.datasets.files"} == rooms


def test_importing_is_light_and_silent():
    heavy = ["torch", "sktime", "numba", "pandas", "matplotlib", "sklearn", "scipy", "numpy"]
    result = run(f"import tsattn, sys; print(sorted(set({heavy}) & set(sys.modules)))", "-W", "error")
    assert result.stdout.strip() == "[]", result.stderr
    assert result.stderr == ""


@pytest.mark.slow
def test_p47_importing_needs_no_network():
    modules = ["tsattn", "tsattn.scalespace", "tsattn.classification", "tsattn.transformations", "tsattn.datasets"]
    guard = "import socket\ndef refuse(*a, **k): raise AssertionError('network')\nsocket.socket.connect = refuse\n"
    result = run(guard + "\n".join(f"import {module}" for module in modules))
    assert result.returncode == 0, result.stderr


def test_importing_leaves_random_state_and_threads_alone():
    result = run("""
import random, numpy, torch, sktime.classification.base  # sktime's own import draws from random
def state():
    return (random.getstate(), numpy.random.get_state()[1].tolist(), torch.get_rng_state().tolist(),
            torch.get_num_threads())
before = state()
import tsattn.classification, tsattn.transformations, tsattn.datasets
assert state() == before
""")
    assert result.returncode == 0, result.stderr
