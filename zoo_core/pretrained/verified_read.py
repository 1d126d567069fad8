"""Verified reading of weights and cards, from a registry or a path; no model is built."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from zoo_core.errors import DataError, VerificationError
from zoo_core.filenames import CARD, CONFIG, WEIGHTS
from zoo_core.frameworks.runtime import program_file
from zoo_core.plugins.specs import RuntimeSpec
from zoo_core.registry.location import Folder
from zoo_core.registry.registry import FoundWeights
from zoo_core.weights.card_data import CardData, parse_card_data
from zoo_core.weights.file import WeightFile, load_weights

if TYPE_CHECKING:
    from zoo_core.metrics.scores import Scores
    from zoo_core.weights.card import Provenance, PublishedCard

T = TypeVar("T")


def read_published(found: FoundWeights) -> WeightFile:
    """Return a tag's weights.

    Raises:
        DataError: fetching or reading them failed.
        VerificationError: they differ from the index.
    """
    expected = found.published
    if not isinstance(found.registry.location, Folder):
        # The card is fetched along with the weights, so that it is there without a network later.
        found.registry.path(expected, CARD)
    file = _read_or_refetch(
        found,
        expected.sha256,
        lambda: load_weights(
            found.registry.path(expected), sha256=expected.sha256, size=expected.bytes
        ),
    )
    # The checksum proves only that the index names this file. Without this check a mistaken or
    # malicious index could offer one model's weights under the name of another.
    stated = (file.metadata.get("plugin"), file.metadata.get("model"))
    if stated != (expected.plugin, expected.model):
        raise VerificationError(
            f"wrong model in weight file {file.path} of {expected.name}: expected "
            f"{expected.plugin}/{expected.model}, got {stated[0]}/{stated[1]}"
        )
    return file


def read_program(found: FoundWeights, runtime: RuntimeSpec) -> bytes:
    """Return the program of a tag for a runtime; errors are those of `published_card`."""
    return _read_program(found, runtime.name, program_file(runtime))


def _read_program(found: FoundWeights, runtime: str, file: str) -> bytes:
    stated = found.published.runtimes[runtime]
    sha256, size = stated["sha256"], stated["bytes"]

    def read() -> bytes:
        path = found.registry.path(found.published, file, sha256=sha256, size=size)
        return _read_verified(path, "program", sha256)

    return _read_or_refetch(found, sha256, read)


def read_files(found: FoundWeights, runtime: str, program: str) -> dict[str, bytes]:
    """Return the content of a tag's program, weights and card by file name, to copy them elsewhere.

    The runtime need not be installed. Errors are those of `read_published` and `published_card`.

    Args:
        found: the tag.
        runtime: name of the program's runtime.
        program: name of the program's file, as on the card.
    """
    return {
        program: _read_program(found, runtime, program),
        WEIGHTS: bytes(read_published(found).content),
        CARD: _card_content(found)[0],
    }


def published_card(found: FoundWeights) -> PublishedCard:
    """Return a tag's card.

    Raises:
        DataError: fetching or reading it failed.
        VerificationError: it differs from the index.
    """
    from zoo_core.weights.card import parse_published_card

    return parse_published_card(*_card_content(found))


def published_card_data(found: FoundWeights) -> CardData:
    """Return the card data of a tag; errors are those of `published_card`."""
    return parse_card_data(*_card_content(found))


def published_scores(found: FoundWeights) -> Scores:
    """Return the test scores of a tag, without pydantic; errors are those of `published_card`."""
    from zoo_core.metrics.scores import Scores

    content, where = _card_content(found)
    try:
        return Scores.from_json(json.loads(content)["metrics"]["test"])
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise VerificationError(f"invalid card of published weights {where}: no scores") from exc


def _card_content(found: FoundWeights) -> tuple[bytes, str]:
    """Return the verified content of a tag's card, and its path for errors."""
    expected = found.published.card_sha256

    def read() -> tuple[bytes, str]:
        path = found.registry.path(found.published, CARD)
        return _read_verified(path, "card", expected), str(path)

    return _read_or_refetch(found, expected, read)


def _read_verified(path: Path, what: str, expected: str) -> bytes:
    """Return the content of a file, before anything is parsed, if it has the expected sha256."""
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise DataError(f"cannot read {what} {path}: {exc.strerror}") from exc
    if (sha256 := hashlib.sha256(content).hexdigest()) != expected:
        raise VerificationError(
            f"checksum mismatch for {what} {path}: expected sha256 {expected}, got {sha256}",
            hint="Restore the file; it was changed or damaged.",
        )
    return content


def _read_or_refetch(found: FoundWeights, sha256: str, read: Callable[[], T]) -> T:
    """Return the result of `read`; fetch a file once more if its copy in the cache is damaged."""
    try:
        return read()
    except VerificationError:
        from zoo_core.registry import cache

        path = cache.path_of(sha256)
        fetched = not isinstance(found.registry.location, Folder) and path.exists()
        # A copy with the right checksum would be fetched again and again with the same content.
        if not fetched or cache.is_whole(path):
            raise
        cache.remove(sha256)
        return read()


def _lack(folder: Path) -> str:
    """Return the reason why a folder has no weights."""
    if (folder / CONFIG).exists():
        return f"no {WEIGHTS}: its training did not finish"
    return f"neither {CONFIG} nor {WEIGHTS}: it is not a run's folder"


def read_provenance(path: Path) -> tuple[Provenance, WeightFile]:
    """Read weights from a run's folder or a ``.safetensors`` file, without building a model.

    If ``card.json`` is in the same folder and names the file, the file must have the card's
    checksum, and the card is returned; else the file's own metadata.

    Raises:
        DataError: there are no weights, or reading them failed.
        VerificationError: the file differs from its card or header.
    """
    from pydantic import ValidationError

    from zoo_core.recipes.validation import first_error
    from zoo_core.weights.card import Provenance, read_card

    try:
        file_path = path / WEIGHTS if path.is_dir() else path
        exists = file_path.exists()
    except OSError as exc:  # for instance a name that is too long
        raise DataError(f"cannot read {str(path)[:200]}: {exc.strerror}") from exc
    if not exists:
        lacking = f" ({_lack(path)})" if path.is_dir() else ""
        raise DataError(
            f"there are no weights at {path}{lacking}",
            hint="Name published weights (zoo list weights), a run's folder or a .safetensors "
            "file; `zoo train MODEL` makes one.",
        )
    card_path = file_path.with_name(CARD)
    card = read_card(card_path) if card_path.exists() else None
    # A file that was copied next to another run's card has another name: the card is not its own.
    if card is not None and card.weights.file == file_path.name:
        return card, load_weights(file_path, sha256=card.weights.sha256)
    file = load_weights(file_path)
    try:
        return Provenance.model_validate(file.metadata), file
    except ValidationError as exc:
        raise VerificationError(f"invalid metadata of {file_path}: {first_error(exc)}") from exc


def has_card(found: FoundWeights) -> bool:
    """Return whether a tag's card can be read without a download."""
    if isinstance(found.registry.location, Folder):
        return True
    from zoo_core.registry import cache

    return cache.path_of(found.published.card_sha256).exists()
