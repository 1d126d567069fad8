"""The ASGI application: requests for models by the shortest way, all others by `Pages`."""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

from zoo_serve.front.computing.batching import Dispatcher
from zoo_serve.front.http.bodies import Bodies
from zoo_serve.front.metrics import Metrics
from zoo_serve.front.models import Models, Route
from zoo_serve.front.responses import HttpError, Response
from zoo_serve.messages import Request
from zoo_serve.settings import Settings

PREDICT, INFER = "/predict/", "/v2/models/"

OPEN = ("/", "/docs", "/openapi.json", "/v2/health/live", "/v2/health/ready")
"""Paths that need no token."""

STATIC = "/static/"

MAX_HEADER = 1000
"""Maximum length of a header's value that a worker gets."""


class _Headers(NamedTuple):
    """The headers that matter."""

    content_type: bytes = b""
    content_length: bytes = b""
    content_encoding: bytes = b""
    authorization: bytes = b""
    host: bytes = b""
    inference_header_content_length: bytes = b""


_FIELDS = {name.replace("_", "-").encode(): name for name in _Headers._fields}


class App:
    """The application.

    Args:
        settings: limits and token.
        models: served models.
        dispatcher: queue of requests.
        metrics: metrics.
        pages: application for all requests but those for predictions.
    """

    # Not starlette's routing and middleware, because each layer takes as long as all of this.
    def __init__(
        self,
        settings: Settings,
        models: Models,
        dispatcher: Dispatcher,
        metrics: Metrics,
        pages: ASGIApp,
    ) -> None:
        self._settings, self._models, self._dispatcher = settings, models, dispatcher
        self._metrics, self._pages = metrics, pages
        self._bodies = Bodies(settings)
        self._secret = settings.token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        path: str = scope["path"]
        headers = _read_headers(scope["headers"])
        try:
            self._authorize(path, headers)
            route = self._find(path) if scope["method"] == "POST" else None
        except HttpError as exc:
            self._metrics.record("", exc.status, 0.0)
            await _send(send, exc.response)
            return
        if route is None:
            await self._pages(scope, receive, send)
        else:
            response = await self._compute(route, scope, headers, receive)
            await _send(send, response)

    def _authorize(self, path: str, headers: _Headers) -> None:
        if self._settings.hosts and (name := _host_name(headers.host)) not in self._settings.hosts:
            raise HttpError(
                403,
                f"expected a request to 127.0.0.1 or localhost, got one to {name[:100]!r}. To "
                "allow other names, start the server with a token.",
            )
        if not self._secret or path in OPEN or path.startswith(STATIC):
            return
        scheme, _, token = headers.authorization.partition(b" ")
        # In constant time, because the time to the first wrong byte would reveal the others.
        if scheme.lower() != b"bearer" or not hmac.compare_digest(token.strip(), self._secret):
            raise HttpError(
                401,
                "expected the header `Authorization: Bearer TOKEN` with the server's token",
                [(b"www-authenticate", b"Bearer")],
            )

    def _find(self, path: str) -> Route | None:
        """Return the model of a path; None if it is not one of a prediction."""
        if path.startswith(PREDICT):
            route = self._models.find(path.removeprefix(PREDICT))
            if route.action or route.version:
                raise HttpError(404, f"nothing at {path[:200]}. Use /predict/NAME.")
            return route
        if path.startswith(INFER) and path.endswith("/infer"):
            route = self._models.find(path.removeprefix(INFER))
            if route.action == "/infer":
                return route
        return None

    async def _compute(
        self, route: Route, scope: Scope, headers: _Headers, receive: Receive
    ) -> Response:
        name = route.model.asked.name
        started = 0.0
        try:
            if headers.content_encoding not in (b"", b"identity"):
                raise HttpError(415, "expected a body without Content-Encoding")
            body = await self._bodies.read(receive, headers.content_length)
            started = time.perf_counter()
            request = _make_request(route, scope, headers, body)
            with self._bodies.hold(len(body)):
                response = await self._dispatcher.submit(name, request)
        except HttpError as exc:
            response = exc.response
        seconds = time.perf_counter() - started if started else 0.0
        self._metrics.record(name, response.status, seconds)
        return response


def _read_headers(headers: Iterable[tuple[bytes, bytes]]) -> _Headers:
    return _Headers(**{_FIELDS[name]: value for name, value in headers if name in _FIELDS})


def _host_name(value: bytes) -> str:
    """Return the name in a header Host, without the port."""
    name = value.decode("latin-1").lower()
    if name.startswith("["):  # an address of IPv6
        return name[1:].partition("]")[0]
    return name.partition(":")[0]


def _make_request(route: Route, scope: Scope, headers: _Headers, body: bytes) -> Request:
    force = ""
    if query := scope["query_string"]:
        force = parse_qs(query.decode("latin-1")).get("force", [""])[-1]
        if force not in ("", "0", "1"):
            raise HttpError(
                400, f"wrong query parameter force: expected 0 or 1, got {force[:40]!r}"
            )
    fields = headers.content_type, headers.inference_header_content_length, route.version.encode()
    content_type, header_length, version = map(_one_line, fields)
    action = route.action.removeprefix("/") or "predict"
    return Request(action, content_type, header_length, version, force, body)


def _one_line(value: bytes) -> str:
    """Return a value without control characters, which would end a line of `Request.head`."""
    if len(value) > MAX_HEADER:
        raise HttpError(400, f"expected at most {MAX_HEADER} bytes per header, got {len(value)}")
    text = value.decode("utf-8", "replace")
    return text if text.isprintable() else re.sub(r"[\x00-\x1f\x7f]", " ", text)


async def _send(send: Send, response: Response) -> None:
    headers = [*response.headers, (b"content-length", str(len(response.body)).encode())]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
