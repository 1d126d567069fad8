"""Defer SIGINT and SIGTERM to points where the training state is consistent."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether a signal asked the training to stop, and which."""

    def __init__(self) -> None:
        self.signal = 0

    def request(self, number: int, _frame: FrameType | None = None) -> None:
        """Remember the first signal; further ones ask for the same."""
        self.signal = self.signal or number


@contextmanager
def deferred_signals() -> Iterator[Stop]:
    """Let signals be remembered, for as long as the context lasts, instead of obeyed.

    Outside the main thread no signal arrives, and none is listened to.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop.request) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
