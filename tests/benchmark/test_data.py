import numpy as np
import pandas as pd
import pytest

from tsattn.benchmark.data import Data, splits


def test_take_gives_instances_in_the_order_asked_for(dummies):
    data = dummies.panel(unequal=True)
    X, y = data.take([4, 0])
    assert X.index.get_level_values(0).unique().tolist() == ["s4", "s0"]
    assert y.tolist() == ["flat", "down"]
    pd.testing.assert_frame_equal(X.loc[["s0"]], data.X.loc[["s0"]])
    assert sorted(X.index.levels[0]) == ["s0", "s4"]  # the others are forgotten


def test_parts_that_both_count_from_0_are_renamed_and_others_are_not(dummies):
    data = dummies.panel()
    first, second = data.take(range(5)), data.take(range(5, 11))
    assert Data.joined(first, second).ids.tolist() == [f"s{k}" for k in range(11)]
    again = Data.joined(first, first)
    assert again.ids.tolist()[:2] == ["train-s0", "train-s1"]
    assert again.ids.tolist()[-1] == "test-s4"
    assert again.is_train.tolist() == [True] * 5 + [False] * 5


def test_the_official_split_is_the_data_sets_own(dummies):
    ((train, test),) = splits(dummies.panel(), "official")
    assert train.tolist() == list(range(12))
    assert test.tolist() == list(range(12, 21))


def test_cv_is_stratified_and_covers_everything_once(dummies):
    data = dummies.panel()
    folds = splits(data, "cv", 7)
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(21))
    for train, test in folds:
        assert sorted(data.y[test]) == ["down", "flat", "up"]
        assert not set(train) & set(test)


def test_cv_never_cuts_a_group_in_two(dummies):
    data = dummies.panel(groups=True)
    for train, test in splits(data, "cv", 4):
        assert not set(data.groups[train]) & set(data.groups[test])


def test_validation_never_touches_the_test_part(dummies):
    data = dummies.panel()
    for train, test in splits(data, "validation", 3):
        assert data.is_train[train].all()
        assert data.is_train[test].all()


def test_the_split_of_papers_is_by_class_and_over_all(dummies):
    data = dummies.panel(n=60)
    ((train, test),) = splits(data, "paper")
    assert (len(train), len(test), len(set(train) | set(test))) == (42, 12, 54)
    assert np.unique(data.y[train], return_counts=True)[1].tolist() == [14] * 3
    assert np.unique(data.y[test], return_counts=True)[1].tolist() == [4] * 3
    assert len(set(data.is_train[test])) == 2
    assert all((a == b).all() for a, b in zip((train, test), splits(data, "paper")[0], strict=True))


def test_impossible_splits_say_why(dummies):
    data = dummies.panel(groups=True)
    with pytest.raises(ValueError, match="outnumber the 4 groups, got 5"):
        splits(data, "cv", 5)
    with pytest.raises(ValueError, match="has none; use 'cv'"):
        splits(Data(data.X, data.y), "official")
    with pytest.raises(ValueError, match="unknown split 'random'"):
        splits(data, "random")
    with pytest.raises(ValueError, match="y must have one entry an instance, 21, got 20"):
        Data(data.X, data.y[1:])


def test_the_checksum_hears_every_change(dummies):
    data = dummies.panel()
    same = dummies.panel()
    assert data.checksum == same.checksum
    value, label, split = dummies.panel(), dummies.panel(), dummies.panel()
    value.X.iloc[0, 0] += 1e-9
    label.y[0] = "up"
    split.is_train[0] = False
    others = [value, label, split, dummies.panel(groups=True), dummies.panel(unequal=True),
              Data(data.X.rename(columns={"a": "c"}), data.y, data.is_train)]
    assert len({data.checksum, *(other.checksum for other in others)}) == 7
