"""Verify published weights: bytes, card, model, golden outputs, test split.

Counts and discrete answers are compared exactly, other numbers within a tolerance, because float32
sums in another order change outputs by about a millionth, and discrete answers almost never.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from zoo_core.data.dataset import ArrayDataset, load_dataset
from zoo_core.data.find_dataset import find_dataset
from zoo_core.data.folds.fold_rows import fold_rows, tested_split
from zoo_core.errors import VerificationError, ZooError
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.pretrained.model import Pretrained
from zoo_core.pretrained.verified_read import published_card, read_published
from zoo_core.publishing.answers import (
    TOLERANCE,
    check_calibration,
    check_scores,
    compute_answers,
    describe,
)
from zoo_core.publishing.golden import check_golden
from zoo_core.publishing.publish import headline_facts
from zoo_core.registry.registry import FoundWeights
from zoo_core.text import counted
from zoo_core.weights.card import Provenance, PublishedCard
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
    """

    what: str
    found: str
    error: ZooError | None
    seconds: float


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
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        # By checksum too, because the cards of two tags may state different data of one name.
        self._dataset: Callable[[str, str], ArrayDataset] = cache(
            lambda name, sha256: load_dataset(
                find_dataset(catalog, name, sha256=sha256), expected=sha256
            )
        )

    def verify(self, found: FoundWeights) -> Verification:
        """Verify a tag: file, card, model, golden outputs, test split."""
        # Each is cached, so that the step that uses it first reports its error and its time.
        file = cache(lambda: read_published(found))
        card = cache(lambda: published_card(found))
        loaded = cache(lambda: load_pretrained(self._catalog, found, device="cpu"))
        checks: list[VerificationStep] = []
        for what, check in {
            "file": lambda: _check_file(file()),
            "card": lambda: _check_card(found, file(), card()),
            "model": lambda: _check_model(loaded()),
        }.items():
            checks.append(_make(what, check))
            # The later steps need the earlier ones, and would repeat their error.
            if checks[-1].error:
                return Verification(found, checks)
        # These two are independent: one may fail because a data set is not installed.
        checks.append(_make("golden outputs", lambda: _check_golden(loaded(), card())))
        checks.append(_make("test split", lambda: self._check_test(loaded(), card())))
        return Verification(found, checks)

    def _check_test(self, pretrained: Pretrained, card: PublishedCard) -> str:
        dataset = self._dataset(card.dataset.name, card.dataset.sha256)
        answers = compute_answers(
            pretrained, tested_split(dataset, fold_rows(dataset, card.recipe))
        )
        check_scores(answers, card.metrics["test"], "")
        check_calibration(answers, card.calibration)
        if not any(answers.exact):
            return f"{describe(answers.scores)}, within {TOLERANCE:g}"
        # Because equal counts may still hide different answers.
        if answers.sha256 != card.predictions:
            raise VerificationError(
                "predictions for the test examples: expected the sha256 "
                f"{card.predictions}, as on the card, got {answers.sha256}; the counts are equal"
            )
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
        # An entry from before the field states none.
        "license": (spdx(card.license), published.license or spdx(card.license)),
    }
    for key, (on_card, in_index) in facts.items():
        if on_card != in_index:
            raise VerificationError(f"{key}: the index has {in_index}, the card has {on_card}")
    return "matches the weight file and the index"


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


def _check_golden(pretrained: Pretrained, card: PublishedCard) -> str:
    off = check_golden(pretrained, card.golden)
    limit = card.golden.tolerance
    return f"maximum difference {off:.1g} relative to the largest output, limit {limit:g}"
