"""The published program that a quantization starts from, its weights and its data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from zoo_core.data.dataset import load_dataset
from zoo_core.data.find_dataset import find_dataset
from zoo_core.data.splits import TrainingData, training_data
from zoo_core.errors import DataError, InvalidValueError, UnknownNameError
from zoo_core.frameworks.runtime import open_program
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import RuntimeSpec
from zoo_core.pretrained.load import load_pretrained
from zoo_core.pretrained.model import Pretrained, Program
from zoo_core.pretrained.verified_read import published_card, read_program, read_published
from zoo_core.publishing.answer_changes import require_binary
from zoo_core.registry.lookup import find_weights, resolve_weights
from zoo_core.registry.registry import FoundWeights
from zoo_core.weights.card import PublishedCard


@dataclass(frozen=True)
class ParentProgram:
    """A published program, which another one with fewer bytes is compared with.

    Attributes:
        catalog: the installed plugins.
        found: the published weights.
        card: their card.
        runtime: the runtime of the program.
        pretrained: the weights, whose predictions are the program's.
    """

    catalog: Catalog
    found: FoundWeights
    card: PublishedCard
    runtime: Entry[RuntimeSpec]
    pretrained: Pretrained

    @property
    def name(self) -> str:
        return self.found.published.name

    @property
    def content(self) -> bytes:
        """Verified content of the program."""
        return read_program(self.found, self.runtime.spec)

    @property
    def weights(self) -> bytes | memoryview:
        """Verified content of the weight file."""
        return read_published(self.found).content

    @cached_property
    def data(self) -> TrainingData:
        """The data on the card, with its training, validation and test rows."""
        facts = self.card.dataset
        entry = find_dataset(self.catalog, facts.name, sha256=facts.sha256)
        return training_data(load_dataset(entry, expected=facts.sha256), self.card.recipe)

    def with_program(self, program: bytes, weights: bytes) -> Pretrained:
        """Return the weights with the predictions of another program, and its weight file."""
        predictor = open_program(self.runtime, program, weights, threads=None)
        return self.pretrained.with_program(Program(self.runtime.spec.name, predictor))


def find_parent(catalog: Catalog, name: str, registry: str, *, runtime: str) -> ParentProgram:
    """Return the program of published weights that can be quantized.

    Args:
        catalog: the installed plugins.
        name: name of the weights in the registry, or in a known one.
        registry: folder of the registry, which need not exist.
        runtime: name of the program's runtime.

    Raises:
        UnknownNameError: there are no such weights.
        InvalidValueError: they cannot be quantized: they are already, lack a program, or have
            answers that are not right or wrong.
        DataError, VerificationError: they cannot be read, or differ from the index.
    """
    found = _find(catalog, name, registry)
    card, own = published_card(found), found.published.name
    if card.quantized:
        raise InvalidValueError(
            f"{own} is quantized already", hint=f"Quantize {card.quantized.source}."
        )
    if runtime not in found.published.runtimes:
        raise InvalidValueError(
            f"{own} has no program for {runtime}, which is what is quantized",
            hint="Publish the run again, with its program.",
        )
    pretrained = load_pretrained(catalog, found, runtime=runtime)
    require_binary(pretrained.tasks, own)
    return ParentProgram(catalog, found, card, catalog.runtime(runtime), pretrained)


def _find(catalog: Catalog, name: str, registry: str) -> FoundWeights:
    try:
        return resolve_weights(catalog, name, registry)
    except (UnknownNameError, DataError):  # a new folder has no index
        return find_weights(catalog, name)
