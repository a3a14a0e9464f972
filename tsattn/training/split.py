"""The validation part: series held out of the training data, never out of any other."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tsattn._checks import warn_user
from tsattn.training.config import Training
from tsattn.training.data import Sequences


def hold_out(data: Sequences, training: Training, strata: Any,
             generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Part the positions of `data` into (training, validation), both ascending.

    Parameters
    ----------
    data : Sequences
    training : Training
        Its `validation` and `groups` say how.
    strata : array, (n,) or None
        Classes; each is held out in proportion, at random. None for no classes: of codes some are held out at random,
        of values the last ones, for windows of one series that overlap would tell each other's target.
    generator : torch.Generator

    Raises
    ------
    ValueError
        A class has one series only; or the fold is empty, or all; or there are groups, and the series have no ids, or
        an id has no group, or no group can be spared.
    """
    classes = None if strata is None else np.asarray(strata)
    if isinstance(training.validation, tuple):
        held = _given(training.validation, len(data))
    elif training.groups is not None:
        held = _whole_groups(group_of_each(data, training.groups), classes, training.validation, generator)
    elif not training.validation:
        held = np.zeros(len(data), dtype=bool)
    elif data.target is not None and data.target.is_floating_point():
        held = _last(data.target.cpu().numpy(), training.validation)
    elif classes is None:
        held = _stratified(np.zeros(len(data)), training.validation, generator, named=False)
    else:
        held = _stratified(classes, training.validation, generator, named=True)
    return torch.from_numpy(np.flatnonzero(~held)), torch.from_numpy(np.flatnonzero(held))


def group_of_each(data: Sequences, groups: Mapping[Any, Any] | Callable[[Any], Any]) -> list[Any]:
    """The group of each series, by its id."""
    if data.ids is None:
        raise ValueError("groups go by instance ids, and these series have none: give X as pd-multiindex, "
                         "or name positions: validation=(0, 3)")
    ids = list(data.ids)
    if not isinstance(groups, Mapping):
        return [groups(one) for one in ids]
    missing = [one for one in ids if one not in groups]
    if missing:
        raise ValueError(f"groups must name the group of every instance; {missing[0]!r} has none "
                         f"({len(missing)} of {len(ids)} without)")
    return [groups[one] for one in ids]


def _given(positions: tuple[int, ...], n: int) -> np.ndarray:
    outside = [position for position in positions if not 0 <= position < n]
    if outside:
        raise ValueError(f"validation positions must lie in [0, {n}), got {outside[0]}")
    held = np.zeros(n, dtype=bool)
    held[np.array(positions, dtype=np.int64)] = True
    if held.all() or not held.any():
        raise ValueError(f"validation positions must hold some series and leave some, got {int(held.sum())} of {n}")
    return held


def _last(values: np.ndarray, fraction: float) -> np.ndarray:
    """The last series, with a warning where their values lie beyond all others': y is sorted, or something drifts."""
    n_held = _number(fraction, len(values), "there is 1 series")
    rest, last = np.split(values, [len(values) - n_held])
    if ((last.min(0) > rest.max(0)) | (last.max(0) < rest.min(0))).any():
        warn_user(f"the last {n_held} of {len(values)} series are held out, and their targets lie beyond those of all "
                  "others: where the series have no order of their own, shuffle them, or name some by their positions, "
                  "Training(validation=(...))")
    return np.arange(len(values)) >= len(rest)


def _stratified(classes: np.ndarray, fraction: float, generator: torch.Generator, *, named: bool) -> np.ndarray:
    held = np.zeros(len(classes), dtype=bool)
    for label in np.unique(classes):
        members = np.flatnonzero(classes == label)
        name = label.item() if hasattr(label, "item") else label
        n_held = _number(fraction, len(members), f"class {name!r} has 1" if named else "there is 1 series")
        held[members[torch.randperm(len(members), generator=generator).numpy()[:n_held]]] = True
    return held


def _number(fraction: float, n: int, whose: str) -> int:
    """How many of n are held out: some, and not all."""
    if n < 2:
        raise ValueError(f"a validation part needs two series at least, of each class if there are any; {whose}: use "
                         "validation=0.0, or a tuple of positions")
    return min(max(1, round(fraction * n)), n - 1)


def _whole_groups(groups: list[Any], classes: np.ndarray | None, fraction: float,
                  generator: torch.Generator) -> np.ndarray:
    """Take groups at random until `fraction` is reached, but none that would overshoot by much or empty a class."""
    names = list(dict.fromkeys(groups))  # in order of appearance: a set's order is not the same in every process
    code = {name: number for number, name in enumerate(names)}
    codes = np.array([code[group] for group in groups])
    held = np.zeros(len(codes), dtype=bool)
    wanted = fraction * len(codes)
    for number in torch.randperm(len(names), generator=generator).tolist():
        tried = held | (codes == number)
        nearer = abs(tried.sum() - wanted) < abs(held.sum() - wanted) or not held.any()
        if nearer and _leaves_every_class(tried, classes):
            held = tried
    if not held.any():
        raise ValueError(f"no group can be held out: each of the {len(names)} groups holds all series of some class")
    return held


def _leaves_every_class(held: np.ndarray, classes: np.ndarray | None) -> bool:
    if held.all():
        return False
    return classes is None or len(np.unique(classes[~held])) == len(np.unique(classes))
