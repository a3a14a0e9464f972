"""Spoken Arabic digits (UCI 195): 13 mel-frequency cepstral coefficients a frame.

Hammami & Bedda, "Improved tree model for Arabic speech recognition", ICCSIT 2010.

The publisher's blocks stand in the order of the digits, within a digit of the speakers, ten takes each. A blank line
comes before each block and none after the last.
"""

from typing import Any

import numpy as np

from tsattn._checks import check_one_of
from tsattn.datasets._containers import SPLITS, Labelled
from tsattn.datasets._sources import Source, locate, read
from tsattn.datasets._text import parse_table, split_lines

PUBLISHER = "https://archive.ics.uci.edu/dataset/195"
URL = "https://archive.ics.uci.edu/static/public/195/spoken+arabic+digit.zip"
SOURCES = {
    "train": Source("spoken_arabic_digits/Train_Arabic_Digit.txt", PUBLISHER,
                    "cecd3ee9951658e5391f0342e9b6467ba7c0e7ecff5c9012b9c1ed9f81b97bc6", URL, "Train_Arabic_Digit.txt"),
    "test": Source("spoken_arabic_digits/Test_Arabic_Digit.txt", PUBLISHER,
                   "de40eac66ce18fca8924bad592002ee7ef646fc84d48b065ce21ac9f88946922", URL, "Test_Arabic_Digit.txt"),
}
SPEAKERS = {"train": range(66), "test": range(66, 88)}
N_DIGITS, N_TAKES = 10, 10
COLUMNS = [f"mfcc_{number:02d}" for number in range(1, 14)]


def load_spoken_arabic_digits(split: str | None = None, return_X_y: bool = True,
                              return_type: str | None = None) -> Any:
    """Load the spoken Arabic digits: 8800 series, 13 variates, 4 to 93 steps, 10 classes.

    Parameters
    ----------
    split : {None, "train", "test"}, default=None
        The official parts: "train" is 66 speakers (6600 series), "test" 22 others (2200), None both.
    return_X_y : bool, default=True
        Whether to return `(X, y)`; otherwise X alone, with the labels in its column "class_val".
    return_type : {"pd-multiindex", "df-list", "nested_univ"}, default="pd-multiindex"
        Container of X. The lengths are unequal: "numpy3D" raises.

    Returns
    -------
    X : container of `return_type`
        Ids are "speaker/digit/take", such as "s07/d3/9", sorted: by speaker, where the publisher's files go by digit.
    y : ndarray of str, shape (n,)
        The digit, "0" to "9".

    Raises
    ------
    DatasetNotFoundError
        A file is not on this machine and cannot be downloaded.
    ValueError
        An argument is unknown, or a file is malformed.

    Examples
    --------
    >>> from tsattn.datasets import load_spoken_arabic_digits
    >>> X, y = load_spoken_arabic_digits("test")
    >>> X.shape, y[:3].tolist()
    ((87063, 13), ['0', '0', '0'])
    """
    check_one_of("split", split, SPLITS)
    blocks: dict[str, np.ndarray] = {}
    for part in [split] if split else ["train", "test"]:
        path = locate(SOURCES[part])
        found = parse_digits(read(path), str(path))
        blocks.update(zip(_ids(SPEAKERS[part], len(found), str(path)), found, strict=True))
    ids = sorted(blocks)
    labels = [instance.split("/")[1][1:] for instance in ids]
    return Labelled.join(ids, [blocks[i] for i in ids], COLUMNS, labels).deliver(return_X_y, return_type)


def parse_digits(content: bytes, where: str) -> list[np.ndarray]:
    """The blocks between blank lines, each (steps, 13). The last block counts, with or without a blank line after."""
    lines = split_lines(content)
    filled = np.array([bool(line.strip()) for line in lines])
    rows = np.flatnonzero(filled)
    values = parse_table([lines[row] for row in rows], (rows + 1).tolist(), len(COLUMNS), where)
    starts = np.flatnonzero(np.diff(rows) > 1) + 1
    return np.split(values, starts) if len(values) else []


def _ids(speakers: range, n_blocks: int, where: str) -> list[str]:
    expected = N_DIGITS * len(speakers) * N_TAKES
    if n_blocks != expected:
        raise ValueError(f"{where}: must hold {expected} blocks, got {n_blocks}")
    return [f"s{speaker:02d}/d{digit}/{take}"
            for digit in range(N_DIGITS) for speaker in speakers for take in range(N_TAKES)]
