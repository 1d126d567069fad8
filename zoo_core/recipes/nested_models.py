"""Models that are nested in a pydantic model, and what they do with unknown keys."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel


def lax_models(cls: type[BaseModel]) -> list[str]:
    """Return the names of the nested models that accept and drop unknown keys.

    Nested models are subclasses of pydantic's ``BaseModel``, dataclasses and ``TypedDict`` classes,
    at any depth: in unions, lists and dictionaries too.
    """
    return [each.__name__ for each in _nested(cls, {cls}) if _extra(each) != "forbid"]


def _nested(cls: type, seen: set[type]) -> Iterator[type]:
    for annotation in _annotations(cls):
        for each in _classes(annotation):
            if each not in seen:
                seen.add(each)
                yield each
                yield from _nested(each, seen)


def _annotations(cls: type) -> Iterator[Any]:
    """Yield the types of a model's fields; none for any other class."""
    if issubclass(cls, BaseModel):
        yield from (field.annotation for field in cls.model_fields.values())
    elif _is_record(cls):
        yield from _hints(cls).values()


def _classes(annotation: Any) -> Iterator[type]:
    """Yield the models in a type, such as ``Block`` in ``tuple[Block, ...] | None``."""
    if isinstance(annotation, type) and (
        issubclass(annotation, BaseModel) or _is_record(annotation)
    ):
        yield annotation
    for argument in get_args(annotation):
        yield from _classes(argument)


def _is_record(cls: type) -> bool:
    # `typing.is_typeddict` does not know the class of typing_extensions, which pydantic requires.
    return dataclasses.is_dataclass(cls) or (issubclass(cls, dict) and hasattr(cls, "__total__"))


def _extra(cls: type) -> Any:
    """Return pydantic's setting for unknown keys, of which ``ignore`` is the default."""
    config = getattr(cls, "model_config", None) or getattr(cls, "__pydantic_config__", None)
    return (config or {}).get("extra", "ignore")


def _hints(cls: type) -> dict[str, Any]:
    try:
        return get_type_hints(cls)
    except NameError:  # a class of a function, which its annotations cannot name
        return {}
