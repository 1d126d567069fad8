"""All requests but those for predictions: health, metadata, metrics and the page."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response as StarletteResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from zoo_serve.front.http.openapi import describe
from zoo_serve.front.metrics import Metrics
from zoo_serve.front.models import Models
from zoo_serve.front.responses import HttpError, Response, json_response

STATIC = Path(__file__).parents[2] / "static"

PAGE_HEADERS = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; object-src 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}


class Pages:
    """The handlers.

    Args:
        models: served models.
        metrics: metrics.
        is_ready: returns whether requests can be answered.
        token: whether requests need a token.
    """

    def __init__(
        self, models: Models, metrics: Metrics, is_ready: Callable[[], bool], *, token: bool
    ) -> None:
        self._models, self._metrics, self._is_ready = models, metrics, is_ready
        self._token = token
        self._version = version("zoo-serve")

    def app(self) -> Starlette:
        """Return the application."""
        return Starlette(
            routes=[
                Route("/", _page("index.html")),
                Route("/docs", _page("docs.html")),
                Mount("/static", StaticFiles(directory=STATIC)),
                Route("/openapi.json", self._openapi),
                Route("/metrics", self._show_metrics),
                Route("/v2", self._server),
                Route("/v2/health/live", self._live),
                Route("/v2/health/ready", self._ready),
                Route("/v2/repository/index", self._index, methods=["POST"]),
                Route("/v2/models/{path:path}", self._model),
            ],
            exception_handlers={HTTPException: _refuse, HttpError: _refuse},
        )

    async def _openapi(self, _request: Request) -> StarletteResponse:
        return _as_starlette(
            json_response(describe(self._models, self._version, token=self._token))
        )

    async def _show_metrics(self, _request: Request) -> StarletteResponse:
        return StarletteResponse(self._metrics.text(), media_type="text/plain; version=0.0.4")

    async def _server(self, _request: Request) -> StarletteResponse:
        return _as_starlette(
            json_response(
                {
                    "name": "zoo",
                    "version": self._version,
                    "extensions": ["binary_tensor_data", "model_repository"],
                }
            )
        )

    async def _live(self, _request: Request) -> StarletteResponse:
        return _as_starlette(json_response({"live": True}))

    async def _ready(self, _request: Request) -> StarletteResponse:
        ready = self._is_ready()
        return _as_starlette(json_response({"ready": ready}, 200 if ready else 503))

    async def _index(self, _request: Request) -> StarletteResponse:
        return _as_starlette(
            json_response(
                [
                    {
                        "name": model.asked.name,
                        "version": model.target.version,
                        "state": "UNAVAILABLE" if model.withdrawn else "READY",
                        "reason": model.withdrawn,
                    }
                    for model in self._models
                ]
            )
        )

    async def _model(self, request: Request) -> StarletteResponse:
        route = self._models.find(request.path_params["path"])
        self._models.check_version(route)
        facts = route.model.facts
        headers = [
            (b"zoo-weights-sha256", facts["sha256"].encode()),
            (b"zoo-runtime", facts["runtime"].encode()),
        ]
        if route.action == "/ready":
            ready = self._is_ready()
            found = json_response({"ready": ready}, 200 if ready else 503, headers)
            return _as_starlette(found)
        if route.action:
            raise HttpError(404, f"nothing at {request.url.path[:200]}")
        return _as_starlette(
            json_response(
                {
                    "name": route.model.asked.name,
                    "versions": [facts["version"]],
                    "platform": f"zoo_{facts['runtime']}",
                    "inputs": facts["inputs"],
                    "outputs": facts["outputs"],
                    "parameters": {
                        name: facts[name]
                        for name in ("weights", "sha256", "runtime", "kind", "tasks")
                    },
                },
                headers=headers,
            )
        )


def _page(name: str) -> Callable[[Request], FileResponse]:
    def show(_request: Request) -> FileResponse:
        return FileResponse(STATIC / name, headers=PAGE_HEADERS)

    return show


def _as_starlette(response: Response) -> StarletteResponse:
    headers = {name.decode(): value.decode() for name, value in response.headers}
    return StarletteResponse(response.body, response.status, headers)


def _refuse(request: Request, exc: Exception) -> StarletteResponse:
    if isinstance(exc, HttpError):
        return _as_starlette(exc.response)
    assert isinstance(exc, HTTPException)
    path = request.url.path[:200]
    problem = {
        404: f"nothing at {path}. See /docs.",
        405: f"{path} does not support {request.method}",
    }.get(exc.status_code, exc.detail)
    return _as_starlette(HttpError(exc.status_code, problem).response)
