"""Load weights by a published name, from a run's folder or from a file."""

from __future__ import annotations

from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo_core.errors import AmbiguousNameError, UnknownNameError
from zoo_core.filenames import WEIGHTS
from zoo_core.pretrained.build import build
from zoo_core.pretrained.model import Pretrained
from zoo_core.pretrained.verified_read import published_card, read_provenance, read_published
from zoo_core.registry.lookup import find_weights, resolve_weights
from zoo_core.registry.names import parse_name
from zoo_core.registry.registry import FoundWeights

if TYPE_CHECKING:
    from zoo_core.plugins.catalog import Catalog


def load_pretrained(
    catalog: Catalog,
    name: str | PathLike[str] | FoundWeights,
    *,
    registry: str | None = None,
    device: str = "auto",
    threads: int | None = None,
    into: Any = None,
) -> Pretrained:
    """Load weights by their published name, or from a run's folder or a weight file.

    Args:
        catalog: what is installed.
        name: ``[REGISTRY/]MODEL[.TAG][@sha256:HEX]``, or a path (a `Path` is never a name), or what
            `find_weights` found.
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
    found = name if isinstance(name, FoundWeights) else locate(catalog, name, registry=registry)
    build_with = partial(build, catalog, device=device, threads=threads, into=into)
    if isinstance(found, FoundWeights):
        return build_with(
            read_published(found),
            name=found.name,
            card=lambda: published_card(found),
            plain=found.published.plain,
        )
    card, file = read_provenance(found)
    return build_with(
        file, name=f"{card.model}@sha256:{file.sha256}", card=lambda: card, plain=False
    )


def locate(
    catalog: Catalog, name: str | PathLike[str], *, registry: str | None = None
) -> FoundWeights | Path:
    """Say what a name stands for: published weights, or a path.

    Raises:
        UnknownNameError: neither is there.
        AmbiguousNameError: both are, or several registries have published it.
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
            if path.exists():
                return path  # of which it will be said what is missing there
            problem = f"{exc.problem}, and there is no such folder or file"
            raise UnknownNameError(problem, hint=exc.hint) from exc
    try:
        found = find_weights(catalog, name, ask=False)
    except UnknownNameError:
        return path
    raise AmbiguousNameError(
        f"{name!r} is a path here and the name of published weights",
        hint=f"Say ./{name} or {found.qualified_name}.",
    )


def _may_have_weights(path: Path) -> bool:
    """Say whether there is a file, or a run's folder; any other folder may have a model's name."""
    if not path.is_dir():
        return path.exists()
    from zoo_core.filenames import CONFIG  # which imports pydantic, and is hardly ever needed

    return any((path / name).exists() for name in (CONFIG, WEIGHTS))
