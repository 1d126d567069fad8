"""`zoo evaluate`: scores of weights on a split."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from zoo_core.cli import options
from zoo_core.cli.output import print_json
from zoo_core.installation.installed import installed_catalog
from zoo_core.system.terminal import print_lines

if TYPE_CHECKING:
    from zoo_core.metrics.scores import Scores


@click.command()
@click.argument("weights", nargs=-1, required=True, shell_complete=options.complete_weights)
@options.dataset
@options.registry
@options.split
@options.classes
@options.device
@options.as_json
def evaluate(  # noqa: PLR0917 (click passes every argument by name)
    weights: tuple[str, ...],
    dataset: str | None,
    registry: str | None,
    split: str,
    classes: dict[str, str],
    device: str,
    as_json: bool,
) -> None:
    """Evaluate WEIGHTS on the images of a split that were not used in their training.

    WEIGHTS are published names, run folders or .safetensors files. Several weights are also
    evaluated as an ensemble, which averages their probabilities. Without --dataset, the images are
    those of the training; changes since then are reported.
    """
    from zoo_core.evaluation.evaluate import evaluate_pretrained
    from zoo_core.pretrained.load import load_pretrained

    catalog = installed_catalog()
    # All before the first evaluation, so that a misspelled name fails at once.
    pretrained = [
        load_pretrained(catalog, each, registry=registry, device=device) for each in weights
    ]
    evaluation = evaluate_pretrained(
        catalog, pretrained, dataset=dataset, split=split, classes=classes
    )
    print_lines(*(f"zoo: {note}" for note in evaluation.notes), err=True)
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
                "total": evaluation.together.total,
                "left_out": evaluation.left_out,
                "notes": evaluation.notes,
            }
        )
        return
    for name, scores in zip(names, evaluation.members, strict=True):
        print_lines(f"{name} on {evaluation.dataset}, split {split}: {scores}")
    if len(names) > 1:
        together = evaluation.together
        print_lines(f"ensemble of {len(names)} on {evaluation.dataset}, split {split}: {together}")
    _print_counts(evaluation.together)


def _print_counts(scores: Scores) -> None:
    correct = " / ".join(f"{each:,}" for each in scores.correct)  # one number per head
    print_lines(f"{correct} of {scores.total:,} images correct.")
    if len(scores.correct) > 1:
        print_lines(f"All labels correct: {scores.all_correct:,} of {scores.total:,}.")
