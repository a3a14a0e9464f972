import pytest

from tsattn.benchmark.suite import Entry, Suite, Task
from tsattn.benchmark.suites import SUITES, suite_named


def test_cells_are_tasks_by_seeds_by_folds_by_entries(dummies):
    cells = [(cell.entry.name, cell.fold, cell.seed) for cell in dummies.SMALL.cells()]
    assert cells == [("slope", 0, 0), ("shifted", 0, 0), ("slope", 0, 1)]  # the unseeded one runs once
    labels = [cell.label for cell in dummies.TRACED.cells()]
    assert len(labels) == 6
    assert labels[1] == "slopes (cv fold 2/3) · traced · seed 0"


def test_only_picks_and_changes_the_protocol(dummies):
    part = dummies.SMALL.only(["slopes"], ["shifted"], seeds=3, split="cv", folds=7)
    assert [(cell.entry.name, cell.fold) for cell in part.cells()] == [("shifted", fold) for fold in range(7)]
    assert part.reference is None  # it is not there
    assert dummies.SMALL.only().reference == "slope"


def test_wrong_names_list_the_choices(dummies):
    with pytest.raises(ValueError, match="unknown task 'hills'; choose one of 'slopes'"):
        dummies.SMALL.only(["hills"])
    with pytest.raises(ValueError, match="unknown estimator 'lstm'; choose one of 'slope', 'shifted'"):
        dummies.SMALL.only(estimators=["lstm"])
    with pytest.raises(ValueError, match="unknown suite 'huge'; choose one of 'demo', 'clean'"):
        suite_named("huge")
    with pytest.raises(ValueError, match="seeds must be an integer of at least 1, got 0"):
        dummies.SMALL.only(seeds=0)


def test_names_are_unique(dummies):
    with pytest.raises(ValueError, match="a name of its own"):
        Suite("two", "", (Task("a", dummies.panel), Task("a", dummies.panel)), ())
    with pytest.raises(ValueError, match="a name of its own"):
        Suite("two", "", (), (Entry("a", dummies.slope), Entry("a", dummies.slope)))


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name)
def test_every_suite_says_what_its_estimators_are(suite):
    assert suite.reference in {entry.name for entry in suite.entries}
    assert all((entry.make.__doc__ or "").strip() for entry in suite.entries)
    assert all(set(entry.options) <= {task.name for task in suite.tasks} for entry in suite.entries)


def test_the_ladder_never_reads_the_test_part():
    assert {task.split for task in SUITES["clean-ladder"].tasks} == {"validation"}
