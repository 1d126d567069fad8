"""The argument of commands on published weights: names, or ``--all``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from zoo_core.cli import options
from zoo_core.errors import ZooError
from zoo_core.installation.installed import installed_catalog
from zoo_core.registry.lookup import known_registries, open_registry, resolve_weights
from zoo_core.registry.registry import FoundWeights
from zoo_core.system.terminal import print_lines


def arguments(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the parameters ``names`` and ``all_`` to a command."""
    command = click.option("--all", "all_", is_flag=True, help="All published weights.")(command)
    return click.argument(
        "names", nargs=-1, metavar="[NAME]…", shell_complete=options.complete_weights
    )(command)


def choose(
    names: tuple[str, ...], all_: bool, registry: str | None, *, refresh: bool = False
) -> tuple[list[FoundWeights], int]:
    """Return the chosen weights, and the exit code of an unreadable registry, else 0.

    Args:
        names: names of weights.
        all_: all published weights instead; an unreadable registry is reported on stderr.
        registry: a folder or URL; None for all registries.
        refresh: download the indexes of remote registries again.
    """
    if bool(names) == all_:
        raise click.UsageError("expected either names or --all; `zoo list weights` lists names")
    catalog = installed_catalog()
    found, code = [], 0
    # With names, registries are read here only to refresh their indexes.
    if all_ or refresh:
        for each in known_registries(catalog) if registry is None else [open_registry(registry)]:
            try:
                found += each.published(refresh=refresh)
            # Not raised, because the weights of the other registries can still be processed.
            except ZooError as exc:
                print_lines(f"zoo: registry {each.name}: {exc}", err=True)
                code = max(code, exc.exit_code)
    if all_:
        return found, code
    return [resolve_weights(catalog, name, registry) for name in names], 0
