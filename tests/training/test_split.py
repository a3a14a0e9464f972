"""The validation part: in proportion, by groups without a leak, or as it is given."""

import warnings

import numpy as np
import pytest
import torch

from tsattn.training import Sequences, Training
from tsattn.training.split import hold_out


def split(n=None, strata=None, ids=None, seed=0, target=None, **parameters):
    n = len(strata) if n is None else n
    data = Sequences([np.ones((n, 1))], np.ones(n, dtype=int), ids=ids, target=target)
    train, validation = hold_out(data, Training(**parameters), strata, torch.Generator().manual_seed(seed))
    assert sorted([*train.tolist(), *validation.tolist()]) == list(range(n))
    return train.numpy(), validation.numpy()


def test_nothing_is_held_out_by_default():
    train, validation = split(7)
    assert len(train) == 7
    assert len(validation) == 0


def test_classes_are_held_out_in_proportion():
    strata = np.repeat(["a", "b", "c"], [50, 20, 2])
    _, validation = split(strata=strata, validation=0.2)
    assert [(strata[validation] == label).sum() for label in "abc"] == [10, 4, 1]


def test_of_values_the_last_are_held_out():
    values = np.random.default_rng(0).standard_normal(30)
    assert split(30, target=values, validation=0.1)[1].tolist() == [27, 28, 29]
    assert split(2, target=np.zeros(2), validation=0.9)[1].tolist() == [1]
    assert split(30, target=values, validation=0.01)[1].tolist() == [29]


@pytest.mark.parametrize("target", [None, np.repeat([0, 1], [40, 10])])
def test_codes_without_classes_are_held_out_at_random(target):
    """Not the last ones, which may be all there are of a class."""
    held = split(50, target=target, validation=0.2)[1]
    assert len(held) == 10
    assert held.min() < 30


@pytest.mark.parametrize("values", [np.arange(30.0), -np.arange(30.0), np.repeat([1.0, 0.0], [24, 6])])
def test_targets_beyond_all_others_are_warned_of(values):
    with pytest.warns(UserWarning, match=r"the last 6 of 30 series .* their targets lie beyond .*shuffle"):
        split(30, target=values, validation=0.2)
    with warnings.catch_warnings(action="error"):
        split(30, target=np.random.default_rng(0).permutation(values), validation=0.2)
        split(30, target=np.ones(30), validation=0.2)


def test_the_generator_decides():
    strata = np.repeat(["a", "b"], 50)
    one, same, other = (split(strata=strata, validation=0.2, seed=seed)[1].tolist() for seed in [1, 1, 2])
    assert one == same != other


def test_p15_a_class_of_one_series_is_named():
    with pytest.raises(ValueError, match=r"two series at least, of each class.*; class 'rare' has 1: use validation"):
        split(strata=np.array(["often"] * 9 + ["rare"]), validation=0.2)
    with pytest.raises(ValueError, match="class 3 has 1"):
        split(strata=np.array([1, 1, 3]), validation=0.2)
    with pytest.raises(ValueError, match="there is 1 series: use validation"):
        split(1, validation=0.2)


def test_p15_a_class_of_one_series_trains_where_nothing_is_held_out():
    assert len(split(strata=np.array(["often"] * 9 + ["rare"]))[0]) == 10


def test_a_given_fold_is_taken():
    train, validation = split(7, validation=(5, 2))
    assert validation.tolist() == [2, 5]
    assert train.tolist() == [0, 1, 3, 4, 6]


@pytest.mark.parametrize(("fold", "message"), [
    ((7,), r"must lie in \[0, 7\), got 7"), ((-1,), "got -1"), ((), "hold some series and leave some, got 0 of 7"),
    (tuple(range(7)), "got 7 of 7")])
def test_a_fold_that_makes_no_sense_is_refused(fold, message):
    with pytest.raises(ValueError, match=message):
        split(7, validation=fold)


PEOPLE = {f"{person}-{number}": person for person in "abcdefg" for number in range(11)}


@pytest.mark.parametrize("groups", [PEOPLE, lambda name: name.split("-")[0]], ids=["mapping", "function"])
def test_groups_stay_whole(groups):
    ids, strata = list(PEOPLE), np.array([number % 2 for number in range(77)])
    for seed in range(5):
        train, validation = split(strata=strata, ids=ids, validation=0.3, groups=groups, seed=seed)
        inside, outside = ({PEOPLE[ids[position]] for position in part} for part in [train, validation])
        assert not inside & outside
        assert len(outside) == 2  # of 7: 22 of 77 is nearest to 0.3


def test_groups_go_by_id_and_not_by_order():
    ids = list(PEOPLE)
    order = np.random.default_rng(0).permutation(77)
    _, validation = split(77, ids=[ids[position] for position in order], validation=0.3, groups=PEOPLE)
    assert len({PEOPLE[ids[order[position]]] for position in validation}) * 11 == len(validation)


def test_groups_leave_every_class_to_training():
    """Class "rare" is one person's own: that one is never held out."""
    strata = np.array(["rare" if person == "c" else "often" for person in PEOPLE.values()])
    for seed in range(9):
        train, _ = split(strata=strata, ids=list(PEOPLE), validation=0.3, groups=PEOPLE, seed=seed)
        assert "rare" in strata[train]


def test_groups_that_cannot_be_spared_are_refused():
    with pytest.raises(ValueError, match="no group can be held out: each of the 7 groups"):
        split(strata=np.array(list(PEOPLE.values())), ids=list(PEOPLE), validation=0.3, groups=PEOPLE)
    with pytest.raises(ValueError, match="no group can be held out"):
        split(3, ids=[1, 2, 3], validation=0.3, groups=lambda _: "all")


def test_groups_need_ids():
    with pytest.raises(ValueError, match="these series have none: give X as pd-multiindex"):
        split(3, validation=0.3, groups=PEOPLE)


def test_an_id_without_a_group_is_named():
    with pytest.raises(ValueError, match=r"'z-1' has none \(2 of 4 without\)"):
        split(4, ids=["a-1", "z-1", "b-1", "z-2"], validation=0.3, groups=PEOPLE)
