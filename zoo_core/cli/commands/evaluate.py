"""`zoo evaluate`: scores of weights on a split."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from zoo_core.cli import options
from zoo_core.cli.output import print_json
from zoo_core.installation.installed import installed_catalog

if TYPE_CHECKING:
    from zoo_core.metrics.scores import Scores


@click.command()
@click.argument("weights", nargs=-1, required=True, shell_complete=options.complete_weights)
@options.dataset
@options.registry
@options.split
@options.device
@options.as_json
def evaluate(  # noqa: PLR0917 (click passes every argument by name)
    weights: tuple[str, ...],
    dataset: str | None,
    registry: str | None,
    split: str,
    device: str,
    as_json: bool,
) -> None:
    """Measure WEIGHTS on every image of a split.

    WEIGHTS is the name of published ones, a run's folder or a .safetensors file. Of several, their
    ensemble is measured too: it reads what is most probable by the mean of their probabilities.
    """
    from zoo_core.evaluation.evaluate import evaluate_pretrained
    from zoo_core.pretrained.load import load_pretrained

    catalog = installed_catalog()
    pretrained = [
        load_pretrained(catalog, each, registry=registry, device=device) for each in weights
    ]
    evaluation = evaluate_pretrained(catalog, pretrained, dataset=dataset, split=split)
    names = [each.name for each in pretrained]
    if as_json:
        members = zip(names, evaluation.members, strict=True)
        print_json(
            {
                "model": " + ".join(names),
                "dataset": evaluation.dataset,
                "metrics": {split: asdict(evaluation.together)},
                "members": [
                    {"model": name, "metrics": {split: asdict(scores)}} for name, scores in members
                ],
            }
        )
        return
    for name, scores in zip(names, evaluation.members, strict=True):
        click.echo(f"{name} on {evaluation.dataset}, split {split}: {scores}")
    if len(names) > 1:
        together = evaluation.together
        click.echo(f"the {len(names)} together on {evaluation.dataset}, split {split}: {together}")
    _print_counts(evaluation.together)


def _print_counts(scores: Scores) -> None:
    right = " / ".join(f"{correct:,}" for correct in scores.correct)
    click.echo(f"{right} of {scores.total:,} images read correctly.")
    if len(scores.correct) > 1:
        click.echo(f"Every label right: {scores.all_correct:,} of {scores.total:,}.")
