"""`zoo evaluate`."""

from __future__ import annotations

from dataclasses import asdict

import click

from zoo_core.catalog import installed
from zoo_core.cli import options
from zoo_core.evaluation import evaluate_pretrained
from zoo_core.listing import print_json
from zoo_core.loading import load


@click.command()
@click.argument("weights", shell_complete=options.weights)
@options.dataset
@options.registry
@click.option("--split", default="test", show_default=True, help="Split of the data set.")
@options.device
@options.as_json
def evaluate(  # noqa: PLR0917 (click passes every argument by name)
    weights: str, dataset: str | None, registry: str | None, split: str, device: str, as_json: bool
) -> None:
    """Measure WEIGHTS on every image of a split.

    WEIGHTS is the name of published ones, a run's folder or a .safetensors file.
    """
    catalog = installed()
    pretrained = load(catalog, weights, registry=registry, device=device)
    scores = evaluate_pretrained(catalog, pretrained, dataset=dataset, split=split)
    name = dataset or pretrained.card.dataset.name
    if as_json:
        facts = {"model": pretrained.name, "dataset": name, "metrics": {split: asdict(scores)}}
        print_json(facts)
        return
    right = " / ".join(f"{correct:,}" for correct in scores.correct)
    click.echo(f"{pretrained.name} on {name}, split {split}: {scores}")
    click.echo(f"{right} of {scores.total:,} images read correctly.")
    if len(scores.correct) > 1:
        click.echo(f"Every label right: {scores.all_correct:,} of {scores.total:,}.")
