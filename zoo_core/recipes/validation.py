"""Validation of user input with pydantic, with errors in zoo's words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from zoo_core.errors import InvalidValueError, did_you_mean, join_names

M = TypeVar("M", bound=BaseModel)


class FrozenModel(BaseModel):
    """An immutable pydantic model that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def validate(cls: type[M], values: Mapping[str, Any], *, what: str, prefix: str = "") -> M:
    """Make a pydantic model of plain JSON values, without conversions between types.

    Args:
        cls: the pydantic model.
        values: what the user gave.
        what: how to call it in an error, for instance ``recipe``.
        prefix: what stands before its keys on the command line, for instance ``model.``.

    Raises:
        InvalidValueError: a key is unknown or missing, or a value is not allowed.
    """
    try:
        return cls.model_validate_json(json.dumps(dict(values)), strict=True)
    except ValidationError as exc:
        raise _explain(cls, exc, what, prefix) from exc
    except TypeError as exc:
        raise InvalidValueError(f"the {what} holds a value that is not plain JSON: {exc}") from exc


def first_error(exc: ValidationError) -> str:
    """Return what is wrong first with content that people do not write, and where."""
    first = exc.errors()[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {first['msg']}" if where else first["msg"]


def _explain(
    cls: type[BaseModel], exc: ValidationError, what: str, prefix: str
) -> InvalidValueError:
    first = exc.errors()[0]
    key = prefix + ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        known = [prefix + name for name in cls.model_fields]
        hint = f"{did_you_mean(key, known)} Keys there are: {join_names(known)}."
        return InvalidValueError(f"the {what} has no key {key!r}", hint=hint.strip())
    if first["type"] == "missing":
        return InvalidValueError(f"the {what} lacks {key!r}")
    said = str(first.get("ctx", {}).get("error", first["msg"]))
    said = said.removeprefix("Input should be ")
    if not first["loc"]:
        return InvalidValueError(f"the {what} does not hold together: {said}")
    got = json.dumps(first["input"])
    return InvalidValueError(f"{key} of the {what} must be {said}, got {got}")
