"""Targets: which class labels and which values can be learned, and the weight of each series."""

from numbers import Complex, Real
from typing import Any

import numpy as np
import pandas as pd

from tsattn._checks import check_one_of, check_unmasked, plain

CURE = "leave out what is masked"
REAL = "learn np.abs(y) or np.asarray(y, complex).real"
LARGEST = 1e300  # of a target: a prediction some standard deviations beyond it must still be a finite float64


def check_values(y: Any) -> np.ndarray:
    """Return the values of `y`, float64, in its shape; raise unless all of them are finite numbers.

    Raises
    ------
    ValueError
        A value is missing, or infinite, or beyond 1e300 in magnitude.
    TypeError
        Something is no number; or they are masked.
    """
    check_unmasked("y", y, CURE)
    values = np.asarray(y)
    if values.dtype.kind in "mMV":
        cure = "" if values.dtype.kind == "V" else "; learn a time as a number: (y - y.min()) / pd.Timedelta('1D')"
        raise TypeError(f"y must hold numbers, got {values.dtype}{cure}")
    if values.dtype.kind == "c":
        raise TypeError(f"y must hold real numbers, got {values.dtype}; {REAL}")
    places = np.argwhere(np.asarray(pd.isna(values)))
    if len(places):
        raise ValueError(f"y must not hold missing values, found one at position {places[0][0]}")
    if values.dtype.kind not in "biuf":
        for position, value in enumerate(values.ravel().tolist()):
            if not isinstance(value, Real) or isinstance(value, np.timedelta64):  # which NumPy counts as an integer
                cure = REAL if isinstance(value, Complex) else "learn labels with a classifier"
                raise TypeError(f"y must hold real numbers, found {plain(value)!r} at position {position}; {cure}")
    values = values.astype(np.float64)
    places = np.argwhere(~(np.abs(values) <= LARGEST))
    if len(places):
        found = values[tuple(places[0])]
        what = "not hold infinity" if np.isinf(found) else f"stay below {LARGEST:.0e} in magnitude"
        raise ValueError(f"y must {what}, found {found} at position {places[0][0]}")
    return values


def as_table(y: Any) -> Any:
    """Return `y`, an entry or a row an instance, as an array, a Series or a DataFrame; other sequences become arrays.

    Raises
    ------
    ValueError, TypeError
        `y` is none of these, or has more than two axes.
    """
    if y is None:
        raise ValueError("fit requires y to be passed, but the target y is None")
    tables = np.ndarray | pd.Series | pd.DataFrame
    if isinstance(y, list | tuple | range) or (hasattr(y, "__array__") and not isinstance(y, tables)):
        y = np.asarray(y)
    if not isinstance(y, tables):
        raise TypeError(f"y must be an array, a list, a Series or a DataFrame, got {type(y).__name__}")
    if y.ndim not in (1, 2):
        raise ValueError(f"y must have an entry an instance, and a column a target, got an array of shape {y.shape}")
    return y


def from_list(y: Any) -> Any:
    """Return a list or tuple of labels as an array, once they are checked; anything else as it is.

    They are checked before, because NumPy turns numbers beside texts, and what is missing among texts, into text.
    """
    if not isinstance(y, list | tuple):
        return y
    check_labels(pd.Series(y, dtype=object))
    return np.array(y)


def check_labels(y: Any) -> None:
    """Raise unless `y`, (n,) or (n, targets), holds labels of classes: none missing, all of one kind, numbers whole.

    Raises
    ------
    ValueError
        A label is missing, or infinite, or a number that is not whole, as targets of a regression are.
    TypeError
        Labels cannot be put in order, as texts beside numbers; or they are masked.
    """
    if getattr(y, "ndim", 1) == 2:  # several targets
        for part in y.T if isinstance(y, np.ndarray) else [y.iloc[:, i] for i in range(y.shape[1])]:
            check_labels(part)
        return
    check_unmasked("y", y, CURE)
    labels = np.asarray(y)
    if labels.dtype.kind in "cV":
        raise TypeError(f"y must hold labels that can be sorted, got {labels.dtype}: make them texts")
    missing = np.flatnonzero(np.asarray(pd.isna(labels)))
    if len(missing):
        raise ValueError(f"y must not hold missing labels, found one at position {missing[0]}")
    places = np.arange(len(labels) if labels.dtype.kind == "f" else 0)
    if labels.dtype == object:
        _check_mixture(labels)
        places = np.flatnonzero([isinstance(label, float | np.floating) for label in labels])
    values = labels[places].astype(np.float64)
    broken = np.flatnonzero(~np.isfinite(values) | (values != np.round(values)))
    if len(broken):
        value = float(values[broken[0]])
        found = f"found {value!r} at position {places[broken[0]]}"
        if np.isinf(value):
            raise ValueError(f"y must not hold infinity, {found}")
        raise ValueError(f"y must hold classes: numbers among them must be whole, {found} (Unknown label type: "
                         "continuous); bin y, or learn it with a regressor")


def _check_mixture(labels: np.ndarray) -> None:
    """Raise unless labels of any type can be sorted among each other."""
    kinds = {"text" if isinstance(label, str) else type(label).__name__: label for label in labels.ravel()}
    try:
        sorted([*kinds.values()] * 2)  # twice, so that one alone is compared too
    except TypeError:
        first, *others = sorted(kinds, key=str)
        if not others:
            raise TypeError(f"y must hold labels that can be sorted, got {first} ({plain(kinds[first])!r}): make them "
                            "texts") from None
        raise TypeError(f"y must hold labels of one kind, got {first} ({plain(kinds[first])!r}) beside {others[0]} "
                        f"({plain(kinds[others[0]])!r}); make them all texts") from None


def weight_of_each(class_weight: Any, classes: np.ndarray, codes: np.ndarray) -> np.ndarray | None:
    """The weight of each series, by its class; None where all weigh the same."""
    if class_weight is None:
        return None
    if isinstance(class_weight, str):
        check_one_of("class_weight", class_weight, ["balanced"])
        counts = np.bincount(codes, minlength=len(classes))
        return (len(codes) / (len(classes) * counts))[codes]
    if not isinstance(class_weight, dict):
        raise TypeError(f"class_weight must be None, 'balanced' or a dict from label to weight, got "
                        f"{plain(class_weight)!r}")
    unknown = [label for label in class_weight if label not in classes.tolist()]
    if unknown:
        raise ValueError(f"class_weight must name classes that y has, got {plain(unknown[0])!r}; y has "
                         f"{classes.tolist()}")
    weights = np.array([class_weight.get(label, 1.0) for label in classes.tolist()], dtype=np.float64)
    with np.errstate(over="ignore"):
        kept = weights.astype(np.float32)  # in which training computes
    if not (np.isfinite(kept).all() and (kept >= 0).all() and ((kept > 0) == (weights > 0)).all() and kept.any()):
        raise ValueError("class_weight must be finite, at least 0 and not all 0, in the range of float32, got "
                         f"{plain(class_weight)!r}")
    return weights[codes]


def probabilities(logits: np.ndarray) -> np.ndarray:
    """The probabilities of classes from logits (n, n_classes): their softmax, rows that sum to 1.

    Examples
    --------
    >>> probabilities(np.array([[0.0, np.log(3.0)]])).round(6)
    array([[0.25, 0.75]])
    """
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)
