"""A benchmark is a table: data sets x estimators x folds x seeds. This file says what a line of it is.

    suite = Suite("mine", "My comparison", tasks=(Task("vowels", load),), entries=(Entry("knn", make),), seeds=5)
    [cell.label for cell in suite.cells()]
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tsattn._checks import check_int, check_one_of
from tsattn.benchmark.data import SINGLE, SPLITS
from tsattn.benchmark.schema import title


@dataclass(frozen=True)
class Info:
    """What an estimator's maker may know of its task: nothing of the test part.

    Examples
    --------
    >>> from tsattn.training import Training
    >>> info = Info("vowels", n_train=2, n_channels=12, n_classes=9, min_length=7, max_length=29, steps=30,
    ...             groups={"a1": "anna", "b1": "ben"})
    >>> info.unequal
    True
    >>> Training(validation=0.5, groups=info.groups).groups["a1"]  # in a maker: hold out whole persons
    'anna'
    """

    task: str
    n_train: int
    n_channels: int
    n_classes: int
    min_length: int
    max_length: int
    steps: int  # series are resampled to this for estimators that refuse unequal lengths
    groups: Mapping[Any, Any] | None  # training instance -> whose it is

    @property
    def unequal(self) -> bool:
        """Whether the series differ in length."""
        return self.min_length != self.max_length


@dataclass(frozen=True)
class Task:
    """A data set under one protocol. `load(**options)` returns its `Data`; `steps` is for fixed-length competitors.

    Examples
    --------
    >>> from tsattn.benchmark.tasks import basic_motions
    >>> Task("motions", basic_motions).n_folds, Task("motions", basic_motions, split="cv", folds=3).n_folds
    (1, 3)
    """

    name: str
    load: Callable[..., Any]
    split: str = "official"
    folds: int = 5
    steps: int = 30
    about: str = ""

    def __post_init__(self):
        check_one_of("split", self.split, SPLITS)

    @property
    def n_folds(self) -> int:
        """Folds to run: 1 under the official split and the papers'."""
        return 1 if self.split in SINGLE else self.folds


@dataclass(frozen=True)
class Entry:
    """An estimator in a suite; `tsattn.benchmark.TunableEntry` is one whose parameters can be tuned.

    Parameters
    ----------
    name : str
        Its name in tables and on the command line.
    make : callable
        `make(seed, info) -> estimator`, unfitted. A named function, not a lambda.
    ours : bool
        An estimator of this package, as against a competitor.
    seeded : bool
        Whether a seed changes it. If not it is run once a fold.
    equal_length : bool
        It refuses series of unequal length: where a task has them it gets them resampled, and the table says so.
    note : str
        A footnote for the tables.
    notes : mapping
        Task name -> a footnote for that task's table.
    explain : bool
        Keep series, events, saliency and attention of a few test instances for the report.
    options : mapping
        Task name -> options of the task's loader, where this estimator reads the data in another form.
    published : mapping
        Task name -> what its source prints, to stand beside ours.
    published_as : str
        The score that was printed, by its name in rows: accuracy, in per cent, or one such as "log_loss".

    Examples
    --------
    What no seed changes is run once, however many seeds the suite has:

    >>> from tsattn.benchmark.tasks import basic_motions
    >>> def nearest(seed, info):
    ...     from sktime.classification.distance_based import KNeighborsTimeSeriesClassifier
    ...     return KNeighborsTimeSeriesClassifier(n_neighbors=1, distance="euclidean")
    >>> entry = Entry("1nn", nearest, seeded=False)
    >>> len(list(Suite("mine", "Mine", (Task("motions", basic_motions),), (entry,), seeds=5).cells()))
    1
    """

    name: str
    make: Callable[[int, Any], Any]
    ours: bool = False
    seeded: bool = True
    equal_length: bool = False
    note: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    explain: bool = False
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    published: Mapping[str, float] = field(default_factory=dict)
    published_as: str = "accuracy"


@dataclass(frozen=True)
class Cell:
    """One fit and one prediction: what a row of results stands for."""

    task: Task
    entry: Entry
    fold: int
    seed: int

    @property
    def options(self) -> dict[str, Any]:
        """Options of the loader for this estimator."""
        return dict(self.entry.options.get(self.task.name, {}))

    @property
    def label(self) -> str:
        """The cell in a word, for people."""
        fold = "" if self.task.split in SINGLE else f" fold {self.fold + 1}/{self.task.n_folds}"
        return f"{self.task.name} ({self.task.split}{fold}) · {self.entry.name} · seed {self.seed}"


@dataclass(frozen=True)
class Suite:
    """Tasks x entries x seeds, and the entry that the others are compared with; `whole` is what this is a part of.

    `unbuilt` are a source's methods that are no entries: task name -> method -> accuracy in % that is printed.

    Examples
    --------
    >>> from tsattn.benchmark.tasks import basic_motions
    >>> def dummy(seed, info):
    ...     from sktime.classification.dummy import DummyClassifier
    ...     return DummyClassifier(strategy="stratified", random_state=seed)
    >>> suite = Suite("mine", "Mine", (Task("motions", basic_motions),), (Entry("dummy", dummy),), seeds=5)
    >>> for cell in suite.only(seeds=1, split="cv", folds=2).cells():
    ...     cell.label
    'motions (cv fold 1/2) · dummy · seed 0'
    'motions (cv fold 2/2) · dummy · seed 0'
    """

    name: str
    title: str
    tasks: tuple[Task, ...]
    entries: tuple[Entry, ...]
    seeds: int = 1
    reference: str | None = None
    whole: "Suite | None" = None
    unbuilt: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __post_init__(self):
        check_int("seeds", self.seeds)
        for kind, things in (("task", self.tasks), ("estimator", self.entries)):
            names = [thing.name for thing in things]
            if len(set(names)) != len(names):
                raise ValueError(f"each {kind} of a suite needs a name of its own, got {names}")
            for name in names:
                title(name, f"the name of a suite's {kind}")
        if self.reference is not None:
            check_one_of("reference", self.reference, [entry.name for entry in self.entries])

    def cells(self) -> Iterator[Cell]:
        """Every cell once: task by task, so that data is read once, and seed by seed, so that a short run is broad."""
        for task in self.tasks:
            for seed in range(self.seeds):
                for fold in range(task.n_folds):
                    yield from (Cell(task, entry, fold, seed) for entry in self.entries if entry.seeded or seed == 0)

    def only(self, tasks: Sequence[str] = (), estimators: Sequence[str] = (), *, seeds: int | None = None,
             split: str | None = None, folds: int | None = None) -> "Suite":
        """A part of the suite, or the suite under another protocol; what is not given stays as it is.

        Raises
        ------
        ValueError
            A name is unknown, or `folds` are given for a split that has none.
        """
        kept = _pick("task", self.tasks, tasks)
        if split is not None:
            kept = tuple(replace(task, split=split) for task in kept)
        if folds is not None:
            if single := [task for task in kept if task.split in SINGLE]:
                raise ValueError(f"folds are of the splits 'cv' and 'validation', got {folds} for the "
                                 f"{single[0].split} split of {', '.join(task.name for task in single)}; name a split")
            kept = tuple(replace(task, folds=check_int("folds", folds, minimum=2)) for task in kept)
        entries = _pick("estimator", self.entries, estimators)
        here = self.reference in {entry.name for entry in entries}
        return replace(self, tasks=kept, entries=entries, seeds=self.seeds if seeds is None else seeds,
                       reference=self.reference if here else None, whole=self.whole or self)


def _pick(kind: str, things, names):
    for name in names:
        check_one_of(kind, name, [thing.name for thing in things])
    return tuple(thing for thing in things if not names or thing.name in names)
