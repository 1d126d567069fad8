"""Verify published weights: bytes, card, model, golden outputs, test split.

Counts and labels are compared exactly, logits within a tolerance, because float32 sums in another
order move logits by some millionths and labels hardly ever. A label that moves is a difference.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from zoo_core.data.dataset import ArrayDataset, load_dataset
from zoo_core.errors import VerificationError, ZooError
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.pretrained.model import Pretrained
from zoo_core.pretrained.verified_read import published_card, read_published
from zoo_core.publishing.golden import check_golden
from zoo_core.publishing.publish import measure
from zoo_core.registry.registry import FoundWeights
from zoo_core.weights.card import Provenance, PublishedCard
from zoo_core.weights.file import WeightFile


@dataclass(frozen=True)
class VerificationStep:
    """One thing that was checked.

    Attributes:
        what: was checked.
        found: what was seen, where it holds.
        error: why it does not hold, None where it does.
        seconds: that it took.
    """

    what: str
    found: str
    error: ZooError | None
    seconds: float


@dataclass(frozen=True)
class Verification:
    """What became of the checks of a tag."""

    found: FoundWeights
    checks: list[VerificationStep]

    @property
    def errors(self) -> list[ZooError]:
        return [check.error for check in self.checks if check.error is not None]


class Verifier:
    """Checks tags, and reads each data set once for all of them.

    Args:
        catalog: what is installed.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._dataset: Callable[[str, str], ArrayDataset] = cache(
            lambda name, sha256: load_dataset(catalog.dataset(name), expected=sha256)
        )

    def verify(self, found: FoundWeights) -> Verification:
        """Check a tag: file, card, model, golden forward, test split.

        The first three are what the others stand on: where one does not hold, it is the last.
        """
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
            if checks[-1].error:
                return Verification(found, checks)
        checks.append(_make("golden forward", lambda: _check_golden(loaded(), card())))
        checks.append(_make("test split", lambda: self._check_test(loaded(), card())))
        return Verification(found, checks)

    def _check_test(self, pretrained: Pretrained, card: PublishedCard) -> str:
        dataset = self._dataset(card.dataset.name, card.dataset.sha256)
        scores, digest = measure(pretrained.predict(dataset.splits["test"].images), dataset)
        stated = card.metrics["test"]
        found = (scores.correct, scores.all_correct, scores.total)
        if found != (stated.correct, stated.all_correct, stated.total):
            raise VerificationError(
                f"of the {stated.total:,} test images it reads {scores.correct} correctly "
                f"({scores.all_correct} in every label), the card says {stated.correct} "
                f"({stated.all_correct})"
            )
        if digest != card.predictions:
            raise VerificationError(
                f"as many test images are read correctly as the card says, but not the same "
                f"labels are read: their sha256 is {digest}, the card says {card.predictions}"
            )
        right = " / ".join(f"{correct:,}" for correct in scores.correct)
        return f"{right} of {scores.total:,} correct, the same labels"


def _make(what: str, check: Callable[[], str]) -> VerificationStep:
    start = time.perf_counter()
    try:
        found, error = check(), None
    except ZooError as exc:
        found, error = "", exc
    return VerificationStep(what, found, error, time.perf_counter() - start)


def _check_file(file: WeightFile) -> str:
    """Reading it checks it; this is what the checksum costs, since every load pays it."""
    content = file.path.read_bytes()
    start = time.perf_counter()
    hashlib.sha256(content).hexdigest()
    milliseconds = 1000 * (time.perf_counter() - start)
    return f"{len(content):,} bytes, sha256 in {milliseconds:.1f} ms"


def _check_card(found: FoundWeights, file: WeightFile, card: PublishedCard) -> str:
    """The card says what the weight file and the index say."""
    stated = Provenance.model_validate(file.metadata)
    for key, value in dict(stated).items():
        if getattr(card, key) != value:
            raise VerificationError(
                f"{key} of the card is {getattr(card, key)}, the weight file says {value}"
            )
    published = found.published
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
        "accuracy": (card.metrics["test"].accuracy, published.accuracy),
    }
    for key, (on_card, in_index) in facts.items():
        if on_card != in_index:
            raise VerificationError(f"{key} is {in_index} in the index, {on_card} on the card")
    return "says what the weight file and the index say"


def _check_model(pretrained: Pretrained) -> str:
    """Loading compares names, shapes and dtypes; the number of parameters is the card's."""
    weights = pretrained.trainer.get_weights(pretrained.model)
    parameters = pretrained.trainer.count_parameters(pretrained.model)
    if parameters != pretrained.card.parameters:
        raise VerificationError(
            f"the model has {parameters:,} parameters, the card says {pretrained.card.parameters:,}"
        )
    return f"{len(weights)} tensors, {parameters:,} parameters"


def _check_golden(pretrained: Pretrained, card: PublishedCard) -> str:
    off = check_golden(pretrained, card.golden)
    return f"off by {off:.1g} of the largest logit, {card.golden.tolerance:g} is allowed"
