"""Australian sign language, high quality recordings (UCI 115).

Kadous, "Temporal classification: extending the classification paradigm to multivariate time series", PhD thesis,
University of New South Wales, 2002. One native signer, two gloves, 100 frames a second.
"""

from pathlib import PurePosixPath
from typing import Any

import numpy as np

from tsattn._checks import check_one_of
from tsattn.datasets._containers import SPLITS, Labelled
from tsattn.datasets._sources import Source, locate, members
from tsattn.datasets._text import parse_table, split_lines

SOURCE = Source(
    path="auslan/tctodd.tar",
    publisher="https://archive.ics.uci.edu/dataset/115",
    sha256="06b69759460ecd304ce48d7452b91b821e6d8a28be2e3c2af8d0cdb727fc3a50",
    url="https://archive.ics.uci.edu/static/public/115/australian+sign+language+signs+high+quality.zip",
    member="tctodd.tar.gz",
    suffix=".tsd",
)
SENSES = ("x", "y", "z", "roll", "pitch", "yaw", "thumb", "fore", "middle", "ring", "little")
COLUMNS = [f"{hand}_{sense}" for hand in ("left", "right") for sense in SENSES]
SESSIONS = {
    None: range(1, 10),
    "train": range(1, 5),
    "test": range(5, 10),
}


def load_auslan(split: str | None = None, return_X_y: bool = True, return_type: str | None = None) -> Any:
    """Load the Auslan signs: 2565 series, 22 variates, 45 to 136 steps, 95 classes.

    Parameters
    ----------
    split : {None, "train", "test"}, default=None
        "train" is sessions 1 to 4 (1140 series), "test" sessions 5 to 9 (1425), None both. One person signs them all.
    return_X_y : bool, default=True
        Whether to return `(X, y)`; otherwise X alone, with the labels in its column "class_val".
    return_type : {"pd-multiindex", "df-list", "nested_univ"}, default="pd-multiindex"
        Container of X. The lengths are unequal: "numpy3D" raises.

    Returns
    -------
    X : container of `return_type`
        Columns: per hand the position `x`, `y`, `z` (metres, from below the chin), `roll`, `pitch`, `yaw`
        (0 to 1) and the bend of five fingers (0 straight, 1 bent). Ids are "session/sign-number", sorted.
    y : ndarray of str, shape (n,)
        The sign.

    Raises
    ------
    DatasetNotFoundError
        The file is not on this machine and cannot be downloaded.
    ValueError
        An argument is unknown, or a file is malformed.

    Examples
    --------
    >>> from tsattn.datasets import load_auslan
    >>> X, y = load_auslan("train")
    >>> X.shape, str(y[0])
    ((63371, 22), 'God')
    """
    check_one_of("split", split, SPLITS)
    path = locate(SOURCE)
    wanted = {f"tctodd{number}" for number in SESSIONS[split]}
    files = {}
    for name, content in members(path, ".tsd"):
        file = PurePosixPath(name)
        if file.parent.name in wanted:
            files[f"{file.parent.name}/{file.stem}"] = content
    return parse_auslan(files, str(path)).deliver(return_X_y, return_type)


def parse_auslan(files: dict[str, bytes], where: str) -> Labelled:
    """From contents by id, "session/sign-number"; the sign is the name up to its last hyphen."""
    ids = sorted(files)
    lines: list[str] = []
    numbers: list[int] = []
    lengths = []
    for instance in ids:
        own = [(line, number) for number, line in enumerate(split_lines(files[instance]), 1) if line.strip()]
        if not own:
            raise ValueError(f"{where}: {instance}.tsd, line 1: the file holds no steps")
        lines += [line for line, _ in own]
        numbers += [number for _, number in own]
        lengths.append(len(own))
    try:
        values = parse_table(lines, numbers, len(COLUMNS), where)
    except ValueError:
        # parsed at once for speed; once more file by file, so that the error names the file
        values = np.concatenate([parse_auslan_file(files[instance], f"{where}: {instance}.tsd") for instance in ids])
    labels = [instance.split("/", 1)[1].rpartition("-")[0] for instance in ids]
    return Labelled(ids, values, np.array(lengths, dtype=np.int64), COLUMNS, np.array(labels))


def parse_auslan_file(content: bytes, where: str) -> np.ndarray:
    """The (steps, 22) values of one file."""
    lines = [(line, number) for number, line in enumerate(split_lines(content), 1) if line.strip()]
    return parse_table([line for line, _ in lines], [number for _, number in lines], len(COLUMNS), where)
