"""Responses of the front process, and replies of workers as responses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

Headers = list[tuple[bytes, bytes]]


class Response(NamedTuple):
    """A finished response.

    Attributes:
        status: HTTP status.
        headers: headers without the body's length.
        body: the body.
    """

    status: int
    headers: Headers
    body: bytes


JSON_HEADERS: Headers = [(b"content-type", b"application/json")]


class HttpError(Exception):
    """A request that the front refuses.

    Args:
        status: HTTP status.
        problem: reason for the client: expected X, got Y.
        headers: further headers.
    """

    def __init__(self, status: int, problem: str, headers: Headers | None = None) -> None:
        super().__init__(problem)
        self.status, self.problem, self.headers = status, problem, headers or []

    @property
    def response(self) -> Response:
        """The error as a response."""
        return json_response({"error": self.problem}, self.status, self.headers)


def json_response(
    value: Any, status: int = 200, headers: Sequence[tuple[bytes, bytes]] = ()
) -> Response:
    """Return a value as JSON in ASCII."""
    return Response(status, [*JSON_HEADERS, *headers], json.dumps(value).encode())


def reply_response(head: bytes, body: bytes) -> Response:
    """Return the response of a worker's reply."""
    return Response(*_parse_head(head), body)


@lru_cache(512)  # nearly every reply of a model has the same headers
def _parse_head(head: bytes) -> tuple[int, Headers]:
    status, *lines = head.split(b"\n")
    headers = [line.partition(b": ") for line in lines]
    return int(status), [(name, value) for name, _, value in headers]
