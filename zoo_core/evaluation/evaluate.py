"""Evaluation of weights, and of their ensemble, on a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from zoo_core.data.dataset import ArrayDataset, load_dataset
from zoo_core.data.splits import check_inputs, check_targets
from zoo_core.data.wrong_numbers import check_numbers
from zoo_core.evaluation.scored_split import (
    ScoredSplit,
    check_fit,
    find_scored_dataset,
    make_scored_split,
)
from zoo_core.metrics.calibration import CalibrationTest
from zoo_core.metrics.calibration_check import CalibrationCheck
from zoo_core.metrics.find_tasks import find_tasks
from zoo_core.metrics.predictions import ensemble_outputs
from zoo_core.metrics.scores import Scores, Values, by_metric, concatenate, score
from zoo_core.metrics.task import Measured
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.model import Pretrained

SAME_NAMES: Mapping[str, str] = MappingProxyType({})
"""Names of classes for data sets whose classes have the names of the model's."""


@dataclass(frozen=True)
class Evaluation:
    """Scores of weights on a split, and of their ensemble.

    Attributes:
        dataset: name of the data set.
        members: scores of each set of weights.
        together: scores of the ensemble, whose outputs the heads' tasks combine.
        details: further metrics of `together`, one value per head.
        notes: differences between the data and the cards, as sentences.
        left_out: number of examples of the split that are not scored, as they were used in
            training.
        calibration: calibration error and number of accepted examples; None for several weights,
            or for weights without a calibration.
    """

    dataset: str
    members: tuple[Scores, ...]
    together: Scores
    details: Mapping[str, Values]
    notes: tuple[str, ...] = ()
    left_out: int = 0
    calibration: CalibrationTest | None = None


def evaluate_pretrained(
    catalog: Catalog,
    pretrained: Sequence[Pretrained],
    *,
    dataset: str | None = None,
    split: str = "test",
    classes: Mapping[str, str] = SAME_NAMES,
) -> Evaluation:
    """Score weights and their ensemble on the examples of a split that none was trained on.

    Those are all examples of the split, unless the data have changed since the training, or are
    another data set: see `zoo_core.evaluation.unseen_examples`.

    Args:
        catalog: installed plugins.
        pretrained: the weights, at least one.
        dataset: name of the data set; None for the one of the training.
        split: name of the split, for instance ``test``.
        classes: class of the data set -> class of the model, for names that differ.

    Raises:
        InvalidValueError: the data set's inputs or classes do not fit a model, or the weights were
            trained on several data sets, and no `dataset` was chosen.
        UnknownNameError: there is no such data set or split.
        VerificationError: the data have changed, and nothing shows which examples were used in
            training; or all were.
    """
    scored = find_scored_split(catalog, pretrained, dataset=dataset, split=split, classes=classes)
    # Of a single model, because the outputs of an ensemble are on no member's scale.
    calibration = pretrained[0].calibration if len(pretrained) == 1 else None
    check = CalibrationCheck(scored.tasks, calibration) if calibration else None
    *members, together = _measure(scored, pretrained, check)
    return Evaluation(
        dataset=scored.dataset,
        members=tuple(score(scored.tasks, each) for each in members or [together]),
        together=score(scored.tasks, together),
        details=by_metric(
            [task.details(head) for task, head in zip(scored.tasks, together, strict=True)]
        ),
        notes=scored.notes,
        left_out=scored.left_out,
        calibration=check.result() if check else None,
    )


def _measure(
    scored: ScoredSplit, pretrained: Sequence[Pretrained], check: CalibrationCheck | None
) -> list[list[Measured]]:
    """Return the measures of each member, if there are several, and of their ensemble."""
    # Chunk by chunk, because the outputs of all examples may not fit into memory.
    chunks = [scored.iter_outputs(each) for each in pretrained]
    measured: list[list[list[Measured]]] = []
    for parts in zip(*chunks, strict=True):
        place, members = parts[0][0], [outputs for _, outputs in parts]
        every = [*members, ensemble_outputs(scored.tasks, members)] if members[1:] else members
        measured.append([scored.measure(outputs, place) for outputs in every])
        if check:
            targets = [head[place] for head in scored.targets]
            inputs = scored.inputs[scored.rows[place]]
            check.add(members[0], targets, pretrained[0].familiarity(inputs))
    return [concatenate(of_member) for of_member in zip(*measured, strict=True)]


def find_scored_split(
    catalog: Catalog,
    pretrained: Sequence[Pretrained],
    *,
    dataset: str | None,
    split: str,
    classes: Mapping[str, str],
) -> ScoredSplit:
    """Return the scored examples of a split.

    Arguments and errors are those of `evaluate_pretrained`.
    """
    entry = find_scored_dataset(catalog, pretrained, dataset)
    # Before the data set is loaded, which may take minutes.
    check_fit(entry.spec, pretrained, split)
    data = load_dataset(entry, check=lambda data: _check(catalog, data))
    check_numbers(data, split, fill=all(each.normalization.fill for each in pretrained))
    return make_scored_split(entry.spec, data, pretrained, split=split, classes=classes)


def _check(catalog: Catalog, data: ArrayDataset) -> None:
    check_inputs(data)
    check_targets(data, find_tasks(catalog, data.targets))
