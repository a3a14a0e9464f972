"""Seconds by stage: what the source's table 3.8 shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

STAGES = ("features", "entropy", "mixture", "clustering")


class Stopwatch:
    """Seconds by stage, in the order in which stages first began.

    Examples
    --------
    >>> watch = Stopwatch()
    >>> with watch.stage("mixture"):
    ...     total = sum(range(1000))
    >>> watch.seconds["mixture"] > 0
    True
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add what happens within to a stage."""
        begin = perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - begin
