"""Cells in worker processes, of one thread each: of this machine, by joblib or Dask, or of many, by Dask."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from joblib import Parallel, delayed

Pending = Sequence[tuple[int, Any]]
Told = Iterator[tuple[int, list[Any]]]  # a cell's position, and what it told, its result last
DIED = "distributed.scheduler.allowed-failures"  # workers that may die over a cell before it is given up


def by_joblib(workers: int, run: Callable[..., Any], pending: Pending, *arguments: Any, **options: Any) -> Told:
    """`run(cell, *arguments, **options, tell=...)` for each pending (position, cell), as each ends."""
    pool = Parallel(n_jobs=workers, backend="loky", return_as="generator_unordered")
    return pool(delayed(_one)(run, position, cell, arguments, options) for position, cell in pending)  # type: ignore[no-any-return]


def by_dask(workers: int, run: Callable[..., Any], pending: Pending, *arguments: Any, scheduler: str | None = None,
            **options: Any) -> Told:
    """As `by_joblib`, on a Dask cluster: the one at an address, or a local one of so many processes.

    The cells of a worker that dies are computed by the others.

    Raises
    ------
    ValueError
        The cluster has no worker, or one of several threads: its cells would share what is measured.
    """
    import dask
    from distributed import Client, LocalCluster, as_completed

    with ExitStack() as stack:
        if scheduler is None:
            stack.enter_context(dask.config.set({DIED: 10}))
            scheduler = stack.enter_context(LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=None)).scheduler_address
        client = stack.enter_context(Client(scheduler))
        threads = client.nthreads()
        if not threads or set(threads.values()) != {1}:
            raise ValueError("workers must have one thread each (`dask worker ADDRESS --nthreads 1`), and the cluster "
                             f"at {scheduler} has {len(threads)} workers with {sorted(set(threads.values()))} threads")
        # not pure: a cell that failed in an earlier run is to be tried again
        futures = [client.submit(_one, run, position, cell, arguments, options, pure=False)
                   for position, cell in pending]
        for future in as_completed(futures):
            yield future.result()


ENGINES: dict[str, Callable[..., Told]] = {"joblib": by_joblib, "dask": by_dask}


def _one(run, position, cell, arguments, options):
    import numba
    import torch

    # of this process alone: with a thread a worker, workers do not wait for each other's threads
    torch.set_num_threads(1)
    numba.set_num_threads(1)
    told: list[Any] = []
    result = run(cell, *arguments, **options, tell=told.append)
    return position, [*told, result]
