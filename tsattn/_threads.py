"""Threads for the compiled kernels, which release the interpreter's lock.

The pool lives for one call: a pool that outlives it would not survive a fork, and making one costs 0.1 ms.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from itertools import pairwise
from typing import Any, TypeVar

Result = TypeVar("Result")
Threads = int | ThreadPoolExecutor | None  # how many, or a pool; None for as many as CPUs


def n_threads() -> int:
    """The CPUs this process may use."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return count or 1


def over_rows(
    work: Callable[[int, int], Result],
    n_rows: int,
    cost: int,
    *,
    align: int = 1,
    threads: Threads = None,
    worth: int = 50_000,
) -> list[Result]:
    """Call `work(first, last)` on consecutive ranges that cover `n_rows` rows, and return the results in order.

    `cost` is the number of samples in all, or of whatever is dear, and `worth` how many of these are worth one more
    thread, which below costs more than it saves. Ranges begin at multiples of `align`. There are at most `threads`, or
    as many as CPUs; or those of a pool that the caller holds, who has more such work to share.
    """
    units = -(-n_rows // align)
    held = threads if isinstance(threads, ThreadPoolExecutor) else None
    most = threads if isinstance(threads, int) else n_threads()
    count = min(most, units, 1 + cost // worth)
    # a few parts each, as threads rarely run equally fast; but to hand one over costs, and each is to be worth it
    n_parts = min(4 * count, max(count, cost // worth), units) if count > 1 else 1
    cuts: list[Any] = [min(k * units // n_parts * align, n_rows) for k in range(n_parts + 1)]
    ranges = list(pairwise(cuts))
    if count <= 1:
        return [work(first, last) for first, last in ranges]
    with nullcontext(held) if held is not None else ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda part: work(*part), ranges))
