"""Defer SIGINT and SIGTERM to points where the training state is consistent."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """A request to stop a training.

    Attributes:
        signal: number of the signal that requested it, 0 if none did.
    """

    def __init__(self) -> None:
        self.signal = 0

    def request(self, number: int, _frame: FrameType | None = None) -> None:
        """Store the first signal; later ones change nothing."""
        self.signal = self.signal or number


@contextmanager
def deferred_signals() -> Iterator[Stop]:
    """Store signals during the block instead of raising `KeyboardInterrupt` or exiting."""
    stop = Stop()
    # Python runs signal handlers in the main thread, and only that may install them.
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop.request) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            # None is a handler that was not installed from Python, which cannot be restored.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
