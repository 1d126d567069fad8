"""The OpenAPI description of the server's requests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from zoo_serve.front.models import Model

Schema = dict[str, Any]

_ERRORS = {
    400: "The request is malformed, or does not fit the model.",
    401: "The token is missing or wrong.",
    404: "There is no such model or version.",
    408: "The request did not arrive in time.",
    410: "The model has been withdrawn from its registry.",
    413: "The body is too large.",
    415: "The body is of another type than the model's inputs.",
    500: "The prediction failed.",
    503: "Too many requests are waiting.",
    504: "The prediction took too long.",
}

_EXAMPLES: dict[str, tuple[str, ...]] = {
    "image": ("image/png", "image/jpeg", "multipart/form-data"),
    "features": ("text/csv", "application/json", "application/x-ndjson"),
    "tokens": ("text/plain", "application/json"),
    "array": ("application/x-npy", "application/json"),
}
"""Kind of input -> content types of a body."""


def describe(models: Iterable[Model], version: str, *, token: bool) -> Schema:
    """Return the description.

    Args:
        models: the served models.
        version: version of the server.
        token: whether requests need a token.
    """
    known = [model for model in models if not model.withdrawn]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "zoo serve",
            "version": version,
            "description": "Predictions of published models. Every response of a model has the "
            "sha256 of its weights in the header `Zoo-Weights-Sha256`.",
        },
        "paths": {**_predict_paths(known), **_v2_paths(known), **_other_paths()},
        "components": {
            "schemas": _SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}] if token else [],
    }


def _predict_paths(models: Iterable[Model]) -> Schema:
    return {
        f"/predict/{model.asked.name}": {
            "post": {
                "summary": f"Predict with {model.facts['weights'].partition('@')[0]}",
                "tags": ["predict"],
                "parameters": [
                    {
                        "name": "force",
                        "in": "query",
                        "description": "1 to return refused predictions, too.",
                        "schema": {"type": "integer", "enum": [0, 1]},
                    }
                ],
                "requestBody": {
                    "required": True,
                    "content": {name: {} for name in _EXAMPLES[model.facts["kind"]]},
                },
                "responses": _responses("Prediction", _ERRORS),
            }
        }
        for model in models
    }


def _v2_paths(models: Iterable[Model]) -> Schema:
    paths: Schema = {}
    for model in models:
        path = f"/v2/models/{model.asked.name}"
        paths[path] = {"get": _get("Tensors and versions of the model", "open inference", "Model")}
        paths[f"{path}/ready"] = {"get": _get("Readiness of the model", "open inference", "Ready")}
        paths[f"{path}/infer"] = {
            "post": {
                "summary": f"Tensors in, tensors out: {model.asked.name}",
                "tags": ["open inference"],
                "requestBody": _body("InferRequest"),
                "responses": _responses("InferResponse", _ERRORS),
            }
        }
    return paths


def _other_paths() -> Schema:
    return {
        "/v2": {"get": _get("Name, version and extensions", "open inference", "Server")},
        "/v2/health/live": {"get": _get("Liveness", "health", "Ready")},
        "/v2/health/ready": {"get": _get("Readiness; 503 while it ends", "health", "Ready")},
        "/v2/repository/index": {
            "post": {
                "summary": "All models",
                "tags": ["open inference"],
                "responses": _responses("Models", {}),
            }
        },
        "/metrics": {
            "get": {
                "summary": "Metrics in the format of Prometheus",
                "tags": ["health"],
                "responses": {"200": {"description": "Metrics", "content": {"text/plain": {}}}},
            }
        },
    }


def _get(summary: str, tag: str, schema: str) -> Schema:
    return {"summary": summary, "tags": [tag], "responses": _responses(schema, {})}


def _body(schema: str) -> Schema:
    reference = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    return {
        "required": True,
        "content": {"application/json": reference, "application/octet-stream": {}},
    }


def _responses(schema: str, errors: dict[int, str]) -> Schema:
    def content(name: str) -> Schema:
        return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}

    return {
        "200": {"description": "The answer", "content": content(schema)},
        **{
            str(status): {"description": text, "content": content("Error")}
            for status, text in errors.items()
        },
    }


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties}


_TEXT: Schema = {"type": "string"}
_TENSOR = _object(
    name=_TEXT,
    shape={"type": "array", "items": {"type": "integer"}},
    datatype=_TEXT,
    parameters={"type": "object"},
    data={"type": "array"},
)
_TENSORS: Schema = {"type": "array", "items": _TENSOR}

_SCHEMAS: Schema = {
    "Error": _object(error=_TEXT),
    "Prediction": _object(
        schema={"type": "integer"},
        model=_TEXT,
        predictions={"type": "array", "items": {"type": "object"}},
        errors={"type": "array", "items": _TEXT},
        sha256=_TEXT,
        runtime=_TEXT,
    ),
    "InferRequest": _object(
        id=_TEXT, parameters={"type": "object"}, inputs=_TENSORS, outputs={"type": "array"}
    ),
    "InferResponse": _object(model_name=_TEXT, model_version=_TEXT, id=_TEXT, outputs=_TENSORS),
    "Model": _object(
        name=_TEXT,
        versions={"type": "array", "items": _TEXT},
        platform=_TEXT,
        inputs=_TENSORS,
        outputs=_TENSORS,
    ),
    "Models": {"type": "array", "items": _object(name=_TEXT, version=_TEXT, state=_TEXT)},
    "Ready": _object(ready={"type": "boolean"}),
    "Server": _object(name=_TEXT, version=_TEXT, extensions={"type": "array", "items": _TEXT}),
}
