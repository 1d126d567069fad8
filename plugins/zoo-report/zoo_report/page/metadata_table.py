"""The metadata of a card as rows of tables."""

from __future__ import annotations

import json
from typing import Any

from zoo_core import Recipe
from zoo_core.plugin_api import (
    Card,
    Provenance,
    PublishedCard,
    continued_text,
    ended_text,
)


def recipe_settings(card: Provenance) -> list[dict[str, Any]]:
    """Return all fields of the recipe except the model's config, in their order.

    A field is ``stated`` if it differs from its default, ``changed`` if it was overridden for this
    training.
    """
    return [
        {
            "name": name,
            "value": _text(getattr(card.recipe, name)),
            "stated": card.recipe.changed_from_default(name),
            "changed": name in card.changed,
            "default": "" if field.is_required() else _text(field.default),
            "description": field.description or "",
        }
        for name, field in Recipe.model_fields.items()
        if name != "model"
    ]


def config_settings(card: Provenance) -> list[dict[str, Any]]:
    """Return the values of the model's config; those that the recipe sets are ``stated``."""
    # Without defaults and descriptions, because the class is in a plugin that may be missing.
    return [
        {
            "name": name,
            "value": _text(value),
            "stated": name in card.recipe.model,
            "changed": "model" in card.changed and name in card.recipe.model,
            "default": "",
            "description": "",
        }
        for name, value in card.config.items()
    ]


def provenance(card: Provenance, sha256: str, size: int) -> dict[str, str]:
    """Return the provenance of weights, as text by name.

    Args:
        card: card of the weights, or the metadata of a lone weight file.
        sha256: checksum of the weight file.
        size: its size in bytes.
    """
    published = card if isinstance(card, PublishedCard) else None
    run = card if isinstance(card, Card) else None
    search = card.search
    facts = {
        "Weights, sha256": sha256,
        "Size": f"{size:,} bytes",
        "Command": published.command if published else "",
        "Created": run.created if run else "",
        "Training time": f"{run.seconds:,.1f} s" if run else "",
        "Epoch of the weights": f"{card.epoch} of {card.recipe.epochs}, the "
        + ("last one" if card.recipe.keep == "last" else "best on the validation split"),
        "Stopped early": card.stopped,
        "Ended": ended_text(card),
        "Continued": continued_text(card),
        "Recipe found by": f"trial {search.trial} of {search.trials} in the study {search.study}, "
        f"with {_score(search.validation)} on the validation split"
        if search
        else "",
        "Data set": card.dataset.name,
        "Data set, sha256": card.dataset.sha256,
        "License of the data set": card.dataset.license,
        "Model": f"{card.model} of {card.plugin}",
        "License of the model's code": card.code_license,
        "Initial weights": card.initial.source if card.initial else "",
        "License of the initial weights": card.initial.license if card.initial else "",
        "Teacher": card.teacher.source if card.teacher else "",
        "License of the teacher": card.teacher.license if card.teacher else "",
        "License of the weights": card.license,
    }
    # A lone weight file and a published card have different facts; empty ones are omitted.
    return {name: fact for name, fact in facts.items() if fact}


def _score(validation: float) -> str:
    # A search whose score is not a share, which is never negative, maximizes minus the loss.
    return f"a loss of {-validation:.4g}" if validation < 0 else f"an accuracy of {validation:.2%}"


def environment(card: Provenance) -> dict[str, str]:
    """Return the environment of the training, and the versions of all packages involved."""
    return {name: str(fact) for name, fact in (card.environment | card.versions).items()}


def _text(value: Any) -> str:
    """Return a value as it is written in a recipe file."""
    return value if isinstance(value, str) else json.dumps(value)
