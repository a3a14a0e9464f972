"""Images of objects: the balanced part of CIFAR-10, and COIL-20's twenty things on a turntable.

Krizhevsky, "Learning multiple layers of features from tiny images", 2009; Nene, Nayar & Murase, "Columbia Object Image
Library (COIL-20)", CUCS-005-96, 1996.
"""

import numpy as np

from tsattn._checks import check_int, check_one_of
from tsattn.datasets._containers import SPLITS
from tsattn.datasets._npz import parse_npz
from tsattn.datasets._sources import Source, locate, read

CIFAR = Source(
    "cifar10/cifar10_20k.npz", "https://www.cs.toronto.edu/~kriz/cifar.html",
    note="the publisher has the whole set only, of which this is 1500 training and 500 test images of each class, as "
    "X_train, y_train, X_test and y_test of a NumPy archive; its card says which")
COIL = Source(
    "coil20/coil20.npz", "https://www.cs.columbia.edu/CAVE/software/softlib/coil-20.php",
    note="the publisher has a file a picture (coil-20-proc.zip), of which this is X, y and angle_deg of a NumPy "
    "archive")
N_CIFAR = {"train": 15000, "test": 5000}
N_OBJECTS, N_POSES, SIDE, STEP = 20, 72, 128, 5  # STEP degrees between poses
QUARTERS = {"train": (0, 85), "test": (100, 165)}  # first and last pose, in degrees, of each half of the turn


def load_cifar10(split: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Load a balanced part of CIFAR-10: 20000 of its 60000 colour images of 32 x 32 pixels.

    Parameters
    ----------
    split : {None, "train", "test"}, default=None
        "train" is 1500 of each class of the 50000 given to train on, "test" 500 of each of the 10000 given to test on:
        in their order, the first of each but for a few. None is both, training first. Scores are below those on all.

    Returns
    -------
    X : ndarray of uint8, (n, 32, 32, 3)
        Red, green, blue.
    y : ndarray of int64, (n,)
        0 airplane, 1 automobile, 2 bird, 3 cat, 4 deer, 5 dog, 6 frog, 7 horse, 8 ship, 9 truck.

    Raises
    ------
    DatasetNotFoundError
        The file is not on this machine; it is not downloaded.
    ValueError
        The split is unknown, or the file is malformed.

    Examples
    --------
    >>> from tsattn.datasets import load_cifar10
    >>> X, y = load_cifar10("test")
    >>> X.shape, y[:5].tolist()
    ((5000, 32, 32, 3), [3, 8, 8, 0, 6])
    """
    check_one_of("split", split, SPLITS)
    path = locate(CIFAR)
    parts = parse_cifar(read(path), [split] if split else list(N_CIFAR), str(path))
    X, y = zip(*parts, strict=True)
    return np.concatenate(X), np.concatenate(y)


def parse_cifar(content: bytes, parts: list[str], where: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Images and labels of these parts."""
    names = tuple(f"{kind}_{part}" for part in parts for kind in "Xy")
    arrays = parse_npz(content, names, where)
    return [(_bytes(X, (N_CIFAR[part], 32, 32, 3), where), _labels(y, N_CIFAR[part], 10, where))
            for part, X, y in zip(parts, arrays[::2], arrays[1::2], strict=True)]


def load_coil20(split: str | None = None, size: int = SIDE) -> tuple[np.ndarray, np.ndarray]:
    """Load COIL-20: 20 objects on a turntable, each from 72 sides, grey.

    Parameters
    ----------
    split : {None, "train", "test"}, default=None
        By pose, without leakage: pictures 5 degrees apart are near copies, and a split at random has them on both
        sides. Quarters of the turn take turns: "train" is 0 to 85 and 180 to 265 degrees (720 pictures), "test" 100 to
        165 and 280 to 345 (560), so that 15 degrees lie between any two. None is all 1440, those between as well.
    size : {128, 64, 32, 16, 8}, default=128
        Pixels of a side: means of squares of them, rounded.

    Returns
    -------
    X : ndarray of uint8, (n, size, size)
        By object, then by angle; 0 is the background.
    y : ndarray of int64, (n,)
        The object, 0 to 19.

    Raises
    ------
    DatasetNotFoundError
        The file is not on this machine; it is not downloaded.
    ValueError
        An argument is unknown, or the file is malformed.

    Examples
    --------
    >>> from tsattn.datasets import load_coil20
    >>> X, y = load_coil20("train", size=32)
    >>> X.shape, len(set(y.tolist()))
    ((720, 32, 32), 20)
    """
    check_one_of("split", split, SPLITS)
    check_one_of("size", check_int("size", size), (128, 64, 32, 16, 8))
    path = locate(COIL)
    X, y, angle = parse_coil(read(path), str(path))
    first, last = QUARTERS[split] if split else (0, 180)
    kept = (angle % 180 >= first) & (angle % 180 <= last)
    squares = X[kept].reshape(-1, size, SIDE // size, size, SIDE // size)
    return squares.mean((2, 4)).round().astype(np.uint8), y[kept]


def parse_coil(content: bytes, where: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images, labels and angles, in degrees."""
    n = N_OBJECTS * N_POSES
    X, y, angle = parse_npz(content, ("X", "y", "angle_deg"), where)
    X, y, angle = _bytes(X, (n, SIDE, SIDE), where), _labels(y, n, N_OBJECTS, where), _labels(angle, n, 360, where)
    turns, objects = np.tile(np.arange(0, 360, STEP), N_OBJECTS), np.arange(N_OBJECTS).repeat(N_POSES)
    if (angle != turns).any() or (y != objects).any():
        raise ValueError(f"{where}: must have the {N_POSES} poses of each of {N_OBJECTS} objects in order, {STEP} "
                         "degrees apart")
    return X, y, angle


def _bytes(X: np.ndarray, shape: tuple[int, ...], where: str) -> np.ndarray:
    if X.dtype != np.uint8 or X.shape != shape:
        raise ValueError(f"{where}: images must be uint8 of shape {shape}, got {X.dtype} of shape {X.shape}")
    return X


def _labels(y: np.ndarray, n: int, n_values: int, where: str) -> np.ndarray:
    if y.dtype.kind not in "iu" or y.shape != (n,) or not ((y >= 0) & (y < n_values)).all():
        raise ValueError(f"{where}: there must be {n} whole numbers from 0 to {n_values - 1}, got {y.dtype} of shape "
                         f"{y.shape}")
    return y.astype(np.int64)
