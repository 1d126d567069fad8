"""Replies of a worker: finished responses, and refusals of requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from zoo_core import ZooError
from zoo_core.plugin_api import encodable, one_line, rewrite_texts

JSON = {"content-type": "application/json"}

_NOT_FOR_JSON = ("\\ud", "NaN", "Infinity")
"""Parts of JSON with text that UTF-8 cannot encode, or with a number that JSON lacks."""


class Reply(NamedTuple):
    """A finished response.

    Attributes:
        head: status and headers, on a line each.
        body: the body.
    """

    head: bytes
    body: bytes


class RefusedError(Exception):
    """A request that cannot be answered.

    Args:
        status: HTTP status.
        problem: reason for the client.
    """

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status, self.problem = status, problem


def make_reply(status: int, headers: Mapping[str, str], body: bytes) -> Reply:
    """Return a response."""
    lines = [str(status), *(f"{name}: {value}" for name, value in headers.items())]
    return Reply("\n".join(lines).encode(), body)


def json_text(value: Any) -> bytes:
    """Return a value as JSON in ASCII, with null for numbers that JSON lacks."""
    text = json.dumps(value)
    # Only then, because walking a long value takes longer than writing it.
    if any(mark in text for mark in _NOT_FOR_JSON):
        text = json.dumps(rewrite_texts(value, encodable))
    return text.encode()


def error_reply(exc: BaseException, headers: Mapping[str, str]) -> Reply:
    """Return the response for an exception; those of zoo are faults of the request."""
    status, problem = 500, f"the prediction failed: {one_line(exc)[:500]}"
    if isinstance(exc, RefusedError):
        status, problem = exc.status, exc.problem
    elif isinstance(exc, ZooError):
        status, problem = 400, str(exc)
    return make_reply(status, {**JSON, **headers}, json_text({"error": problem}))
