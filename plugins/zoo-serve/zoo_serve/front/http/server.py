"""The server: its socket, its URL, its connections and its graceful end."""

from __future__ import annotations

import errno
import socket
import time
from types import FrameType

import uvicorn

from zoo_core import ZooError
from zoo_core.plugin_api import InvalidValueError
from zoo_serve.front.http.app import App
from zoo_serve.front.http.protocol import LimitedProtocol, refuse_slow
from zoo_serve.settings import Settings

BACKLOG = 2048

KEEP_ALIVE = 75
"""Seconds that an idle connection stays open, longer than those of usual proxies."""

GRACE = 5
"""Seconds for pending requests after their timeout, when the server ends."""

_BROWSABLE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address; connections wait until the server runs.

    Args:
        host: address or name of this machine.
        port: port number; 0 for any free one.

    Raises:
        InvalidValueError: this machine does not have the address.
        ZooError: the port is in use or forbidden.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as exc:  # UnicodeError: a label of more than 63 characters
        raise InvalidValueError(f"invalid --host {host!r}: {exc}", hint="Use 127.0.0.1.") from exc
    family, kind, protocol, _, address = found[0]
    # With its protocol number, or asyncio would not set TCP_NODELAY on connections.
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(BACKLOG)
    except OSError as exc:
        bound.close()
        if exc.errno == errno.EADDRNOTAVAIL:
            raise InvalidValueError(
                f"invalid --host {host!r}: not an address of this machine",
                hint="Use 127.0.0.1, or 0.0.0.0 for all addresses.",
            ) from exc
        why = "is in use" if exc.errno == errno.EADDRINUSE else f"is not usable: {exc.strerror}"
        problem = f"port {port} of {host} {why}"
        raise ZooError(problem, hint="Choose a free port with --port 0.") from exc
    return bound


def address_of(host: str, bound: socket.socket) -> str:
    """Return the URL of a socket, which browsers can open."""
    shown = _BROWSABLE.get(host, host)
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{bound.getsockname()[1]}/"


class Server(uvicorn.Server):
    """A server that answers accepted requests before it ends.

    Args:
        app: the application.
        settings: limits.

    Attributes:
        is_draining: whether a signal has arrived; the server is not ready then.
    """

    def __init__(self, app: App, settings: Settings) -> None:
        protocol = type("Protocol", (LimitedProtocol,), {})
        protocol.max_connections = settings.max_connections  # type: ignore[attr-defined]
        super().__init__(
            uvicorn.Config(
                app,
                http=protocol,
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                log_level="critical",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=int(settings.timeout) + GRACE,
            )
        )
        self.is_draining = False
        self._settings, self._end = settings, 0.0

    # Not uvicorn's, which would raise the signal again at the end, for the default handler.
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end; a second signal ends without waiting for clients."""
        if self.is_draining:
            self.should_exit = self.force_exit = True
        self.is_draining = True
        self._end = time.monotonic() + self._settings.drain
        # Clients open another connection after their response, and find the next server.
        self.config.headers.append(("connection", "close"))
        self.config.encoded_headers.append((b"connection", b"close"))
        self.server_state.default_headers = [*self.config.encoded_headers]

    async def on_tick(self, counter: int) -> bool:
        """Check limits and signals; uvicorn calls it every tenth of a second."""
        if counter % 10 == 0:
            refuse_slow(self.server_state.connections, self._settings.client_timeout)
        if self.is_draining and time.monotonic() >= self._end:
            self.should_exit = True
        return await super().on_tick(counter)
