"""One cell -> one JSON row, resumable.

Finished cells are never computed again; failed ones are tried again by the next run. A row appears whole when its cell
is finished, so a run that is killed loses the cell it was in and nothing else. Test labels are read after the last
prediction, for the scores alone.
"""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from tsattn._checks import check_int, check_one_of
from tsattn.benchmark import machine
from tsattn.benchmark.cell import identity, info_of, load, measure, slot_of, split, what_of
from tsattn.benchmark.code import code_of
from tsattn.benchmark.folder import DamagedRowError, Folder
from tsattn.benchmark.keys import FORMAT, describe, key_of
from tsattn.benchmark.panels import kind_of
from tsattn.benchmark.scores import leading
from tsattn.benchmark.suite import Cell, Suite
from tsattn.benchmark.tuning import Tuning, tuned, tuned_name
from tsattn.benchmark.worker import ENGINES


@dataclass(frozen=True)
class Event:
    """What became of a cell: "started", "kept", "done", "failed", "busy" (another process has it), "damaged"."""

    kind: str
    cell: Cell
    key: str = ""
    text: str = ""


def tell_nothing(_event: Event) -> None:
    """Keep quiet."""


def run_suite(suite: Suite, folder: str | Path, *, jobs: int = 1, backend: str = "joblib",
              scheduler: str | None = None, tuning: Tuning | None = None, command: str = "",
              tell: Callable[[Event], None] = tell_nothing) -> list[str]:
    """Compute what is missing of a suite and return the keys of all its rows, in the suite's order.

    Parameters
    ----------
    suite : Suite
        What to run; `suite.only(...)` gives a part.
    folder : path
        Where rows are and go. Several processes may share it.
    jobs : int, default 1
        Worker processes; each uses one thread. With 1 and joblib the cells run here, with the threads torch has.
    backend : {"joblib", "dask"}, default "joblib"
        What starts workers. With Dask the cells of a worker that dies are computed by the others.
    scheduler : str, optional
        Address of the scheduler of a Dask cluster whose workers, of one thread each, see `folder` under the same path,
        and compute the cells; without one Dask starts `jobs` workers here. `jobs` must then be 1.
    tuning : Tuning, optional
        Tune each `TunableEntry` with a space inside the training part of each fold, and run the best: its rows are of
        NAME-tuned. All other entries run as they are.
    command : str
        What the user typed, kept in the rows.
    tell : callable
        Called with an `Event` as each cell starts (not with several jobs) and ends.

    Raises
    ------
    DatasetNotFoundError
        A task's data is not on this machine. All that was computed before stays.
    ValueError
        The backend is unknown or not installed, a scheduler is given to another than Dask, or beside `jobs`, or a
        worker has several threads. Tuning is asked for where nothing can be tuned.
    ChildProcessError
        On a cluster: workers died of some cells. All others are done.

    Examples
    --------
    The second time there is nothing to do:

    >>> import tempfile
    >>> from tsattn.benchmark import Entry, Suite, Task
    >>> from tsattn.benchmark.tasks import basic_motions
    >>> def dummy(seed, info):
    ...     from sktime.classification.dummy import DummyClassifier
    ...     return DummyClassifier(strategy="most_frequent")
    >>> suite = Suite("mine", "Mine", (Task("motions", basic_motions),), (Entry("dummy", dummy, seeded=False),))
    >>> folder, told = tempfile.mkdtemp(), []
    >>> for _ in range(2):
    ...     keys = run_suite(suite, folder, tell=told.append)
    >>> [event.kind for event in told], told[1].text  # four classes, ten test series of each
    (['started', 'done', 'started', 'kept'], 'accuracy 0.2500')
    """
    check_int("jobs", jobs)
    check_one_of("backend", backend, ENGINES)
    if scheduler is not None and backend != "dask":
        raise ValueError(f"scheduler must be None but with backend='dask', got {scheduler!r} with {backend!r}")
    if scheduler is not None and jobs != 1:
        raise ValueError(f"jobs must be 1 with a scheduler, whose cluster has the workers that it has, got {jobs}")
    place = Folder(Path(folder).resolve() if backend == "dask" else folder)
    where = {} if scheduler is None else {"scheduler": scheduler}
    engine = None if backend == "joblib" and jobs == 1 else partial(ENGINES[backend], jobs, **where)
    began = _now()
    results: dict[int, Event] = {}
    pending = list(enumerate(suite.cells() if tuning is None else tuned(suite.cells(), tuning)))
    for wait in (False, True):  # what another process is at is waited for last: it may die, and leave it to us
        for position, event in _work(pending, engine, place, tell, began=began, command=command, jobs=jobs, wait=wait):
            results[position] = event
        pending = [(position, cell) for position, cell in pending if results[position].kind == "busy"]
    ordered = [results[position] for position in sorted(results)]
    place.note(((slot_of(event.cell), event.key) for event in ordered),
               {**_about(suite, {event.cell.entry.name for event in ordered}), "command": command})
    return [event.key for event in ordered]


def _about(suite: Suite, names: set[str]) -> dict[str, Any]:
    """What a table must know of the suite, a part of which has run, with estimators of these names."""
    whole = suite.whole or suite
    reference = whole.reference
    if reference is not None and tuned_name(reference) in names:
        reference = tuned_name(reference)
    unbuilt = {f"{task.name}/{task.split}": dict(whole.unbuilt.get(task.name, {})) for task in whole.tasks}
    return {"suite": whole.name, "title": whole.title, "reference": reference, "seeds": whole.seeds,
            "unbuilt": {protocol: printed for protocol, printed in unbuilt.items() if printed}}


def _work(pending, engine, place, tell, **options):
    """Yield (position, event) for each pending cell, here or in worker processes."""
    if engine is None or not pending:
        for position, cell in pending:
            tell(Event("started", cell))
            event = run_cell(cell, place, tell=tell, **options)
            tell(event)
            yield position, event
        return
    for position, events in engine(run_cell, pending, place, **options):
        for event in events:
            tell(event)
        yield position, events[-1]


def run_cell(cell: Cell, place: Folder, *, began: str, command: str = "", jobs: int = 1, wait: bool = False,
             tell: Callable[[Event], None] = tell_nothing) -> Event:
    """Compute one cell unless its row is there, and write the row. A row that failed before `began` is tried again."""
    data = load(cell)
    train, test = split(cell, data)
    info = info_of(cell, data, train)
    try:
        what = what_of(cell, data, info)
    except Exception as error:
        what = {"unbuilt": describe(cell.entry.make), "error": repr(error)}
    code = code_of(what)
    versions = machine.versions(kind_of(cell.task).libraries)
    key = key_of(cell, data.checksum, what, versions, code)
    with place.claim(key, wait=wait) as mine:
        kept = _kept(place, key, cell, began, tell)
        if kept or not mine:
            return Event("kept" if kept else "busy", cell, key)
        row = {"format": FORMAT, "key": key, "slot": slot_of(cell), "status": "failed", "scores": None, "error": None,
               **identity(cell, data, info, what, train, test), "started": _now()}
        try:
            row |= {"status": "done", **measure(cell, data, info, train, test, place, key)}
        except Exception as error:
            row["error"] = {"type": type(error).__name__, "message": str(error), "traceback": traceback.format_exc()}
        row |= {"finished": _now(), "hardware": {**machine.hardware(), "jobs": jobs}, "versions": versions,
                "code": code, "commit": machine.commit(), "source": machine.source(), "command": command}
        place.write(row)
    failed = row["error"] and f"{row['error']['type']}: {row['error']['message']}"
    return Event("failed" if failed else "done", cell, key, failed or _said(row))


def _said(row: Mapping[str, Any]) -> str:
    """The score that leads, in a word."""
    name = leading(row["task"])
    return f"{name} {row['scores'][name]:.4f}"


def _kept(place, key, cell, began, tell):
    try:
        row = place.read(key)
    except DamagedRowError as error:
        tell(Event("damaged", cell, key, f"{error}; computed again"))
        return False
    return row is not None and (row["status"] == "done" or row["finished"] >= began)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
