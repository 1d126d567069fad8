"""`zoo evaluate`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from zoo_core.catalog import installed
from zoo_core.cli import options
from zoo_core.listing import print_json
from zoo_core.pretrained import evaluate_pretrained, load_pretrained


@click.command()
@click.argument("weights", type=click.Path(path_type=Path))
@options.dataset
@click.option("--split", default="test", show_default=True, help="Split of the data set.")
@options.device
@options.as_json
def evaluate(weights: Path, dataset: str | None, split: str, device: str, as_json: bool) -> None:
    """Measure WEIGHTS, a run's folder or a .safetensors file, on every image of a split."""
    catalog = installed()
    pretrained = load_pretrained(catalog, weights, device=device)
    scores = evaluate_pretrained(catalog, pretrained, dataset=dataset, split=split)
    name = dataset or pretrained.card.dataset.name
    if as_json:
        facts = {"model": pretrained.name, "dataset": name, "metrics": {split: asdict(scores)}}
        print_json(facts)
        return
    right = " / ".join(f"{correct:,}" for correct in scores.correct)
    click.echo(f"{pretrained.card.model} on {name}, split {split}: {scores}")
    click.echo(f"{right} of {scores.total:,} images read correctly.")
    if len(scores.correct) > 1:
        click.echo(f"Every label right: {scores.all_correct:,} of {scores.total:,}.")
