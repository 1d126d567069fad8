"""Cards: the facts beside a set of weights, for machines and for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from zoo_core.data import Preprocessing
from zoo_core.errors import DataError
from zoo_core.metrics import Scores
from zoo_core.recipe import Recipe

Environment = dict[str, str | int]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DatasetFacts(_Frozen):
    """On what data: its name, the checksum of its content, its classes by head, its licence."""

    name: str
    sha256: str
    classes: tuple[tuple[str, ...], ...]
    licence: str


class Provenance(_Frozen):
    """What the weight file itself says: nothing in it depends on when or where it was made.

    Equal trainings therefore give equal files.
    """

    format: int = 1
    model: str
    plugin: str
    """The distribution that offers the model."""
    config: dict[str, Any]
    parameters: int
    recipe_name: str
    changed: tuple[str, ...]
    """The fields, but for the seed, in which `recipe` differs from the recipe of that name."""
    recipe: Recipe
    dataset: DatasetFacts
    preprocessing: Preprocessing
    epoch: int
    """The epoch whose weights these are."""
    stopped: str = ""
    """Why the training ended before its last epoch, if it did."""
    metrics: dict[str, Scores]
    environment: Environment
    """What decides the bits of the result: framework, device, threads, CPU capability."""
    versions: dict[str, str]
    """Of the core and of the plugins that took part."""
    licence: str


class WeightsFacts(_Frozen):
    """The weight file: its name in the card's folder, its checksum and its size."""

    file: str
    sha256: str
    bytes: int


class Card(Provenance):
    """Provenance, the checksum of the weight file, and how the training went."""

    weights: WeightsFacts
    seconds: float
    """Time of the training itself, without start-up and the final evaluation."""
    created: str
    """When, in UTC (ISO 8601)."""


def read_card(path: Path) -> Card:
    """Read ``card.json``.

    Raises:
        DataError: it cannot be read, or is not a card.
    """
    try:
        return Card.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as fault:
        reason = fault if isinstance(fault, OSError) else fault.errors()[0]["msg"]
        raise DataError(f"{path} is not a readable card: {reason}") from fault


def card_json(card: Card) -> bytes:
    return (json.dumps(card.model_dump(mode="json"), indent=2) + "\n").encode()


def card_markdown(card: Card) -> bytes:
    """Return the card as a page."""
    heads = range(len(card.config["classes"]))
    changed = f" with another {', '.join(card.changed)}" if card.changed else ""
    lines = [
        f"# {card.model}",
        "",
        f"Recipe `{card.recipe_name}`{changed} on `{card.dataset.name}`, seed {card.recipe.seed}, "
        f"{card.parameters:,} parameters, trained in {card.seconds:.1f} s.",
        "",
        "| split | head | loss | accuracy | correct | images |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {split} | {head + 1} | {scores.loss[head]:.4f} | {scores.accuracy[head]:.2%} "
        f"| {scores.correct[head]:,} | {scores.total:,} |"
        for split, scores in card.metrics.items()
        for head in heads
    ]
    facts = {
        "Weights": f"`{card.weights.file}`, {card.weights.bytes:,} bytes, "
        f"sha256 `{card.weights.sha256}`",
        "Kept": f"epoch {card.epoch} of {card.recipe.epochs}, the {card.recipe.keep}"
        + (" on the validation split" if card.recipe.keep == "best" else ""),
        **({"Stopped early": card.stopped} if card.stopped else {}),
        "Data": f"sha256 `{card.dataset.sha256}`, {card.dataset.licence}",
        "Environment": _pairs(card.environment),
        "Versions": _pairs(card.versions),
        "Licence": card.licence,
        "Created": card.created,
    }
    lines += ["", *(f"- {name}: {fact}" for name, fact in facts.items())]
    lines += ["", "## Recipe", "", "```json", card.recipe.model_dump_json(indent=2), "```", ""]
    return "\n".join(lines).encode()


def _pairs(facts: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())
