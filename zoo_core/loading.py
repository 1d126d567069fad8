"""From a name, a run's folder or a file to a model with its weights, all of them or none."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo_core.building import build
from zoo_core.errors import AmbiguousNameError, DataError, UnknownNameError, VerificationError
from zoo_core.pretrained import Pretrained
from zoo_core.registry.finding import find, find_in
from zoo_core.registry.location import Folder
from zoo_core.registry.names import parse_name
from zoo_core.registry.registry import CARD, WEIGHTS, Found
from zoo_core.weights import WeightFile, load_weights

if TYPE_CHECKING:
    from zoo_core.card import Provenance, PublishedCard
    from zoo_core.catalog import Catalog


def load(
    catalog: Catalog,
    name: str | PathLike[str],
    *,
    registry: str | None = None,
    device: str = "auto",
    threads: int | None = None,
    into: Any = None,
) -> Pretrained:
    """Load weights by their published name, or from a run's folder or a weight file.

    Args:
        catalog: what is installed.
        name: ``[REGISTRY/]MODEL[.TAG][@sha256:HEX]``, or a path; a `Path` is never a name.
        registry: where to look for the name, a folder or URL; None for all registries there are.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: of the framework; None for its own choice.
        into: a model of the framework that is to get the weights; None for a new one. It stays as
            it is where anything fails.

    Raises:
        UnknownNameError, AmbiguousNameError: nobody has published it, or several have.
        DataError: there is nothing to load, or it cannot be read or fetched.
        VerificationError: the bytes are not what index, card or header say, or the weights do not
            have the names, shapes or dtypes of the model's.
    """
    found = locate(catalog, name, registry=registry)
    if isinstance(found, Found):
        return load_published(catalog, found, device=device, threads=threads, into=into)
    return load_path(catalog, found, device=device, threads=threads, into=into)


def locate(
    catalog: Catalog, name: str | PathLike[str], *, registry: str | None = None
) -> Found | Path:
    """Say what a name stands for: published weights, or a path.

    Raises:
        UnknownNameError: neither is there.
        AmbiguousNameError: both are, or several registries have published it.
    """
    if registry is not None:
        return find_in(catalog, str(name), registry)
    path = Path(name)
    if not isinstance(name, str) or parse_name(name) is None:
        return path
    if not path.exists():
        try:
            return find(catalog, name)
        except UnknownNameError as fault:
            problem = f"{fault.problem}, and there is no such folder or file"
            raise UnknownNameError(problem, hint=fault.hint) from fault
    try:
        found = find(catalog, name, ask=False)
    except UnknownNameError:
        return path
    raise AmbiguousNameError(
        f"{name!r} is a path here and the name of published weights",
        hint=f"Say ./{name} or {found.qualified_name}.",
    )


def read_published(found: Found) -> WeightFile:
    """Return a tag's weights, verified.

    What has to be fetched is fetched with its card, so that it is all there without a network; what
    is damaged in the cache is fetched anew, once.
    """
    what = found.published
    if not isinstance(found.registry.location, Folder):
        found.registry.path(what, CARD)

    def read() -> WeightFile:
        return load_weights(found.registry.path(what), sha256=what.sha256, size=what.bytes)

    try:
        return read()
    except VerificationError:
        from zoo_core.registry import cache

        path = cache.path_of(what.sha256)
        if isinstance(found.registry.location, Folder) or not path.exists():
            raise  # there is nothing else to be had
        if cache.is_whole(path):
            raise  # it is what was published that is no good
        cache.remove(what.sha256)
        return read()


def published_card(found: Found) -> PublishedCard:
    """Return a tag's card, verified.

    Raises:
        VerificationError: it is not the one that the index names.
    """
    import hashlib

    from zoo_core.card import parse_published

    path = found.registry.path(found.published, CARD)
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise DataError(f"card {path} cannot be read: {fault.strerror}") from fault
    if (sha256 := hashlib.sha256(content).hexdigest()) != found.published.card_sha256:
        raise VerificationError(
            f"card {path} has the sha256 {sha256}, the index says {found.published.card_sha256}",
            hint="The file was changed or damaged; fetch it again.",
        )
    return parse_published(content, str(path))


def read_provenance(path: Path) -> tuple[Provenance, WeightFile]:
    """Read weights from a run's folder or a ``.safetensors`` file, without building a model.

    Where ``card.json`` lies beside the file, the file must have the checksum that it states, and
    the card is what is returned; else what the file says of itself.

    Raises:
        DataError: there is nothing to load, or it cannot be read.
        VerificationError: the file is not what its card or header says.
    """
    from pydantic import ValidationError

    from zoo_core.card import Provenance, read_card

    file_path = path / WEIGHTS if path.is_dir() else path
    if not file_path.exists():
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
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise VerificationError(
            f"the metadata of {file_path} is not zoo's: {where}: {first['msg']}"
        ) from fault


def load_path(
    catalog: Catalog,
    path: Path,
    *,
    device: str = "auto",
    threads: int | None = None,
    into: Any = None,
) -> Pretrained:
    """Load the weights of a run's folder or file; see `load`."""
    card, file = read_provenance(path)
    return build(
        catalog,
        file,
        name=f"{card.model}@sha256:{file.sha256}",
        card=lambda: card,
        plain=False,
        device=device,
        threads=threads,
        into=into,
    )


def load_published(
    catalog: Catalog,
    found: Found,
    *,
    device: str = "auto",
    threads: int | None = None,
    into: Any = None,
) -> Pretrained:
    """Load a tag's weights; see `load`."""
    return build(
        catalog,
        read_published(found),
        name=found.name,
        card=lambda: published_card(found),
        plain=found.published.plain,
        device=device,
        threads=threads,
        into=into,
    )
