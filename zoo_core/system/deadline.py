"""Total timeout of a transfer, with a minimum rate."""

from __future__ import annotations

import contextlib
import math
import os
import socket
import threading
import time
from collections.abc import Iterator

MIN_RATE = 32_768
"""Bytes a second below which a transfer is given up, once its patience is over."""

CONNECT_TIMEOUT = 10.0
"""Seconds for one address of a host, at most: it may have others."""


def default_timeout() -> float:
    """Return the seconds that a server may take for nothing: ``$ZOO_TIMEOUT``, else 30."""
    try:
        seconds = float(os.environ["ZOO_TIMEOUT"])
    except (KeyError, ValueError):
        seconds = math.nan
    return min(max(0.1, seconds), 86_400.0) if seconds == seconds else 30.0  # noqa: PLR0124 (NaN)


class Deadline:
    """When a transfer is given up: every byte taken earns some time, up to the patience there is.

    A timeout of a socket starts again with every byte, so that it does not bound a slow drip: a
    thread cuts the connections instead.
    """

    def __init__(self) -> None:
        self.timeout = default_timeout()
        self.taken = 0
        self.over = False
        self._start = time.monotonic()
        self._until = self._start + self.timeout
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []

    def remaining(self) -> float:
        """Return how many seconds are left."""
        return self._until - time.monotonic()

    def add_bytes(self, count: int) -> None:
        """Hear of bytes that came."""
        self.taken += count
        self._until = min(self._until + count / MIN_RATE, time.monotonic() + self.timeout)

    def __str__(self) -> str:
        seconds = time.monotonic() - self._start
        return (
            f"it is too slow, {self.taken:,} bytes in {seconds:.1f} s; "
            f"ZOO_TIMEOUT={2 * self.timeout:g} would wait for longer"
        )

    def connect(self, address: tuple[str, int], *_: object) -> socket.socket:
        """Return a connection that is cut when time is up."""
        connected = socket.create_connection(
            address, max(0.1, min(self.remaining(), CONNECT_TIMEOUT))
        )
        connected.settimeout(self.timeout)
        with self._lock:
            # A second handle on it, because TLS takes the first one away for its handshake.
            self._sockets.append(connected.dup())
            if self.over:
                self._cut()
        return connected

    @contextlib.contextmanager
    def enforced(self) -> Iterator[Deadline]:
        """Cut the connections of the block when time is up."""
        threading.Thread(target=self._watch, daemon=True).start()
        try:
            yield self
        finally:
            self._done.set()

    def release(self) -> None:
        """Let go of the connections, which whoever has them closes."""
        with self._lock:
            while self._sockets:
                self._sockets.pop().close()

    def _watch(self) -> None:
        while not self._done.wait(max(0.0, self.remaining())):
            if self.remaining() <= 0:
                with self._lock:
                    self.over = True
                    self._cut()
                return

    def _cut(self) -> None:
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
