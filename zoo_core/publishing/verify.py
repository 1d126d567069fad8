"""Verify published weights: bytes, card, model, golden outputs, test split.

Counts and discrete answers are compared exactly, other numbers within a tolerance, because float32
sums in another order change outputs by about a millionth, and discrete answers almost never.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from zoo_core.data.dataset import ArrayDataset, load_dataset
from zoo_core.data.find_dataset import find_dataset
from zoo_core.data.folds.fold_rows import fold_rows, tested_split
from zoo_core.errors import PluginError, UnknownNameError, VerificationError, ZooError
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.pretrained.model import Pretrained
from zoo_core.pretrained.runtime_choice import AUTO, TRAINER
from zoo_core.pretrained.verified_read import published_card, read_published
from zoo_core.publishing.answers import (
    TOLERANCE,
    check_calibration,
    check_scores,
    compute_answers,
    describe,
)
from zoo_core.publishing.golden import check_golden
from zoo_core.publishing.programs import check_same_answers
from zoo_core.publishing.publish import headline_facts, index_facts
from zoo_core.registry.lookup import known_registries, list_published
from zoo_core.registry.registry import FoundWeights
from zoo_core.text import counted
from zoo_core.weights.card import Provenance, PublishedCard, QuantizedParent
from zoo_core.weights.file import WeightFile
from zoo_core.weights.license import spdx


@dataclass(frozen=True)
class VerificationStep:
    """The result of one step of a verification.

    Attributes:
        what: name of the step.
        found: facts found, if the step succeeded.
        error: the error, if it failed.
        seconds: duration in seconds.
        skipped: whether it cannot be made here, because a plugin or package is missing that the
            other steps do without; `found` is then the reason.
    """

    what: str
    found: str
    error: ZooError | None
    seconds: float
    skipped: bool = False


@dataclass(frozen=True)
class Verification:
    """The results of all steps for one tag."""

    found: FoundWeights
    checks: list[VerificationStep]

    @property
    def errors(self) -> list[ZooError]:
        return [check.error for check in self.checks if check.error is not None]


class Verifier:
    """Verifier of tags, which loads each data set once for all of them.

    Args:
        catalog: the installed plugins.
        runtime: the runtime or trainer to verify with; ``auto`` for the trainer and every installed
            runtime that has a program.
    """

    def __init__(self, catalog: Catalog, runtime: str = AUTO) -> None:
        self._catalog = catalog
        self._runtime = runtime
        # By checksum too, because the cards of two tags may state different data of one name.
        self._dataset: Callable[[str, str], ArrayDataset] = cache(
            lambda name, sha256: load_dataset(
                find_dataset(catalog, name, sha256=sha256), expected=sha256
            )
        )

    def verify(self, found: FoundWeights) -> Verification:
        """Verify a tag: file, card; and with each runtime, golden outputs and test split.

        Quantized weights have no model of a framework; their parent is compared instead.
        """
        # Each is cached, so that the step that uses it first reports its error and its time.
        file = cache(lambda: read_published(found))
        card = cache(lambda: published_card(found))
        checks: list[VerificationStep] = []
        for what, check in {
            "file": lambda: _check_file(file()),
            "card": lambda: _check_card(found, file(), card()),
        }.items():
            checks.append(_make(what, check))
            # The later steps need the earlier ones, and would repeat their error.
            if checks[-1].error:
                return Verification(found, checks)
        programs = self._programs(found)
        if parent := card().quantized:
            checks.append(self._with_parent(found, parent))
        if not programs or (self._runtime == AUTO and parent is None):
            checks += self._with_model(found, card(), others=bool(programs))
        for name in programs:
            checks += self._with_program(found, card(), name)
        return Verification(found, checks)

    def _with_parent(self, found: FoundWeights, parent: QuantizedParent) -> VerificationStep:
        """Compare the parent of quantized weights with the registries, if one of them has it."""
        published = [*found.registry.published(), *list_published(known_registries(self._catalog))]
        same = [each for each in published if each.published.sha256 == parent.sha256]
        if same:
            return _make("parent", lambda: f"{same[0].qualified_name} with the same sha256")
        named = [each for each in published if each.published.name == parent.source]
        if named:
            return _make("parent", lambda: _refuse_parent(named[0], parent))
        reason = f"no registry here has {parent.source}, sha256 {parent.sha256}"
        return VerificationStep("parent", reason, None, 0.0, skipped=True)

    def _programs(self, found: FoundWeights) -> list[str]:
        """Return the installed runtimes to verify with."""
        installed = self._catalog.entries("runtimes").keys() & found.published.runtimes.keys()
        if self._runtime == AUTO:
            return sorted(installed)
        return [self._runtime] if self._runtime in self._catalog.entries("runtimes") else []

    def _with_model(
        self, found: FoundWeights, card: PublishedCard, *, others: bool
    ) -> list[VerificationStep]:
        """Verify with the trainer of the weights; `others` is whether runtimes do so, too."""
        # Quantized weights without an installed runtime: the error of `AUTO` names the runtime.
        use_trainer = self._runtime == AUTO and card.quantized is None
        runtime = TRAINER if use_trainer else self._runtime
        loaded = cache(lambda: load_pretrained(self._catalog, found, device="cpu", runtime=runtime))
        model = _make("model", lambda: _check_model(loaded()))
        if others and isinstance(model.error, UnknownNameError | PluginError):
            # Without the framework, the program is what is used, and verified.
            return [replace(model, error=None, found=model.error.problem, skipped=True)]
        return [model] if model.error else [model, *self._answers(loaded, card, "")]

    def _with_program(
        self, found: FoundWeights, card: PublishedCard, runtime: str
    ) -> list[VerificationStep]:
        loaded = cache(lambda: load_pretrained(self._catalog, found, runtime=runtime))
        program = _make(f"program for {runtime}", lambda: _check_program(found, loaded()))
        suffix = f" with {runtime}"
        return [program] if program.error else [program, *self._answers(loaded, card, suffix)]

    def _answers(
        self, loaded: Callable[[], Pretrained], card: PublishedCard, suffix: str
    ) -> list[VerificationStep]:
        # These two are independent: one may fail because a data set is not installed.
        return [
            _make(f"golden outputs{suffix}", lambda: _check_golden(loaded(), card)),
            _make(f"test split{suffix}", lambda: self._check_test(loaded(), card)),
        ]

    def _check_test(self, pretrained: Pretrained, card: PublishedCard) -> str:
        dataset = self._dataset(card.dataset.name, card.dataset.sha256)
        answers = compute_answers(
            pretrained, tested_split(dataset, fold_rows(dataset, card.recipe))
        )
        check_scores(answers, card.metrics["test"], "")
        check_calibration(answers, card.calibration)
        if not any(answers.exact):
            return f"{describe(answers.scores)}, within {TOLERANCE:g}"
        check_same_answers(answers, card.predictions, "")
        return f"{describe(answers.scores)}, the same answers"


def _make(what: str, check: Callable[[], str]) -> VerificationStep:
    start = time.perf_counter()
    try:
        found, error = check(), None
    except ZooError as exc:
        found, error = "", exc
    return VerificationStep(what, found, error, time.perf_counter() - start)


def _check_file(file: WeightFile) -> str:
    """Return size and checksum time of a weight file, which was verified when it was read."""
    # Measured again without the read, because every load by name has this cost.
    content = file.path.read_bytes()
    start = time.perf_counter()
    hashlib.sha256(content).hexdigest()
    milliseconds = 1000 * (time.perf_counter() - start)
    return f"{len(content):,} bytes, sha256 in {milliseconds:.1f} ms"


def _check_card(found: FoundWeights, file: WeightFile, card: PublishedCard) -> str:
    """Compare the card with the metadata of the weight file and with the index."""
    stated = Provenance.model_validate(file.metadata)
    for key, value in dict(stated).items():
        if getattr(card, key) != value:
            raise VerificationError(
                f"{key}: the card has {getattr(card, key)}, the weight file has {value}"
            )
    published = found.published
    # All facts that the index repeats, because loading by name relies on the index only.
    facts = {
        "model": (card.model, published.model),
        "tag": (card.tag, published.tag),
        "plugin": (card.plugin, published.plugin),
        "sha256": (card.weights.sha256, published.sha256),
        "bytes": (card.weights.bytes, published.bytes),
        "plain": (card.plain, published.plain),
        "recipe": (card.recipe_name, published.recipe),
        "dataset": (card.dataset.name, published.dataset),
        "parameters": (card.parameters, published.parameters),
        "scores": (
            headline_facts(card),
            {"metrics": published.metrics}
            if published.metrics
            else {"accuracy": published.accuracy},
        ),
        "runtimes": (index_facts(card), published.runtimes),
        # An entry from before the field states none.
        "license": (spdx(card.license), published.license or spdx(card.license)),
    }
    for key, (on_card, in_index) in facts.items():
        if on_card != in_index:
            raise VerificationError(f"{key}: the index has {in_index}, the card has {on_card}")
    return "matches the weight file and the index"


def _refuse_parent(found: FoundWeights, parent: QuantizedParent) -> str:
    raise VerificationError(
        f"parent {found.qualified_name}: expected sha256 {parent.sha256}, as on the card, got "
        f"{found.published.sha256}"
    )


def _check_model(pretrained: Pretrained) -> str:
    """Compare the number of parameters with the card; loading compared the tensors."""
    weights = pretrained.trainer.get_weights(pretrained.model)
    parameters = pretrained.trainer.count_parameters(pretrained.model)
    if parameters != pretrained.card.parameters:
        raise VerificationError(
            f"parameters of the model: expected {pretrained.card.parameters:,}, as on the card, "
            f"got {parameters:,}"
        )
    return f"{counted(len(weights), 'tensor')}, {counted(parameters, 'parameter')}"


def _check_program(found: FoundWeights, pretrained: Pretrained) -> str:
    """Return the size of a program, whose checksum was compared with the index by the load."""
    stated = found.published.runtimes[pretrained.runtime]
    return f"{stated['bytes']:,} bytes, which refer to the weight file"


def _check_golden(pretrained: Pretrained, card: PublishedCard) -> str:
    off = check_golden(pretrained, card.golden)
    limit = card.golden.tolerance
    return f"maximum difference {off:.1g} relative to the largest output, limit {limit:g}"
