"""Quantized weights: the tensors of a program, which no model of a framework has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo_core.errors import InvalidValueError, VerificationError


def parent_of(metadata: Mapping[str, Any]) -> str:
    """Return the name of the weights that were quantized; empty for weights of a training.

    Args:
        metadata: metadata of the weight file.

    Raises:
        VerificationError: the metadata are malformed.
    """
    # By hand, because every load by name does it, without pydantic.
    stated = metadata.get("quantized")
    if stated is None:
        return ""
    if not isinstance(stated, dict) or not isinstance(stated.get("source"), str):
        raise VerificationError("invalid metadata: quantized: expected a JSON object with a source")
    source: str = stated["source"]
    return source


def no_model(what: str, parent: str) -> InvalidValueError:
    """Return the error for a use of quantized weights that needs a model of a framework.

    Args:
        what: the weights, at the beginning of a sentence.
        parent: name of the weights that were quantized.
    """
    return InvalidValueError(
        f"{what} has no model of a framework, because its weights are those of {parent}, quantized",
        hint=f"Use {parent}.",
    )
