"""Cells in worker processes, of one thread each: of this machine, by joblib or Dask, or of many, by Dask."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

Pending = Sequence[tuple[int, Any]]
Told = Iterator[tuple[int, list[Any]]]  # a cell's position, and what it told, its result last


def by_joblib(workers: int, run: Callable[..., Any], pending: Pending, *arguments: Any, **options: Any) -> Told:
    """`run(cell, *arguments, **options, tell=...)` for each pending (position, cell), as each ends."""
    from joblib import Parallel, delayed

    pool = Parallel(n_jobs=workers, backend="loky", return_as="generator_unordered")
    return pool(delayed(_one)(run, position, cell, arguments, options) for position, cell in pending)  # type: ignore[no-any-return]


def by_dask(workers: int, run: Callable[..., Any], pending: Pending, *arguments: Any, scheduler: str | None = None,
            **options: Any) -> Told:
    """As `by_joblib`, on a Dask cluster: the one at an address, or a local one of so many processes.

    The cells of a worker that dies are computed by the others. Rows say how many workers there were on their machine.

    Raises
    ------
    ValueError
        Dask's `distributed` is not installed; or the cluster has no worker, or one of several threads: its cells would
        share what is measured.
    ChildProcessError
        After all others are done: some cells took every worker with them that tried them.
    """
    try:
        from distributed import Client, KilledWorker, LocalCluster, as_completed
    except ImportError as error:
        raise ValueError("backend='dask' needs Dask's distributed: pip install 'tsattn[dask]'") from error

    with ExitStack() as stack:
        if scheduler is None:  # no limit of memory: joblib's workers have none either
            scheduler = stack.enter_context(LocalCluster(
                n_workers=workers, threads_per_worker=1, memory_limit=None, dashboard_address=None)).scheduler_address
        client = stack.enter_context(Client(scheduler))
        threads = client.nthreads()
        if not threads or set(threads.values()) != {1}:
            raise ValueError("workers must have one thread each (`dask worker ADDRESS --nthreads 1`), and the cluster "
                             f"at {scheduler} has {len(threads)} workers with {sorted(set(threads.values()))} threads")
        crowd = Counter(_host(address) for address in threads)
        # not pure: a cell that failed in an earlier run is to be tried again
        cells = {client.submit(_one_of_many, crowd, run, position, cell, arguments, options, pure=False): cell.label
                 for position, cell in pending}
        lost = []
        for future in as_completed(cells):
            try:
                yield future.result()
            except KilledWorker:
                lost.append(cells[future])
        if lost:
            raise ChildProcessError(f"workers died of {len(lost)} cells, or beside them, and all others are done: "
                                    f"{'; '.join(lost)}. Start the run again; give workers more memory")


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


def _one_of_many(crowd, run, position, cell, arguments, options):
    from distributed import get_worker

    return _one(run, position, cell, arguments, {**options, "jobs": crowd[_host(get_worker().address)]})


def _host(address: str) -> str | None:
    return urlsplit(address).hostname
