"""The state of the code that a row depends on, as a digest: rows of other code have other keys.

An estimator depends on the definitions of this package that it reaches by names: classes, functions and constants at
the top of files, from its own class on. The digest is taken over their syntax trees without docstrings, with what each
name stands for, of this package or of another library. So it does not change with comments, docstrings, line breaks,
models that the estimator has nothing to do with, nor with the file that a definition stands in.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

PACKAGE = Path(__file__).parents[1]
ELSEWHERE = {"_files", "_persistence", "_relevance", "instances"}  # what is imported and no prediction depends on


class Definition(NamedTuple):
    """A statement at the top of a file, by the file and its place among the file's definitions."""

    path: Path
    place: int


class Statement(NamedTuple):
    """What a definition says, and the names that it uses, also but for attributes; and pairs (name, attribute)."""

    tree: str
    names: frozenset[str]
    whole: frozenset[str]
    attributes: frozenset[tuple[str, str]]
    imports: Mapping[str, tuple[str, str]]


class Parsed(NamedTuple):
    """A file's definitions, which of them each name stands for, and what it imports.

    Imports are (module, name) by the name that stands for them in the file; the name is empty where it is a module.
    """

    statements: tuple[Statement, ...]
    defined: Mapping[str, int]
    imports: Mapping[str, tuple[str, str]]


def code_of(described: Any) -> str:
    """The digest of what an estimator runs of this package, from what `tsattn.benchmark.keys.describe` made of it."""
    return _digest_of(frozenset(_definition_of(name) for name in _names(described)))


@cache
def _digest_of(first: frozenset[Definition]) -> str:
    return digest(reached(first))


def reached(first: Iterable[Definition]) -> set[Definition]:
    """The definitions themselves and all that they use, at any depth."""
    found: set[Definition] = set()
    waiting = list(first)
    while waiting:
        definition = waiting.pop()
        if definition not in found and definition.path.stem not in ELSEWHERE:
            found.add(definition)
            waiting += [used for _, used in _uses(definition)]
    return found


def digest(definitions: Iterable[Definition]) -> str:
    """16 hexadecimal digits over what definitions say, each with what the names that it uses stand for."""
    records = set()
    for definition in definitions:
        uses = sorted((name, _tree(used)) for name, used in _uses(definition) if used.path.stem not in ELSEWHERE)
        record = _tree(definition), uses, sorted(_foreign(definition))
        records.add(hashlib.sha256(repr(record).encode()).digest())
    return hashlib.sha256(b"".join(sorted(records))).hexdigest()[:16]


def without_modules(described: Any) -> Any:
    """A description in which this package's classes and functions have names that no move between files changes."""
    if isinstance(described, str) and described.startswith(f"{PACKAGE.name}."):
        path, rest = _split(described)
        return ".".join([PACKAGE.name, *rest]) if path is not None else described
    if isinstance(described, list):
        return [without_modules(entry) for entry in described]
    if isinstance(described, dict):
        return {key: without_modules(entry) for key, entry in described.items()}
    return described


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


def _definition_of(name: str) -> Definition:
    """The definition that a dotted name stands for, or begins with."""
    path, rest = _split(name)
    found = _lookup(path, rest[0]) if path is not None and rest else None
    if found is None:
        raise ValueError(f"a name of this package must be that of a class, function or constant, got {name!r}")
    return found


def _split(name: str) -> tuple[Path | None, list[str]]:
    """The file of the module that a dotted name begins with, and the rest of the name."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        path = _file_of(parts[1:end])
        if path is not None:
            return path, parts[end:]
    return None, parts


def _file_of(parts: Iterable[str]) -> Path | None:
    place = PACKAGE.joinpath(*parts)
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def _module(dotted: str) -> Path | None:
    """The file of a module of this package."""
    path, rest = _split(dotted)
    return path if not rest else None


def _lookup(path: Path, name: str) -> Definition | None:
    """The definition that a name stands for in a file, there or where the file has it from."""
    parsed = _parsed(path)
    if name in parsed.defined:
        return Definition(path, parsed.defined[name])
    return _imported(*parsed.imports[name]) if name in parsed.imports else None


def _imported(module: str, name: str) -> Definition | None:
    path = _module(module) if module.split(".")[0] == PACKAGE.name else None
    return None if path is None else _lookup(path, name)


def _uses(definition: Definition) -> Iterator[tuple[str, Definition]]:
    """The names in a definition that stand for others of this package, each with the other one."""
    statement, imports = _seen(definition)
    for name in statement.names:
        path = _own_module(imports, name)
        if path is not None and name in statement.whole:  # a module that is handed on: any part of it may be used
            yield from ((f"{name}.{place}", Definition(path, place)) for place in range(len(_parsed(path).statements)))
        found = _imported(*imports[name]) if name in statement.imports else _lookup(definition.path, name)
        if found is not None and found != definition:
            yield name, found
    for name, attribute in statement.attributes:
        path = _own_module(imports, name)
        found = None if path is None else _lookup(path, attribute)
        if found is not None:
            yield f"{name}.{attribute}", found


def _own_module(imports: Mapping[str, tuple[str, str]], name: str) -> Path | None:
    """The file of the module of this package that a name stands for, if it does."""
    dotted = ".".join(filter(None, imports.get(name, ())))
    return _module(dotted) if dotted.split(".")[0] == PACKAGE.name else None


def _foreign(definition: Definition) -> Iterator[tuple[str, str]]:
    """The names in a definition that stand for what other libraries have, each with its name there."""
    statement, imports = _seen(definition)
    for name in statement.names:
        if name in imports and imports[name][0].split(".")[0] != PACKAGE.name:
            yield name, ".".join(filter(None, imports[name]))


def _seen(definition: Definition) -> tuple[Statement, Mapping[str, tuple[str, str]]]:
    """What a definition says, and what is imported where it stands."""
    parsed = _parsed(definition.path)
    statement = parsed.statements[definition.place]
    return statement, {**parsed.imports, **statement.imports}


def _tree(definition: Definition) -> str:
    return _parsed(definition.path).statements[definition.place].tree


@cache
def _parsed(path: Path) -> Parsed:
    statements: list[Statement] = []
    defined: dict[str, int] = {}
    imports: dict[str, tuple[str, str]] = {}
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, ast.ImportFrom | ast.Import):
            imports.update(_imports(node))
            continue
        for name in _defined_by(node, path):
            if name in defined:
                raise ValueError(f"{path.name} must define {name!r} once, or its digest would miss one")
            defined[name] = len(statements)
        statements.append(_statement(node))
    return Parsed(tuple(statements), defined, imports)


def _defined_by(node: ast.stmt, path: Path) -> list[str]:
    """The names that a statement defines at the top of a file.

    Raises
    ------
    ValueError
        It does something else, which no name would lead to, such as to fill a table that is defined above.
    """
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    parts = [part for target in targets for part in (target.elts if isinstance(target, ast.Tuple) else [target])]
    names = [part.id for part in parts if isinstance(part, ast.Name)]
    if len(names) < len(parts) or not (names or _says_nothing(node)):
        raise ValueError(f"{path.name}, line {node.lineno}: a digest of code follows names, and this has none")
    return names


def _says_nothing(node: ast.stmt) -> bool:
    """Whether a statement is a docstring, is for type checkers or a script alone, or imports what may be lacking."""
    if isinstance(node, ast.If):
        return ast.unparse(node.test) in ("TYPE_CHECKING", "__name__ == '__main__'")
    if isinstance(node, ast.Try):
        return all(isinstance(part, ast.ImportFrom | ast.Import) for part in node.body)
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _statement(node: ast.stmt) -> Statement:
    names: set[str] = set()
    attributes: set[tuple[str, str]] = set()
    imports: dict[str, tuple[str, str]] = {}
    whole: set[str] = set()
    of_attributes = {id(part.value) for part in ast.walk(node) if isinstance(part, ast.Attribute)}
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            names.add(part.id)
            whole |= {part.id} if id(part) not in of_attributes else set()
        elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            attributes.add((part.value.id, part.attr))
        elif isinstance(part, ast.ImportFrom | ast.Import):
            imports.update(_imports(part))
    return Statement(ast.dump(_Bare().visit(node)), frozenset(names), frozenset(whole), frozenset(attributes), imports)


def _imports(node: ast.ImportFrom | ast.Import) -> dict[str, tuple[str, str]]:
    if isinstance(node, ast.ImportFrom):
        return {alias.asname or alias.name: (node.module or "", alias.name) for alias in node.names}
    return {alias.asname or alias.name.split(".")[0]: (alias.name if alias.asname else alias.name.split(".")[0], "")
            for alias in node.names}


class _Bare(ast.NodeTransformer):
    """Takes out docstrings and imports."""

    def visit(self, node: ast.AST) -> Any:
        self.generic_visit(node)
        if isinstance(node, ast.ImportFrom | ast.Import):
            return None
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) \
                and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
        return node
