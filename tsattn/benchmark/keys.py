"""What determines a cell, as JSON, and the hash that names its row.

Two runs share a row only if the estimator with all its parameters, the code that computes it, the data, the split, the
seed and the versions of the libraries are the same.
"""

import math
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import numpy as np
from scipy.stats.distributions import rv_frozen

from tsattn._files import digest_of
from tsattn.benchmark.code import without_modules
from tsattn.benchmark.suite import Cell

FORMAT = 2  # of a row; part of its key, so that rows of another layout are never mistaken for these
LONG = 64  # entries; longer collections (a group for each of 6600 instances) are named by their digest


def describe(value: Any) -> Any:
    """An estimator or a parameter as a JSON-able value, equal exactly when the estimators are.

    Estimators become `{"class": ..., "params": {...}}`, at any depth; distributions of scipy's their names and what
    they are given; functions their dotted names.

    Raises
    ------
    TypeError
        The value has no name that outlives the process (a lambda, a generator, a stranger's object).
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, np.generic):
        return describe(value.item())
    if isinstance(value, np.ndarray):
        content = repr(value.tolist()) if value.dtype == object else np.ascontiguousarray(value).tobytes().hex()
        return {"array": sha256(content.encode()).hexdigest(), "shape": list(value.shape), "dtype": str(value.dtype)}
    if isinstance(value, Mapping):
        pairs = sorted(([describe(key), describe(entry)] for key, entry in value.items()), key=repr)
        return _short({"mapping": pairs}, len(value))
    if isinstance(value, (set, frozenset)):
        return _short({"set": sorted((describe(entry) for entry in value), key=repr)}, len(value))
    if isinstance(value, (list, tuple)):
        return _short([describe(entry) for entry in value], len(value))
    if hasattr(value, "get_params") and not isinstance(value, type):
        params = value.get_params(deep=False)
        return {"class": _name(type(value)), "params": {key: describe(params[key]) for key in sorted(params)}}
    if isinstance(value, rv_frozen):
        return {"distribution": value.dist.name, "args": describe(value.args), "options": describe(value.kwds)}
    if callable(value):
        return _name(value)
    raise TypeError(f"a parameter must have a lasting name to be hashed, got {value!r}")


def _short(described: Any, n: int) -> Any:
    return described if n <= LONG else {"digest": digest_of(described), "entries": n}


def _name(thing: Any) -> str:
    name = f"{getattr(thing, '__module__', '?')}.{getattr(thing, '__qualname__', '<nameless>')}"
    if "<" in name:
        raise TypeError(f"a function must have a lasting name to be hashed, got {thing!r}; "
                        "define it at the top of a file")
    return name


def ingredients(cell: Cell, checksum: str, estimator: Any, versions: Mapping[str, str], code: str) -> dict[str, Any]:
    """Everything that determines a cell's row, JSON-able; `estimator` is what `describe` made of it."""
    return {
        "format": FORMAT,
        "estimator": {"name": cell.entry.name, "what": without_modules(estimator)},
        "data": {"name": cell.task.name, "checksum": checksum},
        "split": split_of(cell),
        "seed": cell.seed,
        "versions": dict(versions),
        "code": code,
    }


def split_of(cell: Cell) -> dict[str, Any]:
    """The cell's split, as rows say it."""
    folds = cell.task.n_folds
    return {"kind": cell.task.split, "folds": folds, "fold": cell.fold}


def key_of(cell: Cell, checksum: str, estimator: Any, versions: Mapping[str, str], code: str) -> str:
    """The name of the cell's row: 32 hexadecimal digits of a SHA-256."""
    return digest_of(ingredients(cell, checksum, estimator, versions, code))[:32]
