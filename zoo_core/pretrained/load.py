"""Load weights by a published name, from a run's folder or from a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo_core.errors import AmbiguousNameError, UnknownNameError
from zoo_core.filenames import CONFIG, WEIGHTS
from zoo_core.frameworks.trainer import Trainer, make_trainer
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import TrainerSpec
from zoo_core.pretrained.build import build
from zoo_core.pretrained.early_import import early_import
from zoo_core.pretrained.files import WeightsFiles
from zoo_core.pretrained.model import Pretrained
from zoo_core.pretrained.runtime_choice import AUTO, TRAINER, open_runtime
from zoo_core.pretrained.verified_read import (
    published_card,
    published_card_data,
    read_provenance,
    read_published,
)
from zoo_core.registry.lookup import find_weights, resolve_weights
from zoo_core.registry.names import parse_name
from zoo_core.registry.registry import FoundWeights
from zoo_core.weights.card_data import card_data

if TYPE_CHECKING:
    from zoo_core.plugins.catalog import Catalog


def load_pretrained(
    catalog: Catalog,
    name: str | PathLike[str] | FoundWeights,
    *,
    registry: str | None = None,
    runtime: str = AUTO,
    device: str = "auto",
    threads: int | None = None,
    into: Any = None,
    trainer: Callable[[Entry[TrainerSpec]], Trainer] | None = None,
) -> Pretrained:
    """Load weights by their published name, or from a run's folder or a weight file.

    Args:
        catalog: installed plugins.
        name: ``[REGISTRY/]MODEL[.TAG][@sha256:HEX]``, a path (a `Path` is never a name), or the
            result of `find_weights`.
        registry: folder or URL of the registry that has the name; None for all known registries.
        runtime: component that predicts: a runtime such as ``onnx``, a trainer such as ``torch``,
            ``trainer`` for that of the weights, or ``auto``: a runtime that has a program of the
            weights, unless the framework of their trainer is imported already.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: number of the framework's threads; None for its default.
        into: model of the framework to assign the weights to; None to build a new one. It is
            unchanged after any error.
        trainer: function that returns the adapter for the weights, which then predicts; None for
            a new one on the device, with the threads.

    Raises:
        UnknownNameError, AmbiguousNameError: no registry, or several, have the name.
        DataError: there are no weights, or reading or fetching them failed.
        VerificationError: the file does not match its index, card or header, or the weights do not
            match the model.
        InvalidValueError: the runtime cannot compute these weights.
    """
    found = name if isinstance(name, FoundWeights) else locate(catalog, name, registry=registry)
    published = found if isinstance(found, FoundWeights) else None
    program = partial(
        open_runtime,
        catalog,
        published,
        runtime=TRAINER if trainer else runtime,
        device=device,
        threads=threads,
        into=into,
    )
    trainer = trainer or partial(make_trainer, device=device, threads=threads)
    build_with = partial(build, catalog, program=program, trainer=trainer, into=into)
    if isinstance(found, FoundWeights):
        with early_import(catalog, found.published, runtime):
            file = read_published(found)
        return build_with(
            file,
            name=found.name,
            # Not read yet, because predicting needs no card, and parsing one imports pydantic.
            card=lambda: published_card(found),
            data=lambda: published_card_data(found),
            files=WeightsFiles(found),
            plain=found.published.plain,
        )
    card, file = read_provenance(found)
    return build_with(
        file,
        name=f"{card.model}@sha256:{file.sha256}",
        card=lambda: card,
        data=lambda: card_data(card),
        # Absolute, because they are read later, perhaps in another working directory.
        files=WeightsFiles(file.path.parent.absolute()),
        plain=False,
    )


def locate(
    catalog: Catalog, name: str | PathLike[str], *, registry: str | None = None
) -> FoundWeights | Path:
    """Resolve a name to published weights or to a path.

    Raises:
        UnknownNameError: there are neither.
        AmbiguousNameError: there are both, or several registries have the name.
    """
    if registry is not None:
        return resolve_weights(catalog, str(name), registry)
    path = Path(name)
    if not isinstance(name, str) or parse_name(name) is None:
        return path
    if not _may_have_weights(path):
        try:
            return find_weights(catalog, name)
        except UnknownNameError as exc:
            rest = f"the folder {path} is not a run's" if path.is_dir() else "no such path"
            problem = f"{exc.problem}, and {rest}"
            raise UnknownNameError(problem, hint=exc.hint) from exc
    # A path and a name never shadow one another, because new weights in a registry, or a file that
    # happens to be in the current folder, must not change the result of a script.
    try:
        # `ask=False`: a file on this machine needs no request to a server.
        found = find_weights(catalog, name, ask=False)
    except UnknownNameError:
        return path
    raise AmbiguousNameError(
        f"{name!r} is a path here and the name of published weights",
        hint=f"Use ./{name} or {found.qualified_name}.",
    )


def _may_have_weights(path: Path) -> bool:
    """Return whether a path is a file or a run's folder."""
    # Any other folder is ignored, because `zoo new` and others make folders with a model's name.
    if not path.is_dir():
        return path.exists()
    return any((path / name).exists() for name in (CONFIG, WEIGHTS))
