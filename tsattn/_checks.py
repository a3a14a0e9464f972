"""Errors and argument checks that every layer shares.

An error says the rule, then the value, then the cure where there is one.
"""

import sys
import warnings
from collections.abc import Collection, Hashable
from numbers import Integral, Real
from typing import Any

import numpy as np

N_SEEDS = 2**32  # as NumPy's RandomState and scikit-learn have it
BETWEEN = {"tsattn", "sktime", "sklearn", "joblib", "skbase"}  # a warning is about the call that entered these


class ModelFileError(ValueError):
    """A file is not a model file of ours, or it is damaged, or it asks for what this version lacks."""


class DivergenceError(FloatingPointError):
    """The loss stopped being finite; the message names the epoch and the batch.

    `fitted` holds the network with its last good weights and the history up to there.
    """

    fitted: Any = None


class DatasetNotFoundError(FileNotFoundError):
    """A data set is neither on this machine nor to be had; the message says where to get it and where to put it."""


def check_positive(name: str, value: Any, *, zero: bool = False) -> float:
    """Return `value` as a float; raise unless it is a finite number above zero (or zero, if `zero`)."""
    rule = f"{name} must be a {'non-negative' if zero else 'positive'} finite number"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{rule}, got {value!r}")
    number = float(value)
    if not (0 < number < float("inf") or (zero and number == 0)):
        raise ValueError(f"{rule}, got {value!r}")
    return number


def check_int(name: str, value: Any, *, minimum: int = 1) -> int:
    """Return `value` as an int; raise unless it is a whole number of at least `minimum`."""
    rule = f"{name} must be an integer of at least {minimum}"
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{rule}, got {value!r}")
    if value < minimum:
        raise ValueError(f"{rule}, got {value!r}")
    return int(value)


def check_fraction(name: str, value: Any, *, one: bool = False) -> float:
    """Return `value` as a float; raise unless it lies in [0, 1), or [0, 1] if `one`."""
    rule = f"{name} must lie in [0, 1{']' if one else ')'}"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{rule}, got {value!r}")
    number = float(value)
    if not (0 <= number < 1 or (one and number == 1)):
        raise ValueError(f"{rule}, got {value!r}")
    return number


def check_one_of(name: str, value: Any, choices: Collection[Any]) -> Any:
    """Return `value`; raise, listing the choices, unless it is one of them."""
    try:
        known = isinstance(value, Hashable) and value in choices  # what is not might be an array, equal entry by entry
    except (TypeError, ValueError):  # a tuple of such
        known = False
    if not known:
        listed = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"unknown {name} {value!r}; choose one of {listed}")
    return value


def check_unmasked(name: str, value: Any, cure: str = "fill it first") -> None:
    """Raise if `value` is a masked array: what computes with it would read what is masked."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} must be an array without a mask, got a masked array; {cure}")


def check_bool(name: str, value: Any, rule: str = "True or False") -> bool:
    """Return `value` as a bool; raise unless it is one, Python's or NumPy's."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be {rule}, got {value!r}")
    return bool(value)


def draw_seed(random_state: Any) -> int | None:
    """Return the seed that a `random_state` stands for; None, for a fresh one, stays None."""
    if random_state is None:
        return None
    rule = f"random_state must be None, a numpy RandomState or an integer from 0 to {N_SEEDS - 1}"
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    if isinstance(random_state, np.random.Generator):
        raise TypeError(f"{rule}, got {random_state!r}; draw one from it: int(generator.integers({N_SEEDS}))")
    if isinstance(random_state, bool) or not isinstance(random_state, Integral):
        raise TypeError(f"{rule}, got {random_state!r}")
    seed = int(random_state)
    if not 0 <= seed < N_SEEDS:
        raise ValueError(f"{rule}, got {seed}; its remainder by {N_SEEDS} is one")
    return seed


def warn_user(message: str) -> None:
    """Warn at the line of the user's code that led here, however deep in a pipeline: Python then shows it once."""
    level, frame = 1, sys._getframe(0)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in BETWEEN:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, UserWarning, stacklevel=level)
