"""What a cell is made of: its data, its estimator, and the measuring of one fit and one prediction."""

from time import perf_counter
from typing import Any

import numpy as np

from tsattn.benchmark import machine
from tsattn.benchmark.competitors import Resample
from tsattn.benchmark.data import Data
from tsattn.benchmark.folder import Folder
from tsattn.benchmark.instances import keep_instances
from tsattn.benchmark.keys import describe, split_of
from tsattn.benchmark.scores import scores
from tsattn.benchmark.suite import Cell, Info
from tsattn.training import Training

WARM_UP = (8, 2)  # classes, and series of each, that an estimator is fitted on before the clock starts
_loaded: dict[Any, dict[str, Data]] = {}  # the data set in use; cells come data set by data set
_warm: set[str] = set()  # what has been compiled in this process


def load(cell: Cell) -> Data:
    """The cell's data; each form of the data set in use is read once."""
    name = (cell.task.name, cell.task.load)
    form = repr(describe(cell.options))
    if name not in _loaded:
        _loaded.clear()
    forms = _loaded.setdefault(name, {})
    if form not in forms:
        forms[form] = cell.task.load(**cell.options)
    return forms[form]


def info_of(cell: Cell, data: Data, train: np.ndarray) -> Info:
    """What the estimator's maker may know: the training part alone."""
    lengths = data.lengths[train]
    groups = None if data.groups is None else dict(zip(data.ids[train], data.groups[train], strict=True))
    return Info(cell.task.name, len(train), data.X.shape[1], len(np.unique(data.y[train])),
                int(lengths.min()), int(lengths.max()), cell.task.steps, groups)


def build(cell: Cell, data: Data, info: Info) -> Any:
    """The cell's estimator, unfitted; behind a resampling step if it needs equal lengths and has none."""
    estimator = cell.entry.make(cell.seed, info)
    return Resample(info.steps) * estimator if _resampled(cell, data) else estimator


def _resampled(cell: Cell, data: Data) -> bool:
    return cell.entry.equal_length and len(np.unique(data.lengths)) > 1


def slot_of(cell: Cell) -> str:
    """The cell by name, whatever its parameters: rows of one slot are versions of each other."""
    return f"{cell.task.name}/{cell.task.split}/{cell.task.n_folds}/{cell.fold}/{cell.entry.name}/{cell.seed}"


def identity(cell: Cell, data: Data, info: Info, what: Any, train: np.ndarray, test: np.ndarray) -> dict[str, Any]:
    """The parts of a row that say what was run: "task" (sizes are of the whole data set), "split", "estimator", "seed".

    `what` is the estimator as `describe` gives it, `train` and `test` are positions.
    """
    notes = [note for note in (cell.entry.note, cell.entry.notes.get(cell.task.name)) if note]
    if _resampled(cell, data):
        notes.append(f"series resampled to {info.steps} steps")
    if cell.options:
        notes.append("data read with " + ", ".join(f"{k}={v!r}" for k, v in sorted(cell.options.items())))
    return {
        "task": {"name": info.task, "checksum": data.checksum, "n_train": info.n_train, "n_test": len(test),
                 "n_channels": info.n_channels, "n_classes": len(np.unique(data.y)),
                 "min_length": int(data.lengths.min()), "max_length": int(data.lengths.max()),
                 "majority": _majority(data.y[train], data.y[test]), "about": cell.task.about},
        "split": split_of(cell),
        "estimator": {"name": cell.entry.name, "what": what, "ours": cell.entry.ours, "seeded": cell.entry.seeded,
                      "notes": notes, "published": cell.entry.published.get(cell.task.name)},
        "seed": cell.seed,
    }


def _majority(train: np.ndarray, test: np.ndarray) -> float:
    """Accuracy of the most frequent training class: what no method may fall below."""
    labels, counts = np.unique(train, return_counts=True)
    return float(np.mean(test == labels[counts.argmax()]))


def measure(cell: Cell, data: Data, info: Info, train, test, place: Folder, key: str) -> dict[str, Any]:
    """Fit on the training positions, predict the test positions, and say how well and at what cost."""
    X_train, y_train = data.take(train)
    X_test, _ = data.take(test)
    _warm_up(cell, info, data, train)
    with machine.PeakMemory() as memory:
        estimator = build(cell, data, info)
        start = perf_counter()
        estimator.fit(X_train, y_train)
        fitted = perf_counter()
        predicted = np.asarray(estimator.predict(X_test))
        done = perf_counter()
    probabilities = estimator.predict_proba(X_test) if estimator.get_tag("capability:predict_proba", False) else None
    classes = np.unique(data.y)
    remarks = []
    if cell.entry.explain and cell.seed == 0 and cell.fold == 0:
        try:
            keep_instances(estimator, data, train, test, predicted, place.picture_path(key))
        except Exception as error:  # pictures are extra: a fit of an hour is not thrown away for them
            remarks.append(f"no pictures: {type(error).__name__}: {error}")
    return {
        "scores": scores(data.y[test], predicted, probabilities, estimator.classes_),
        "fit_seconds": fitted - start, "predict_seconds": done - fitted, "memory": memory.taken,
        "n_parameters": n_parameters(estimator), "history": history_of(estimator),
        "classes": [str(name) for name in classes],
        "true": np.searchsorted(classes, data.y[test]).tolist(),
        "predicted": np.searchsorted(classes, predicted).tolist(), "remarks": remarks,
    }


def _warm_up(cell: Cell, info: Info, data: Data, train: np.ndarray) -> None:
    """Fit once on a few series: what is compiled on first use is compiled before the clock starts."""
    name = f"{cell.entry.name}|{describe(cell.entry.make)}|{info.n_channels == 1}|{_resampled(cell, data)}"
    if name in _warm:
        return
    _warm.add(name)
    y = data.y[train]
    few = [place
           for label in np.unique(y)[: WARM_UP[0]] for place in np.flatnonzero(y == label)[: WARM_UP[1]]]
    X, y = data.take(train[few])
    try:
        _one_epoch(build(cell, data, info)).fit(X, y).predict(X)
    except Exception:  # the real fit will say what is wrong
        return


def _one_epoch(estimator: Any) -> Any:
    """The estimator with its networks' training, at any depth, cut to one epoch: all is compiled in the first."""
    for name, value in estimator.get_params().items():
        if name.rpartition("__")[2] == "training" and (value is None or isinstance(value, Training)):
            short = Training() if value is None else value.clone()
            estimator.set_params(**{name: short.set_params(epochs=1)})
    return estimator


def _last(estimator: Any) -> Any:
    """The fitted classifier at the end of a pipeline; anything else as it is."""
    return getattr(estimator, "classifier_", estimator)


def n_parameters(estimator: Any) -> int | None:
    """Weights of a fitted network; None for estimators without one."""
    n = getattr(_last(estimator), "n_parameters_", None)
    return None if n is None else int(n)


def history_of(estimator: Any) -> list[dict[str, Any]] | None:
    """The learning curve, an entry an epoch, with plain numbers; None for estimators without one."""
    history = getattr(_last(estimator), "history_", None)
    if history is None:
        return None
    records = history.to_dict("records") if hasattr(history, "to_dict") else list(history)
    return [{str(name): describe(value) for name, value in record.items()} for record in records]
