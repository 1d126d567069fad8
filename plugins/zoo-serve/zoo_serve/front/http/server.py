"""The server: its connections and its graceful end."""

from __future__ import annotations

import time
from types import FrameType

import uvicorn

from zoo_core.plugin_api import web_server
from zoo_serve.front.http.app import App
from zoo_serve.front.http.protocol import LimitedProtocol, refuse_slow
from zoo_serve.settings import Settings

KEEP_ALIVE = 75
"""Seconds that an idle connection stays open, longer than those of usual proxies."""

GRACE = 5
"""Seconds for pending requests after their timeout, when the server ends."""


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
                backlog=web_server.BACKLOG,
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
