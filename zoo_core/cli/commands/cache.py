"""`zoo cache`: the download cache of weights and cards."""

from __future__ import annotations

import copy

import click

from zoo_core.cli import options
from zoo_core.cli.output import print_json, print_table
from zoo_core.errors import VerificationError
from zoo_core.installation.installed import installed_catalog
from zoo_core.registry import cache
from zoo_core.registry.lookup import find_weights, known_registries, list_published
from zoo_core.registry.registry import FoundWeights


@click.group("cache")
def cache_() -> None:
    """Manage the download cache of weights and cards."""


@cache_.command("list")
@options.as_json
def list_(as_json: bool) -> None:
    """List the files in the cache."""
    names = _published_names()
    rows = [
        {"name": names.get(path.name, "–"), "bytes": path.stat().st_size, "sha256": path.name}
        for path in cache.cached_files()
    ]
    if as_json:
        print_json({"folder": str(cache.folder()), "files": rows})
    elif rows:
        print_table(("name", "bytes", "sha256"), rows)
    else:
        click.echo(f"The cache {cache.folder()} is empty.", err=True)


@cache_.command("remove")
@click.argument("names", nargs=-1, required=True)
def remove(names: tuple[str, ...]) -> None:
    """Remove the weights NAMES and their cards from the cache."""
    freed = 0
    for name in names:
        # Without a network: cached weights are known from a cached index.
        found: FoundWeights = find_weights(installed_catalog(), name, ask=False)
        freed += cache.remove(found.published.sha256) + cache.remove(found.published.card_sha256)
    click.echo(f"Freed {freed:,} bytes.")


@cache_.command("prune")
def prune() -> None:
    """Remove unpublished files and leftovers of killed processes.

    Unpublished files are those that no registry publishes any more. Nothing is removed if a
    registry cannot be read.
    """
    # `published()` raises for an unreadable registry, whose files would otherwise be removed.
    wanted = [
        found.published
        for each in known_registries(installed_catalog())
        for found in each.published()
    ]
    sums = {sha256 for each in wanted for sha256 in (each.sha256, each.card_sha256)}
    click.echo(f"Freed {cache.prune(sums):,} bytes.")


@cache_.command("verify")
@options.as_json
def verify(as_json: bool) -> int:
    """Verify the checksum of every file in the cache.

    The exit code is 5 if one differs.
    """
    names, paths = _published_names(), cache.cached_files()
    damaged = [path for path in paths if not cache.is_whole(path)]  # a file's name is its checksum
    if as_json:
        print_json({"files": len(paths), "damaged": [str(path) for path in damaged]})
    else:
        for path in damaged:
            click.echo(f"FAIL  {path} ({names.get(path.name, '–')}): checksum mismatch")
        click.echo(f"{len(paths) - len(damaged)} of {len(paths)} files are intact.")
    return VerificationError.exit_code if damaged else 0


def _hidden_alias(name: str, command: click.Command) -> None:
    """Add an alias of a command that help does not list."""
    alias = copy.copy(command)
    alias.hidden = True
    cache_.add_command(alias, name)


# The names in earlier versions.
_hidden_alias("ls", list_)
_hidden_alias("rm", remove)


def _published_names() -> dict[str, str]:
    """Return sha256 -> name of the published weights or card."""
    names = {}
    for found in list_published(known_registries(installed_catalog())):
        names[found.published.sha256] = found.qualified_name
        names[found.published.card_sha256] = f"{found.qualified_name} (card)"
    return names
