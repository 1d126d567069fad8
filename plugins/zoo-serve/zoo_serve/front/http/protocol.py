"""HTTP connections: their number, and the time and size of a request's headers."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEADERS = 1 << 16
"""Maximum bytes of a request's headers."""

_PHRASES = {
    400: "Bad Request",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}


class LimitedProtocol(HttpToolsProtocol):
    """A connection whose requests must arrive in time.

    uvicorn limits neither the time nor the size of headers, and keeps connections beyond its limit
    open, so that slow clients could occupy all file descriptors.
    """

    max_connections = 1000
    """Maximum number of open connections."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.waiting_since = 0.0
        """Time since which headers are incomplete; 0 between requests and during a body."""
        self.unsent = 0
        """Bytes of responses that the client has not read."""
        self.unsent_since = 0.0
        self._header_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.waiting_since = time.monotonic()
        if len(self.connections) > self.max_connections:
            self.refuse(503, f"expected at most {self.max_connections} connections")

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        # uvicorn's own does this for connections without an error only: the timer of one that the
        # client has reset would hold its memory as long as an idle connection stays open.
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():  # the rest of a request that was refused
            return
        if self.waiting_since:
            self._header_bytes += len(data)
        super().data_received(data)
        if self.waiting_since and self._header_bytes > MAX_HEADERS:
            self.refuse(431, f"expected at most {MAX_HEADERS:,} bytes of headers")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.waiting_since = time.monotonic()

    def on_headers_complete(self) -> None:
        self.waiting_since, self._header_bytes = 0.0, 0
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse a request that is not HTTP."""
        self.refuse(400, f"expected an HTTP request, got something else: {msg}")

    def refuse(self, status: int, problem: str) -> None:
        """Send an error and close the connection."""
        if self.transport.is_closing():
            return
        body = json.dumps({"error": problem}).encode()
        head = (
            f"HTTP/1.1 {status} {_PHRASES[status]}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()


def refuse_slow(connections: set[Any], seconds: float) -> None:
    """End the connections whose headers are incomplete, or responses unread, for too long."""
    now = time.monotonic()
    for connection in [*connections]:
        # Not a timeout of sending, because uvicorn does not wait for the client to read.
        unsent = connection.transport.get_write_buffer_size()
        if not unsent or unsent != connection.unsent:
            connection.unsent, connection.unsent_since = unsent, now
        elif connection.unsent_since < now - seconds:
            connection.transport.abort()
        if 0 < connection.waiting_since < now - seconds:
            connection.refuse(408, f"expected the headers of a request within {seconds:g} s")
