"""Values as typed JSON, their arrays beside it: what a model file is made of.

A value is written as itself (None, bool, int, str, finite float), or as an object whose first key says what it is:
`{"tuple": [...]}`, `{"array": name of a tensor}`, `{"range": ...}`, `{"object": class name, ...}`. Reading knows these
and nothing else: no name in a file is ever imported.
"""

import math
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import torch
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import BaseOffset
from torch import Tensor

UNITS = ("s", "ms", "us", "ns")  # of times
LABELS = ("object", "str", "string")  # kinds of an index that is no array of numbers
DEEPEST = 40  # values within one another
MOST_LEVELS = 32  # of an index
MOST_COLUMNS = 100  # of a table
WIDEST = 2**26  # bytes of an array of text, each as wide as the widest
FARTHEST = 2**62  # periods from 1970; sums of two still fit 64 bits
LABELLED = {  # what a user knows as the labels that stand in an attribute of this name
    "names": "the columns of y", "exogenous": "the columns of X", "feature_names_in_": "the columns of X",
    "index": "the index of y", "classes_": "the classes in y", "class_weight": "the classes in class_weight",
}
LONGEST_SAID = 60  # characters of a value that an error shows


class Writer:
    """Values to typed JSON; arrays gather in `tensors`. What objects are written as is said by a subclass."""

    def __init__(self) -> None:
        self.tensors: dict[str, np.ndarray] = {}

    def node(self, value: Any, where: str) -> Any:
        """The JSON of a value; `where` it stands is what an error names."""
        if value is None or type(value) in (bool, int, str) or (type(value) is float and math.isfinite(value)):
            return value
        if type(value) is float:
            return {"float": str(value)}
        if isinstance(value, np.str_):
            return str(value)
        if type(value) in (tuple, list):
            return {type(value).__name__: [self.node(item, where) for item in value]}
        if type(value) is dict:
            return {"dict": [[self.node(part, where) for part in pair] for pair in value.items()]}
        if isinstance(value, pd.DataFrame):
            if not value.index.equals(pd.RangeIndex(len(value))) or not all(type(name) is str for name in value):
                raise TypeError(f"{where} cannot be saved: a table must have text over its columns, and rows without "
                                "labels")
            return {"frame": [[name, self.node(column.to_numpy(), where)] for name, column in value.items()]}
        if isinstance(value, pd.Index):
            return self._index(value, where)
        if isinstance(value, Tensor):
            return {"tensor": self._kept(value.numpy())}
        if isinstance(value, np.ndarray | np.generic):
            return self._array(np.asarray(value), where)
        return self._object(value, where)

    def _object(self, value: Any, where: str) -> dict[str, Any]:
        """The JSON of an object; raise TypeError on one that cannot be written."""
        raise NotImplementedError

    def _kept(self, value: np.ndarray) -> str:
        name = f"array.{len(self.tensors)}"
        self.tensors[name] = value.astype(value.dtype.newbyteorder("="))
        return name

    def _array(self, value: np.ndarray, where: str) -> dict[str, Any]:
        if value.dtype.kind in "biuf":
            return {"array": self._kept(value)}
        if value.dtype.kind in "UO" and value.ndim == 1 and value.nbytes <= WIDEST:
            return {"labels": [self.node(item, where) for item in value.tolist()], "dtype": value.dtype.str}
        raise unsavable(where, value.dtype.name, f"it is an array of {value.dtype}")

    def _index(self, value: pd.Index, where: str) -> dict[str, Any]:
        if isinstance(value, pd.MultiIndex):
            value = value.remove_unused_levels()
            return {"levels": [self.node(level, where) for level in value.levels],
                    "codes": [self.node(np.asarray(codes), where) for codes in value.codes],
                    "names": [self.node(name, where) for name in value.names]}
        return {**self._labels(value, where), "name": self.node(value.name, where)}

    def _labels(self, value: pd.Index, where: str) -> dict[str, Any]:
        """What an index of one level is made from, but for its name."""
        if isinstance(value, pd.RangeIndex):
            return {"range": [value.start, value.stop, value.step]}
        if isinstance(value, pd.PeriodIndex):
            return {"periods": self._kept(value.asi8), "freq": value.freqstr}
        if isinstance(value, pd.DatetimeIndex | pd.TimedeltaIndex):
            zone = zone_name(getattr(value, "tz", None), where)
            if value.freq is not None and not _is_named(value.freq):
                raise TypeError(f"{place_of(where)} cannot be saved: its frequency {value.freq!r} has no name, as 'D' "
                                "is one, that it can be made from; use periods, or number the rows before fit")
            kind = {"times": zone} if isinstance(value, pd.DatetimeIndex) else {"durations": None}
            return {**kind, "since": self._kept(value.asi8), "unit": value.unit, "freq": value.freqstr}
        if isinstance(value.dtype, np.dtype) and value.dtype.kind in "biuf":
            return {"numbers": self._kept(value.to_numpy())}
        if str(value.dtype) in LABELS:
            return {"index": [self.node(label, where) for label in value.tolist()], "dtype": str(value.dtype)}
        if isinstance(value, pd.CategoricalIndex):
            return {"categories": self.node(value.categories, where), "codes": self._kept(value.codes),
                    "ordered": value.ordered}
        raise TypeError(f"{place_of(where)} cannot be saved: its labels are of {value.dtype}; convert them to text, "
                        "times or numbers of NumPy, such as int64, before fit")


def _is_named(freq: BaseOffset) -> bool:
    """Whether a frequency can be made again from its name."""
    try:
        return to_offset(freq.freqstr) == freq
    except ValueError:  # the name of a DateOffset is no name that pandas reads
        return False


def unsavable(where: str, got: str, why: str) -> TypeError:
    """The error about a value that no model file holds; labels are to be renamed."""
    place = place_of(where)
    if place != where:
        why = f"a label in a model file must be text or a number, got {got[:LONGEST_SAID]}; rename them to text or " \
              "whole numbers before fit"
    return TypeError(f"{place} cannot be saved: {why}")


def place_of(where: str) -> str:
    """What a user knows as the labels that stand there; for anything but labels, `where` itself."""
    name = where.rpartition(".")[2]
    return f"the columns of {'y' if '.y.' in where else 'X'}" if name == "columns" else LABELLED.get(name, where)


def zone_name(zone: Any, where: str) -> str | None:
    """The name that a time zone is found by; None for none."""
    if zone is None or zone is UTC:
        return None if zone is None else "UTC"
    if isinstance(zone, ZoneInfo) and zone.key is not None:
        return zone.key
    raise TypeError(f"{place_of(where)} cannot be saved: its time zone {zone!r} has no name; convert it to UTC first")


class Reader:
    """Typed JSON to values; `unread` are the tensors that nothing has asked for yet.

    No value is larger than what stands in the file, so that what a file claims cannot fill the memory.
    """

    def __init__(self, tensors: dict[str, np.ndarray]) -> None:
        self.unread = dict(tensors)
        self.size = sum(tensor.size for tensor in tensors.values())
        self.depth = 0

    def node(self, value: Any) -> Any:
        """The value of a JSON node; raises ValueError and the like on anything unknown."""
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float:
            if not math.isfinite(value):  # so many digits before the point
                raise ValueError("a number is beyond what a float holds")
            return value
        self.depth += 1
        if self.depth > DEEPEST:
            raise ValueError(f"values stand more than {DEEPEST} deep in one another")
        found = self._composed(value)
        self.depth -= 1
        return found

    def _composed(self, value: dict[str, Any]) -> Any:
        """The value of a node that says what it is by its keys."""
        kind = next(iter(value))
        if kind == "float" and len(value) == 1 and value[kind] in ("nan", "inf", "-inf"):
            return np.nan if value[kind] == "nan" else float(value[kind])  # pandas' own: found again in a list
        if kind in ("tuple", "list") and len(value) == 1:
            items = [self.node(item) for item in value[kind]]
            return tuple(items) if kind == "tuple" else items
        if kind == "dict" and len(value) == 1:
            return {self.node(key): self.node(item) for key, item in value[kind]}
        if kind == "frame" and len(value) == 1:
            return self._table(value[kind])
        if kind == "array" and len(value) == 1:
            array = self.unread.pop(value[kind])
            return array if array.ndim else array[()]
        if kind == "tensor" and len(value) == 1:
            return torch.tensor(self.unread.pop(value[kind]))
        if set(value) == {"labels", "dtype"} and value["dtype"][1:2] in ("U", "O"):
            labels = np.empty(len(value["labels"]), dtype=object)
            labels[:] = [self.node(item) for item in value["labels"]]
            return labels if value["dtype"] == "|O" else strings(labels, value["dtype"])
        if set(value) == {"levels", "codes", "names"}:
            return self._levels(*([self.node(item) for item in value[key]] for key in ("levels", "codes", "names")))
        if "name" in value:
            return self._index({key: part for key, part in value.items() if key != "name"}, self.node(value["name"]))
        if "object" in value and set(value) <= {"object", "parameters", "state"}:
            return self._object(value["object"], value["parameters"], value.get("state"))
        raise ValueError(f"unknown value with keys {sorted(value)}")

    def _table(self, columns: list[Any]) -> pd.DataFrame:
        """A table of arrays under text."""
        if len(columns) > MOST_COLUMNS:
            raise ValueError(f"a table has {len(columns)} columns, and ours have {MOST_COLUMNS} at most")
        found = {name: self.node(column) for name, column in columns}
        if not all(type(name) is str and isinstance(column, np.ndarray) and column.ndim == 1
                   for name, column in found.items()):
            raise ValueError("a table must be of arrays under text")
        return pd.DataFrame(found)

    def _levels(self, levels: list[Any], codes: list[Any], names: list[Any]) -> pd.MultiIndex:
        """An index of several levels: its codes say which label of a level each row has, or -1 for none."""
        fine = len(levels) == len(codes) == len(names) <= MOST_LEVELS and all(
            isinstance(level, pd.Index) and level.nlevels == 1 and isinstance(code, np.ndarray) and code.ndim == 1
            and code.dtype.kind == "i" and (len(code) == 0 or -1 <= int(code.min()) <= int(code.max()) < len(level))
            for level, code in zip(levels, codes, strict=True))
        if not fine:
            raise ValueError("the codes of an index must be whole numbers that each stand for a label of their level")
        return pd.MultiIndex(levels, codes, names=names)

    def _object(self, name: str, parameters: dict[str, Any], state: dict[str, Any] | None) -> Any:
        """The object of a class, by its name in a closed list."""
        raise NotImplementedError

    def _index(self, value: dict[str, Any], name: Any) -> pd.Index:
        """An index of one level."""
        keys = set(value)
        if keys == {"range"}:
            labels = range(*value["range"])
            if labels[-1:] and max(map(abs, (labels.start, labels.stop, labels.step))) >= FARTHEST:
                raise ValueError(f"{labels} goes beyond 64 bits")
            if len(labels) > self.size:  # written out, it would fill the memory
                raise ValueError(f"{labels} labels more than there is in the file")
            return pd.RangeIndex(labels, name=name)
        if keys == {"periods", "freq"}:
            ordinals, freq = self.unread.pop(value["periods"]), value["freq"]
            whole = ordinals.ndim == 1 and ordinals.dtype == np.int64
            if not whole or (ordinals <= -FARTHEST).any() or (ordinals >= FARTHEST).any():
                raise ValueError(f"periods must be whole numbers, at most {FARTHEST} from 1970")
            return pd.PeriodIndex.from_ordinals(ordinals, freq=freq, name=name)  # type: ignore[attr-defined] # no stub
        if keys == {"numbers"}:
            return pd.Index(self.unread.pop(value["numbers"]), name=name)
        if keys == {"index", "dtype"} and value["dtype"] in LABELS:
            return pd.Index([self.node(label) for label in value["index"]], dtype=value["dtype"], name=name,
                            tupleize_cols=False)
        if keys == {"categories", "codes", "ordered"}:
            return pd.CategoricalIndex(pd.Categorical.from_codes(
                self.unread.pop(value["codes"]), self.node(value["categories"]), ordered=value["ordered"]), name=name)
        if keys in ({"times", "since", "unit", "freq"}, {"durations", "since", "unit", "freq"}) \
                and value["unit"] in UNITS:
            since, unit, freq = self.unread.pop(value["since"]).astype(np.int64), value["unit"], value["freq"]
            if "durations" in keys:
                return pd.TimedeltaIndex(since.view(f"m8[{unit}]"), freq=freq, name=name)
            times = pd.DatetimeIndex(since.view(f"M8[{unit}]"), name=name)
            if value["times"] is not None:  # by zoneinfo, which looks for names among zones alone
                zone = UTC if value["times"] == "UTC" else ZoneInfo(value["times"])
                times = times.tz_localize(UTC).tz_convert(zone)
            return pd.DatetimeIndex(times, freq=freq)
        raise ValueError(f"unknown index with keys {sorted(keys)}")


def strings(labels: np.ndarray, dtype: str) -> np.ndarray:
    """Labels as a numpy string array, as wide as it was, unless a made-up width would fill the memory."""
    if not all(type(label) is str for label in labels):
        raise ValueError("an array of text holds something else")
    longest = max(map(len, labels), default=1)
    if 4 * longest * len(labels) > WIDEST:
        raise ValueError(f"{len(labels)} texts as wide as {longest} characters would fill the memory")
    wanted = np.dtype(dtype)
    fits = 4 * longest <= wanted.itemsize <= WIDEST // max(len(labels), 1)
    return labels.astype(wanted if fits else f"<U{max(longest, 1)}")
