"""`zoo registry`: the list of registries."""

from __future__ import annotations

import click

from zoo_core.cli import options
from zoo_core.cli.output import print_json, print_table
from zoo_core.installation.installed import installed_catalog
from zoo_core.registry import lookup


@click.group()
def registry() -> None:
    """Say where published weights are looked for."""


@registry.command("add")
@click.argument("name")
@click.argument("url")
def add(name: str, url: str) -> None:
    """Look for published weights at URL too, under NAME.

    URL is a folder, file://, http(s)://, or any that fsspec opens: s3:// with s3fs installed, ….
    """
    added = lookup.add_registry(installed_catalog(), name, url)
    count = len(added.index().tags)
    sets = "set" if count == 1 else "sets"
    click.echo(f"Added {name}, {added.location.url}: {count} published {sets} of weights.")


@registry.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Look at the registry NAME, which was added, no longer."""
    lookup.remove_registry(name)
    click.echo(f"Removed {name}. What was fetched from it goes with: zoo cache prune")


@registry.command("list")
@options.as_json
def list_(as_json: bool) -> None:
    """List the registries there are."""
    rows = [
        {"name": each.name, "url": each.location.url, "source": each.source}
        for each in lookup.known_registries(installed_catalog())
    ]
    if as_json:
        print_json({"registries": rows})
    else:
        print_table(("name", "source", "url"), rows)
