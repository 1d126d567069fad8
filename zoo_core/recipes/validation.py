"""Validation of user input with pydantic, with one-line errors."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from zoo_core.errors import DataError, InvalidValueError, choose_from, did_you_mean
from zoo_core.text import encodable

M = TypeVar("M", bound=BaseModel)

BOUNDS = {"gt": "greater than", "ge": "of at least", "lt": "less than", "le": "of at most"}
"""Names of pydantic's constraints -> words of an error."""


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
    if not path.exists():
        raise DataError(f"{what} file {path} does not exist", hint="Check the path.")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:  # ValueError: not TOML, or not UTF-8
        reason = getattr(exc, "strerror", None) or f"it is not valid TOML: {exc}"
        raise DataError(f"{what} file {path} cannot be read: {reason}") from exc


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
        # First, because pydantic's message about such bytes names no key.
        _check_utf8(values, what, prefix)
        raise _explain(cls, exc, what, prefix) from exc
    except TypeError as exc:
        raise InvalidValueError(f"invalid {what}: a value is not plain JSON: {exc}") from exc


def _check_utf8(values: Mapping[str, Any], what: str, prefix: str) -> None:
    for key, value in values.items():
        for text in (key, value if isinstance(value, str) else ""):
            if encodable(text) != text:
                raise InvalidValueError(
                    f"invalid {what}: {prefix}{encodable(key)}: expected text in UTF-8, "
                    f"got '{encodable(text)}'"
                )


def first_error(exc: ValidationError | OSError) -> str:
    """Return place and message of the first error, for files that are not written by hand."""
    if isinstance(exc, OSError):
        return str(exc.strerror)
    first = exc.errors()[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {first['msg']}" if where else first["msg"]


def _explain(
    cls: type[BaseModel], exc: ValidationError, what: str, prefix: str
) -> InvalidValueError:
    first = exc.errors()[0]  # only one, because an error of zoo is one line
    key, value, context = ".".join(map(str, first["loc"])), first["input"], first.get("ctx", {})
    if first["type"] in ("extra_forbidden", "missing"):
        key, unknown = prefix + key, first["type"] == "extra_forbidden"
        hint = choose_from(key, [prefix + each for each in cls.model_fields]) if unknown else ""
        fault = "unknown" if unknown else "missing"
        return InvalidValueError(f"invalid {what}: {fault} key {key!r}", hint=hint)
    # The ValueError of a validator of our own, or else pydantic's message.
    message = str(context.get("error", first["msg"])).removeprefix("Input should be ")
    if not first["loc"]:  # from a validator of the whole model: several keys are in conflict
        return InvalidValueError(f"invalid {what}: {message}")
    for bound in BOUNDS.keys() & context.keys():
        limit = context[bound]  # an int for integers, else a float
        number, limit = (
            ("an integer", limit) if isinstance(limit, int) else ("a number", f"{limit:g}")
        )
        message = f"{number} {BOUNDS[bound]} {limit}"
    nouns = {"integer": "an integer", "array": "a list", "boolean": "true or false"}
    message = re.sub(r"^a valid (\w+).*", lambda m: nouns.get(m[1], f"a {m[1]}"), message)
    # As JSON, because it is the form in which --set and a file have a value other than text.
    got = repr(value) if isinstance(value, str) else json.dumps(value)
    hint = did_you_mean(str(value), re.findall("'([^']*)'", context.get("expected", "")))
    return InvalidValueError(f"invalid {what}: {key}: expected {message}, got {got}", hint=hint)
