"""Cells in worker processes, of one thread each."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from joblib import Parallel, delayed


def in_workers(workers: int, run: Callable[..., Any], pending: Sequence[tuple[int, Any]], *arguments: Any,
               **options: Any) -> Iterator[tuple[int, list[Any]]]:
    """`run(cell, *arguments, **options, tell=...)` for each pending (position, cell), as each ends.

    Gives the position with what the cell told, its result last.
    """
    pool = Parallel(n_jobs=workers, backend="loky", return_as="generator_unordered")
    return pool(delayed(_one)(run, position, cell, arguments, options) for position, cell in pending)


def _one(run, position, cell, arguments, options):
    import numba
    import torch

    # of this process alone: with a thread a worker, workers do not wait for each other's threads
    torch.set_num_threads(1)
    numba.set_num_threads(1)
    told: list[Any] = []
    result = run(cell, *arguments, **options, tell=told.append)
    return position, [*told, result]
