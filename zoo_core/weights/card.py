"""Cards: machine-readable metadata of weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from zoo_core.data.normalization import Normalization
from zoo_core.errors import DataError, VerificationError
from zoo_core.metrics.scores import Scores
from zoo_core.recipes.recipe import Recipe, SearchSummary
from zoo_core.recipes.validation import FrozenModel, first_error

Environment = dict[str, str | int]


class DatasetFacts(FrozenModel):
    """On what data: its name, the checksum of its content, its classes by head, its license."""

    name: str
    sha256: str
    classes: tuple[tuple[str, ...], ...]
    license: str


class InitialWeights(FrozenModel):
    """Weights of somebody else's that a training began with."""

    source: str
    sha256: str
    """Of their names, shapes and content (`zoo_core.training.initial_weights`)."""


class Provenance(FrozenModel):
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
    search: SearchSummary | None = Field(None, exclude_if=lambda search: search is None)
    """What found the recipe, where a search did."""
    initial: InitialWeights | None = Field(None, exclude_if=lambda initial: initial is None)
    """What the training began with, where that was not at random."""
    dataset: DatasetFacts
    normalization: Normalization
    epoch: int
    """The epoch whose weights these are."""
    stopped: str = ""
    """Why the training ended before its last epoch, if it did."""
    metrics: dict[str, Scores]
    environment: Environment
    """What decides the bits of the result: framework, device, threads, CPU capability."""
    versions: dict[str, str]
    """Of the core and of the plugins that took part."""
    license: str


class WeightsFacts(FrozenModel):
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


class Golden(FrozenModel):
    """What the weights gave for the probe images (`zoo_core.publishing.golden`)."""

    images: int
    logits: tuple[tuple[tuple[float, ...], ...], ...]
    """By head, image and class."""
    tolerance: float
    """How far a logit may be off, as a share of the largest one's absolute value."""


class Interval(FrozenModel):
    """Test accuracies of trainings that differ in the seed alone; one number a head."""

    seeds: tuple[int, ...]
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    low: tuple[float, ...]
    """From here to `high`, one more training's accuracy lies with a probability of 95 %."""
    high: tuple[float, ...]


class PublishedCard(Card):
    """The card of published weights, with what it takes to check them."""

    tag: str
    plain: bool
    """See `zoo_core.registry.index.PublishedWeights`."""
    command: str
    """What trained them."""
    pictures: tuple[str, ...]
    """Files beside the card."""
    golden: Golden
    predictions: str
    """sha256 of the labels read in the test images: int64, little-endian, ``(N, heads)``."""
    interval: Interval | None
    """None where fewer than three trainings are known."""


def read_card(path: Path) -> Card:
    """Read ``card.json``.

    Raises:
        DataError: it cannot be read, or is not a card.
    """
    try:
        return Card.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as exc:
        reason = exc if isinstance(exc, OSError) else first_error(exc)
        raise DataError(f"{path} is not a readable card: {reason}") from exc


def parse_published_card(content: bytes, where: str) -> PublishedCard:
    """Read the card of published weights.

    Raises:
        VerificationError: it is none.
    """
    try:
        return PublishedCard.model_validate_json(content)
    except ValidationError as exc:
        raise VerificationError(
            f"{where} is not the card of published weights: {first_error(exc)}"
        ) from exc


def card_json(card: Card) -> bytes:
    return (json.dumps(card.model_dump(mode="json"), indent=2) + "\n").encode()
