"""Lookup of published weights by name across registries."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from zoo_core.errors import (
    AmbiguousNameError,
    InvalidValueError,
    UnknownNameError,
    VerificationError,
    ZooError,
    choose_from,
    did_you_mean,
    join_names,
)
from zoo_core.plugins.specs import MAX_NAME_LENGTH, RegistrySpec
from zoo_core.registry.index import EMPTY_INDEX, PublishedIndex
from zoo_core.registry.location import Folder, open_location
from zoo_core.registry.names import WeightsName, parse_name
from zoo_core.registry.precedence import owner_of
from zoo_core.registry.registry import ADDED, FoundWeights, Registry
from zoo_core.registry.user_registries import add, prefer, remove, user_registries
from zoo_core.system.environment import is_set
from zoo_core.system.terminal import print_lines

if TYPE_CHECKING:
    from zoo_core.plugins.catalog import Catalog

_Query = list[tuple[Registry, WeightsName]]
"""Registries to search, each with one reading of the name."""


def known_registries(catalog: Catalog) -> list[Registry]:
    """Return the registries of plugins and those that the user added."""
    entries = catalog.entries("registries")
    return all_registries({n: (e.spec.url, e.plugin.distribution) for n, e in entries.items()})


def all_registries(provided: Mapping[str, tuple[str, str]]) -> list[Registry]:
    """Return the registries of plugins and those that the user added.

    Args:
        provided: name of a plugin's registry -> its address and distribution.
    """
    found = [Registry(name, open_location(url), by) for name, (url, by) in provided.items()]
    # A plugin that was installed later may provide a registry whose name the user has given away.
    return found + [
        Registry(f"{ADDED}/{name}" if name in provided else name, open_location(url))
        for name, url in user_registries().items()
    ]


def find_weights(
    catalog: Catalog, text: str, *, among: Iterable[Registry] | None = None, ask: bool = True
) -> FoundWeights:
    """Find published weights by name.

    An unreadable registry is an error if the name has its prefix, else a warning.

    Args:
        catalog: installed plugins.
        text: ``[REGISTRY/]MODEL[.TAG][@sha256:HEX]``.
        among: registries to search, all of which must be readable; None for all known ones.
        ask: whether to download the indexes of remote registries again if no cached one matches.

    Raises:
        UnknownNameError: no registry has such weights.
        AmbiguousNameError: several registries have such weights.
        VerificationError: the weights do not have the checksum in the name.
    """
    name = parse_name(text)
    if name is None:
        raise _unknown(catalog, text, name, [])
    asked = [
        (registry, reading)
        for registry in (known_registries(catalog) if among is None else among)
        for reading in name.readings()
        if reading.registry in ("", registry.name)
    ]
    found = _search(asked, refresh=False, strict=among is not None)
    elsewhere = any(not isinstance(registry.location, Folder) for registry, _ in asked)
    if ask and not found and elsewhere and not is_set("ZOO_OFFLINE"):
        # A tag may be newer than the cached index.
        found = _search(asked, refresh=True, strict=among is not None)
    if not found:
        raise _unknown(catalog, text, name, asked)
    # Only a bare name has an owner, not one with the prefix of a registry.
    prefixes = {reading.registry for reading in name.readings()}
    if len(found) > 1 and not any(each.registry.name in prefixes for each in found):
        found = [owner] if (owner := owner_of(found)) else found
    if len(found) > 1:
        raise AmbiguousNameError(
            f"{text!r} is ambiguous: {len(found)} registries have published it",
            hint=f"Choose one of: {join_names(each.qualified_name for each in found)}; or once and "
            "for all: zoo registry prefer REGISTRY",
        )
    if not found[0].published.sha256.startswith(name.sha256):
        raise VerificationError(
            f"checksum mismatch for {found[0].qualified_name}: expected sha256 {name.sha256}, "
            f"got {found[0].published.sha256}"
        )
    return found[0]


def open_registry(url: str) -> Registry:
    """Return the registry at a folder or URL, which need not have been added."""
    return Registry(url, open_location(url))


def resolve_weights(catalog: Catalog, text: str, registry: str | None) -> FoundWeights:
    """Find published weights in the registry at a folder or URL, or in all known ones for None.

    Raises:
        UnknownNameError, AmbiguousNameError, VerificationError: see `find_weights`.
    """
    if registry is None:
        return find_weights(catalog, text)
    return find_weights(catalog, text, among=[open_registry(registry)])


def iter_indexes(registries: Iterable[Registry]) -> Iterator[tuple[Registry, PublishedIndex]]:
    """Yield registries with their indexes; an unreadable one has an empty index, and a warning."""
    for registry in registries:
        yield registry, _readable(registry, refresh=False)


def list_published(registries: Iterable[Registry]) -> list[FoundWeights]:
    """Return all weights of registries; an unreadable registry has none, and a warning."""
    return [
        FoundWeights(registry, each)
        for registry, index in iter_indexes(registries)
        for _, each in sorted(index.tags.items())
    ]


def published_models(catalog: Catalog) -> frozenset[str]:
    """Return the full names, ``distribution/name``, of models with published weights."""
    found = list_published(known_registries(catalog))
    return frozenset(f"{each.published.plugin}/{each.published.model}" for each in found)


def add_registry(catalog: Catalog, name: str, url: str) -> Registry:
    """Add a registry for this and later processes.

    Raises:
        InvalidValueError: the name is invalid or exists already.
        DataError: the registry cannot be read.
        VerificationError: the registry's index is malformed.
    """
    try:
        RegistrySpec(name=name, summary="", url=url)
    except (ValueError, TypeError) as exc:
        raise InvalidValueError(f"registry name {str(exc).removeprefix('RegistrySpec ')}") from exc
    if "/" in name or len(name) > MAX_NAME_LENGTH:
        raise InvalidValueError(
            f"registry name {name[:200]!r}: expected at most {MAX_NAME_LENGTH} characters, no slash"
        )
    if any(name == each.name for each in known_registries(catalog)):
        raise InvalidValueError(
            f"registry {name!r} already exists", hint="Choose another name, or remove that one."
        )
    registry = Registry(name, open_location(url))
    registry.index(refresh=True)  # raises if there is no registry
    add(name, registry.location.url)  # an absolute path, because the working folder changes
    return registry


def prefer_registry(catalog: Catalog, name: str) -> None:
    """Let names that several registries have published mean those of one; none for no name.

    Raises:
        UnknownNameError: there is no registry of that name.
    """
    known = [each.name for each in known_registries(catalog)]
    if name and name not in known:
        hint = choose_from(name, known, command="zoo registry list")
        raise UnknownNameError(f"there is no registry {name!r}", hint=hint)
    prefer(name)


def remove_registry(catalog: Catalog, name: str) -> None:
    """Remove a registry that the user added, and its cached index.

    Raises:
        UnknownNameError: no registry of that name was added.
    """
    name = name.removeprefix(f"{ADDED}/")
    entry = catalog.entries("registries").get(name)
    if entry and name not in user_registries():
        plugin = entry.plugin.distribution
        problem = f"{name!r} is the registry of the plugin {plugin}"
        raise UnknownNameError(problem, hint=f"To remove it: zoo uninstall {plugin}")
    Registry(name, open_location(remove(name))).forget()


def _search(asked: _Query, *, refresh: bool, strict: bool) -> list[FoundWeights]:
    found = []
    for registry, name in asked:
        # A registry that the user named must be readable; any other is skipped with a warning.
        index = (
            registry.index(refresh=refresh)
            if name.registry or strict
            else _readable(registry, refresh=refresh)
        )
        tag = name.tag or index.defaults.get(name.model, "")
        # A bare model without weights has an empty tag, and no index has "MODEL.".
        if one := index.tags.get(f"{name.model}.{tag}"):
            found.append(FoundWeights(registry, one))
    return found


def _readable(registry: Registry, *, refresh: bool) -> PublishedIndex:
    location = registry.location
    # A plugin's folder into which nothing is published yet; `zoo check` reports it.
    if registry.source != ADDED and isinstance(location, Folder) and not _has_files(location.root):
        return EMPTY_INDEX
    try:
        return registry.index(refresh=refresh)
    except ZooError as exc:
        # Only a warning, because another registry may have the name.
        print_lines(f"zoo: registry {registry.name} is skipped: {exc}", err=True)
        return EMPTY_INDEX


def _has_files(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def _unknown(catalog: Catalog, text: str, name: WeightsName | None, asked: _Query) -> ZooError:
    # Not that of a model, because its project's folder often has the model's name.
    is_model = text in catalog.entries("models")
    is_path = not is_model and os.path.exists(text)  # noqa: PTH110 (its name may be too long)
    if is_path or name is None:
        got = f"the path {text}" if is_path else repr(text[:200])
        problem = f"expected the name of published weights, such as MODEL.TAG, got {got}"
        return UnknownNameError(problem, hint="Run `zoo list weights` to see all names.")
    # A reading with an installed model is what the user means, even if a registry has the prefix.
    name = next((each for each in name.readings() if each.model in catalog.entries("models")), name)
    if name.registry and all(registry.name != name.registry for registry, _ in asked):
        known = [registry.name for registry in known_registries(catalog)]
        hint = choose_from(name.registry, known, command="zoo registry list")
        return UnknownNameError(f"there is no registry {name.registry!r}", hint=hint)
    names = sorted({each for registry, _ in asked for each in _known_names(registry)})
    tags = [each for each in names if each.startswith(f"{name.model}.")]
    some = f" '{name.model}.*'" if tags else ""
    remedy = choose_from("", tags, command=f"zoo list weights{some}")
    if not tags and name.model in catalog.entries("models"):
        remedy += f" Or train the model: zoo train {name.model}"
    guess = did_you_mean(
        f"{name.model}.{name.tag}".rstrip("."), [*names, *catalog.entries("models")]
    )
    return UnknownNameError(
        f"no registry has published weights {text!r}", hint=f"{guess} {remedy}".strip()
    )


def _known_names(registry: Registry) -> Iterable[str]:
    try:
        return registry.index().tags
    except ZooError:
        return ()
