"""Listening: on which address, until which signal."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from zoo_core import ZooError
from zoo_core.plugin_api import InvalidValueError, Stop

MAX_CONNECTIONS = 800
"""Whoever comes then is refused, while there are still files to open."""

GRACE = 2
"""Seconds that requests under way are given when the server ends."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that has the address, and does not listen yet.

    Args:
        host: an address or a name of this machine.
        port: 0 for any that is free.

    Raises:
        InvalidValueError: this machine has no such address.
        ZooError: the port is taken, or may not be used.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
    except (OSError, UnicodeError) as exc:
        raise InvalidValueError(
            f"--host {host!r} is no address: {exc}", hint="This machine's own is 127.0.0.1."
        ) from exc
    # asyncio turns off Nagle's algorithm for what says that it is TCP; else an answer's body waits
    # for the headers to be acknowledged, which takes 40 ms.
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
        bound.listen(2048)  # now, so that of two servers that start at once one is told
    except OSError as exc:
        bound.close()
        if exc.errno == errno.EADDRNOTAVAIL:
            raise InvalidValueError(
                f"--host {host!r} is no address of this machine",
                hint="127.0.0.1 is, and 0.0.0.0 stands for all of them.",
            ) from exc
        why = "is taken" if exc.errno == errno.EADDRINUSE else f"cannot be used: {exc.strerror}"
        raise ZooError(
            f"port {port} of {host} {why}", hint="Take another: --port 0 takes any that is free."
        ) from exc
    return bound


def address_of(host: str, bound: socket.socket) -> str:
    """Return the page's URL."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    port = bound.getsockname()[1]
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


def serve_until(
    stop: Stop, app: Starlette, bound: socket.socket, ready: Callable[[], None]
) -> None:
    """Serve until a signal was heard.

    Args:
        stop: hears signals.
        app: what is served.
        bound: what `listen` returned.
        ready: called once, when requests are answered.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="error",
        access_log=False,
        limit_concurrency=MAX_CONNECTIONS,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    _Server(config, stop, ready).run(sockets=[bound])


class _Server(uvicorn.Server):
    """A server that leaves signals to `zoo_core.system.interrupts`."""

    def __init__(self, config: uvicorn.Config, stop: Stop, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._stop = stop
        self._ready = ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or bool(self._stop.signal)
