"""Errors and argument checks that every layer shares.

An error says the rule, then the value, then the cure where there is one.
"""

import sys
import warnings
from collections.abc import Collection, Hashable, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

N_SEEDS = 2**32  # as NumPy's RandomState and scikit-learn have it
BETWEEN = {"tsattn", "sktime", "sklearn", "joblib", "skbase"}  # a warning is about the call that entered these


class ModelFileError(ValueError):
    """A file is not a model file of ours, or it is damaged, or it asks for what this version lacks.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import tsattn
    >>> path = Path(tempfile.mkdtemp()) / "notes.txt"
    >>> _ = path.write_text("notes")
    >>> try:
    ...     tsattn.load(path)
    ... except tsattn.ModelFileError as error:
    ...     print(error)
    not a model file: '...notes.txt' has only 5 bytes
    """


class DivergenceError(FloatingPointError):
    """The loss stopped being finite; the message names the epoch and the batch.

    `fitted` holds the network with its last good weights and the history up to there.

    Examples
    --------
    >>> import numpy as np
    >>> import tsattn
    >>> from torch import nn
    >>> from tsattn.training import Sequences, Training, fit_network, squared_error
    >>> class Level(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.head = nn.Linear(1, 1)
    ...     def forward(self, x, lengths):
    ...         return self.head(x[:, 0])
    >>> data = Sequences([np.array([[1.0], [2.0]])], [1, 1], target=np.array([1.0, 2.0]))
    >>> try:
    ...     fit_network(Level, data, Training(epochs=9, lr=1e9, augment=()), loss=squared_error, seed=0)
    ... except tsattn.DivergenceError as error:
    ...     print(error)
    loss exploded ...
    """

    fitted: Any = None


class DatasetNotFoundError(FileNotFoundError):
    """A data set is neither on this machine nor to be had; the message says where to get it and where to put it.

    Examples
    --------
    >>> import tsattn
    >>> from tsattn.datasets import load_kick_vs_punch
    >>> try:
    ...     X, y = load_kick_vs_punch("train")
    ... except tsattn.DatasetNotFoundError as error:
    ...     X = None  # the message says where its file is to be had
    >>> issubclass(tsattn.DatasetNotFoundError, FileNotFoundError)
    True
    """


def plain(value: Any) -> Any:
    """A value with Python's own numbers and texts in place of NumPy's, for an error to show: 3, and not np.int64(3).

    Examples
    --------
    >>> plain([np.int64(3), (np.float64(0.5), "a")])
    [3, (0.5, 'a')]
    """
    if isinstance(value, np.number | np.bool_ | np.str_) and not isinstance(value, np.timedelta64):  # it has units
        return value.item()
    if type(value) in (list, tuple):
        return type(value)(map(plain, value))
    return {plain(key): plain(part) for key, part in value.items()} if type(value) is dict else value


def shown(values: Sequence[Any], most: int = 8) -> str:
    """A list as an error shows it: its first values, and how many there are.

    Examples
    --------
    >>> shown([1, 2, 3]), shown(range(1, 50), most=3)
    ('[1, 2, 3]', '[1, 2, 3, ... (49)]')
    """
    listed = ", ".join(repr(plain(value)) for value in values[:most])
    return f"[{listed}, ... ({len(values)})]" if len(values) > most else f"[{listed}]"


def check_positive(name: str, value: Any, *, zero: bool = False, maximum: float | None = None) -> float:
    """Return `value` as a float; raise unless it is a finite number above zero (or zero, if `zero`), and not above
    `maximum`.
    """
    rule = f"{name} must be a {'non-negative' if zero else 'positive'} finite number"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{rule}, got {plain(value)!r}")
    number = float(value)
    if not (0 < number < float("inf") or (zero and number == 0)):
        raise ValueError(f"{rule}, got {plain(value)!r}")
    if maximum is not None and number > maximum:
        raise ValueError(f"{name} must be at most {maximum:g}, got {plain(value)!r}")
    return number


def check_int(name: str, value: Any, *, minimum: int = 1, maximum: int | None = None) -> int:
    """Return `value` as an int; raise unless it is a whole number of at least `minimum`, and at most `maximum`."""
    rule = f"{name} must be an integer of at least {minimum}"
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{rule}, got {plain(value)!r}")
    if value < minimum:
        raise ValueError(f"{rule}, got {plain(value)!r}")
    if maximum is not None and int(value) > maximum:
        raise ValueError(f"{name} must be at most {maximum}, got {plain(value)!r}")
    return int(value)


def check_fraction(name: str, value: Any, *, one: bool = False) -> float:
    """Return `value` as a float; raise unless it lies in [0, 1), or [0, 1] if `one`."""
    rule = f"{name} must lie in [0, 1{']' if one else ')'}"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{rule}, got {plain(value)!r}")
    number = float(value)
    if not (0 <= number < 1 or (one and number == 1)):
        raise ValueError(f"{rule}, got {plain(value)!r}")
    return number


def check_one_of(name: str, value: Any, choices: Collection[Any]) -> Any:
    """Return `value`; raise, listing the choices, unless it is one of them."""
    try:
        known = isinstance(value, Hashable) and value in choices  # what is not might be an array, equal entry by entry
    except (TypeError, ValueError):  # a tuple of such
        known = False
    if not known:
        listed = ", ".join(repr(plain(choice)) for choice in choices)
        raise ValueError(f"unknown {name} {plain(value)!r}; choose one of {listed}")
    return value


def check_unmasked(name: str, value: Any, cure: str = "fill it first") -> None:
    """Raise if `value` is a masked array: what computes with it would read what is masked."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} must be an array without a mask, got a masked array; {cure}")


def check_bool(name: str, value: Any, rule: str = "True or False") -> bool:
    """Return `value` as a bool; raise unless it is one, Python's or NumPy's."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be {rule}, got {plain(value)!r}")
    return bool(value)


def draw_seed(random_state: Any) -> int | None:
    """Return the seed that a `random_state` stands for; None, for a fresh one, stays None."""
    check_random_state(random_state)
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    return None if random_state is None else int(random_state)


def check_random_state(random_state: Any) -> None:
    """Raise unless a `random_state` stands for a seed; nothing is drawn."""
    if random_state is None or isinstance(random_state, np.random.RandomState):
        return
    rule = f"random_state must be None, a numpy RandomState or an integer from 0 to {N_SEEDS - 1}"
    if isinstance(random_state, np.random.Generator):
        raise TypeError(f"{rule}, got {plain(random_state)!r}; draw one from it: int(generator.integers({N_SEEDS}))")
    if isinstance(random_state, bool) or not isinstance(random_state, Integral):
        raise TypeError(f"{rule}, got {plain(random_state)!r}")
    if not 0 <= int(random_state) < N_SEEDS:
        raise ValueError(f"{rule}, got {int(random_state)}; its remainder by {N_SEEDS} is one")


def is_label(value: Any) -> bool:
    """Whether a value may stand over a column: text, a number, None, or a tuple of these."""
    if isinstance(value, tuple):
        return all(map(is_label, value))
    return value is None or isinstance(value, str | bool | int | float | np.generic)


def same_labels(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Whether labels are the same, in the same order; what is not a number is the same as another such."""
    def alike(a: Any, b: Any) -> bool:
        if isinstance(a, Real) and isinstance(b, Real):  # NumPy's, too
            return bool(a == b) or bool(a != a and b != b)
        if isinstance(a, tuple) and isinstance(b, tuple):
            return same_labels(a, b)
        return a is b or (a == b) is True or (type(a) is type(b) and bool(a == b))

    return len(one) == len(other) and all(map(alike, one, other))


def check_lengths(lengths: np.ndarray, n_rows: int) -> None:
    """Raise ValueError unless series of these lengths are all of so many rows: compiled loops trust in it."""
    fine = lengths.ndim == 1 and lengths.dtype.kind == "i" and len(lengths) <= n_rows
    # each is looked at before they are added up, for a sum may run over
    if not fine or (lengths < 1).any() or (lengths > n_rows).any() or int(lengths.sum()) != n_rows:
        raise ValueError(f"series must have lengths of at least 1 that add up to {n_rows} rows")


def warn_user(message: str) -> None:
    """Warn at the line of the user's code that led here, however deep in a pipeline: Python then shows it once."""
    level, frame = 1, sys._getframe(0)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in BETWEEN:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, UserWarning, stacklevel=level)
