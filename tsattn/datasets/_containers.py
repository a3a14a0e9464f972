"""Labelled series in one block of memory, and the containers of sktime made from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tsattn._checks import check_one_of

RETURN_TYPES = ("pd-multiindex", "numpy3D", "df-list", "nested_univ")
SPLITS = (None, "train", "test")
LABEL = "class_val"  # the column's name in sktime's own loaders


@dataclass(frozen=True)
class Labelled:
    """Series of one data set: `values` (rows, columns) holds them one after another, each `lengths[i]` rows."""

    ids: list[str]
    values: np.ndarray
    lengths: np.ndarray
    columns: list[str]
    labels: np.ndarray

    @classmethod
    def join(cls, ids: Sequence[str], blocks: Sequence[np.ndarray], columns: Sequence[str],
             labels: Sequence[Any]) -> "Labelled":
        """From one (steps, columns) array a series."""
        values = np.concatenate(blocks) if blocks else np.empty((0, len(columns)))
        lengths = np.array([len(block) for block in blocks], dtype=np.int64)
        return cls(list(ids), values, lengths, list(columns), np.asarray(labels))

    def deliver(self, return_X_y: bool, return_type: str | None, starts: Sequence[int] = ()) -> Any:
        """`(X, y)`, or X with the labels in it. `starts` are the first times of the series, 0 unless given."""
        kind = check_one_of("return_type", return_type or RETURN_TYPES[0], RETURN_TYPES)
        X = self._container(kind, starts)
        if return_X_y:
            return X, self.labels
        if kind == "numpy3D":
            raise ValueError("return_X_y=False needs a container with columns, got return_type='numpy3D'; "
                             "use 'pd-multiindex'")
        if kind == "df-list":
            return [frame.assign(**{LABEL: label}) for frame, label in zip(X, self.labels, strict=True)]
        labels = np.repeat(self.labels, self.lengths) if kind == "pd-multiindex" else self.labels
        return X.assign(**{LABEL: labels})

    def _container(self, kind: str, starts: Sequence[int]) -> Any:
        if kind == "numpy3D":
            return self._cube()
        if kind == "df-list":
            import pandas as pd

            ends = np.cumsum(self.lengths)
            return [pd.DataFrame(self.values[end - length : end], columns=self.columns)
                    for end, length in zip(ends, self.lengths, strict=True)]
        frame = self._frame(starts)
        if kind == "pd-multiindex":
            return frame
        from sktime.datatypes import convert

        return convert(frame, "pd-multiindex", "nested_univ", as_scitype="Panel")

    def _cube(self) -> np.ndarray:
        shortest, longest = self.lengths.min(), self.lengths.max()
        if shortest != longest:
            raise ValueError(f"numpy3D holds series of one length, and these have {shortest} to {longest} steps; "
                             "use return_type='pd-multiindex'")
        return self.values.reshape(len(self.ids), longest, -1).transpose(0, 2, 1).copy()

    def _frame(self, starts: Sequence[int]) -> Any:
        import pandas as pd

        first = np.cumsum(self.lengths) - self.lengths
        times = np.asarray(starts) if len(starts) else np.zeros_like(first)
        steps = np.arange(len(self.values)) + np.repeat(times - first, self.lengths)
        levels: list[Any] = [pd.Index(self.ids), pd.RangeIndex(int(steps.max(initial=-1)) + 1)]
        codes: list[Any] = [np.repeat(np.arange(len(self.ids)), self.lengths), steps]
        index = pd.MultiIndex(levels=levels, codes=codes, names=["instance", "time"])
        return pd.DataFrame(self.values, index=index, columns=self.columns)
