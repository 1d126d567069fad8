"""Lookup of published weights by name across registries."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from zoo_core.errors import (
    AmbiguousNameError,
    InvalidValueError,
    UnknownNameError,
    VerificationError,
    ZooError,
    did_you_mean,
    join_names,
)
from zoo_core.plugins.specs import MAX_NAME_LENGTH, RegistrySpec
from zoo_core.registry.index import EMPTY_INDEX, PublishedIndex
from zoo_core.registry.location import Folder, open_location
from zoo_core.registry.names import WeightsName, parse_name
from zoo_core.registry.registry import ADDED, FoundWeights, Registry
from zoo_core.registry.user_registries import add, remove, user_registries
from zoo_core.system.environment import is_set

if TYPE_CHECKING:
    from zoo_core.plugins.catalog import Catalog

_Query = list[tuple[Registry, WeightsName]]
"""Registries, each with a reading of the name under which it may have weights."""


def known_registries(catalog: Catalog) -> list[Registry]:
    """Return those that plugins bring, and those that the user added."""
    brought = catalog.entries("registries")
    found = [
        Registry(name, open_location(entry.spec.url), entry.plugin.distribution)
        for name, entry in brought.items()
    ]
    return found + [
        Registry(f"{ADDED}/{name}" if name in brought else name, open_location(url))
        for name, url in user_registries().items()
    ]


def find_weights(
    catalog: Catalog, text: str, *, among: Iterable[Registry] | None = None, ask: bool = True
) -> FoundWeights:
    """Find published weights by name.

    A registry that cannot be read costs a line on standard error, unless the name is of it.

    Args:
        catalog: what is installed.
        text: ``[REGISTRY/]MODEL[.TAG][@sha256:HEX]``.
        among: where to look, and what has to be readable; None for all registries there are.
        ask: whether registries elsewhere are asked again where none is known to have it.

    Raises:
        UnknownNameError: nobody has published such weights.
        AmbiguousNameError: several registries have.
        VerificationError: they have another checksum than the name says.
    """
    name = parse_name(text)
    if name is None:
        raise UnknownNameError(
            f"{text[:200]!r} is no name of published weights",
            hint="They are called MODEL.TAG: zoo list weights",
        )
    asked = [
        (registry, reading)
        for registry in (known_registries(catalog) if among is None else among)
        for reading in name.readings()
        if reading.registry in ("", registry.name)
    ]
    found = _search(asked, refresh=False, strict=among is not None)
    elsewhere = any(not isinstance(registry.location, Folder) for registry, _ in asked)
    if ask and not found and elsewhere and not is_set("ZOO_OFFLINE"):
        found = _search(asked, refresh=True, strict=among is not None)  # it may be new
    if not found:
        raise _unknown(catalog, text, name, asked)
    if len(found) > 1:
        raise AmbiguousNameError(
            f"{len(found)} registries have published {text!r}",
            hint=f"Say which one: {join_names(each.qualified_name for each in found)}.",
        )
    if not found[0].published.sha256.startswith(name.sha256):
        raise VerificationError(
            f"{found[0].qualified_name} has the sha256 {found[0].published.sha256}, "
            f"asked for is {name.sha256}"
        )
    return found[0]


def open_registry(url: str) -> Registry:
    """Return the registry of a folder or URL, which need not have been added."""
    return Registry(url, open_location(url))


def resolve_weights(catalog: Catalog, text: str, registry: str | None) -> FoundWeights:
    """Find published weights in the registry of a folder or URL, None for all there are.

    Raises:
        UnknownNameError, AmbiguousNameError, VerificationError: see `find_weights`.
    """
    if registry is None:
        return find_weights(catalog, text)
    return find_weights(catalog, text, among=[open_registry(registry)])


def iter_indexes(registries: Iterable[Registry]) -> Iterator[tuple[Registry, PublishedIndex]]:
    """Yield registries with what they have published; one that cannot be read costs a warning."""
    for registry in registries:
        yield registry, _readable(registry, refresh=False)


def list_published(registries: Iterable[Registry]) -> list[FoundWeights]:
    """Return all that registries have published; one that cannot be read costs a warning."""
    return [
        FoundWeights(registry, each)
        for registry, index in iter_indexes(registries)
        for _, each in sorted(index.tags.items())
    ]


def published_models(catalog: Catalog) -> frozenset[str]:
    """Return the names of the models of which a registry has published weights."""
    return frozenset(found.published.model for found in list_published(known_registries(catalog)))


def add_registry(catalog: Catalog, name: str, url: str) -> Registry:
    """Add a registry for this and later processes, once it is seen to be one.

    Raises:
        InvalidValueError: the name cannot be one, or is taken.
        DataError, VerificationError: there is no readable registry.
    """
    try:
        RegistrySpec(name=name, summary="", url=url)
    except (ValueError, TypeError) as exc:
        raise InvalidValueError(str(exc)) from exc
    if len(name) > MAX_NAME_LENGTH:
        raise InvalidValueError(
            f"a registry's name has up to {MAX_NAME_LENGTH} characters, "
            f"{name[:200]!r} has {len(name)}"
        )
    if "/" in name or any(name == each.name for each in known_registries(catalog)):
        raise InvalidValueError(
            f"there is a registry {name!r} already", hint="Take another name, or remove that one."
        )
    registry = Registry(name, open_location(url))
    registry.index(refresh=True)
    add(name, registry.location.url)  # a folder's whole path: commands are given anywhere
    return registry


def remove_registry(name: str) -> None:
    """Remove a registry that was added, and what is known of it.

    Raises:
        UnknownNameError: none of that name was added.
    """
    name = name.removeprefix(f"{ADDED}/")
    Registry(name, open_location(remove(name))).forget()


def _search(asked: _Query, *, refresh: bool, strict: bool) -> list[FoundWeights]:
    found = []
    for registry, name in asked:
        index = (
            registry.index(refresh=refresh)
            if name.registry or strict
            else _readable(registry, refresh=refresh)
        )
        tag = name.tag or index.defaults.get(name.model, "")
        if one := index.tags.get(f"{name.model}.{tag}"):
            found.append(FoundWeights(registry, one))
    return found


def _readable(registry: Registry, *, refresh: bool) -> PublishedIndex:
    try:
        return registry.index(refresh=refresh)
    except ZooError as exc:
        sys.stderr.write(f"zoo: registry {registry.name} is left out: {exc}\n")
        return EMPTY_INDEX


def _unknown(catalog: Catalog, text: str, name: WeightsName, asked: _Query) -> ZooError:
    name = next((each for each in name.readings() if each.model in catalog.entries("models")), name)
    if name.registry and all(registry.name != name.registry for registry, _ in asked):
        known = [registry.name for registry in known_registries(catalog)]
        return UnknownNameError(
            f"there is no registry {name.registry!r}",
            hint=f"{did_you_mean(name.registry, known)} There are: {join_names(known)}.".strip(),
        )
    names = sorted({each for registry, _ in asked for each in _known_names(registry)})
    here = f"Published are: {join_names(n for n in names if n.startswith(f'{name.model}.'))}."
    if not any(n.startswith(f"{name.model}.") for n in names):
        here = "See: zoo list weights"
        if name.model in catalog.entries("models"):
            here += f"; or train it: zoo train {name.model}"
    guess = did_you_mean(
        f"{name.model}.{name.tag}".rstrip("."), [*names, *catalog.entries("models")]
    )
    return UnknownNameError(
        f"no registry has published weights {text!r}", hint=f"{guess} {here}".strip()
    )


def _known_names(registry: Registry) -> Iterable[str]:
    try:
        return registry.index().tags
    except ZooError:
        return ()
