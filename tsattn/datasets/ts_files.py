"""Problems of the UEA and UCR archives, in their `.ts` format.

Bagnall et al., "The UEA multivariate time series classification archive, 2018", arXiv:1811.00075; Dau et al., "The UCR
time series archive", IEEE/CAA J. Automatica Sinica 6, 2019. A file has `#` comments, `@` tags, `@data`, and then a line
a series: the variates, separated by colons, their values by commas; last the label.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tsattn._checks import check_one_of
from tsattn.datasets._archive import CHECKSUMS
from tsattn.datasets._containers import SPLITS, Labelled
from tsattn.datasets._sources import Source, find, locate, read
from tsattn.datasets._text import check_line, split_lines

URL = "https://www.timeseriesclassification.com/aeon-toolkit/{name}.zip"
PAGE = "https://www.timeseriesclassification.com/description.php?Dataset={name}"


@dataclass
class Header:
    """What the tags of a file say; None where they are silent."""

    dimensions: int | None = None
    length: int | None = None
    equal: bool = False
    regression: bool = False
    labelled: bool = False
    classes: list[str] = field(default_factory=list)


def load_ts(name: str, split: str | None = None, return_X_y: bool = True, return_type: str | None = None) -> Any:
    """Load a problem of the UEA or UCR archive by its name.

    The files `NAME_TRAIN.ts` and `NAME_TEST.ts` (packed by xz or gzip, or not) are looked for in the folders
    `uea/NAME` and `ucr/NAME`. Those whose checksum is known are downloaded if they are absent.

    Parameters
    ----------
    name : str
        Such as "UWaveGestureLibrary".
    split : {None, "train", "test"}, default=None
        The archive's own parts; None is both, training first.
    return_X_y : bool, default=True
        Whether to return `(X, y)`; otherwise X alone, with the labels in its column "class_val".
    return_type : {"pd-multiindex", "numpy3D", "df-list", "nested_univ"}, default="pd-multiindex"
        Container of X; "numpy3D" raises where lengths differ.

    Returns
    -------
    X : container of `return_type`
        Variates "dim_0", "dim_1", ...; ids "train/0000", ..., "test/0000", ... in the order of the files. A missing
        value (`?` or `NaN`) is NaN.
    y : ndarray of str, shape (n,)
        The labels as they stand, such as "1.0" (sktime's own loaders lower their capitals); float for a regression
        problem.

    Raises
    ------
    DatasetNotFoundError
        A file is not on this machine and cannot be downloaded.
    ValueError
        An argument is unknown, or a file is malformed.

    Examples
    --------
    >>> from tsattn.datasets import load_ts
    >>> X, y = load_ts("GunPoint", "train", return_type="numpy3D")
    >>> X.shape, len(y)
    ((50, 1, 150), 50)
    """
    check_one_of("split", split, SPLITS)
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_\-]+", name):
        raise ValueError(f"name must be a problem's name of letters, digits, hyphens and underscores, got {name!r}")
    ids: list[str] = []
    blocks: list[np.ndarray] = []
    labels: list[Any] = []
    for part in [split] if split else ["train", "test"]:
        source = _source(name, part)
        path = locate(source)
        own, targets = parse_ts(read(path), str(path))
        ids += [f"{part}/{number:04d}" for number in range(len(own))]
        labels += targets
        blocks += own
    if len({block.shape[1] for block in blocks}) > 1:
        raise ValueError(f"{name}: the training and the test file must have equally many variates")
    columns = [f"dim_{number}" for number in range(blocks[0].shape[1])]
    return Labelled.join(ids, blocks, columns, labels).deliver(return_X_y, return_type)


def _source(name: str, part: str) -> Source:
    file = f"{name}_{part.upper()}.ts"
    for archive in ("uea", "ucr"):
        known = CHECKSUMS.get(f"{archive}/{name}")
        path = f"{archive}/{name}/{file}"
        if known or find(path):
            digest = known[part == "test"] if known else None
            return Source(path, PAGE.format(name=name), digest, URL.format(name=name), file)
    return Source(f"uea/{name}/{file}", PAGE.format(name=name))


def parse_ts(content: bytes, where: str) -> tuple[list[np.ndarray], list[Any]]:
    """The series, each (steps, variates), and their labels.

    Raises
    ------
    ValueError
        The file contradicts its header, or a value is neither a finite number nor missing; with the line.
    """
    lines = split_lines(content)
    header, start = _parse_header(lines, where)
    blocks: list[np.ndarray] = []
    labels: list[Any] = []
    for number, line in enumerate(lines[start:], start + 1):
        if not line.strip():
            continue
        *variates, label = line.strip().split(":")
        block = _parse_series(variates, number, where)
        _check_series(block, header, blocks, f"{where}, line {number}")
        blocks.append(block)
        labels.append(_parse_label(label.strip(), header, number, where))
    if not blocks:
        raise ValueError(f"{where}, line {len(lines)}: no series after @data")
    return blocks, labels


def _parse_header(lines: list[str], where: str) -> tuple[Header, int]:
    """The header, and the number of its lines."""
    header = Header()
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if not words[0].startswith("@"):
            raise ValueError(f"{where}, line {number}: a tag must stand here, before @data, got {line[:40]!r}")
        tag = words[0].lower()
        if tag == "@data":
            if not (header.labelled or header.regression):
                raise ValueError(f"{where}, line {number}: the series have no labels (@classLabel or @targetLabel)")
            return header, number
        _read_tag(header, tag, words[1:], number, where)
    raise ValueError(f"{where}, line {len(lines)}: no @data")


def _read_tag(header: Header, tag: str, words: list[str], number: int, where: str) -> None:
    value = words[0].lower() if words else ""
    if tag in {"@timestamps", "@equallength", "@classlabel", "@targetlabel"} and value not in {"true", "false"}:
        raise ValueError(f"{where}, line {number}: {tag} must be true or false, got {value[:40]!r}")
    if tag in {"@dimensions", "@dimension", "@serieslength"} and not re.fullmatch(r"[0-9]{1,9}", value):
        raise ValueError(f"{where}, line {number}: {tag} must be a whole number, got {value[:40]!r}")
    if tag == "@timestamps" and value == "true":
        raise ValueError(f"{where}, line {number}: series with time stamps are not read")
    if tag in {"@dimensions", "@dimension"}:
        header.dimensions = int(value)
    elif tag == "@serieslength":
        header.length = int(value)
    elif tag == "@equallength":
        header.equal = value == "true"
    elif tag == "@classlabel":
        header.labelled, header.classes = value == "true", words[1:]
    elif tag == "@targetlabel":
        header.regression = value == "true"


def _parse_series(variates: list[str], number: int, where: str) -> np.ndarray:
    if not variates:
        raise ValueError(f"{where}, line {number}: a line must hold values, a colon and a label")
    rows = [variate.replace("?", "nan").split(",") for variate in variates]
    if len({len(row) for row in rows}) > 1:
        raise ValueError(f"{where}, line {number}: variates must be equally long, got lengths "
                         f"{sorted({len(row) for row in rows})}")
    try:
        block = np.array(rows, dtype=np.float64).T
    except ValueError:
        block = np.full((1, 1), np.inf)
    if np.isinf(block).any() or any("_" in variate for variate in variates):
        for row in rows:
            check_line(",".join(row), number, len(row), where, delimiter=",", missing=True)
        raise ValueError(f"{where}, line {number}: not a series of numbers")
    return block


def _check_series(block: np.ndarray, header: Header, before: list[np.ndarray], where: str) -> None:
    expected = header.dimensions or (before[0].shape[1] if before else block.shape[1])
    if block.shape[1] != expected:
        raise ValueError(f"{where}: a series must have {expected} variates, got {block.shape[1]}")
    if header.equal and len(block) != (header.length or (len(before[0]) if before else len(block))):
        raise ValueError(f"{where}: a series must have {header.length or len(before[0])} steps, got {len(block)}")


def _parse_label(label: str, header: Header, number: int, where: str) -> Any:
    if header.regression:
        check_line(label, number, 1, where)
        return float(label)
    if header.classes and label not in header.classes:
        raise ValueError(f"{where}, line {number}: the label must be one of {header.classes[:20]}, got {label[:40]!r}")
    return label
