"""`zoo evaluate`: scores of weights on a split."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from zoo_core.cli import options
from zoo_core.cli.help.zoo_command import ZooCommand
from zoo_core.cli.output import print_json
from zoo_core.installation.installed import installed_catalog
from zoo_core.metrics.metric_text import format_metric
from zoo_core.system.progress.live_line import status
from zoo_core.system.terminal import print_lines

if TYPE_CHECKING:
    from zoo_core.evaluation.evaluate import Evaluation


@click.command(
    cls=ZooCommand,
    examples={
        "The test split of a run of yours": "zoo evaluate runs/mlp-1",
        "Two published models, and their ensemble": "zoo evaluate cnn mlp",
        "Another split, for a program": "zoo evaluate cnn.best --split train --json",
        "Your own images": "zoo evaluate cnn --dataset folder:photos --classes zero=0,one=1",
    },
)
@click.argument("weights", nargs=-1, required=True, shell_complete=options.complete_weights)
@options.dataset
@options.registry
@options.split
@options.classes
@options.runtime
@options.device
@options.quiet("the scores")
@options.as_json
def evaluate(  # noqa: PLR0917 (click passes every argument by name)
    weights: tuple[str, ...],
    dataset: str | None,
    registry: str | None,
    split: str,
    classes: dict[str, str],
    runtime: str,
    device: str,
    quiet: bool,  # obeyed by the option itself
    as_json: bool,
) -> None:
    """Evaluate WEIGHTS on the examples of a split that were not used in their training.

    WEIGHTS are published names, run folders or .safetensors files. Several weights are also
    evaluated as an ensemble, which averages their probabilities or values. Without --dataset, the
    examples are
    those of the training; changes since then are reported.
    """
    from zoo_core.evaluation.evaluate import evaluate_pretrained
    from zoo_core.pretrained.load import load_pretrained

    catalog = installed_catalog()
    # All before the first evaluation, so that a misspelled name fails at once.
    with status("Loading the models"):
        pretrained = [
            load_pretrained(catalog, each, registry=registry, runtime=runtime, device=device)
            for each in weights
        ]
    evaluation = evaluate_pretrained(
        catalog, pretrained, dataset=dataset, split=split, classes=classes
    )
    print_lines(*(f"zoo: {note}" for note in evaluation.notes), err=True)
    names = [each.name for each in pretrained]
    runtimes = [each.runtime for each in pretrained]
    if as_json:
        members = zip(names, runtimes, evaluation.members, strict=True)
        print_json(
            {
                "model": " + ".join(names),
                "dataset": evaluation.dataset,
                "metrics": {split: evaluation.together.to_json()},
                "members": [
                    {"model": name, "runtime": runtime, "metrics": {split: scores.to_json()}}
                    for name, runtime, scores in members
                ],
                "details": {name: list(each) for name, each in evaluation.details.items()},
                "total": evaluation.together.total,
                "left_out": evaluation.left_out,
                "calibration": evaluation.calibration and asdict(evaluation.calibration),
                "notes": evaluation.notes,
            }
        )
        return
    for name, by, scores in zip(names, runtimes, evaluation.members, strict=True):
        print_lines(f"{name} on {evaluation.dataset}, split {split}, by {by}: {scores}")
    if len(names) > 1:
        together = evaluation.together
        print_lines(f"ensemble of {len(names)} on {evaluation.dataset}, split {split}: {together}")
    _print_counts(evaluation)


def _print_counts(evaluation: Evaluation) -> None:
    scores = evaluation.together
    print_lines(f"{scores.counts_text}.")
    if scores.all_correct is not None and len(next(iter(scores.metrics.values()))) > 1:
        print_lines(f"All heads correct: {scores.all_correct:,} of {scores.total:,}.")
    for name, values in evaluation.details.items():
        shown = " / ".join("–" if v is None else format_metric(name, v) for v in values)
        print_lines(f"{name.replace('_', ' ')}: {shown}")
    if test := evaluation.calibration:
        from zoo_core.weights.card_words import calibration_test_text

        print_lines(calibration_test_text(test, scores.total))
