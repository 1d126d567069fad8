"""Bodies of requests: size limits and timeouts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import Message, Receive

from zoo_serve.front.responses import HttpError
from zoo_serve.settings import Settings


class Bodies:
    """The bodies that are arriving, or whose responses are not sent yet.

    Args:
        settings: limits.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._held = 0

    @contextmanager
    def hold(self, size: int) -> Iterator[None]:
        """Count the bytes of a body until the end of the block."""
        self._held += size
        try:
            yield
        finally:
            self._held -= size

    async def read(self, receive: Receive, declared: bytes) -> bytes:
        """Return the body of a request.

        Args:
            receive: receives the next part.
            declared: value of the header Content-Length; empty for none.

        Raises:
            HttpError: 413 for a body that is too large, before the rest is read; 503 if all bodies
                are; 408 after a timeout; 400 for a client that disconnects.
        """
        # httptools has checked the header's syntax.
        self._check_size(int(declared or b"0"))
        try:
            async with asyncio.timeout(self._settings.client_timeout):
                message = await receive()
                if message["type"] == "http.request" and not message.get("more_body"):
                    body: bytes = message["body"]
                    self._check_size(len(body))
                    return body
                return await self._read_parts(receive, message)
        except TimeoutError as exc:
            seconds = self._settings.client_timeout
            # Closed, because the rest of the body would be taken for another request.
            raise HttpError(
                408, f"expected the body within {seconds:g} s", [(b"connection", b"close")]
            ) from exc

    async def _read_parts(self, receive: Receive, message: Message) -> bytes:
        body = bytearray()
        counted = 0
        try:
            while True:
                if message["type"] == "http.disconnect":
                    raise HttpError(400, "expected a body, got the end of the connection")
                body += message["body"]
                # Counted too, because a chunked body declares no length.
                self._check_size(len(body))
                self._held += len(body) - counted
                counted = len(body)
                if not message.get("more_body"):
                    return bytes(body)
                message = await receive()
        finally:
            self._held -= counted

    def _check_size(self, size: int) -> None:
        most = self._settings.max_body
        if size > most:
            raise HttpError(
                413,
                f"expected a body of at most {most:,} bytes, got more. Send fewer examples, or "
                "start the server with a larger --max-body.",
                [(b"connection", b"close")],
            )
        if self._held + size > self._settings.max_held:
            raise HttpError(
                503,
                "the bodies of all requests take too much memory. Send the request again in a "
                "second.",
                [(b"retry-after", b"1"), (b"connection", b"close")],
            )
