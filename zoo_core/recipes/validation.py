"""Validation of user input with pydantic, with one-line errors."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from zoo_core.errors import DataError, InvalidValueError, choose_from

M = TypeVar("M", bound=BaseModel)


class FrozenModel(BaseModel):
    """Base class of immutable pydantic models without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def read_toml(path: Path, *, what: str) -> dict[str, Any]:
    """Read a user's TOML file.

    Args:
        path: the file.
        what: name of its kind in errors, for instance ``recipe``.

    Raises:
        DataError: the file is unreadable or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:  # ValueError: not TOML, or not UTF-8
        raise DataError(f"cannot read {what} file {path}: {exc}") from exc


def validate(cls: type[M], values: Mapping[str, Any], *, what: str, prefix: str = "") -> M:
    """Return an instance of a pydantic model, without conversions between types.

    Args:
        cls: the pydantic model.
        values: plain JSON values from the user.
        what: name of the values in errors, for instance ``recipe``.
        prefix: prefix of the keys on the command line, for instance ``model.``.

    Raises:
        InvalidValueError: a key is unknown or missing, or a value is not allowed.
    """
    # Through JSON, because strict mode then accepts a list for a tuple (JSON has no tuples) and
    # still refuses "3" or true for a number.
    try:
        return cls.model_validate_json(json.dumps(dict(values)), strict=True)
    except ValidationError as exc:
        raise _explain(cls, exc, what, prefix) from exc
    except TypeError as exc:
        raise InvalidValueError(f"a value of the {what} is not plain JSON: {exc}") from exc


def first_error(exc: ValidationError) -> str:
    """Return place and message of the first error, for files that are not written by hand."""
    first = exc.errors()[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {first['msg']}" if where else first["msg"]


def _explain(
    cls: type[BaseModel], exc: ValidationError, what: str, prefix: str
) -> InvalidValueError:
    first = exc.errors()[0]  # only one, because an error of zoo is one line
    key = prefix + ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        known = [prefix + name for name in cls.model_fields]
        return InvalidValueError(f"the {what} has no key {key!r}", hint=choose_from(key, known))
    if first["type"] == "missing":
        return InvalidValueError(f"the {what} lacks {key!r}")
    # The ValueError of a validator of our own, or else pydantic's message.
    message = str(first.get("ctx", {}).get("error", first["msg"]))
    message = message.removeprefix("Input should be ")
    if not first["loc"]:  # from a validator of the whole model: several keys are in conflict
        return InvalidValueError(f"invalid {what}: {message}")
    # As JSON, because it is the form in which --set and a file have the value.
    got = json.dumps(first["input"])
    return InvalidValueError(f"{key} of the {what}: expected {message}, got {got}")
