"""`zoo pull`: download published weights into the cache."""

from __future__ import annotations

import click

from zoo_core.cli import options, weights_argument
from zoo_core.cli.help.zoo_command import ZooCommand
from zoo_core.cli.output import print_json
from zoo_core.registry.location import Folder
from zoo_core.system.terminal import print_lines


@click.command(
    cls=ZooCommand,
    examples={
        "The default weights of a model": "zoo pull cnn",
        "Two sets of weights": "zoo pull cnn.best mlp",
        "All published weights, before a journey": "zoo pull --all",
    },
)
@weights_argument.arguments
@options.registry
@options.as_json
def pull(names: tuple[str, ...], all_: bool, registry: str | None, as_json: bool) -> int:
    """Download published weights into the cache, from which they load without a network.

    The indexes of remote registries are downloaded again.
    """
    from zoo_core.pretrained.verified_read import published_card, read_published

    every, code = weights_argument.choose(names, all_, registry, refresh=True)
    rows = []
    for found in every:
        file = read_published(found)
        published_card(found)  # cached too, because loading verifies weights against their card
        # The files of a local registry are used in place, without a copy in the cache.
        where = "on this machine" if isinstance(found.registry.location, Folder) else "cached"
        rows.append({"name": found.name, "registry": found.registry.name, "path": str(file.path)})
        if not as_json:
            print_lines(f"{found.name}  {where}: {file.path}")
    if as_json:
        print_json({"weights": rows})
    return code
