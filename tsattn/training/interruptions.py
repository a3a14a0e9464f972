"""Signals that ask a training with a checkpoint to stop: heeded after the batch, with its progress on disk.

Handlers stand for the time of one training, in the main thread, which alone has any. What the caller had set is put
back, and is what a signal comes to in the end.
"""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

ASKING = (signal.SIGINT, signal.SIGTERM)
EXIT = 128  # and the signal's number: the exit code that shells give to a process that a signal ended


class Interruptions:
    """Within it, the first signal waits for `heed`, and a second one acts as it would have without us.

    Parameters
    ----------
    save : callable, optional
        What is done before a signal acts. None: nothing waits, and signals act at once, as the caller has set.
    """

    def __init__(self, save: Callable[[], None] | None = None) -> None:
        self.save = save
        self.pending: int | None = None
        self.before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if self.save is not None and threading.current_thread() is threading.main_thread():
            there = {number: signal.getsignal(number) for number in ASKING}
            self.before = {number: handler for number, handler in there.items()
                           if handler not in (signal.SIG_IGN, None)}  # None: set by another language
            self._arm()
        return self

    def __exit__(self, *error: object) -> None:
        self._put_back()
        self.heed()

    def heed(self) -> None:
        """Let the signal that came, if one did, do what it does; training goes on if it does nothing that ends it.

        Raises
        ------
        KeyboardInterrupt
            For SIGINT, by Python's own handler.
        SystemExit
            For a signal that would have ended the process at once: with 128 and its number, 143 for SIGTERM.
        """
        if self.pending is None or self.save is None:
            return
        number, self.pending = self.pending, None
        self.save()
        handler = self.before[number]
        if not callable(handler):
            raise SystemExit(EXIT + number)
        handler(number, None)
        self._arm()

    def _take(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as signals call it
        self._put_back()
        self.pending = number

    def _arm(self) -> None:
        for number in self.before:
            signal.signal(number, self._take)

    def _put_back(self) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)
