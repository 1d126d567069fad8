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
    """Evaluate WEIGHTS on every image of a split.

    WEIGHTS are published names, run folders or .safetensors files. Several weights are also
    evaluated as an ensemble, which averages their probabilities.
    """
    from zoo_core.evaluation.evaluate import evaluate_pretrained
    from zoo_core.pretrained.load import load_pretrained

    catalog = installed_catalog()
    # All before the first evaluation, so that a misspelled name fails at once.
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
        click.echo(f"ensemble of {len(names)} on {evaluation.dataset}, split {split}: {together}")
    _print_counts(evaluation.together)


def _print_counts(scores: Scores) -> None:
    correct = " / ".join(f"{each:,}" for each in scores.correct)  # one number per head
    click.echo(f"{correct} of {scores.total:,} images correct.")
    if len(scores.correct) > 1:
        click.echo(f"All labels correct: {scores.all_correct:,} of {scores.total:,}.")
