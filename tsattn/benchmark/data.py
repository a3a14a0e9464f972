"""What a benchmark task holds: labelled series, who they come from, and how they are split.

Four splits, never mixed in one table:
- "official": the data set's own training and test part;
- "cv": stratified k-fold over all instances, by groups where the data set names them;
- "validation": the same inside the official training part alone. Variants are chosen there; the test part is not read;
- "paper": 70 % and 20 % of all instances by class, as publications cut them, with a person's on both sides: scores are
  too high, and there to compare their order with a printed one. The 10 % that those validate on are left out.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, StratifiedShuffleSplit

from tsattn._checks import check_int, check_one_of
from tsattn._instances import aligned

SPLITS = ("official", "cv", "validation", "paper")
SINGLE = ("official", "paper")  # have one fold
SHUFFLE = 0  # the seed of the folds: part of the protocol, the same for every estimator and every seed


@dataclass(frozen=True, eq=False)
class Data:
    """A labelled panel: `X` in sktime's pd-multiindex form, its labels, and whose series they are.

    Parameters
    ----------
    X : pd.DataFrame
        Rows (instance, time), one column a channel; all rows of an instance stand together.
    y : array or Series of shape (n,)
        Labels in the order in which the instances first appear in `X`; or a Series, or a DataFrame of one column, under
        their names, in any order. Likewise for what follows.
    is_train : bool array of shape (n,), optional
        The official training part.
    groups : array of shape (n,), optional
        Whose series each is (a speaker, a session); folds never cut a group in two.

    Examples
    --------
    Where both official parts count from 0, their instances are told apart:

    >>> import numpy as np
    >>> import pandas as pd
    >>> index = pd.MultiIndex.from_product([[0, 1], range(3)], names=["instance", "time"])
    >>> part = pd.DataFrame({"x": np.arange(6.0)}, index=index), np.array(["up", "down"])
    >>> data = Data.joined(part, part)
    >>> data.ids.tolist(), data.is_train.tolist()
    (['train-0', 'train-1', 'test-0', 'test-1'], [True, True, False, False])
    """

    X: pd.DataFrame
    y: np.ndarray
    is_train: np.ndarray | None = None
    groups: np.ndarray | None = None

    def __post_init__(self):
        for name in ("y", "is_train", "groups"):
            value = getattr(self, name)
            if value is None:
                continue
            value = aligned(self.X, value, name)
            if isinstance(value, pd.DataFrame):
                raise ValueError(f"{name} must be one column, got {value.shape[1]}: {list(value.columns)}; choose one")
            if len(value) != len(self.lengths):
                raise ValueError(f"{name} must have one entry an instance, {len(self.lengths)}, got {len(value)}")
            if isinstance(value, pd.Series):
                object.__setattr__(self, name, value.to_numpy())

    @classmethod
    def joined(cls, train, test, *, groups=None) -> "Data":
        """One panel from `(X, y)` of both official parts; if both count from 0 the instances are renamed."""
        names = [set(X.index.get_level_values(0)) for X, _ in (train, test)]
        parts = zip(("train", "test"), (train, test), strict=True)
        renamed = [_renamed(X, part) if names[0] & names[1] else X for part, (X, _) in parts]
        y = np.concatenate([np.asarray(aligned(X, y)) for X, y in (train, test)])
        is_train = np.arange(len(y)) < len(train[1])
        return cls(pd.concat(renamed), y, is_train, groups)

    @cached_property
    def _codes(self) -> np.ndarray:
        """For each row of `X`, the position of its instance, by first appearance."""
        return pd.factorize(self.X.index.get_level_values(0))[0]

    @cached_property
    def lengths(self) -> np.ndarray:
        """Steps of each instance, (n,)."""
        if (np.diff(self._codes) < 0).any():
            raise ValueError("all rows of an instance must stand together; sort the panel by instance first")
        return np.bincount(self._codes)

    @property
    def ids(self) -> pd.Index:
        """The instances' names, (n,)."""
        return self.X.index.get_level_values(0).unique()

    def take(self, positions) -> tuple[pd.DataFrame, np.ndarray]:
        """`(X, y)` of the instances at `positions`, in that order."""
        ends = np.cumsum(self.lengths)
        rows = np.concatenate([np.arange(ends[i] - self.lengths[i], ends[i]) for i in positions])
        X = self.X.iloc[rows]
        assert isinstance(X.index, pd.MultiIndex)
        X.index = X.index.remove_unused_levels()
        return X, self.y[np.asarray(positions)]

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over values, lengths, labels, columns, groups and the official split."""
        digest = hashlib.sha256(self.X.to_numpy(np.float64).tobytes())
        digest.update(self.lengths.astype(np.int64).tobytes())
        for part in (self.y, self.is_train, self.groups, self.X.columns):
            digest.update(repr(None if part is None else [str(entry) for entry in part]).encode())
        return digest.hexdigest()


def _renamed(X: pd.DataFrame, part: str) -> pd.DataFrame:
    instances, times = X.index.get_level_values(0), X.index.get_level_values(1)
    index = pd.MultiIndex.from_arrays([[f"{part}-{name}" for name in instances], times], names=["instance", "time"])
    return X.set_axis(index)


def splits(data: Data, kind: str, folds: int = 5) -> list[tuple[np.ndarray, np.ndarray]]:
    """Positions `(train, test)` of each fold; one pair for "official" and "paper".

    Raises
    ------
    ValueError
        The kind is unknown, or it asks for an official split that the data set does not have.
    """
    check_one_of("split", kind, SPLITS)
    if kind == "cv":
        return _k_fold(data, np.arange(len(data.y)), folds)
    if kind == "paper":
        cut = StratifiedShuffleSplit(1, train_size=0.7, test_size=0.2, random_state=SHUFFLE)
        return list(cut.split(data.y, data.y))
    if data.is_train is None:
        raise ValueError(f"split {kind!r} needs an official training part, and this data set has none; use 'cv'")
    train, test = np.flatnonzero(data.is_train), np.flatnonzero(~data.is_train)
    return [(train, test)] if kind == "official" else _k_fold(data, train, folds)


def _k_fold(data: Data, among: np.ndarray, folds: int) -> list[tuple[np.ndarray, np.ndarray]]:
    check_int("folds", folds, minimum=2)
    y = data.y[among]
    if data.groups is None:
        cut = StratifiedKFold(folds, shuffle=True, random_state=SHUFFLE).split(among, y)
    else:
        groups = data.groups[among]
        n_groups = len(set(groups))
        if n_groups < folds:
            raise ValueError(f"folds must not outnumber the {n_groups} groups, got {folds}")
        cut = StratifiedGroupKFold(folds, shuffle=True, random_state=SHUFFLE).split(among, y, groups)
    return [(among[train], among[test]) for train, test in cut]
