"""`zoo train`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from zoo_core.catalog import installed
from zoo_core.cli import options
from zoo_core.cli.reporter import Reporter
from zoo_core.listing import print_json
from zoo_core.resolution import parse_set
from zoo_core.training import train as train_model


@click.command()
@click.argument("name")
@click.option("--recipe", default="default", show_default=True, help="A name, or a .toml file.")
@options.dataset
@click.option("--epochs", type=int, help="Instead of the recipe's.")
@click.option("--seed", type=int, help="Of weights, order and whatever is random.")
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="A value instead of the recipe's, such as lr=0.05 or model.hidden=64. Repeatable.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The run's folder, new or empty.  [default: runs/NAME-1, runs/NAME-2, …]",
)
@options.device
@click.option("--threads", type=click.IntRange(min=1), help="CPU threads.")
@options.as_json
def train(  # noqa: PLR0917 (click passes every argument by name)
    name: str,
    recipe: str,
    dataset: str | None,
    epochs: int | None,
    seed: int | None,
    assignments: tuple[str, ...],
    out: Path | None,
    device: str,
    threads: int | None,
    as_json: bool,
) -> None:
    """Train the model NAME and keep weights, card and metrics in a run's folder."""
    options_given = {"dataset": dataset, "epochs": epochs, "seed": seed}
    given: dict[str, Any] = {k: v for k, v in options_given.items() if v is not None}
    with Reporter(quiet=as_json) as reporter:
        run = train_model(
            installed(),
            name,
            recipe=recipe,
            overrides=[*map(parse_set, assignments), given],
            out=out,
            device=device,
            threads=threads,
            callbacks=reporter,
        )
    if as_json:
        card = run.card
        facts = card.model_dump(mode="json", include={"recipe", "metrics", "seconds", "weights"})
        print_json({"model": card.model, "run": str(run.folder), **facts})
