"""Names of instances: what belongs to the instances of a panel is brought into their order by name.

A default index, 0 to n - 1, is no name: what has one is paired by position, unless it holds the very names.
"""

from typing import Any

import pandas as pd


def names_of(X: Any) -> pd.Index | None:
    """Names of the instances of a container of sktime, in its order; None where they are merely numbered.

    Examples
    --------
    >>> X = pd.DataFrame({"x": range(4)}, index=pd.MultiIndex.from_product([["b", "a"], [0, 1]], names=["who", "t"]))
    >>> names_of(X).tolist(), names_of([])
    (['b', 'a'], None)
    """
    if not isinstance(X, pd.DataFrame):
        return None
    if not isinstance(X.index, pd.MultiIndex):
        return X.index
    return X.index.droplevel(-1).unique() if X.index.nlevels > 1 else None


def aligned(X: Any, y: Any, name: str = "y") -> Any:
    """What belongs to the instances of `X`, in their order, and under their names if it has an index.

    What has no index is paired by position. What has one is paired

    - by name, where its index holds the names of the instances of `X`, each once;
    - by position, where `X` has no names (arrays, lists, a nested frame with a default index) or `y` has none: a
      RangeIndex, or, beside names that are no integers, integers that rise, as cross-validation leaves of one.

    A DataFrame of one column becomes a Series.

    Raises
    ------
    ValueError
        The index names other instances than `X` has, or one of them twice.

    Examples
    --------
    >>> X = pd.DataFrame({"x": range(4)}, index=pd.MultiIndex.from_product([["b", "a"], [0, 1]], names=["who", "t"]))
    >>> aligned(X, pd.Series({"a": "low", "b": "high"})).tolist()
    ['high', 'low']
    """
    if not isinstance(y, pd.Series | pd.DataFrame):
        return y
    if isinstance(y, pd.DataFrame) and y.shape[1] == 1:
        y = y.iloc[:, 0]
    names = names_of(X)
    if names is None or y.index.equals(names):
        return y
    if _hold_the_same(names, y.index):
        return y.iloc[y.index.get_indexer(names)].set_axis(names)
    if not (isinstance(y.index, pd.RangeIndex) or _is_default(names) or _is_part_of_default(y.index, names)):
        raise ValueError(f"the index of {name} must name the instances of X: it {_difference(names, y.index)}; index "
                         f"{name} by them, or pair by position: {name}.to_numpy()")
    return y.set_axis(names) if len(y) == len(names) else y


def _hold_the_same(names: pd.Index, given: pd.Index) -> bool:
    """Whether two indices hold the same entries, each once."""
    if len(given) != len(names) or given.nlevels != names.nlevels or not (given.is_unique and names.is_unique):
        return False
    return bool((given.get_indexer(names) >= 0).all())


def _difference(names: pd.Index, given: pd.Index) -> str:
    """What keeps one index from naming the same instances as another one."""
    names, given = names.to_flat_index(), given.to_flat_index()
    lacking, surplus = names.difference(given, sort=False), given.difference(names, sort=False)
    parts = [f"{verb} {_some(part)}" for verb, part in [
        ("lacks", lacking), ("has", surplus), ("twice has", given[given.duplicated()].unique())] if len(part)]
    return " and ".join(parts) or "has another order than X, which names several alike"


def _some(names: pd.Index) -> str:
    first = names.tolist()[0]
    return f"{first!r}" if len(names) == 1 else f"{first!r} and {len(names) - 1} more"


def _is_default(names: pd.Index) -> bool:
    return isinstance(names, pd.RangeIndex) and names.equals(pd.RangeIndex(len(names)))


def _is_part_of_default(given: pd.Index, names: pd.Index) -> bool:
    """Whether an index can be what is left of a default one, and cannot be meant as names."""
    numbers = pd.api.types.is_integer_dtype
    return bool(numbers(given) and not numbers(names) and given.is_monotonic_increasing and given.is_unique)
