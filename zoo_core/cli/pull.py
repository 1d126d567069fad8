"""`zoo pull`."""

from __future__ import annotations

import click

from zoo_core.cli import chosen, options
from zoo_core.listing import print_json
from zoo_core.reading import published_card, read_published
from zoo_core.registry.location import Folder


@click.command()
@chosen.arguments
@options.registry
@options.as_json
def pull(names: tuple[str, ...], all_: bool, registry: str | None, as_json: bool) -> int:
    """Fetch published weights into the cache, so that they load without a network.

    Registries elsewhere are asked again what they have published.
    """
    every, code = chosen.choose(names, all_, registry, refresh=True)
    rows = []
    for found in every:
        file = read_published(found)
        published_card(found)
        where = "on this machine" if isinstance(found.registry.location, Folder) else "cached"
        rows.append({"name": found.name, "registry": found.registry.name, "path": str(file.path)})
        if not as_json:
            click.echo(f"{found.name}  {where}: {file.path}")
    if as_json:
        print_json({"weights": rows})
    return code
