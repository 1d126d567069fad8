"""Limits of requests: allowed hosts and origins, body size, time."""

from __future__ import annotations

import asyncio
import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BYTES = 1 << 20
"""Maximum bytes of an image file; a drawing has a few thousand."""

BODY_TIMEOUT = 20.0
"""Maximum seconds for a request's body."""

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

HEADERS = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; object-src 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class LimitsMiddleware:
    """Middleware that refuses foreign hosts and origins, and adds security headers.

    A page on the internet may resolve its own name to 127.0.0.1 and then have the same origin as
    this server (DNS rebinding). The Host header of its requests still contains that name.
    """

    # Not starlette's TrustedHostMiddleware, because it has no pattern for "any IP address", which
    # a server on 0.0.0.0 needs, and older versions of it cut `[::1]:8000` at its first colon.
    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._names = LOOPBACK | {host.lower()}
        self._everywhere = host in ("0.0.0.0", "::", "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # the start and the end of the server
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        app = self._app
        if not self._is_allowed(host):
            error = (
                f"wrong host: expected one of {', '.join(sorted(self._names))}, got "
                f"{host[:200]!r}. Open the address that `zoo demo` printed, or use its --host."
            )
            app = JSONResponse({"error": error}, 421)
        # Browsers send an Origin with each POST: pages of other sites, and of other ports of this
        # machine, are refused. Programs such as curl send none.
        elif origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            app = JSONResponse({"error": f"requests from {origin[:200]!r} are not allowed"}, 403)
        await app(scope, receive, _with_headers(send))

    def _is_allowed(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""  # without port and brackets
        except ValueError:
            return False
        # DNS rebinding needs a name, so on 0.0.0.0 every IP address is safe.
        return name in self._names or (self._everywhere and _parse_ip(name) is not None)


def _parse_ip(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a host."""
    ip = _parse_ip(host)
    return ip.is_loopback if ip else host.lower() == "localhost"


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            # Browsers revalidate, because the page's files change with zoo-demo's version.
            headers.setdefault("cache-control", "no-cache")
        await send(message)

    return send_with_headers


async def read_body(request: Request) -> bytes:
    """Return the request's body of at most `MAX_BYTES`.

    Raises:
        HTTPException: 413 for a larger body, before the rest is read; 408 after a timeout; 400 for
            a client that disconnects.
    """
    too_large = HTTPException(
        413, f"expected a body of at most {MAX_BYTES:,} bytes. Send a smaller image."
    )
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > MAX_BYTES:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            async for part in request.stream():
                body += part
                # Counted too, because a chunked body declares no length.
                if len(body) > MAX_BYTES:
                    raise too_large
    except TimeoutError as exc:
        raise HTTPException(408, f"the body did not arrive in {BODY_TIMEOUT:g} s") from exc
    except ClientDisconnect as exc:
        raise HTTPException(400, "the client disconnected before the end of the body") from exc
    return bytes(body)
