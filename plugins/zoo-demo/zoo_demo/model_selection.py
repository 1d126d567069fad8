"""Selection of the weights that the page shows: named ones, default tags, or all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import click

from zoo_core import ZooError
from zoo_core.plugin_api import (
    Catalog,
    FoundWeights,
    UnknownNameError,
    iter_indexes,
    known_registries,
    locate,
    one_line,
    open_registry,
)
from zoo_demo.models import Served, serve


def choose(
    catalog: Catalog, names: Sequence[str], *, every: bool, registry: str | None
) -> list[str | FoundWeights]:
    """Return what is to be loaded.

    Args:
        catalog: what is installed.
        names: of published weights, or paths; none for each published model's default tag.
        every: every published tag, instead of the defaults.
        registry: a folder or URL; None for all registries there are.

    Raises:
        UnknownNameError: nothing was named, and nothing is published.
        DataError, VerificationError: the registry that was named cannot be read.
    """
    if names:
        return list(names)
    if registry is not None:
        known = [(where := open_registry(registry), where.index())]
    else:
        known = [*iter_indexes(known_registries(catalog))]
    found: list[str | FoundWeights] = [
        FoundWeights(where, published)
        for where, index in known
        for name, published in sorted(index.tags.items())
        if every or index.defaults.get(published.model) == published.tag
    ]
    if not found:
        raise UnknownNameError(
            "there are no published weights to show",
            hint="Name a run's folder or a weight file, or install zoo-registry.",
        )
    return found


def load_all(
    catalog: Catalog, chosen: Sequence[str | FoundWeights], *, registry: str | None, device: str
) -> list[Served]:
    """Load and warm up what was chosen; what cannot be used is named on stderr and left out.

    Raises:
        ZooError: nothing can be used; what was wrong with the first.
    """
    served: dict[str, Served] = {}
    errors: list[ZooError] = []
    for each in chosen:
        try:
            found = locate(catalog, each, registry=registry) if isinstance(each, str) else each
            name = _name(found, served)
            if name not in served:  # which whoever names one twice has seen
                served[name] = serve(catalog, found, name, device=device)
        except Exception as exc:  # a plugin's, whatever it is: the other models are served
            errors.append(exc if isinstance(exc, ZooError) else ZooError(one_line(exc)))
            name = each if isinstance(each, str) else each.qualified_name
            click.echo(f"zoo: {name} is left out: {errors[-1]}", err=True)
    if not served:
        raise errors[0]
    return list(served.values())


def _name(found: FoundWeights | Path, taken: Collection[str]) -> str:
    """Return what weights are called, by their registry too where another has the same name."""
    if isinstance(found, Path):
        return str(found)
    short = found.published.name
    return found.qualified_name if short in taken else short
