"""Selection of the weights that the page shows: named ones, default tags, or all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

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
    print_lines,
    shown,
)
from zoo_demo.models import Served, serve


def choose(
    catalog: Catalog, names: Sequence[str], *, every: bool, registry: str | None
) -> list[str | FoundWeights]:
    """Return the names or published weights to load.

    Args:
        catalog: installed plugins.
        names: names of published weights, or paths; empty for the default tag of each model.
        every: every published tag instead of the default ones.
        registry: folder or URL; None for all known registries.

    Raises:
        UnknownNameError: there are neither names nor published weights.
        DataError, VerificationError: reading `registry` failed.
    """
    if names:
        return list(names)
    # A registry from the command line must be readable; of all the others, `iter_indexes` skips the
    # unreadable ones with a warning.
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
            "no published weights found",
            hint="Name a run's folder or a weight file, or install zoo-registry.",
        )
    return found


def load_all(
    catalog: Catalog, chosen: Sequence[str | FoundWeights], *, registry: str | None, device: str
) -> list[Served]:
    """Load and warm up models; skip unusable ones with a warning on stderr.

    Raises:
        ZooError: no model is usable; the error of the first one.
    """
    served: dict[str, Served] = {}
    errors: list[tuple[str, ZooError]] = []
    for each in chosen:
        try:
            found = locate(catalog, each, registry=registry) if isinstance(each, str) else each
            name = _name(found, served)
            if name not in served:  # a user may name the same weights twice
                served[name] = serve(catalog, found, name, device=device)
        except Exception as exc:  # a plugin may raise anything; the other models are served
            name = each if isinstance(each, str) else each.qualified_name
            errors.append((name, exc if isinstance(exc, ZooError) else ZooError(one_line(exc))))
    # Without the first one if it is raised below, because the command line prints that.
    for name, error in errors if served else errors[1:]:
        print_lines(f"zoo: {name} is skipped: {error}", err=True)
    if not served:
        raise errors[0][1]
    return list(served.values())


def _name(found: FoundWeights | Path, taken: Collection[str]) -> str:
    """Return the name of weights, with their registry if another one has the same name."""
    if isinstance(found, Path):
        return shown(str(found))  # the page sends it back, as text that it can show
    short = found.published.name
    return found.qualified_name if short in taken else short
