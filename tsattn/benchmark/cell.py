"""What a cell is made of: its data, its estimator, and the measuring of one fit and one prediction."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from tsattn.benchmark import machine
from tsattn.benchmark.competitors import Resample
from tsattn.benchmark.folder import Folder
from tsattn.benchmark.keys import describe, split_of
from tsattn.benchmark.panels import kind_of
from tsattn.benchmark.suite import Cell, Entry
from tsattn.benchmark.tuning import ingredients_of, search, to_tune
from tsattn.training import Training

_loaded: dict[Any, dict[str, Any]] = {}  # the data set in use; cells come data set by data set
_warm: set[str] = set()  # what has been compiled in this process


def load(cell: Cell) -> Any:
    """The cell's data; each form of the data set in use is read once."""
    name = (cell.task.name, cell.task.load)
    form = repr(describe(cell.options))
    if name not in _loaded:
        _loaded.clear()
    forms = _loaded.setdefault(name, {})
    if form not in forms:
        forms[form] = cell.task.load(**cell.options)
    return forms[form]


def split(cell: Cell, data: Any) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the cell's training part and of its test part."""
    return kind_of(cell.task).split(data, cell.task, cell.fold)


def info_of(cell: Cell, data: Any, train: np.ndarray) -> Any:
    """What the estimator's maker may know: the training part alone."""
    return kind_of(cell.task).info(cell, data, train)


def build(cell: Cell, data: Any, info: Any, params: Mapping[str, Any] | None = None) -> Any:
    """The cell's estimator, unfitted, with `params` set; behind a resampling step if it refuses unequal lengths."""
    estimator = cell.entry.make(cell.seed, info)
    if params:
        estimator.set_params(**params)
    return Resample(info.steps) * estimator if _resampled(cell, data) else estimator


def _resampled(cell: Cell, data: Any) -> bool:
    return cell.entry.equal_length and len(np.unique(data.lengths)) > 1


def what_of(cell: Cell, data: Any, info: Any) -> dict[str, Any]:
    """The estimator as rows and keys have it; of one to be tuned, as it is before, and what its search depends on."""
    what, entry = describe(build(cell, data, info)), to_tune(cell)
    return {**what, "tuning": ingredients_of(entry)} if entry else what


def slot_of(cell: Cell) -> str:
    """The cell by name, whatever its parameters: rows of one slot are versions of each other."""
    return f"{cell.task.name}/{cell.task.split}/{cell.task.n_folds}/{cell.fold}/{cell.entry.name}/{cell.seed}"


def identity(cell: Cell, data: Any, info: Any, what: Any, train: np.ndarray, test: np.ndarray) -> dict[str, Any]:
    """The parts of a row that say what was run: "task" (sizes are of the whole data set), "split", "estimator", "seed".

    `what` is the estimator as `what_of` gives it, `train` and `test` are positions.
    """
    notes = [note for note in (cell.entry.note, cell.entry.notes.get(cell.task.name)) if note]
    if _resampled(cell, data):
        notes.append(f"series resampled to {info.steps} steps")
    if cell.options:
        notes.append("data read with " + ", ".join(f"{k}={v!r}" for k, v in sorted(cell.options.items())))
    return {
        "task": {"name": cell.task.name, "checksum": data.checksum, **kind_of(cell.task).facts(data, train, test),
                 "about": cell.task.about},
        "split": split_of(cell),
        "estimator": {"name": cell.entry.name, "what": what, "ours": cell.entry.ours, "seeded": cell.entry.seeded,
                      "notes": notes, **printed(cell.entry, cell.task.name)},
        "seed": cell.seed,
    }


def printed(entry: Entry, task: str) -> dict[str, Any]:
    """What an entry's source prints for a task, as rows have it."""
    return {"published": entry.published.get(task), "published_as": entry.published_as}


def measure(cell: Cell, data: Any, info: Any, train, test, place: Folder, key: str) -> dict[str, Any]:
    """Fit on the training positions, predict the test positions, and say how well and at what cost.

    What is to be tuned is tuned before, on the training positions alone; time and memory are those of the last fit.
    """
    kind = kind_of(cell.task)
    _warm_up(cell, info, data, train)
    entry = to_tune(cell)
    found = search(cell, entry, data, train, partial(build, cell)) if entry else None
    with machine.PeakMemory() as memory:
        estimator = build(cell, data, info, found and found.params)
        predicted, fit_seconds, predict_seconds = kind.ask(estimator, data, train, test)
    outcome = kind.outcome(estimator, data, train, test, predicted)
    remarks = []
    if kind.picture is not None and cell.entry.explain and cell.seed == 0 and cell.fold == 0:
        try:
            kind.picture(estimator, data, train, test, predicted, place.picture_path(key))
        except Exception as error:  # pictures are extra: a fit of an hour is not thrown away for them
            remarks.append(f"no pictures: {type(error).__name__}: {error}")
    return {**outcome, "fit_seconds": fit_seconds, "predict_seconds": predict_seconds, "memory": memory.taken,
            "n_parameters": n_parameters(estimator), "history": history_of(estimator), "remarks": remarks,
            **({"tuning": found.record} if found else {})}


def _warm_up(cell: Cell, info: Any, data: Any, train: np.ndarray) -> None:
    """Fit once on a few series: what is compiled on first use is compiled before the clock starts."""
    name = f"{cell.entry.name}|{describe(cell.entry.make)}|{info.n_channels == 1}|{_resampled(cell, data)}"
    if name in _warm:
        return
    _warm.add(name)
    kind = kind_of(cell.task)
    try:
        kind.ask(_one_epoch(build(cell, data, info)), *kind.few(data, train))
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
