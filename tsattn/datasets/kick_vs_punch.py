"""Kick against punch: 26 motion capture clips of the CMU database, as the archives of multivariate series have them.

Carnegie Mellon University, Graphics Lab Motion Capture Database; put into series by Baydogan & Runger, "Learning a
symbolic representation for multivariate time series classification", Data Mining and Knowledge Discovery 29, 2015.
"""

from typing import Any

import numpy as np

from tsattn._checks import check_one_of
from tsattn.datasets._containers import SPLITS, Labelled
from tsattn.datasets._mat import read_variable
from tsattn.datasets._sources import Source, locate, read

SOURCE = Source(
    path="kick_vs_punch/KickVsPunch.mat",
    publisher="http://mocap.cs.cmu.edu and http://www.mustafabaydogan.com",
    note="no stable address of this MATLAB file is known",
)
N_CHANNELS = 62
COLUMNS = [f"channel_{number:02d}" for number in range(1, N_CHANNELS + 1)]
PARTS = ("train", "test")  # the order of the cells


def load_kick_vs_punch(split: str | None = None, return_X_y: bool = True, return_type: str | None = None) -> Any:
    """Load kick against punch: 26 series, 62 variates, 274 to 841 steps, 2 classes. A smoke test, no more.

    Parameters
    ----------
    split : {None, "train", "test"}, default=None
        The given parts, of 16 and 10 series; None is both, training first.
    return_X_y : bool, default=True
        Whether to return `(X, y)`; otherwise X alone, with the labels in its column "class_val".
    return_type : {"pd-multiindex", "df-list", "nested_univ"}, default="pd-multiindex"
        Container of X. The lengths are unequal: "numpy3D" raises.

    Returns
    -------
    X : container of `return_type`
        Columns "channel_01" to "channel_62": the file names none. Ids "train/00", ..., "test/00", ...
    y : ndarray of str, shape (n,)
        "1" or "2"; the file does not say which is the kick.

    Raises
    ------
    DatasetNotFoundError
        The file is not on this machine; it is not downloaded.
    ValueError
        An argument is unknown, or the file is malformed.

    Examples
    --------
    >>> from tsattn.datasets import load_kick_vs_punch
    >>> X, y = load_kick_vs_punch("train")
    >>> X.shape[1], len(y)
    (62, 16)
    """
    check_one_of("split", split, SPLITS)
    path = locate(SOURCE)
    parts = parse_mat(read(path), str(path))
    ids: list[str] = []
    blocks: list[np.ndarray] = []
    labels: list[str] = []
    for part, clips in zip(PARTS, parts, strict=True):
        if split in (None, part):
            ids += [f"{part}/{number:02d}" for number in range(len(clips))]
            blocks += [values for values, _ in clips]
            labels += [label for _, label in clips]
    return Labelled.join(ids, blocks, COLUMNS, labels).deliver(return_X_y, return_type)


def parse_mat(content: bytes, where: str) -> list[list[tuple[np.ndarray, str]]]:
    """The two parts of the file's variable `data`, each a list of ((steps, 62) values, label).

    Raises
    ------
    ValueError
        The file is no MATLAB 5 file, is damaged, or is laid out otherwise.
    """
    try:
        data = read_variable(content, "data")
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    parts = _cells(data, len(PARTS), f"{where}: data").ravel()
    return [[_clip(row, f"{where}: data{{{number}}}") for row in _cells(part, None, f"{where}: data{{{number}}}")]
            for number, part in enumerate(parts, 1)]


def _cells(cell: Any, n_rows: int | None, where: str) -> np.ndarray:
    """An array of cells with one column, or a (n, 2) array of clips."""
    width = 1 if n_rows else 2
    if not isinstance(cell, np.ndarray) or cell.dtype != object or cell.ndim != 2 or cell.shape[1] != width or \
            len(cell) != (n_rows or max(len(cell), 1)):
        found = f"shape {cell.shape} of {cell.dtype}" if isinstance(cell, np.ndarray) else repr(cell)[:40]
        raise ValueError(f"{where} must be a cell array of shape ({n_rows or 'n'}, {width}), got {found}")
    return cell


def _clip(row: np.ndarray, where: str) -> tuple[np.ndarray, str]:
    values, label = row
    if not isinstance(values, np.ndarray) or values.dtype != np.float64 or values.ndim != 2 or \
            values.shape[1] != N_CHANNELS or len(values) == 0:
        raise ValueError(f"{where}: a clip must be real and of shape (steps, {N_CHANNELS}), "
                         f"got {getattr(values, 'dtype', None)} of shape {getattr(values, 'shape', None)}")
    if not np.isfinite(values).all():
        raise ValueError(f"{where}: a value must be finite")
    if not isinstance(label, str) or label not in {"1", "2"}:
        raise ValueError(f"{where}: a label must be '1' or '2', got {str(label)[:40]!r}")
    return values, label
