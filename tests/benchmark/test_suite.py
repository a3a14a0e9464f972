import pytest

from tsattn.benchmark.racknet_forms import SeriesRacks
from tsattn.benchmark.sdma_forms import PublishedSDMA
from tsattn.benchmark.suite import Entry, Info, Suite, Task
from tsattn.benchmark.suites import SUITES, suite_named
from tsattn.classification import LSTMSANClassifier, XM2AClassifier
from tsattn.regression import LSTMSANRegressor


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
    assert part.only(seeds=2).whole is dummies.SMALL
    with pytest.raises(ValueError, match="got 7 for the official split of slopes; name a split"):
        dummies.SMALL.only(folds=7)


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
    with pytest.raises(ValueError, match="name of a suite's estimator must be a text of at most 200 whole letters"):
        Suite("one", "", (), (Entry("a" * 201, dummies.slope),))


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name)
def test_every_suite_says_what_its_estimators_are(suite):
    assert suite.reference in {entry.name for entry in suite.entries}
    assert all((entry.make.__doc__ or "").strip() for entry in suite.entries)
    assert all(set(entry.options) <= {task.name for task in suite.tasks} for entry in suite.entries)


def said_of(entry, task):
    return entry.notes.get(task, "")


@pytest.mark.parametrize("task", ["auslan", "spoken_arabic_digits", "hdm05", "japanese_vowels"])
def test_recipes_are_said_where_training_is_not_the_default(task):
    from tsattn.training import STRONG, ChannelDrop

    info = Info(task, 12, 2, 3, 5, 5, 11, None)
    of_classes = [suite for suite in SUITES.values() if all(type(task) is Task for task in suite.tasks)]
    entries = {entry.name: entry for suite in of_classes for entry in suite.entries if entry.ours}
    for name, entry in entries.items():
        published = type(entry.make) in (PublishedSDMA, SeriesRacks)
        if published or name.startswith(("xm2a-", "san", "ran-", "lstm4", "lstm-san-")):
            continue  # as published, each
        training = entry.make(0, info).get_params()
        if name == "scale-space-ridge":  # not trained
            assert not said_of(entry, task)
            continue
        given = next(value for key, value in training.items() if key.rpartition("__")[2] == "training")
        said = said_of(entry, task)
        if name == "sdma-paper":
            assert not said
        elif task == "hdm05":
            assert [type(change) for change in given.augment] == [type(change) for change in STRONG]
            assert [change.p for change in given.augment if isinstance(change, ChannelDrop)] == [0.3]
            assert "STRONG" in said
            assert "ChannelDrop(0.3)" in said
        elif task == "japanese_vowels":
            assert (given, said) == (None, "")
        else:
            assert f'augment="{given.augment}"' in said


def test_the_ladder_never_reads_the_test_part():
    assert {task.split for task in SUITES["clean-ladder"].tasks} == {"validation"}


def test_each_row_of_the_san_suites_is_the_published_form_with_what_it_says():
    info = Info("hdm05", 12, 2, 3, 5, 5, 11, None)
    switches = ("absolute", "channel_alignment", "extrema", "smoothing")
    made = {entry.name: entry.make(7, info) for entry in SUITES["san-ablation"].entries}
    for form in made.values():
        own = {name: getattr(form, name) for name in ("placement", "attention_module", *switches)}
        assert str(form) == str(LSTMSANClassifier.paper(**own, random_state=7))
        assert form.placement == "bottleneck"
    on = {name: [getattr(form, switch) for switch in switches] for name, form in made.items() if name != "lstm4"}
    assert list(on.values()) == [
        [False] * 4, [True, False, False, False], [True, True, False, False], [True, True, True, False], [True] * 4,
        [False, True, True, True], [True, False, True, True], [True, True, False, True]]
    assert made["lstm4"].attention_module is None
    places = {entry.name: entry.make(7, info) for entry in SUITES["san-placement"].entries}
    assert {name: (form.attention_module, form.placement) for name, form in places.items() if name != "lstm4"} == {
        f"{module}-{place}": (module, place) for module in ("ran", "san") for place in ("bottleneck", "full")}
    assert all(entry.published["hdm05"] < 0.12 for entry in SUITES["san-placement"].entries)
    assert {entry.published_as for entry in SUITES["san-placement"].entries} == {"log_loss"}
    numbers = {entry.name: entry for entry in SUITES["san-regression"].entries}
    assert list(numbers) == list(places)
    for name, form in places.items():
        expected = LSTMSANRegressor.paper(form.placement, form.attention_module, random_state=7)
        assert str(numbers[name].make(7, info)) == str(expected)
        assert numbers[name].published_as == "mae"
        assert numbers[name].published["covid3month"] == numbers[name].published["sml2010-hours"] > 30


def test_each_form_of_the_xm2a_suites_is_what_its_name_says():
    info = Info("auslan", 12, 2, 3, 5, 5, 11, None)
    ablation, grid = SUITES["xm2a-ablation"], SUITES["xm2a-grid"]
    assert (len(ablation.entries), len(grid.entries)) == (10 + 5, 18)
    assert {task.split for suite in (ablation, grid) for task in suite.tasks} == {"paper"}
    assert all(entry in grid.entries for entry in ablation.entries if entry.published)
    for entry in (*ablation.entries, *grid.entries):
        made = entry.make(7, info)
        assert made.random_state == 7
        named = entry.name.removeprefix("xm2a-")
        assert named in ("-".join((made.descriptor, made.norm, made.talk)), made.variant)
        assert str(made) == str(XM2AClassifier.paper(made.variant, talk=made.talk, descriptor=made.descriptor,
                                                     norm=made.norm, random_state=7))
    best = max(ablation.entries, key=lambda entry: entry.published.get("auslan", 0))
    assert best.name == ablation.reference
