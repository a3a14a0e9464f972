"""Nested tuning: parameters are chosen inside the training part of each fold, and the test part is never read.

A random search (Bergstra & Bengio, "Random search for hyper-parameter optimization", JMLR 2012). Differs: the first try
is the estimator as it is. Each is fitted and scored on folds of the training part alone, stratified by class (numbers
are cut at random), with whole groups on one side. The best by the mean of the score that leads the tables, the earliest
of equals, is then fitted to the whole training part.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import ParameterGrid, ParameterSampler

from tsattn._checks import check_int
from tsattn.benchmark.keys import describe
from tsattn.benchmark.kinds import Answer
from tsattn.benchmark.panels import kind_of
from tsattn.benchmark.scores import LOWER_IS_BETTER, leading
from tsattn.benchmark.suite import Cell, Entry

Params = dict[str, Any]


@dataclass(frozen=True)
class Tuning:
    """How much is tried: `tries` of an estimator, the first as it is, each on `folds` of the training part.

    Examples
    --------
    >>> Tuning(10)
    Tuning(tries=10, folds=3)
    """

    tries: int
    folds: int = 3

    def __post_init__(self):
        check_int("tries of a tuning", self.tries, minimum=2)
        check_int("folds of a tuning", self.folds, minimum=2)


@dataclass(frozen=True)
class TunableEntry(Entry):  # not fields of `Entry`: competitors' code imports its file, and all their keys would change
    """An `Entry` with a space to be tuned in; a run without tuning takes it as it is.

    Parameters
    ----------
    name, make, ... :
        As for `Entry`.
    space : mapping
        Parameter -> its values, a sequence, or a distribution of scipy's. Names are those that `set_params` of what
        `make` returns takes: `classifier__num_kernels` for a step of a pipeline.
    tries, folds : int, default 1, 3
        As for `Tuning`, which sets them; with 1 try nothing is tuned.

    Examples
    --------
    >>> import tempfile
    >>> from tsattn.benchmark import Folder, Suite, Task, run_suite
    >>> from tsattn.benchmark.tasks import basic_motions
    >>> def nearest(seed, info):
    ...     from sktime.classification.distance_based import KNeighborsTimeSeriesClassifier
    ...     return KNeighborsTimeSeriesClassifier(n_neighbors=3, distance="euclidean")
    >>> entry = TunableEntry("nearest", nearest, space={"n_neighbors": [1, 3, 9]})
    >>> suite, folder = Suite("mine", "Mine", (Task("motions", basic_motions),), (entry,)), tempfile.mkdtemp()
    >>> keys = run_suite(suite, folder, tuning=Tuning(3))
    >>> row = Folder(folder).read(keys[0])
    >>> row["estimator"]["name"], sorted(found["params"]["n_neighbors"] for found in row["tuning"]["tries"])
    ('nearest-tuned', [1, 3, 9])
    """

    space: Mapping[str, Any] = field(default_factory=dict)
    tries: int = 1
    folds: int = 3


class Found(NamedTuple):
    """The parameters that won, and what the row says of the search."""

    params: Params
    record: Answer


def tuned(cells: Iterable[Cell], tuning: Tuning) -> list[Cell]:
    """The cells: those whose entries have a space to be tuned, and under names of their own; the others as they are.

    Raises
    ------
    ValueError
        No entry has a space, or a task cannot be cut inside its training part: one of forecasting.
    """
    found = [replace(cell, entry=_tuned(cell.entry, tuning)) for cell in cells]
    for cell in found:
        _inner_of(cell)
    if not any(map(to_tune, found)):
        names = dict.fromkeys(cell.entry.name for cell in found)
        raise ValueError(f"tuning needs an estimator with a space, a `TunableEntry`, got {', '.join(names)}; run these "
                         "without tuning")
    return found


def tuned_name(name: str) -> str:
    """What the rows of an estimator are of once it is tuned."""
    return f"{name}-tuned"


def _tuned(entry: Entry, tuning: Tuning) -> Entry:
    if not isinstance(entry, TunableEntry) or not entry.space:
        return entry
    return replace(entry, name=tuned_name(entry.name), tries=tuning.tries, folds=tuning.folds)


def _inner_of(cell: Cell) -> Callable[[Any, np.ndarray, int], Any]:
    """What cuts a training part of the cell's kind."""
    inner = kind_of(cell.task).inner
    if inner is None:
        raise ValueError("tuning is for classification and regression, forecasters are not tuned yet, got "
                         f"{cell.task.name}; run it without tuning")
    return inner


def to_tune(cell: Cell) -> TunableEntry | None:
    """The cell's entry, if it is to be tuned."""
    entry = cell.entry
    return entry if isinstance(entry, TunableEntry) and entry.space and entry.tries > 1 else None


def ingredients_of(entry: TunableEntry) -> Answer:
    """What a search depends on beside the estimator, its data and its seed, JSON-able; the code by its name."""
    return {"search": describe(search), "tries": entry.tries, "folds": entry.folds, "space": describe(entry.space)}


def search(cell: Cell, entry: TunableEntry, data: Any, train: np.ndarray, make: Callable[..., Any]) -> Found:
    """The best of a cell's tries; all that is read of the data is its training part.

    Parameters
    ----------
    cell : Cell
        What is tuned.
    entry : TunableEntry
        The cell's.
    data : Data
        The whole data set.
    train : int array of shape (n_train,)
        Positions of the training part.
    make : callable
        `make(data, info, params=params) -> estimator`, unfitted.

    Raises
    ------
    ValueError
        The space has names that are none of the estimator's parameters, or the part cannot be cut into so many folds.
    RuntimeError
        Every try failed.
    """
    kind = kind_of(cell.task)
    start = perf_counter()
    score = leading({"kind": kind.name})
    part, folds = _inner_of(cell)(data, train, entry.folds)
    info = kind.info(cell, part, np.arange(len(train)))
    tries = draw(entry.make(cell.seed, info), entry.space, entry.tries, cell.seed)
    records, errors = [], []
    for params in tries:
        began = perf_counter()
        scores: list[float] = []
        error = None
        try:
            scores.extend(_scores(cell, score, part, folds, partial(make, part, params=params)))
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"
            errors.append(problem)
        records.append({"params": {name: describe(value) for name, value in params.items()}, "scores": scores,
                        "mean": None if error else float(np.mean(scores)), "error": error,
                        "seconds": perf_counter() - began})
    if len(errors) == len(tries):
        raise RuntimeError(f"a try must be fitted and scored on every fold of the training part, and none of "
                           f"{len(tries)} was; the first: {records[0]['error']}") from errors[0]
    best = _best(records, lower=score in LOWER_IS_BETTER)
    return Found(tries[best], {"score": score, "folds": len(folds), "winner": best, "tries": records,
                               "seconds": perf_counter() - start})


def _best(records: Sequence[Answer], *, lower: bool) -> int:
    """The position of the best mean, of the first of equals."""
    fitted = [place for place, record in enumerate(records) if record["error"] is None]
    return min(fitted, key=lambda place: records[place]["mean"] * (1 if lower else -1))


def _scores(cell: Cell, score: str, part: Any, folds: Sequence[tuple[np.ndarray, np.ndarray]],
            make: Callable[[Any], Any]) -> Iterator[float]:
    """The score on each fold of the training part."""
    kind = kind_of(cell.task)
    for train, held_out in folds:
        estimator = make(kind.info(cell, part, train))
        predicted = kind.ask(estimator, part, train, held_out).predicted
        value = kind.outcome(estimator, part, train, held_out, predicted)["scores"][score]
        if not np.isfinite(value):
            raise ValueError(f"{score} must be finite, got {value!r}")
        yield value


def draw(estimator: Any, space: Mapping[str, Any], tries: int, seed: int) -> list[Params]:
    """The estimator's own parameters, then others of the space: all different where all of it are sequences.

    There are fewer than `tries` where the space has no more.

    Raises
    ------
    ValueError
        A name is none of the estimator's parameters.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> found = draw(Ridge(alpha=1.0), {"alpha": [0.1, 1.0, 10.0]}, tries=10, seed=0)
    >>> found[0], len(found)
    ({'alpha': 1.0}, 3)
    """
    known = estimator.get_params()
    if strange := sorted(set(space) - set(known)):
        raise ValueError(f"a space must name parameters of its estimator, got {', '.join(strange)}; "
                         f"there are {', '.join(sorted(known))}")
    own = {name: known[name] for name in space}
    endless = any(hasattr(values, "rvs") for values in space.values())
    n = tries if endless else min(tries, len(ParameterGrid(dict(space))))
    drawn = [{name: _plain(value) for name, value in params.items()}
             for params in ParameterSampler(dict(space), n, random_state=seed)]
    return [own, *(params for params in drawn if describe(params) != describe(own))][:tries]


def _plain(value: Any) -> Any:
    """A number of NumPy's, which distributions give, as Python's, which estimators expect."""
    return value.item() if isinstance(value, np.generic) else value
