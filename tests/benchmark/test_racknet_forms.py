import pytest

from tsattn.benchmark.racknet_forms import IMAGE_SUITE, IMAGES, RECURRENT_SUITE, SERIES, ImageRacks, SeriesRacks
from tsattn.benchmark.suites import SUITES
from tsattn.design import STRATEGIES


@pytest.mark.parametrize("entries", [SERIES, IMAGES], ids=["series", "images"])
def test_every_strategy_is_compared_at_one_budget_and_training(entries):
    made = {entry.name: entry.make(3, None).get_params(deep=False) for entry in entries if entry.name in STRATEGIES}
    assert set(made) == set(STRATEGIES)
    assert all(parameters.pop("strategy") == name for name, parameters in made.items())
    assert len({str(sorted(parameters.items(), key=str)) for parameters in made.values()}) == 1
    assert made["racknet"]["random_state"] == 3


def test_printed_figures_are_of_tasks_that_there_are():
    for suite in (IMAGE_SUITE, RECURRENT_SUITE):
        names = {task.name for task in suite.tasks}
        assert all(set(entry.published) <= names for entry in suite.entries)
    printed = {entry.name: dict(entry.published) for entry in IMAGES}
    assert printed["uniform-layer"] == {"mnist-10000": 98.97, "coil20": 94.57, "cifar10-10000": 69.50}
    assert printed["racknet-printed"] == {}


def test_forms_are_named_by_their_fields():
    assert ImageRacks("random").get_params() == SeriesRacks("random").get_params() == {
        "strategy": "random", "recurrent": False, "rack_pooling": "average"}
    assert SeriesRacks(recurrent=True, rack_pooling="max")(0, None).recurrent


def test_the_suites_are_there():
    assert {"racknet-series", "racknet-images", "racknet-rcnn"} <= set(SUITES)
    assert [task.name for task in SUITES["racknet-series"].tasks] == ["auslan", "spoken_arabic_digits", "hdm05"]
