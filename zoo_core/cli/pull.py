"""`zoo pull`."""

from __future__ import annotations

import click

from zoo_core.catalog import installed
from zoo_core.cli import options
from zoo_core.listing import print_json
from zoo_core.reading import published_card, read_published
from zoo_core.registry.finding import at, find_in, published, registries
from zoo_core.registry.location import Folder


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--all", "all_", is_flag=True, help="Everything that is published.")
@options.registry
@options.as_json
def pull(names: tuple[str, ...], all_: bool, registry: str | None, as_json: bool) -> None:
    """Fetch published weights into the cache, so that they load without a network.

    Registries elsewhere are asked again what they have published.
    """
    if bool(names) == all_:
        raise click.UsageError("name published weights, or --all; `zoo list weights` shows them")
    catalog = installed()
    asked = registries(catalog) if registry is None else [at(registry)]
    every = published(asked, refresh=True)
    chosen = every if all_ else [find_in(catalog, name, registry) for name in names]
    rows = []
    for found in chosen:
        file = read_published(found)
        published_card(found)
        where = "on this machine" if isinstance(found.registry.location, Folder) else "cached"
        rows.append({"name": found.name, "registry": found.registry.name, "path": str(file.path)})
        if not as_json:
            click.echo(f"{found.name}  {where}: {file.path}")
    if as_json:
        print_json({"weights": rows})
