"""Detection octave by octave, a few million samples at a time: of images, and of torch tensors on their device.

Series in NumPy arrays have a search of their own, `_detect`, which stays in cache.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from tsattn._threads import Threads, n_threads, over_rows
from tsattn.scalespace._arrays import distinct, is_torch, joined, offsets_of, order_by
from tsattn.scalespace._ladder import Ladder
from tsattn.scalespace.criteria import Criteria
from tsattn.scalespace.keypoints import BUMP, DIP, Keypoints
from tsattn.scalespace.octaves import Octave, each_octave

AT_ONCE = 1 << 22  # samples of tensors; a pyramid holds about thirty times as many numbers
BLOCK = 1 << 15  # samples of small images, whose pyramid a thread builds by itself


@dataclass(frozen=True)
class Found:
    """Keypoints of one octave of a block.

    Attributes
    ----------
    octave : Octave
        With the levels that they were found in.
    first : int, the series that the block begins with
    series : (n,) int64, within the block
    level : (n,) int64, 1..S
    place : (n, 1 + axes) float64, level and position in samples of the octave, between samples if refined
    value : (n,)
    threads : int, or a pool
        That may share further work.
    """

    octave: Octave
    first: int
    series: Any
    level: Any
    place: Any
    value: Any
    threads: Threads = 1

    @property
    def own_sigma(self) -> Any:
        """Sigma of each in samples of the octave, (n,)."""
        n_scales = len(self.octave.sigmas) - 3
        return float(self.octave.sigmas[0]) / self.octave.step * 2.0 ** (self.place[:, 0] / n_scales)

    def columns(self) -> tuple[Any, ...]:
        """Series, octave, level, position, sigma and value of each, in input samples."""
        octave, series = self.octave, self.series + self.first
        position, sigma = self.place[:, 1:] * octave.step + octave.offset, self.own_sigma * octave.step
        return series, series * 0 + octave.index, self.level, position, sigma, self.value


def find(x: Any, ladder: Ladder, criteria: Criteria) -> Keypoints:
    """Find the keypoints of `x`, (series, *space)."""
    return Keypoints(**in_order(in_blocks(x, ladder, criteria, Found.columns), x))


def in_blocks(x: Any, ladder: Ladder, criteria: Criteria, work: Callable[[Found], Any]) -> list[Any]:
    """What `work` makes of the keypoints of each octave of each block of `x`."""
    step = block_of(int(np.prod(x.shape[1:])), tensor=is_torch(x))
    large = is_torch(x) or step == 1  # these are shared out by rows, small ones as they are

    def some(first: int, last: int, threads: Threads = 1) -> list[Any]:
        found = (search(x[k : min(k + step, last)], k, ladder, criteria, threads) for k in range(first, last, step))
        return [work(one) for block in found for one in block]

    if large:
        with ThreadPoolExecutor(n_threads()) as pool:  # its threads start when there is work for them
            return some(0, len(x), pool)
    return [one for part in over_rows(some, len(x), x.size, align=step) for one in part]


def block_of(size: int, *, tensor: bool) -> int:
    """How many series or images of `size` samples are searched together."""
    return max((AT_ONCE if tensor else BLOCK) // size, 1)


def search(x: Any, first: int, ladder: Ladder, criteria: Criteria, threads: Threads) -> Iterator[Found]:
    """The keypoints of a block, octave by octave."""
    for octave, dogs in each_octave(x, x.ndim - 1, ladder, threads):
        if is_torch(x):
            from tsattn.scalespace import _extrema_torch

            columns = _extrema_torch.search(dogs, criteria)
        else:
            from tsattn.scalespace import _extrema_images

            columns = _extrema_images.search(dogs, criteria, threads)
        series, level, place, value = columns
        if criteria.refine:  # which may bring several extrema to one place
            only = distinct(series, level, *place.T)
            series, level, place, value = series[only], level[only], place[only], value[only]
        yield Found(octave, first, series, level, place, value, threads)


def in_order(parts: list[tuple[Any, ...]], x: Any, **widths: int | None) -> dict[str, Any]:
    """The columns of the keypoints of `x`, from those of its parts; then more, by name, and their widths, if any."""
    series, octave, scale, position, sigma, value, *more = (
        joined(column) for column in zip(_nothing(x, widths), *parts, strict=True))
    polarity = (BUMP - DIP) * (value < 0) + DIP
    polarity = polarity.char() if is_torch(x) else polarity.astype(np.int8)
    columns = {"position": position, "sigma": sigma, "octave": octave, "scale": scale, "value": value,
               "polarity": polarity, **dict(zip(widths, more, strict=True))}
    order = order_by(series, octave, scale, *position.T)
    return {**{name: column[order] for name, column in columns.items()}, "offsets": offsets_of(series, len(x))}


def _nothing(x: Any, widths: dict[str, int | None]) -> tuple[Any, ...]:
    """The columns of no keypoints of `x`."""
    if is_torch(x):
        import torch

        whole, real, none = (x.new_zeros(0, dtype=kind) for kind in (torch.int64, torch.float64, x.dtype))
    else:
        whole, real, none = (np.zeros(0, kind) for kind in (np.int64, np.float64, x.dtype))
    more = (real if width is None else none.reshape(0, width) for width in widths.values())
    return whole, whole, whole, real.reshape(0, x.ndim - 1), real, none, *more
