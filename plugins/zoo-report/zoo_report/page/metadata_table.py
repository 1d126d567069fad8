"""The metadata of a card as rows of tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zoo_core import Recipe
from zoo_core.plugin_api import Card, Provenance, PublishedCard


@dataclass(frozen=True)
class Setting:
    """One field of a recipe, or of a model's config.

    Attributes:
        name: of the field.
        value: as text.
        default: what it is when nothing is said of it; empty where it has to be said.
        description: what it means.
        stated: whether it is another than the default.
        changed: whether the user changed what the recipe of that name says.
    """

    name: str
    value: str
    default: str
    description: str
    stated: bool
    changed: bool


def recipe_settings(card: Provenance) -> list[Setting]:
    """Return all fields of the recipe but the model's, in their order."""
    return [
        Setting(
            name,
            _text(getattr(card.recipe, name)),
            "" if field.is_required() else _text(field.default),
            field.description or "",
            stated=card.recipe.changed_from_default(name),
            changed=name in card.changed,
        )
        for name, field in Recipe.model_fields.items()
        if name != "model"
    ]


def config_settings(card: Provenance) -> list[Setting]:
    """Return the values of the model's config; those are stated that the recipe says."""
    return [
        Setting(
            name,
            _text(value),
            "",
            "",
            stated=name in card.recipe.model,
            changed="model" in card.changed and name in card.recipe.model,
        )
        for name, value in card.config.items()
    ]


def provenance(card: Provenance, sha256: str, size: int) -> dict[str, str]:
    """Return where weights come from, by name; what is a checksum or a command is marked so.

    Args:
        card: what is known of them.
        sha256: of the weight file.
        size: of it, in bytes.
    """
    published = card if isinstance(card, PublishedCard) else None
    made = card if isinstance(card, Card) else None
    facts = {
        "Weights, sha256": sha256,
        "Size": f"{size:,} bytes",
        "Command": published.command if published else "",
        "Created": made.created if made else "",
        "Trained in": f"{made.seconds:,.1f} s" if made else "",
        "Kept": f"epoch {card.epoch} of {card.recipe.epochs}, the {card.recipe.keep}",
        "Stopped early": card.stopped,
        "Recipe found by": _search(card),
        "Data set": card.dataset.name,
        "Data set, sha256": card.dataset.sha256,
        "Data set's license": card.dataset.license,
        "Model": f"{card.model} of {card.plugin}",
        "License of the weights": card.license,
    }
    return {name: fact for name, fact in facts.items() if fact}


def environment(card: Provenance) -> dict[str, str]:
    """Return in what the training ran, and the versions of what took part."""
    return _texts(card.environment) | _texts(card.versions)


def _search(card: Provenance) -> str:
    search = card.search
    return (
        f"trial {search.trial} of {search.trials} in the study {search.study}, with an accuracy of "
        f"{search.validation:.2%} on the validation split"
        if search
        else ""
    )


def _texts(facts: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(fact) for name, fact in facts.items()}


def _text(value: Any) -> str:
    """Return a value as it stands in a recipe file."""
    return value if isinstance(value, str) else json.dumps(value)
