"""`zoo publish`: a run's weights into a registry."""

from __future__ import annotations

from pathlib import Path

import click

from zoo_core.cli import options
from zoo_core.cli.output import print_json
from zoo_core.filenames import CARD
from zoo_core.installation.installed import installed_catalog


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--as", "name", required=True, metavar="MODEL.TAG", help="What to publish it as.")
@click.option("--registry", required=True, metavar="PATH", help="A folder; made if need be.")
@click.option(
    "--seed-run",
    "others",
    multiple=True,
    metavar="RUN",
    type=click.Path(path_type=Path),
    help="A training that differs in the seed alone, for the interval on the card. Repeatable; "
    "two are needed at least.",
)
@click.option("--default", is_flag=True, help="Let the model's bare name stand for this tag.")
@options.data_dir
@options.as_json
def publish(  # noqa: PLR0917 (click passes every argument by name)
    run: Path, name: str, registry: str, others: tuple[Path, ...], default: bool, as_json: bool
) -> None:
    """Publish the weights in the folder RUN under a name of their own.

    They are loaded and every test image is read again before. A tag is never replaced.
    """
    from zoo_core.publishing.publish import publish_run
    from zoo_core.weights.card import read_card

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
    click.echo(f"Check it: zoo verify {found.published.name} --registry {found.registry.name}")
