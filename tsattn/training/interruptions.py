"""Signals that stop a training with a checkpoint, Ctrl-C for one, take effect once its progress is saved.

During a training our own handlers replace the caller's. The first signal is only noted: the loop finishes the batch and
calls `act_on_signal`, which saves the progress and then does what the caller's handler, or the system without one,
would have done at once. A second signal before that does so without waiting. After the training the caller's handlers
are back. Python runs signal handlers in the main thread alone: trainings in other threads leave them as they are.
"""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
EXIT = 128  # plus the signal's number: the exit code by which shells report a process that a signal has ended


class Interruptions:
    """Within it, the first signal waits for `act_on_signal`, and a second one acts at once, as it would without us.

    Parameters
    ----------
    save : callable, optional
        Called before a signal takes effect, to save the progress. None: signals act at once, as without us.
    """

    def __init__(self, save: Callable[[], None] | None = None) -> None:
        self.save = save
        self.pending: int | None = None
        self.before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if self.save is not None and threading.current_thread() is threading.main_thread():
            present = {number: signal.getsignal(number) for number in STOP_SIGNALS}
            self.before = {number: handler for number, handler in present.items()
                           if handler not in (signal.SIG_IGN, None)}  # None: set by other code than Python
            self._install()
        return self

    def __exit__(self, *error: object) -> None:
        self._restore()
        self.act_on_signal()

    def act_on_signal(self) -> None:
        """If a signal came in the meantime, save and let it take effect; training goes on if its handler returns.

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
        self._install()

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as signals call it
        self._restore()
        self.pending = number

    def _install(self) -> None:
        for number in self.before:
            signal.signal(number, self._note)

    def _restore(self) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)
