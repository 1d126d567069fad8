"""Models of a static page: published weights of single digits with an ONNX program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zoo_core import DatasetSpec
from zoo_core.plugin_api import (
    Catalog,
    FoundWeights,
    InvalidValueError,
    PublishedCard,
    UnknownNameError,
    load_pretrained,
    locate,
    read_files,
)
from zoo_demo.models import THREADS, Served

RUNTIME = "onnx"
"""Runtime whose program the page runs."""

DATASET = "mnist"
"""Data set whose reader and familiarity of images the page has in JavaScript, too."""

SUPPORTED = (
    "Name published weights with an ONNX program that classify single digits of 28×28 pixels, such "
    "as cnn or numpy-net."
)


@dataclass(frozen=True)
class StaticModel:
    """A model of a static page.

    Attributes:
        served: the model, as the served page describes it.
        card: its card.
        dataset: data set of its training.
        files: verified content of its files, by name.
    """

    served: Served
    card: PublishedCard
    dataset: DatasetSpec
    files: Mapping[str, bytes]


def find_static_models(
    catalog: Catalog, chosen: Sequence[str | FoundWeights], *, registry: str | None
) -> list[StaticModel]:
    """Return models for a static page.

    Args:
        catalog: installed plugins.
        chosen: names of published weights, or paths, which must be usable; of published weights
            that were not named, unusable ones are skipped.
        registry: folder or URL; None for all known registries.

    Raises:
        UnknownNameError: no model is usable.
        InvalidValueError: a named model is not usable.
        DataError, VerificationError: reading the files failed.
    """
    usable = [each for each in chosen if isinstance(each, str) or _may_be_used(each)]
    found = [
        locate(catalog, each, registry=registry) if isinstance(each, str) else each
        for each in usable
    ]
    models = {each.served.id: each for each in (_open(catalog, one) for one in found)}
    if not models:
        raise UnknownNameError("no published weights that a static page can use", hint=SUPPORTED)
    return [*models.values()]


def _may_be_used(found: FoundWeights) -> bool:
    return found.published.dataset == DATASET and RUNTIME in found.published.runtimes


def _open(catalog: Catalog, found: FoundWeights | Path) -> StaticModel:
    if isinstance(found, Path):
        raise _unusable(str(found), "a path, not published weights")
    name, published = found.published.name, found.published
    if RUNTIME not in published.runtimes:
        raise _unusable(name, "weights without an ONNX program")
    pretrained = load_pretrained(catalog, found, threads=THREADS)
    served = Served(name, pretrained, published.bytes, lambda: pretrained)
    dataset = _check_kind(catalog, served)
    card = pretrained.card
    assert isinstance(card, PublishedCard)  # of a tag
    return StaticModel(served, card, dataset, _files(found, card))


def _files(found: FoundWeights, card: PublishedCard) -> dict[str, bytes]:
    program = card.runtimes[RUNTIME].file
    if "/" in program or program.startswith("."):  # a card must not choose a path on the page
        raise _unusable(found.published.name, f"a program of the name {program!r}")
    return read_files(found, RUNTIME, program)


def _check_kind(catalog: Catalog, served: Served) -> DatasetSpec:
    """Return the data set of a model whose inputs and outputs the page supports."""
    pretrained = served.pretrained
    tasks = ", ".join(target.task for target in pretrained.targets)
    name = pretrained.card_data.name
    what = f"{tasks} of {name}, {'×'.join(map(str, pretrained.input_shape))}"
    spec: DatasetSpec = catalog.dataset(DATASET).spec
    expected = (DATASET, spec.input.shape, "classification")
    if (name, pretrained.input_shape, tasks) != expected:
        raise _unusable(served.id, what)
    return spec


def _unusable(name: str, found: str) -> InvalidValueError:
    return InvalidValueError(
        f"--static cannot use {name}: expected classification of {DATASET}, 1×28×28, with an ONNX "
        f"program, got {found}",
        hint=SUPPORTED,
    )
