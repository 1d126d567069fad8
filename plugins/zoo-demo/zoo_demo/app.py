"""The web application: the page's files, and what the page asks for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from zoo_core.plugin_api import Catalog, DataError, join_names
from zoo_demo.gallery import Gallery
from zoo_demo.models import Served
from zoo_demo.predictions import BusyError, ReaderThreads
from zoo_demo.request_limits import LimitsMiddleware, read_body
from zoo_demo.tasks import Task, group

STATIC = Path(__file__).parent / "static"

MAX_ITEMS = 200
"""Misread images in one answer."""


class Api:
    """What the page asks for, for some models."""

    def __init__(self, catalog: Catalog, models: Sequence[Served]) -> None:
        self.tasks = group(catalog, models)
        self._models = {model.id: model for model in models}
        self._readers = ReaderThreads()
        self._gallery = Gallery(catalog)

    def routes(self) -> list[Route]:
        return [
            Route("/models", self.list_models),
            Route("/models/{id:path}/card", self.show_card),
            Route("/models/{id:path}/misread", self.show_misread),
            Route("/read", self.read, methods=["POST"]),
        ]

    async def list_models(self, _request: Request) -> Response:
        """Say what can be drawn, and who reads it."""
        return JSONResponse({"tasks": [task.facts() for task in self.tasks.values()]})

    async def read(self, request: Request) -> Response:
        """Read an image file, the request's body, with every model of ``?task=``."""
        task = self._task(request)
        body = await read_body(request)
        try:
            return JSONResponse(await self._readers.read(task, body))
        except DataError as exc:
            raise HTTPException(400, str(exc)) from exc
        except BusyError as exc:
            raise HTTPException(503, str(exc), {"retry-after": "1"}) from exc

    async def show_card(self, request: Request) -> Response:
        """Give a model's card, but for the outputs by which it is verified."""
        model = self._model(request)
        facts = model.pretrained.card.model_dump(mode="json", exclude={"golden"})
        return JSONResponse({**model.facts(), "card": facts})

    async def show_misread(self, request: Request) -> Response:
        """Give what a model misreads: ``?start=`` and ``?count=`` say which; 202 while unknown."""
        model = self._model(request)
        start = _number(request, "start", 0, low=0, high=1 << 31)
        count = _number(request, "count", 48, low=1, high=MAX_ITEMS)
        found = self._gallery.ask(model, start, count)
        status = {"ready": 200, "computing": 202, "failed": 500}[found["state"]]
        return JSONResponse(found, status, {"cache-control": "no-store"})

    def close(self) -> None:
        """End what is computed."""
        self._readers.close()
        self._gallery.close()

    def _task(self, request: Request) -> Task:
        name = request.query_params.get("task")
        if name not in self.tasks:
            said = "is missing" if name is None else f"names no task, got {name[:200]!r}"
            raise HTTPException(
                400, f"the query parameter task {said}. There are: {join_names(self.tasks)}."
            )
        return self.tasks[name]

    def _model(self, request: Request) -> Served:
        id_ = request.path_params["id"]
        if id_ not in self._models:
            known = join_names(self._models)
            raise HTTPException(404, f"no model {id_[:200]!r} is served. There are: {known}.")
        return self._models[id_]


def make_app(catalog: Catalog, models: Sequence[Served], *, host: str = "127.0.0.1") -> Starlette:
    """Return the application that serves some models.

    Args:
        catalog: what is installed.
        models: to be served, at least one, in the order in which the page shows them.
        host: that the server listens on; who asks for another is refused.
    """
    api = Api(catalog, models)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
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
    if not (text.isascii() and text.isdecimal() and len(text) < 12 and low <= int(text) <= high):
        raise HTTPException(
            400, f"the query parameter {name} is a number from {low} to {high}, got {text[:80]!r}"
        )
    return int(text)


def _refuse(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    problem = exc.detail
    if exc.status_code == 404 and problem == "Not Found":
        problem = f"there is nothing at {request.url.path[:200]}. The page is at /."
    if exc.status_code == 405:
        problem = f"{request.url.path[:200]} does not answer {request.method}"
    return JSONResponse({"error": problem}, exc.status_code, exc.headers)


def _fail(request: Request, exc: Exception) -> Response:
    return JSONResponse({"error": f"{request.url.path[:200]} failed: {exc!r:.200}"}, 500)
