"""Cards: machine-readable metadata of weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import (
    AliasChoices,
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from zoo_core.errors import DataError, VerificationError
from zoo_core.plugins.data_specs import SHORT_FORM, class_targets, targets_of
from zoo_core.recipes.recipe import Recipe, SearchSummary
from zoo_core.recipes.validation import FrozenModel, first_error
from zoo_core.weights.card_course import ContinuedEnd, EndDecision
from zoo_core.weights.card_fields import (
    CalibrationField,
    InputField,
    NormalizationField,
    ScoresField,
    TargetField,
)

Environment = dict[str, str | int]


class ExamplesFacts(FrozenModel):
    """The list of the training, validation and test examples, `EXAMPLES` in the card's folder."""

    sha256: str
    bytes: int
    rule: str
    """Rule by which the examples were split, as a sentence."""


class DatasetFacts(FrozenModel):
    """The training data set: name, checksum of its content, inputs, targets, license.

    The other fields are for a user's own data.
    """

    name: str
    sha256: str
    input: InputField | None = Field(None, exclude_if=lambda spec: spec is None)
    """Kind and shape of the inputs; None for images."""
    targets: tuple[TargetField, ...]
    """Task, and names of classes, of each head."""
    license: str
    examples: ExamplesFacts | None = Field(None, exclude_if=lambda examples: examples is None)
    pixel_ranges: dict[str, tuple[float, float]] = Field({}, exclude_if=lambda ranges: not ranges)
    """Kind of deep pixels -> the values that became 0 and 255; see `PixelRanges`."""
    left_out: dict[str, int] = Field({}, exclude_if=lambda left_out: not left_out)
    """Reason -> number of files that were left out."""
    damaged: int = Field(0, exclude_if=lambda damaged: not damaged)
    """Number of examples that were skipped because they cannot be read."""

    @model_validator(mode="before")
    @classmethod
    def _read_short_form(cls, values: Any) -> Any:
        # The form of the first weight files, whose bytes a repeated training must write again:
        # names of classes, where all heads are for classes of images.
        if isinstance(values, dict) and SHORT_FORM in values:
            others = {name: each for name, each in values.items() if name != SHORT_FORM}
            return {**others, "targets": targets_of(values)}
        return values

    @model_serializer(mode="wrap")
    def _write_short_form(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = serialize(self)
        if self.input is None and all(
            target == class_targets(target.classes)[0] for target in self.targets
        ):
            classes = [list(target.classes) for target in self.targets]
            items = values.items()
            return dict((SHORT_FORM, classes) if key == "targets" else (key, v) for key, v in items)
        return values


class ParentWeights(FrozenModel):
    """Weights that others were made from."""

    source: str
    """Name of the weights; of a run, that of its model."""
    sha256: str
    """Checksum of the weight file."""
    license: str = Field("", exclude_if=lambda license: not license)
    """SPDX expression."""


class InitialWeights(ParentWeights):
    """Weights that a training started from.

    The checksum of those that a plugin provides is that of names, shapes and content, see
    `zoo_core.training.parents.initial_weights`.
    """

    normalization: NormalizationField | None = Field(
        default=None, exclude_if=lambda stated: stated is None
    )
    """Normalization that they were trained with; None if unknown."""
    taken: int = Field(default=0, exclude_if=lambda taken: not taken)
    """Number of tensors that the model began with; 0 for all that a plugin provides."""
    anew: dict[str, str] = Field(default={}, exclude_if=lambda anew: not anew)
    """Name of a tensor of the model that began with random values -> the reason."""
    unused: tuple[str, ...] = Field(default=(), exclude_if=lambda unused: not unused)
    """Tensors of the weights that the model lacks."""
    renamed: str = Field(default="", exclude_if=lambda renamed: not renamed)
    """Change of the beginning of their names."""


class QuantizedParent(ParentWeights):
    """Weights that were quantized, and the result of the quantization on the test examples.

    Of the tuples, each has one number per head.
    """

    method: str
    """The calibration and the integers, in words."""
    tool: str
    """Name and version of the package that quantized them."""
    examples: int
    """Number of training examples that the ranges of activations are those of."""
    floats: tuple[str, ...] = Field(default=(), exclude_if=lambda floats: not floats)
    """Layers that were not quantized."""
    lost: tuple[float, ...]
    """Share of correct answers of the parent minus that of the quantized weights."""
    to_wrong: tuple[int, ...]
    """Number of correct answers of the parent that became wrong."""
    to_right: tuple[int, ...]
    """Number of wrong answers of the parent that became correct."""
    p: tuple[float, ...]
    """P value of McNemar's exact test of these two numbers."""


class Provenance(FrozenModel):
    """Metadata in the weight file: the model, its recipe, data, environment and scores."""

    # No time, date or path is here, because equal trainings must write equal files; those are in
    # `Card`. A new field needs an `exclude_if`, so that the files of older trainings stay equal.
    format: int = 1
    model: str
    plugin: str
    """Distribution that provides the model."""
    config: dict[str, Any]
    parameters: int
    recipe_name: str
    changed: tuple[str, ...]
    """Fields other than the seed in which `recipe` differs from the recipe of that name."""
    recipe: Recipe
    search: SearchSummary | None = Field(None, exclude_if=lambda search: search is None)
    """Search that found the recipe, if any."""
    initial: InitialWeights | None = Field(None, exclude_if=lambda initial: initial is None)
    """Weights that the training started from; None for random ones."""
    teacher: ParentWeights | None = Field(None, exclude_if=lambda teacher: teacher is None)
    """Trained model that the training learned from, beside its targets, if any."""
    quantized: QuantizedParent | None = Field(
        default=None, exclude_if=lambda parent: parent is None
    )
    """Weights of which these are the quantized form; None for weights of a training."""
    dataset: DatasetFacts
    normalization: NormalizationField
    epoch: int
    """Epoch of these weights, from 1."""
    stopped: str = ""
    """Reason why the training stopped early; empty for a complete training."""
    ended: tuple[EndDecision, ...] = Field((), exclude_if=lambda ended: not ended)
    """Decisions about the last epoch, in their order; none if it was the recipe's."""
    continued: tuple[ContinuedEnd, ...] = Field((), exclude_if=lambda ends: not ends)
    """Earlier ends, from which the training was continued for more epochs."""
    metrics: dict[str, ScoresField]
    calibration: CalibrationField | None = Field(None, exclude_if=lambda stated: stated is None)
    """Temperatures, and limit of accepted predictions; None for tasks without confidences."""
    environment: Environment
    """Properties that affect the weights bit for bit: framework, device, threads, CPU."""
    versions: dict[str, str]
    """Versions of the core and of the plugins that were used."""
    code_license: str = Field("", exclude_if=lambda license: not license)
    """License of the model's code, an SPDX expression."""
    license: str
    """License of the weights (`zoo_core.weights.license`)."""

    @property
    def licenses(self) -> dict[str, str]:
        """The licenses that the weights' follows from: code, other weights, data."""
        parents = {"initial weights": self.initial, "teacher": self.teacher}
        parts = {"code": self.code_license} | {
            part: parent.license for part, parent in parents.items() if parent
        }
        return {part: stated for part, stated in parts.items() if stated} | {
            "data": self.dataset.license
        }

    @property
    def shown_metrics(self) -> dict[str, ScoresField]:
        """The scores by split, in which a tested fold has its own name, such as ``fold 3 of 5``."""
        names = {"test": self.recipe.tested_on}
        return {names.get(split, split): scores for split, scores in self.metrics.items()}

    def _repr_html_(self) -> str:
        from zoo_core.metrics.score_table import score_table
        from zoo_core.table import html_facts, html_table

        facts = [
            ("model", f"{self.model} of {self.plugin}, {self.parameters:,} parameters"),
            ("recipe", f"{self.recipe_name}, seed {self.recipe.seed}"),
            ("changed", ", ".join(self.changed)),
            ("epoch", f"{self.epoch} of {self.recipe.epochs}"),
            ("data", f"{self.dataset.name}, {self.dataset.license}"),
            ("license", self.license),
        ]
        return html_facts(facts) + html_table(score_table(self.shown_metrics))


class WeightsFacts(FrozenModel):
    """Name of a weight file or program in the card's folder, its checksum and size."""

    file: str
    sha256: str
    bytes: int


class Card(Provenance):
    """Provenance, the checksum of the weight file, and the training's duration and date."""

    weights: WeightsFacts
    seconds: float
    """Duration of the training, without start-up and final evaluation."""
    created: str
    """Date and time in UTC (ISO 8601)."""


class Golden(FrozenModel):
    """Expected outputs for the probe inputs (`zoo_core.publishing.golden`)."""

    # The aliases are the names on the first cards, which were all of classes of images.
    count: int = Field(validation_alias=AliasChoices("count", "images"))
    outputs: tuple[JsonValue, ...] = Field(validation_alias=AliasChoices("outputs", "logits"))
    """Outputs per head and example, nested lists of numbers."""
    tolerance: float
    """Maximum error of an output, as a share of the largest absolute output."""


class Interval(FrozenModel):
    """Test scores of trainings that differ only in the seed; one number per head."""

    metric: tuple[str, ...] = Field((), exclude_if=lambda metric: not metric)
    """Metric of each head; none for the accuracy of all."""
    seeds: tuple[int, ...]
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    low: tuple[float, ...]
    """Lower bound of the 95 % prediction interval for one more training."""
    high: tuple[float, ...]
    """Upper bound."""


class PublishedCard(Card):
    """The card of published weights, with the values that `zoo verify` recomputes."""

    tag: str
    plain: bool
    """See `zoo_core.registry.index.PublishedWeights`."""
    command: str
    """Command that repeats the training."""
    pictures: tuple[str, ...]
    """Files in the card's folder."""
    golden: Golden
    predictions: str
    """sha256 of the discrete answers for the test examples (`zoo_core.publishing.answers`)."""
    interval: Interval | None
    """None for fewer than three seeds."""
    runtimes: dict[str, WeightsFacts] = Field({}, exclude_if=lambda runtimes: not runtimes)
    """Runtime -> its program, a file in the card's folder that refers to the weight file."""


def read_card(path: Path) -> Card:
    """Read ``card.json``.

    Raises:
        DataError: the file is unreadable or not a card.
    """
    try:
        return Card.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as exc:
        raise DataError(f"invalid card {path}: {first_error(exc)}") from exc


def parse_published_card(content: bytes, where: str) -> PublishedCard:
    """Parse the card of published weights.

    Args:
        content: JSON.
        where: file or address, for the error.

    Raises:
        VerificationError: the content is not such a card.
    """
    try:
        return PublishedCard.model_validate_json(content)
    except ValidationError as exc:
        raise VerificationError(
            f"invalid card of published weights {where}: {first_error(exc)}"
        ) from exc


def card_json(card: Card) -> bytes:
    # Indented and with a newline at the end, because cards are kept in git and read as diffs.
    return (json.dumps(card.model_dump(mode="json"), indent=2) + "\n").encode()
