"""What differs from one kind of task to another; all else of a cell is the same: `tsattn.benchmark.cell`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tsattn.benchmark.suite import Cell, Task

Answer = dict[str, Any]


class Asked(NamedTuple):
    """What an estimator said of the test part, and how many seconds its fit and its saying took."""

    predicted: Any
    fit_seconds: float
    predict_seconds: float


@dataclass(frozen=True)
class Kind:
    """A kind of task, as functions of its data and of the positions of its training and its test part.

    Parameters
    ----------
    name : str
        As rows say it; `tsattn.benchmark.scores.MEASURES` has its scores.
    split : callable
        `split(data, task, fold) -> (train, test)`, positions.
    info : callable
        `info(cell, data, train)`: what the estimator's maker may know, nothing of the test part.
    facts : callable
        `facts(data, train, test)`: what rows say of the task beside its name and its checksum.
    few : callable
        `few(data, train) -> (data, train, test)`: a small part of the training part, for all that is compiled.
    ask : callable
        `ask(estimator, data, train, test) -> Asked`: fits, and predicts.
    outcome : callable
        `outcome(estimator, data, train, test, predicted) -> dict`: a row's "scores", and what else it keeps.
    inner : callable, optional
        `inner(data, train, folds) -> (part, [(train, test), ...])`: the training part alone, and positions within it.
        Without one its estimators cannot be tuned.
    libraries : tuple of str
        On which its results depend beside `tsattn.benchmark.machine.LIBRARIES`.
    picture : callable, optional
        `picture(estimator, data, train, test, predicted, path)` keeps what an estimator looked at.
    """

    name: str
    split: Callable[[Any, Task, int], tuple[np.ndarray, np.ndarray]]
    info: Callable[[Cell, Any, np.ndarray], Any]
    facts: Callable[[Any, np.ndarray, np.ndarray], Answer]
    few: Callable[[Any, np.ndarray], tuple[Any, np.ndarray, np.ndarray]]
    ask: Callable[[Any, Any, np.ndarray, np.ndarray], Asked]
    outcome: Callable[[Any, Any, np.ndarray, np.ndarray, Any], Answer]
    inner: Callable[[Any, np.ndarray, int], tuple[Any, list[tuple[np.ndarray, np.ndarray]]]] | None = None
    libraries: tuple[str, ...] = ()
    picture: Callable[..., None] | None = None
