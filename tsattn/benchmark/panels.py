"""Classification and regression: labelled series, of which an estimator answers one by one."""

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.model_selection import GroupKFold, KFold

from tsattn.benchmark.data import SHUFFLE, Data, splits
from tsattn.benchmark.instances import keep_instances
from tsattn.benchmark.kinds import Answer, Asked, Kind
from tsattn.benchmark.scores import regression_scores, scores
from tsattn.benchmark.suite import Cell, Info, Task

WARM_UP = (8, 2)  # classes, and series of each, that an estimator is fitted on before the clock starts
FEW = 16  # series, where there are no classes
Inner = tuple[Data, list[tuple[np.ndarray, np.ndarray]]]


@dataclass(frozen=True)
class RegressionTask(Task):
    """A `Task` whose labels are numbers. Folds are by class: it has the official split alone.

    Examples
    --------
    >>> from tsattn.benchmark.regression_tasks import covid3month
    >>> RegressionTask("covid", covid3month).kind.name
    'regression'
    """

    def __post_init__(self):
        if self.split != "official":
            raise ValueError(f"a regression task has the official split alone, got {self.split!r}")

    @property
    def kind(self) -> Kind:
        """How its cells are computed."""
        return REGRESSION


def split(data: Any, task: Task, fold: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of a fold's training part and of its test part."""
    return splits(data, task.split, task.folds)[fold]


def _info(cell: Cell, data: Data, train: np.ndarray) -> Info:
    lengths = data.lengths[train]
    groups = None if data.groups is None else dict(zip(data.ids[train], data.groups[train], strict=True))
    return Info(cell.task.name, len(train), data.X.shape[1], len(np.unique(data.y[train])),
                int(lengths.min()), int(lengths.max()), cell.task.steps, groups)


def _only(data: Data, train: np.ndarray) -> Data:
    """The training part, as a data set of its own."""
    return Data(*data.take(train), groups=None if data.groups is None else data.groups[train])


def _inner_by_class(data: Data, train: np.ndarray, folds: int) -> Inner:
    part = _only(data, train)
    return part, splits(part, "cv", folds)


def _inner(data: Data, train: np.ndarray, folds: int) -> Inner:
    part = _only(data, train)
    cut = KFold if part.groups is None else GroupKFold
    places = np.arange(len(train))
    return part, list(cut(folds, shuffle=True, random_state=SHUFFLE).split(places, groups=part.groups))


def _sizes(data: Data, train: np.ndarray, test: np.ndarray) -> Answer:
    return {"n_train": len(train), "n_test": len(test), "n_channels": data.X.shape[1],
            "min_length": int(data.lengths.min()), "max_length": int(data.lengths.max())}


def ask(estimator: Any, data: Any, train: np.ndarray, test: np.ndarray) -> Asked:
    """Fit on the instances at some positions, and ask about those at others."""
    X_train, y_train = data.take(train)
    X_test, _ = data.take(test)
    start = perf_counter()
    estimator.fit(X_train, y_train)
    fitted = perf_counter()
    predicted = np.asarray(estimator.predict(X_test))
    return Asked(predicted, fitted - start, perf_counter() - fitted)


def _class_facts(data: Data, train: np.ndarray, test: np.ndarray) -> Answer:
    return {**_sizes(data, train, test), "n_classes": len(np.unique(data.y)),
            "majority": majority(data.y[train], data.y[test])}


def majority(train: np.ndarray, test: np.ndarray) -> float:
    """Accuracy of the most frequent training class: what no method may fall below."""
    labels, counts = np.unique(train, return_counts=True)
    return float(np.mean(test == labels[counts.argmax()]))


def few_of_each(data: Any, train: np.ndarray) -> tuple[Any, np.ndarray, np.ndarray]:
    """A few instances of a few classes of the training part, to train on and to ask about."""
    y = data.y[train]
    few = train[[place for label in np.unique(y)[: WARM_UP[0]] for place in np.flatnonzero(y == label)[: WARM_UP[1]]]]
    return data, few, few


def class_outcome(estimator: Any, data: Any, _train: np.ndarray, test: np.ndarray, predicted: np.ndarray) -> Answer:
    """Scores of classes, and what was true and what was said, as numbers of the classes in their order."""
    X_test, _ = data.take(test)
    probabilities = estimator.predict_proba(X_test) if _says_probabilities(estimator) else None
    classes = np.unique(data.y)
    return {"scores": scores(data.y[test], predicted, probabilities, estimator.classes_),
            "classes": [str(name) for name in classes],
            "true": np.searchsorted(classes, data.y[test]).tolist(),
            "predicted": np.searchsorted(classes, predicted).tolist()}


def _says_probabilities(estimator: Any) -> bool:
    """Whether a classifier has probabilities: sktime's say so, scikit-learn's have the method or not."""
    if hasattr(estimator, "get_tag"):
        return bool(estimator.get_tag("capability:predict_proba", False))
    return hasattr(estimator, "predict_proba")


def _few(data: Data, train: np.ndarray) -> tuple[Data, np.ndarray, np.ndarray]:
    few = train[np.linspace(0, len(train) - 1, min(FEW, len(train))).astype(int)]
    return data, few, few


def _number_facts(data: Data, train: np.ndarray, test: np.ndarray) -> Answer:
    return {**_sizes(data, train, test), "kind": "regression", "sd": float(np.std(data.y[train]))}


def _number_outcome(_estimator: Any, data: Data, _train: np.ndarray, test: np.ndarray, predicted: np.ndarray) -> Answer:
    answers = np.asarray(predicted, dtype=np.float64)
    if answers.shape != (len(test),):
        raise ValueError(f"a regressor must answer one number a series, {len(test)}, got shape {answers.shape}")
    return {"scores": regression_scores(data.y[test], answers), "true": data.y[test].tolist(),
            "predicted": answers.tolist()}


CLASSIFICATION = Kind("classification", split, _info, _class_facts, few_of_each, ask, class_outcome,
                      inner=_inner_by_class, picture=keep_instances)
REGRESSION = Kind("regression", split, _info, _number_facts, _few, ask, _number_outcome, inner=_inner)


def kind_of(task: Task) -> Kind:
    """A task's kind; a plain `Task` is one of classification."""
    return getattr(task, "kind", CLASSIFICATION)
