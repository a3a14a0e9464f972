"""Extrema of one octave of images in NumPy arrays: prepares the compiled search and shares lines between threads."""

from itertools import product
from typing import Any

import numpy as np

from tsattn._threads import Threads, over_rows
from tsattn.scalespace import _search_images as compiled
from tsattn.scalespace.criteria import Criteria

RECORDS = 1 << 12  # keypoints there is room for at first


def search(dogs: np.ndarray, criteria: Criteria, threads: Threads) -> tuple[np.ndarray, ...]:
    """Series, level, place and value of the extrema of (images, S + 2, *space); see `_octavewise.Found`."""
    sizes = np.array(dogs.shape[2:])
    flat, rules = dogs.reshape(*dogs.shape[:2], -1), _rules(criteria, sizes, dogs.dtype)

    def some(first: int, last: int) -> list[np.ndarray]:
        n, room, marks = -1, RECORDS, _marks(sizes)
        while n < 0:  # too little room: take more, and begin again
            room *= 4
            records = _records(room, len(sizes), dogs.dtype)
            n = compiled.search_lines(flat, sizes, (first, last), rules, marks, records)
        return [column[:n] for column in records]

    n_lines = len(dogs) * int(np.prod(sizes[:-1]))
    parts = over_rows(some, n_lines, dogs.size // dogs.shape[1], threads=threads)
    image, level, fine, value = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return image, level, fine, value


def _rules(criteria: Criteria, sizes: np.ndarray, dtype: Any) -> compiled.ImageRules:
    strides = [int(np.prod(sizes[k + 1 :])) for k in range(len(sizes) - 1)]
    near = [sum(d * stride for d, stride in zip(shift, strides, strict=True))
            for shift in product((-1, 0, 1), repeat=len(strides))]
    return compiled.ImageRules(
        threshold=np.array([criteria.threshold], dtype), beyond=criteria.bounds(dtype), contrast=criteria.contrast,
        refine=criteria.refine, edge=criteria.edge_limit(len(sizes)), near=np.array(near))


def _marks(sizes: np.ndarray) -> compiled.LineMarks:
    axes, word = len(sizes), np.zeros(int(sizes[-1]) // 8 + 2, np.uint64)
    return compiled.LineMarks(word.view(np.uint8), word, np.empty(int(sizes[-1]) + 8, np.int64), np.empty(axes + 2),
                              np.empty((axes + 1, axes + 2)))


def _records(room: int, axes: int, dtype: Any) -> compiled.ImageRecords:
    """Room for keypoints; what is not written takes no memory."""
    return compiled.ImageRecords(np.empty(room, np.int64), np.empty(room, np.int64), np.empty((room, axes + 1)),
                                 np.empty(room, dtype))
