"""Image classification: images with a label each, which an estimator answers one by one."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sklearn.model_selection import train_test_split

from tsattn._checks import check_int
from tsattn.benchmark.data import SHUFFLE
from tsattn.benchmark.kinds import Answer, Kind
from tsattn.benchmark.panels import ask, class_outcome, few_of_each, majority, split
from tsattn.benchmark.suite import Cell, Task


@dataclass(frozen=True, eq=False)
class Images:
    """Labelled images, and which of them are to train.

    Parameters
    ----------
    X : array, (n, height, width) or (n, height, width, channel)
    y : array, (n,)
        Labels.
    is_train : bool array, (n,)
        The official training part.

    Examples
    --------
    >>> import numpy as np
    >>> part = np.zeros((4, 5, 7), np.uint8), np.array([0, 0, 1, 1])
    >>> images = Images.joined(part, part)
    >>> images.shape, images.sampled(2).is_train.tolist()
    ((5, 7, 1), [True, True, False, False, False, False])
    """

    X: np.ndarray
    y: np.ndarray
    is_train: np.ndarray
    groups: None = None  # as data of series may have them

    def __post_init__(self):
        if self.X.ndim not in (3, 4) or not len(self.X) == len(self.y) == len(self.is_train):
            raise ValueError("images must have shape (n, height, width) or (n, height, width, channel), and a label "
                             f"and a part each, got {self.X.shape}, {len(self.y)} and {len(self.is_train)}")

    @classmethod
    def joined(cls, train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray]) -> "Images":
        """The images of both official parts, `(X, y)` each."""
        y = np.concatenate([train[1], test[1]])
        return cls(np.concatenate([train[0], test[0]]), y, np.arange(len(y)) < len(train[1]))

    def sampled(self, n: int | None) -> "Images":
        """The same with `n` of the training images, by class in their proportions, always the same; None for all."""
        if n is None:
            return self
        train = np.flatnonzero(self.is_train)
        kept, _ = train_test_split(train, train_size=check_int("n", n), random_state=SHUFFLE, stratify=self.y[train])
        places = np.sort(np.concatenate([kept, np.flatnonzero(~self.is_train)]))
        return Images(self.X[places], self.y[places], self.is_train[places])

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        height, width, *channels = self.X.shape[1:]
        return height, width, channels[0] if channels else 1

    def take(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`(X, y)` of the images at `positions`, in that order."""
        return self.X[positions], self.y[positions]

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over pixels, their type and axes, labels and parts."""
        digest = hashlib.sha256(np.ascontiguousarray(self.X).tobytes())
        digest.update(f"{self.X.dtype} {self.X.shape}".encode())
        for part in (self.y, self.is_train):
            digest.update(repr([str(entry) for entry in part]).encode())
        return digest.hexdigest()


@dataclass(frozen=True)
class ImageInfo:
    """What an estimator's maker may know of its task.

    Examples
    --------
    >>> ImageInfo("mnist", n_train=60000, n_classes=10, height=28, width=28, n_channels=1).n_channels
    1
    """

    task: str
    n_train: int
    n_classes: int
    height: int
    width: int
    n_channels: int


@dataclass(frozen=True)
class ImageTask(Task):
    """A `Task` whose `load` returns `Images`; its estimators have scikit-learn's `fit(X, y)` and `predict(X)`.

    Examples
    --------
    >>> from tsattn.benchmark.image_tasks import mnist
    >>> ImageTask("mnist", mnist).n_folds, ImageTask("mnist", mnist, split="validation", folds=3).n_folds
    (1, 3)
    """

    @property
    def kind(self) -> Kind:
        """How its cells are computed."""
        return IMAGES


def _info(cell: Cell, images: Images, train: np.ndarray) -> ImageInfo:
    return ImageInfo(cell.task.name, len(train), len(np.unique(images.y[train])), *images.shape)


def _facts(images: Images, train: np.ndarray, test: np.ndarray) -> Answer:
    height, width, channels = images.shape
    return {"n_train": len(train), "n_test": len(test), "n_channels": channels, "image": [height, width],
            "n_classes": len(np.unique(images.y)), "majority": majority(images.y[train], images.y[test])}


IMAGES = Kind("classification", split, _info, _facts, few_of_each, ask, class_outcome)
