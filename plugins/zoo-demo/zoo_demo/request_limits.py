"""Limits of requests: allowed hosts and origins, body size, time."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BYTES = 1 << 20
"""Of a drawing: a canvas takes a few thousand."""

BODY_TIMEOUT = 20.0
"""Seconds that a drawing may take to arrive."""

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

HEADERS = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; object-src 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}

Call = Callable[[Scope, Receive, Send], Awaitable[None]]


class LimitsMiddleware:
    """Answers only those who asked for this server by its own name, and from its own pages.

    A page elsewhere may have its name resolved to 127.0.0.1 and would then be of one origin with
    whatever listens there (DNS rebinding): the Host header still has that page's name.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._names = LOOPBACK | {host.lower()}
        self._everywhere = host in ("0.0.0.0", "::", "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _with_headers(send)
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._is_ours(host):
            problem = (
                f"the request is for the host {host[:200]!r}, this server is "
                f"{', '.join(sorted(self._names))}. Open the address that `zoo demo` printed, or "
                "start it with --host."
            )
            await _problem(421, problem)(scope, receive, answer)
        elif origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            problem = f"a page of {origin[:200]!r} may not ask this server, only its own page may"
            await _problem(403, problem)(scope, receive, answer)
        else:
            await self._app(scope, receive, answer)

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in self._names or (self._everywhere and _is_address(name))


def _is_address(name: str) -> bool:
    """Say whether a name is an IP address, which nobody can have resolved to another."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach a host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _with_headers(send: Send) -> Send:
    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            headers.setdefault("cache-control", "no-cache")  # pages change with the version
        await send(message)

    return answer


def _problem(status: int, text: str) -> JSONResponse:
    return JSONResponse({"error": text}, status)


async def read_body(request: Request) -> bytes:
    """Return the request's body, of `MAX_BYTES` at most.

    Raises:
        HTTPException: 413 where it is larger, before the rest is read; 408 where it takes too long;
            400 where it ends too soon.
    """
    too_much = HTTPException(
        413, f"the body is larger than {MAX_BYTES:,} bytes, send a smaller image"
    )
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > MAX_BYTES:
        raise too_much
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            async for part in request.stream():
                size += len(part)
                if size > MAX_BYTES:
                    raise too_much
                parts.append(part)
    except TimeoutError as exc:
        raise HTTPException(408, f"the body did not arrive in {BODY_TIMEOUT:g} s") from exc
    except ClientDisconnect as exc:
        raise HTTPException(400, "the body ended too soon") from exc
    return b"".join(parts)
