"""`zoo publish`: add the weights of a run to a registry."""

from __future__ import annotations

from pathlib import Path

import click

from zoo_core.cli import options
from zoo_core.cli.output import print_json
from zoo_core.filenames import CARD
from zoo_core.installation.installed import installed_catalog


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--as", "name", required=True, metavar="MODEL.TAG", help="Published name.")
@click.option(
    "--registry", required=True, metavar="FOLDER", help="Folder of the registry, new or existing."
)
@click.option(
    "--seed-run",
    "others",
    multiple=True,
    metavar="RUN",
    type=click.Path(path_type=Path),
    help="Run that differs only in its seed, for the interval on the card. Two or more are needed: "
    "repeat the option.",
)
@click.option("--default", is_flag=True, help="Make this the default tag of the model.")
@options.data_dir
@options.as_json
def publish(  # noqa: PLR0917 (click passes every argument by name)
    run: Path, name: str, registry: str, others: tuple[Path, ...], default: bool, as_json: bool
) -> None:
    """Publish the weights of the folder RUN under a new name.

    First, the weights are loaded and evaluated again on every test image. A published tag is never
    replaced.
    """
    from zoo_core.publishing.publish import publish_run
    from zoo_core.weights.card import read_card

    # The cards of the other runs first, so that a wrong path fails before the evaluation.
    found = publish_run(
        installed_catalog(),
        run,
        name,
        registry,
        others=[read_card(other / CARD) for other in others],
        default=default,
    )
    facts = {"name": found.published.name, "registry": found.registry.name}
    if as_json:
        print_json({**facts, "sha256": found.published.sha256, "bytes": found.published.bytes})
        return
    click.echo(f"Published {found.name} in {found.registry.name}")
    click.echo(f"To verify it: zoo verify {found.published.name} --registry {found.registry.name}")
