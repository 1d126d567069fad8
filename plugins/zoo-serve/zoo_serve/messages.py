"""Messages between the front process and a worker: lists of byte strings with their lengths.

| message | direction | parts |
| --- | --- | --- |
| load | to the worker | ``load``, JSON of the models and options |
| ready | to the front | ``ready``, JSON of the facts of each model |
| failed | to the front | ``failed``, JSON of the error |
| batch | to the worker | ``batch``, name of the model, then `Request.head` and body per request |
| done | to the front | ``done``, then head and body per reply, in the order of the requests |
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_COUNT = struct.Struct(">QI")
"""Size of the rest of the message, and number of its parts."""


class Request(NamedTuple):
    """A request for a model, as the front passes it to a worker.

    Attributes:
        action: ``predict`` or ``infer``.
        content_type: the header, without its parameters if it is not a multipart body.
        header_length: bytes of the JSON before binary tensors; empty for a body of JSON alone.
        version: expected version of the model; empty for any.
        force: ``1`` if refused predictions are returned, too.
        body: the body.
    """

    action: str
    content_type: str
    header_length: str
    version: str
    force: str
    body: bytes

    @property
    def head(self) -> bytes:
        """All fields but the body, on a line each."""
        # No field can have a line break, because header values, paths and queries have none:
        # the front removes those that are percent-encoded.
        return "\n".join(self[:-1]).encode()


def parse_request(head: bytes, body: bytes) -> Request:
    """Return the request of a head and a body."""
    action, content_type, header_length, version, force = head.decode().split("\n")
    return Request(action, content_type, header_length, version, force, body)


def pack(parts: Sequence[bytes]) -> bytes:
    """Return a message as bytes."""
    lengths = struct.pack(f">{len(parts)}Q", *map(len, parts))
    size = len(lengths) + sum(map(len, parts))
    return b"".join([_COUNT.pack(size, len(parts)), lengths, *parts])


def _unpack(content: bytes, count: int) -> list[bytes]:
    place = 8 * count
    parts = []
    for length in struct.unpack_from(f">{count}Q", content):
        parts.append(content[place : place + length])
        place += length
    return parts


class Buffer:
    """Bytes of messages that arrive in pieces of any size."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[list[bytes]]:
        """Add received bytes, and yield the parts of each complete message."""
        self._held += data
        while len(self._held) >= _COUNT.size:
            size, count = _COUNT.unpack_from(self._held)
            end = _COUNT.size + size
            if len(self._held) < end:
                return
            content = bytes(memoryview(self._held)[_COUNT.size : end])
            del self._held[:end]
            yield _unpack(content, count)


def receive(connection: socket.socket) -> list[bytes] | None:
    """Wait for a message and return its parts; None if the other side closed the connection."""
    head = _receive_exactly(connection, _COUNT.size)
    if head is None:
        return None
    size, count = _COUNT.unpack(head)
    content = _receive_exactly(connection, size)
    return None if content is None else _unpack(content, count)


def _receive_exactly(connection: socket.socket, size: int) -> bytes | None:
    content = bytearray(size)
    view, place = memoryview(content), 0
    while place < size:
        received = connection.recv_into(view[place:])
        if not received:
            return None
        place += received
    return bytes(content)
