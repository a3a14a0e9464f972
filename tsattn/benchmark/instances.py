"""What an estimator of ours saw in a few test instances: the arrays behind the report's pictures.

A file holds, for instance k, "k.series" (time, channel), "k.saliency" and "k.attention" (time, whatever the estimator
returns), and its configuration says which instance it is, the true and the predicted label, and the events.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tsattn._files import read_tensors, write_tensors
from tsattn.benchmark.data import Data
from tsattn.benchmark.schema import anything, entries, listed, scalar, text, texts
from tsattn.plots.events import NEEDED

RIGHT, WRONG = 2, 1  # instances kept of each kind
MAX_EVENTS = 400  # rows a picture; more cannot be told apart


def choose(true: np.ndarray, predicted: np.ndarray) -> list[int]:
    """Places within the test part: the first wrong prediction, and the first right ones, of different classes."""
    wrong = np.flatnonzero(true != predicted)[:WRONG]
    right = np.flatnonzero(true == predicted)
    _, first = np.unique(true[right], return_index=True)
    return [*right[np.sort(first)][:RIGHT].tolist(), *wrong.tolist()]


def keep_instances(estimator: Any, data: Data, train: np.ndarray, test: np.ndarray, predicted: np.ndarray,
                   path: Path) -> None:
    """Write series, saliency, attention and events of a few test instances to `path`.

    What an estimator does not have (the published form has no channels, a network without saliency no events) is left
    out.
    """
    chosen = choose(data.y[test], predicted)
    X, y = data.take(test[chosen])
    tables = {"saliency": _ask(estimator, "saliency_series", X), "attention": _ask(estimator, "attention", X)}
    events = _events(data.take(train)[0], X)
    tensors, instances = {}, []
    for k, name in enumerate(X.index.get_level_values(0).unique()):
        tensors[f"{k}.series"] = X.loc[name].to_numpy(np.float32)
        columns = {"series": [str(column) for column in X.columns]}
        for kind, table in tables.items():
            if table is not None:
                tensors[f"{k}.{kind}"] = table.loc[name].to_numpy(np.float32)
                columns[kind] = [str(column) for column in table.columns]
        instances.append({"id": str(name), "true": str(y[k]), "predicted": str(predicted[chosen[k]]),
                          "columns": columns,
                          "events": _of(events, name)})
    write_tensors(path, tensors, {"instances": instances})


def read_instances(path: Path) -> list[dict[str, Any]]:
    """What `keep_instances` wrote: an entry an instance, with arrays "series", "saliency" and "attention".

    Raises
    ------
    ValueError
        The file is damaged, or holds something else.
    """
    tensors, config = read_tensors(path)
    KEPT(config, "")
    for k, entry in enumerate(config["instances"]):
        _check(k, entry, tensors)
    return [{**entry, **{kind: tensors[f"{k}.{kind}"] for kind in entry["columns"]},
             "events": pd.DataFrame(dict(entry["events"]))} for k, entry in enumerate(config["instances"])]


def _check(k: int, entry: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """Raise a ValueError unless an instance's arrays are of its columns, and its events a table."""
    for kind, columns in entry["columns"].items():
        array = tensors.get(f"{k}.{kind}", np.empty(0))
        n_steps = len(tensors.get(f"{k}.series", ()))
        if array.dtype != np.float32 or array.shape != (n_steps, len(columns)) or not array.size or \
                not np.isfinite(array).all() or len(set(columns)) != len(columns):
            raise ValueError(f"instances.{k}.{kind} must be finite numbers of shape ({n_steps}, {len(columns)}), got "
                             f"{array.dtype} of shape {array.shape}")
    lengths = {name: len(values) for name, values in entry["events"]}
    if len(set(lengths.values())) > 1 or (entry["events"] and not lengths.keys() >= set(NEEDED)):
        raise ValueError(f"instances.{k}.events must be a table of {', '.join(NEEDED)}, got {lengths}")


def _pair(value: Any, place: str) -> None:
    listed(anything, exactly=2)(value, place)
    text(value[0], place)
    listed(scalar, MAX_EVENTS)(value[1], place)


KEPT = entries({"instances": listed(entries({
    "id": text, "true": text, "predicted": text, "columns": entries({"series": texts}, others=texts),
    "events": listed(_pair)}))})


def _ask(estimator: Any, name: str, X: pd.DataFrame) -> pd.DataFrame | None:
    """A table on X's index, or None where the estimator has no such thing."""
    method = getattr(estimator, name, None)
    if not callable(method):
        return None
    try:
        table = method(X)
    except ValueError:  # this form of the estimator has none
        return None
    return table if isinstance(table, pd.DataFrame) and len(table) == len(X) else None


def _events(X_train: pd.DataFrame, X: pd.DataFrame) -> pd.DataFrame:
    """Events of X, on the scale of the training series."""
    from tsattn.transformations import UVTFSaliency

    return UVTFSaliency(missing="interpolate").fit(X_train).events(X)


def _of(events: pd.DataFrame, name: Any) -> list[tuple[str, list[Any]]]:
    """One instance's events as columns of plain numbers and names; pairs, for a file's objects lose their order."""
    mine = events[events["instance"] == name].head(MAX_EVENTS)
    return [(str(column), [_plain(value) for value in mine[column].tolist()]) for column in mine.columns]


def _plain(value: Any) -> Any:
    return value if isinstance(value, (int, float, str)) else str(value)
