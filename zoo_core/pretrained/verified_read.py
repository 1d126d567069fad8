"""Verified reading of weights and cards, from a registry or a path; no model is built."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from zoo_core.errors import DataError, VerificationError
from zoo_core.filenames import CARD, WEIGHTS
from zoo_core.registry.location import Folder
from zoo_core.registry.registry import FoundWeights
from zoo_core.weights.file import WeightFile, load_weights

if TYPE_CHECKING:
    from zoo_core.weights.card import Provenance, PublishedCard

T = TypeVar("T")


def read_published(found: FoundWeights) -> WeightFile:
    """Return a tag's weights.

    What has to be fetched is fetched with its card, so that it is all there without a network.

    Raises:
        DataError: they cannot be fetched or read.
        VerificationError: they are not what the index says.
    """
    what = found.published
    if not isinstance(found.registry.location, Folder):
        found.registry.path(what, CARD)
    file = _whole(
        found,
        what.sha256,
        lambda: load_weights(found.registry.path(what), sha256=what.sha256, size=what.bytes),
    )
    stated = (file.metadata.get("plugin"), file.metadata.get("model"))
    if stated != (what.plugin, what.model):
        raise VerificationError(
            f"weight file {file.path} is of {stated[0]}/{stated[1]}, the index says that "
            f"{what.name} is of {what.plugin}/{what.model}"
        )
    return file


def published_card(actual: FoundWeights) -> PublishedCard:
    """Return a tag's card.

    Raises:
        DataError: it cannot be fetched or read.
        VerificationError: it is not the one that the index names.
    """
    from zoo_core.weights.card import parse_published_card

    expected = actual.published.card_sha256

    def read() -> PublishedCard:
        path = actual.registry.path(actual.published, CARD)
        try:
            content = path.read_bytes()
        except OSError as exc:
            raise DataError(f"card {path} cannot be read: {exc.strerror}") from exc
        if (sha256 := hashlib.sha256(content).hexdigest()) != expected:
            raise VerificationError(
                f"card {path} has the sha256 {sha256}, the index says {expected}",
                hint="The file was changed or damaged.",
            )
        return parse_published_card(content, str(path))

    return _whole(actual, expected, read)


def _whole(found: FoundWeights, sha256: str, read: Callable[[], T]) -> T:
    """Return what is read. What was damaged in the cache is fetched and read once more."""
    try:
        return read()
    except VerificationError:
        from zoo_core.registry import cache

        path = cache.path_of(sha256)
        fetched = not isinstance(found.registry.location, Folder) and path.exists()
        if not fetched or cache.is_whole(path):
            raise
        cache.remove(sha256)
        return read()


def read_provenance(path: Path) -> tuple[Provenance, WeightFile]:
    """Read weights from a run's folder or a ``.safetensors`` file, without building a model.

    Where ``card.json`` lies beside the file, the file must have the checksum that it states, and
    the card is what is returned; else what the file says of itself.

    Raises:
        DataError: there is nothing to load, or it cannot be read.
        VerificationError: the file is not what its card or header says.
    """
    from pydantic import ValidationError

    from zoo_core.recipes.validation import first_error
    from zoo_core.weights.card import Provenance, read_card

    try:
        file_path = path / WEIGHTS if path.is_dir() else path
        there = file_path.exists()
    except OSError as exc:  # for instance a name that is too long
        raise DataError(f"{str(path)[:200]} cannot be read: {exc.strerror}") from exc
    if not there:
        lacking = f" (no {WEIGHTS}: its training did not finish)" if path.is_dir() else ""
        raise DataError(
            f"there are no weights at {path}{lacking}",
            hint="Name published weights (zoo list weights), a run's folder or a .safetensors "
            "file; `zoo train MODEL` makes one.",
        )
    card_path = file_path.with_name(CARD)
    card = read_card(card_path) if card_path.exists() else None
    if card is not None and card.weights.file == file_path.name:
        return card, load_weights(file_path, sha256=card.weights.sha256)
    file = load_weights(file_path)
    try:
        return Provenance.model_validate(file.metadata), file
    except ValidationError as exc:
        raise VerificationError(
            f"the metadata of {file_path} is not zoo's: {first_error(exc)}"
        ) from exc
