"""The argument for published weights: some by name, or all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from zoo_core.cli import options
from zoo_core.errors import ZooError
from zoo_core.installation.installed import installed_catalog
from zoo_core.registry.lookup import known_registries, open_registry, resolve_weights
from zoo_core.registry.registry import FoundWeights


def arguments(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the arguments ``names`` and ``all_``."""
    command = click.option("--all", "all_", is_flag=True, help="Everything published.")(command)
    return click.argument(
        "names", nargs=-1, metavar="[NAME]…", shell_complete=options.complete_weights
    )(command)


def choose(
    names: tuple[str, ...], all_: bool, registry: str | None, *, refresh: bool = False
) -> tuple[list[FoundWeights], int]:
    """Return what the arguments name, and the exit code of a registry that cannot be read, else 0.

    Args:
        names: of weights.
        all_: everything instead; a registry that cannot be read is named, and takes no other down.
        registry: a folder or URL; None for all registries there are.
        refresh: ask registries elsewhere again.
    """
    if bool(names) == all_:
        raise click.UsageError("name published weights, or --all; `zoo list weights` shows them")
    catalog = installed_catalog()
    found, code = [], 0
    if all_ or refresh:
        for each in known_registries(catalog) if registry is None else [open_registry(registry)]:
            try:
                found += each.published(refresh=refresh)
            except ZooError as exc:
                click.echo(f"zoo: registry {each.name}: {exc}", err=True)
                code = max(code, exc.exit_code)
    if all_:
        return found, code
    return [resolve_weights(catalog, name, registry) for name in names], 0
