"""`zoo publish`: add the weights of a run to a registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from zoo_core.cli import options
from zoo_core.cli.help.zoo_command import ZooCommand
from zoo_core.cli.output import print_json
from zoo_core.filenames import CARD
from zoo_core.installation.installed import installed_catalog
from zoo_core.system.progress.live_line import status
from zoo_core.system.terminal import print_lines
from zoo_core.text import shell_command

if TYPE_CHECKING:
    from zoo_core.weights.card import Card


@click.command(
    cls=ZooCommand,
    examples={
        "Publish a run to a folder": "zoo publish runs/mlp-1 --as mlp.mine --registry weights",
        "Use the published weights": "zoo predict mlp.mine digit.png --registry weights",
        "Make it the default": "zoo publish runs/mlp-2 --as mlp.b --registry weights --default",
        "State the interval of three seeds": (
            "zoo publish runs/mlp-1 --as mlp.seeds --registry weights "
            "--seed-run runs/mlp-2 --seed-run runs/mlp-3"
        ),
    },
)
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
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME",
    help="Format of a program to publish with the weights, such as onnx, or none; repeat it for "
    "several.  [default: all that can be written here]",
)
@click.option("--default", is_flag=True, help="Make this the default tag of the model.")
@options.data_dir
@options.as_json
def publish(  # noqa: PLR0917 (click passes every argument by name)
    run: Path,
    name: str,
    registry: str,
    others: tuple[Path, ...],
    formats: tuple[str, ...],
    default: bool,
    as_json: bool,
) -> None:
    """Publish the weights of the folder RUN under a new name.

    First, the weights are loaded and evaluated again on every test image. A program for runtimes,
    such as model.onnx, is written beside them, so that they can be used without their framework;
    its answers for every test image must be the same. A published tag is never replaced.
    """
    from zoo_core.publishing.publish import publish_run
    from zoo_core.weights.card import read_card

    # The cards of the other runs first, so that a wrong path fails before the evaluation.
    cards = [read_card(other / CARD) for other in others]
    with status(f"Publishing {name}"):
        found = publish_run(
            installed_catalog(),
            run,
            name,
            registry,
            others=cards,
            default=default,
            formats=[each for each in formats if each != "none"] if formats else None,
            on_note=lambda note: print_lines(f"zoo: {note}", err=True),
        )
    if note := _license_note(read_card(run / CARD)):
        print_lines(note, err=True)
    facts = {"name": found.published.name, "registry": found.registry.name}
    if as_json:
        print_json({**facts, "sha256": found.published.sha256, "bytes": found.published.bytes})
        return
    print_lines(f"Published {found.name} in {found.registry.name}")
    options_given = ("--registry", found.registry.name)
    verify = shell_command("zoo", "verify", found.published.name, *options_given)
    print_lines(f"To verify it: {verify}")


def _license_note(card: Card) -> str:
    """Return the reason why the weights have a stricter license than the code; empty if not."""
    from zoo_core.weights.license import combine_licenses

    code = card.code_license
    # Cards from before the field have a license that their publisher stated.
    if not code or card.license == code:
        return ""
    causes = [
        f"{part} ({license})"
        for part, license in card.licenses.items()
        if combine_licenses(code, license) != code
    ]
    return (
        f"zoo: the license of the weights is {card.license}, stricter than that of the model's "
        f"code, {code}, because of: {', '.join(causes)}"
    )
