"""Fields that are newer than published weights, and fields that another one requires."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field


def added(default: Any, description: str, **constraints: Any) -> Any:
    """Return a field that a dump leaves out at its default.

    A recipe is written into the weight file, and repeating an old training must write the same
    bytes: every field that is newer than published weights is one of these.
    """
    return Field(
        default,
        # Not `value == default`, because 1 equals True, and 0 equals False.
        exclude_if=lambda value: type(value) is type(default) and value == default,
        description=description,
        **constraints,
    )


Owner = tuple[str, tuple[str, ...]]
"""A field, and its values with which another field has an effect; none for any but its default."""


def check_owners(recipe: BaseModel, owners: Mapping[str, Owner]) -> None:
    """Check that no field is set without the one that makes it take effect.

    Raises:
        ValueError: one is; ignored, its user would believe that it had an effect.
    """
    fields = type(recipe).model_fields
    for field, (owner, values) in owners.items():
        if getattr(recipe, field) == fields[field].default:
            continue
        actual = getattr(recipe, owner)
        if values and actual not in values:
            required = " or ".join(values)
            raise ValueError(
                f"{field} requires {owner} {required}, got {actual}{_left_out(recipe, field)}"
            )
        if not values and actual == fields[owner].default:
            raise ValueError(
                f"{field} requires {owner}, which is not set{_left_out(recipe, field)}"
            )


def _left_out(recipe: BaseModel, field: str) -> str:
    """Return the clause of an error that states how to leave a field out."""
    # A recipe of a model may set it, whose file the user does not edit.
    default = type(recipe).model_fields[field].default
    text = default if isinstance(default, str) else json.dumps(default)
    return f" (leave it out: --set {field}={shlex.quote(text)})"
