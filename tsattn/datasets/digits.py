"""Handwritten digits and pieces of clothing: images of 28 x 28 pixels, grey, in the idx format.

LeCun, Bottou, Bengio & Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE 86, 1998 (MNIST);
Xiao, Rasul & Vollgraf, "Fashion-MNIST", arXiv:1708.07747, 2017.
"""

from math import prod

import numpy as np

from tsattn._checks import check_one_of
from tsattn.datasets._containers import SPLITS
from tsattn.datasets._sources import Source, locate, read

KINDS = {"images": "images-idx3-ubyte", "labels": "labels-idx1-ubyte"}
PREFIXES = {"train": "train", "test": "t10k"}
MNIST_PAGE, MNIST_FOLDER = "http://yann.lecun.com/exdb/mnist/", "https://ossci-datasets.s3.amazonaws.com/mnist"
FASHION_PAGE = "https://github.com/zalandoresearch/fashion-mnist"
FASHION_FOLDER = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion"
UNSIGNED_BYTES = 8  # the idx format's number for them


def _sources(name: str, page: str, folder: str, *checksums: str) -> dict[tuple[str, str], Source]:
    """By part and kind: training images, training labels, test images, test labels."""
    keys = [(part, kind) for part in PREFIXES for kind in KINDS]
    files = [f"{PREFIXES[part]}-{KINDS[kind]}" for part, kind in keys]
    return {key: Source(f"{name}/{file}", page, checksum, f"{folder}/{file}.gz")
            for key, file, checksum in zip(keys, files, checksums, strict=True)}


MNIST = _sources(
    "mnist", MNIST_PAGE, MNIST_FOLDER,
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2")
FASHION = _sources(
    "fashion_mnist", FASHION_PAGE, FASHION_FOLDER,
    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34")


def load_mnist(split: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Load MNIST: 70000 handwritten digits of 28 x 28 pixels.

    Parameters
    ----------
    split : {None, "train", "test"}, default=None
        The given parts, of 60000 and 10000 images by other writers; None is both, training first.

    Returns
    -------
    X : ndarray of uint8, (n, 28, 28)
        0 is paper, 255 ink.
    y : ndarray of int64, (n,)
        The digit, 0 to 9.

    Raises
    ------
    DatasetNotFoundError
        A file is not on this machine and cannot be downloaded.
    ValueError
        The split is unknown, or a file is malformed.

    Examples
    --------
    >>> from tsattn.datasets import load_mnist
    >>> X, y = load_mnist("test")
    >>> X.shape, y[:5].tolist()
    ((10000, 28, 28), [7, 2, 1, 0, 4])
    """
    return _load(MNIST, split)


def load_fashion_mnist(split: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Load Fashion-MNIST: 70000 pieces of clothing of 28 x 28 pixels.

    Parameters
    ----------
    split : {None, "train", "test"}, default=None
        The given parts, of 60000 and 10000 images; None is both, training first.

    Returns
    -------
    X : ndarray of uint8, (n, 28, 28)
        0 is what is around the piece.
    y : ndarray of int64, (n,)
        0 T-shirt, 1 trouser, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt, 7 sneaker, 8 bag, 9 ankle boot.

    Raises
    ------
    DatasetNotFoundError
        A file is not on this machine and cannot be downloaded.
    ValueError
        The split is unknown, or a file is malformed.

    Examples
    --------
    >>> from tsattn.datasets import load_fashion_mnist
    >>> X, y = load_fashion_mnist("test")
    >>> X.shape, y[:5].tolist()
    ((10000, 28, 28), [9, 2, 1, 1, 6])
    """
    return _load(FASHION, split)


def _load(sources: dict[tuple[str, str], Source], split: str | None) -> tuple[np.ndarray, np.ndarray]:
    check_one_of("split", split, SPLITS)
    images, labels = [], []
    for part in [split] if split else list(PREFIXES):
        paths = [locate(sources[part, kind]) for kind in KINDS]
        X, y = (parse_idx(read(path), n_axes, str(path)) for path, n_axes in zip(paths, (3, 1), strict=True))
        if len(X) != len(y) or y.max(initial=0) > 9:
            raise ValueError(f"{paths[1]}: must hold a label from 0 to 9 for each of the {len(X)} images, got {len(y)} "
                             f"up to {y.max(initial=0)}")
        images.append(X)
        labels.append(y.astype(np.int64))
    return np.concatenate(images), np.concatenate(labels)


def parse_idx(content: bytes, n_axes: int, where: str) -> np.ndarray:
    """The array of unsigned bytes in an idx file: two zeros, the kind, the number of axes, their lengths, the values.

    Raises
    ------
    ValueError
        The file is of another kind, or too short or too long for the lengths that it gives.
    """
    head = 4 * (1 + n_axes)
    if content[:4] != bytes([0, 0, UNSIGNED_BYTES, n_axes]) or len(content) < head:
        raise ValueError(f"{where}: must begin with 0, 0, {UNSIGNED_BYTES}, {n_axes}, as an idx file of bytes with "
                         f"{n_axes} axes does, got {list(content[:4])}")
    shape = [int.from_bytes(content[place : place + 4], "big") for place in range(4, head, 4)]
    expected = head + prod(shape)
    if len(content) != expected or expected == head:
        raise ValueError(f"{where}: {shape} values need {expected} bytes with the head, and there must be one; got "
                         f"{len(content)}")
    return np.frombuffer(content, np.uint8, offset=head).reshape(shape)
