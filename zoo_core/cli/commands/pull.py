"""`zoo pull`: download published weights into the cache."""

from __future__ import annotations

import click

from zoo_core.cli import options, weights_argument
from zoo_core.cli.help.zoo_command import ZooCommand
from zoo_core.cli.output import print_json
from zoo_core.installation.installed import installed_catalog
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

    Their cards, and their programs for installed runtimes, are downloaded, too, and the indexes of
    remote registries again.
    """
    from zoo_core.pretrained.verified_read import published_card, read_program, read_published

    runtimes = installed_catalog().entries("runtimes")
    every, code = weights_argument.choose(names, all_, registry, refresh=True)
    rows = []
    for found in every:
        file = read_published(found)
        published_card(found)  # cached too, because loading verifies weights against their card
        for name in runtimes.keys() & found.published.runtimes.keys():
            read_program(found, runtimes[name].spec)
        # The files of a local registry are used in place, without a copy in the cache.
        where = "on this machine" if isinstance(found.registry.location, Folder) else "cached"
        rows.append({"name": found.name, "registry": found.registry.name, "path": str(file.path)})
        if not as_json:
            print_lines(f"{found.name}  {where}: {file.path}")
    if as_json:
        print_json({"weights": rows})
    return code
