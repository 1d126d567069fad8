"""The web application: the page's static files and its JSON API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from zoo_core.plugin_api import (
    Catalog,
    DataError,
    join_names,
    physical_cores,
    rewrite_texts,
    shown,
)
from zoo_demo.gallery import Gallery
from zoo_demo.models import Served
from zoo_demo.modes import Mode, group
from zoo_demo.predictions import predict_drawing
from zoo_demo.request_limits import LimitsMiddleware, read_body

STATIC = Path(__file__).parent / "static"

MAX_WAITING = 256
"""Maximum number of drawings that wait for a prediction; any further one is refused."""

MAX_ITEMS = 200
"""Maximum number of mistakes per response."""


class _Json(JSONResponse):
    """A response whose texts are for the page: names and messages of others are inert there."""

    def render(self, content: Any) -> bytes:
        # In ASCII, because paths may contain bytes that are not UTF-8.
        return json.dumps(rewrite_texts(content, shown)).encode()


class Api:
    """The JSON API of the page."""

    def __init__(self, catalog: Catalog, models: Sequence[Served]) -> None:
        self.modes = group(catalog, models)
        self._models = {model.id: model for model in models}
        # Threads, so that the event loop accepts new requests; at least two, because one large
        # photo would block all other drawings.
        self._pool = ThreadPoolExecutor(max(2, physical_cores()), "zoo-demo-predict")
        self._waiting = 0
        self._gallery = Gallery(catalog)

    def routes(self) -> list[Route]:
        # `path`, because an id may be the path of a run's folder and contain slashes.
        return [
            Route("/models", self.list_models),
            Route("/models/{id:path}/card", self.show_card),
            Route("/models/{id:path}/misread", self.show_misread),
            Route("/read", self.read, methods=["POST"]),
        ]

    async def list_models(self, _request: Request) -> Response:
        """Return the modes and their models."""
        return _Json({"modes": [mode.facts() for mode in self.modes.values()]})

    async def read(self, request: Request) -> Response:
        """Return the predictions of every model of ``?mode=`` for the image file in the body.

        Refused ones have no answers, except with ``?force=1``.
        """
        mode = self._mode(request)
        force = bool(_number(request, "force", 0, low=0, high=1))
        body = await read_body(request)
        if self._waiting >= MAX_WAITING:
            busy = f"{self._waiting} drawings are waiting. Try again in a second."
            raise HTTPException(503, busy, {"retry-after": "1"})
        self._waiting += 1  # needs no lock: only the event loop's thread is here
        loop = asyncio.get_running_loop()
        work = partial(predict_drawing, mode, body, force=force)
        try:
            answer = await loop.run_in_executor(self._pool, work)
        except DataError as exc:
            raise HTTPException(400, str(exc)) from exc
        finally:
            self._waiting -= 1
        return _Json(answer)

    async def show_card(self, request: Request) -> Response:
        """Return a model's card, without the golden outputs."""
        model = self._model(request)
        # They are for `zoo verify`, and many times larger than the rest.
        facts = model.pretrained.card.model_dump(mode="json", exclude={"golden"})
        return _Json({**model.facts(), "card": facts})

    async def show_misread(self, request: Request) -> Response:
        """Return mistakes from ``?start=``, at most ``?count=``; 202 until they are known."""
        model = self._model(request)
        start = _number(request, "start", 0, low=0, high=1 << 31)
        count = _number(request, "count", 48, low=1, high=MAX_ITEMS)
        page = self._gallery.page(model, start, count)
        status = {"ready": 200, "computing": 202, "failed": 500}[page["state"]]
        return _Json(page, status, {"cache-control": "no-store"})

    def close(self) -> None:
        """Stop all computations."""
        self._pool.shutdown(cancel_futures=True)
        self._gallery.close()

    def _mode(self, request: Request) -> Mode:
        name = request.query_params.get("mode", "")
        if name not in self.modes:
            raise HTTPException(
                400,
                f"wrong query parameter mode: expected one of {join_names(self.modes)}, "
                f"got {name[:200]!r}",
            )
        return self.modes[name]

    def _model(self, request: Request) -> Served:
        id_ = request.path_params["id"]
        if id_ not in self._models:
            known = join_names(self._models)
            raise HTTPException(404, f"no model {id_[:200]!r}. Choose one of: {known}.")
        return self._models[id_]


def make_app(
    catalog: Catalog,
    models: Sequence[Served],
    *,
    host: str = "127.0.0.1",
    ready: Callable[[], None] = lambda: None,
) -> Starlette:
    """Return the application that serves some models.

    Args:
        catalog: installed plugins.
        models: at least one model, in the page's order.
        host: host of the server; requests for other hosts are refused.
        ready: function that is called when the server has started.
    """
    api = Api(catalog, models)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        ready()
        yield
        api.close()

    return Starlette(
        routes=[
            Mount("/api", routes=api.routes()),
            Mount("/", StaticFiles(directory=STATIC, html=True)),
        ],
        middleware=[
            Middleware(LimitsMiddleware, host=host),
            Middleware(GZipMiddleware, minimum_size=1000),
        ],
        exception_handlers={HTTPException: _refuse, Exception: _fail},
        lifespan=lifespan,
    )


def _number(request: Request, name: str, default: int, *, low: int, high: int) -> int:
    text = request.query_params.get(name, str(default))
    # ASCII only, because `int` also parses the digits of other scripts. The length is limited,
    # because `int` raises an error of its own for more than 4,300 digits.
    if not (text.isascii() and text.isdecimal() and len(text) < 12 and low <= int(text) <= high):
        raise HTTPException(
            400,
            f"wrong query parameter {name}: expected a number from {low} to {high}, "
            f"got {text[:80]!r}",
        )
    return int(text)


def _refuse(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    problem, path = exc.detail, request.url.path[:200]
    # starlette's own two errors name neither the path nor the method.
    if exc.status_code == 404 and problem == "Not Found":
        problem = f"nothing at {path}. Open the page at /."
    if exc.status_code == 405:
        problem = f"{path} does not support {request.method}"
    return _Json({"error": problem}, exc.status_code, exc.headers)


def _fail(request: Request, exc: Exception) -> Response:
    return _Json({"error": f"{request.url.path[:200]} failed: {exc!r:.200}"}, 500)
