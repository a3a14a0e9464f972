"""What a row may hold, part by part: all that tables and the report read of it has the type and the range they need.

A check is a function of a value and of its place in the row, such as "task.n_test", and raises a ValueError that names
the place. What a part has beside its known entries must be plain, too: rows are compared with each other.
"""

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from tsattn.benchmark.scores import MEASURES

Check = Callable[[Any, str], None]
LARGEST = 1e100  # of a number: its square, and the sum of many, are numbers still
WHOLE = 2**53
EPOCHS = 2**16
LETTERS = 2**22  # of numbers written as text
NAME = 200  # letters of an estimator's or a task's name: pictures are as wide as the longest
NAMES = tuple(dict.fromkeys(name for measures in MEASURES.values() for name in measures))
CURVES = ("train_loss", "validation_loss", "validation_accuracy")  # what is drawn of a history
NOT_FINITE = ("nan", "inf", "-inf")  # as a history has them
SPLITS = ("official", "cv", "validation", "paper")
DEPTH = 16  # of lists in lists, as parameters of a search


def text(value: Any, place: str) -> None:
    """A text."""
    if not isinstance(value, str):
        _hold(False, place, "a text", value)


def title(value: Any, place: str) -> None:
    """A name by which rows are put together and drawn; data frames hold no half of a surrogate pair."""
    fine = isinstance(value, str) and len(value) <= NAME and not any("\ud800" <= one <= "\udfff" for one in value)
    _hold(fine, place, f"a text of at most {NAME} whole letters", value)


def flag(value: Any, place: str) -> None:
    """True or False."""
    _hold(isinstance(value, bool), place, "true or false", value)


def number(value: Any, place: str) -> None:
    """A number of moderate size; it may be below 0."""
    _hold(type(value) in (int, float) and abs(value) <= LARGEST, place, f"a number of at most {LARGEST:g}", value)


def amount(value: Any, place: str) -> None:
    """A number that is not below 0."""
    _hold(type(value) in (int, float) and 0 <= value <= LARGEST, place, f"a number from 0 to {LARGEST:g}", value)


def count(value: Any, place: str) -> None:
    """A whole number that is not below 0."""
    if type(value) is not int or not 0 <= value <= WHOLE:
        _hold(False, place, "a whole number that is not below 0", value)


def several(value: Any, place: str) -> None:
    """A whole number above 0."""
    _hold(type(value) is int and 0 < value <= WHOLE, place, "a whole number above 0", value)


def scalar(value: Any, place: str) -> None:
    """A text, a number, true, false or nothing."""
    if not isinstance(value, (str, bool, type(None))):
        number(value, place)


def plain(value: Any, place: str, depth: int = DEPTH) -> None:
    """Scalars, in lists and objects that are not too deep."""
    if isinstance(value, dict | list) and depth:
        for entry in value.values() if isinstance(value, dict) else value:
            plain(entry, place, depth - 1)
    else:
        scalar(value, place)


def anything(_value: Any, _place: str) -> None:
    """What nobody reads."""


def either(*values: str) -> Check:
    """One of these texts."""
    def check(value: Any, place: str) -> None:
        _hold(isinstance(value, str) and value in values, place, f"one of {', '.join(values)}", value)
    return check


def maybe(check: Check) -> Check:
    """Nothing, or what the check asks for."""
    return lambda value, place: None if value is None else check(value, place)


def listed(check: Check, most: int = WHOLE, *, exactly: int | None = None) -> Check:
    """A list of such values."""
    def check_list(value: Any, place: str) -> None:
        _hold(isinstance(value, list) and len(value) <= most and exactly in (None, len(value)), place,
              "a list" if exactly is None else f"a list of {exactly}", value)
        for entry in () if check is anything else value:
            check(entry, place)
    return check_list


def texts(value: Any, place: str) -> None:
    """A list of texts; by types, for there may be many."""
    _hold(isinstance(value, list) and set(map(type, value)) <= {str}, place, "a list of texts", value)


def _named_texts(value: Any, place: str) -> None:
    _hold(isinstance(value, dict) and set(map(type, value.values())) <= {str}, place, "an object of texts", value)


def numbers(low: float = -LARGEST, high: float = LARGEST, *, whole: bool = False) -> Check:
    """A list of numbers from `low` up to, and without, `high`; by types and extremes, for there may be many."""
    kinds = {int} if whole else {int, float}

    def check(value: Any, place: str) -> None:
        try:
            found: set[Any] = set(value) if isinstance(value, list) else {None}  # labels are many, and few differ
        except TypeError:  # a list or an object is among them
            found = {None}
        fine = set(map(type, found)) <= kinds
        _hold(fine and (not found or (min(found) >= low and max(found) < high)), place,
              f"a list of {'whole ' if whole else ''}numbers from {low:g} to below {high:g}", value)
    return check


def keyed(check: Check) -> Check:
    """An object whose entries are such values."""
    return entries({}, others=check)


def entries(needed: Mapping[str, Check], optional: Mapping[str, Check] | None = None, *,
            others: Check = anything) -> Check:
    """An object with these entries; those that it need not have, and any other, are as they should be, too."""
    known = {**(optional or {}), **needed}

    def check(value: Any, place: str) -> None:
        _hold(isinstance(value, dict), place, "an object", value)
        start = f"{place}." if place else ""
        for name in needed:
            if name not in value:
                raise ValueError(f"{start}{name} is missing")
        try:  # the place is put together where it is asked for: there are thousands of rows, and few are wrong
            for name, one in known.items():
                if name in value:
                    one(value[name], name)
            for name in () if others is anything else value.keys() - known.keys():
                others(value[name], name)
        except ValueError as error:
            raise ValueError(f"{start}{error}") from None
    return check


def _hold(fine: bool, place: str, rule: str, value: Any) -> None:
    if not fine:
        raise ValueError(f"{place} must be {rule}, got {_said(value)}")


def _said(value: Any) -> str:
    """A value in a few letters; of one that may be large, its type alone."""
    if isinstance(value, list | dict):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, int) and abs(value) > WHOLE:
        return f"one of {value.bit_length()} bits"
    return repr(value[:40]) if isinstance(value, str) else repr(value)


def numbers_as_text(value: Any, place: str) -> None:
    """Numbers with spaces between."""
    text(value, place)
    try:
        found = map(float, value.split()) if len(value) <= LETTERS else [math.inf]
        fine = all(math.isnan(one) or abs(one) <= LARGEST for one in found)
    except ValueError:
        fine = False
    _hold(fine and "_" not in value, place, f"numbers of at most {LARGEST:g} with spaces between", value)


NUMBERS = numbers()


def epochs(value: Any, place: str) -> None:
    """A history: an object an epoch; what is drawn of it are numbers, those that are not finite by their names."""
    fine = isinstance(value, list) and len(value) <= EPOCHS and set(map(type, value)) <= {dict}
    _hold(fine, place, f"a list of at most {EPOCHS} objects", value)
    for column in CURVES:
        found = [epoch[column] for epoch in value if column in epoch]
        if str in map(type, found):
            for one in {one for one in found if isinstance(one, str)}:
                either(*NOT_FINITE)(one, f"{place}.{column}")
            found = [one for one in found if not isinstance(one, str)]
        NUMBERS(found, f"{place}.{column}")


def _what(value: Any, place: str) -> None:
    _hold(isinstance(value, dict | str), place, "an object or a name", value)


def searched(value: Any, place: str) -> None:
    """What a row says of its tuning."""
    SEARCH(value, place)
    _hold(value["winner"] < len(value["tries"]), f"{place}.winner", "the number of a try", value["winner"])


SEARCH = entries({"folds": count, "winner": count, "seconds": amount, "tries": listed(entries(
    {"params": keyed(plain), "error": maybe(text)}))})
TASK = {"name": title, "checksum": text, "n_train": count, "n_test": count, "n_channels": count}
PANEL = {"min_length": count, "max_length": count}
TASKS: dict[str, Mapping[str, Check]] = {
    "classification": {"n_classes": count, "majority": number},
    "regression": {"sd": number},
    "forecasting": {"about": text, "n_series": count, "horizon": several, "season": count, "scored": texts,
                    "target": text, "unit": either("raw", "z"), "rolled": flag},
}
HARDWARE = {"cpu": maybe(text), "cores": maybe(count), "torch_threads": maybe(count), "jobs": maybe(count),
            "gpu": maybe(text), "system": maybe(text)}
KEPT: Mapping[str, Mapping[str, Check]] = {  # of labels and values more is asked once all of these are there
    "classification": {"classes": texts, "true": listed(anything), "predicted": listed(anything)},
    "regression": {"true": listed(anything), "predicted": listed(anything)},
    "forecasting": {"losses": numbers_as_text, "residuals": numbers_as_text},
}
ROW: Mapping[str, Check] = {
    "format": count, "key": text, "slot": text, "status": either("done", "failed"), "seed": count, "finished": text,
    "split": entries({"kind": either(*SPLITS), "folds": several, "fold": count}),
    "versions": _named_texts, "hardware": entries({}, HARDWARE, others=scalar),
    "estimator": entries({"name": title, "what": _what, "ours": flag, "seeded": flag, "notes": texts},
                         {"published": maybe(number), "published_as": either(*NAMES)}),
}
FIRST = entries({"task": entries({"name": title}), "status": either("done", "failed")})
SOMETIMES = {"commit": maybe(text), "command": maybe(text), "code": text, "history": maybe(epochs),
             "tuning": maybe(searched)}
DONE: Mapping[str, Check] = {"fit_seconds": amount, "predict_seconds": amount, "n_parameters": maybe(count),
                             "memory": entries({"peak_mb": amount})}


def check(row: Mapping[str, Any]) -> None:
    """Raise a ValueError, which names the part, unless all of a row is as tables and the report read it."""
    FIRST(row, "")
    task = row["task"]
    kind = task.get("kind", "classification")
    either(*TASKS)(kind, "task.kind")
    maybe(either(*MEASURES[kind]))(task.get("leading"), "task.leading")
    old = type(row.get("format")) is int and row["format"] == 1
    _whole(kind, row["status"], task.get("leading"), image="image" in task, old=old)(row, "")
    if row["status"] == "done" and kind != "forecasting":
        labels = numbers(0, len(row["classes"]), whole=True) if kind == "classification" else numbers()
        labels(row["true"], "true")
        labels(row["predicted"], "predicted")
        n = len(row["true"])
        _hold(len(row["predicted"]) == n, "predicted", f"as long as true, a list of {n},", row["predicted"])


@cache
def _whole(kind: str, status: str, leading: str | None, *, image: bool, old: bool) -> Check:
    """The check of all parts of a row but for its labels, which depend on each other."""
    task = {**TASK, **TASKS[kind]}
    if kind != "forecasting":
        task |= {"image": listed(count, exactly=2)} if image else PANEL
    scores = dict.fromkeys(MEASURES[kind], maybe(number))
    if status == "done":
        needed = {leading or next(iter(MEASURES[kind])): maybe(number)}
        came: Mapping[str, Check] = {**DONE, **KEPT[kind], "scores": entries(needed, scores)}
    else:
        came = {"scores": maybe(entries({}, scores)),
                "error": entries({"type": text, "message": text}, {"traceback": text})}
    later = {} if old else {"code": text}  # rows of the first format can still be read
    return entries({**ROW, **later, "task": entries(task, {"n_classes": count}, others=plain), **came}, SOMETIMES)


ABOUT: Mapping[str, Check] = {"suite": text, "title": text, "reference": text, "command": text, "seeds": count,
                              "unbuilt": keyed(keyed(number))}


def tells(name: str, value: Any) -> bool:
    """Whether what a manifest says of its suite is as tables and the report read it."""
    try:
        ABOUT.get(name, anything)(value, name)
    except ValueError:
        return False
    return True
