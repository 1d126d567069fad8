"""The scored part of a split: its rows, their targets, and notes for the reader of the scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import ArrayDataset, Split
from zoo_core.data.find_dataset import find_dataset
from zoo_core.errors import InvalidValueError, UnknownNameError, choose_from, join_names
from zoo_core.evaluation.class_matching import classes_of, match_data, match_models
from zoo_core.evaluation.members import group_by_data, short_name
from zoo_core.evaluation.unseen_examples import find_unseen
from zoo_core.frameworks.prediction import CHUNK_MULTIPLE, iter_outputs
from zoo_core.metrics.predictions import Predictions, predictions_of
from zoo_core.metrics.scores import measure
from zoo_core.metrics.task import Measured, Task
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.data_specs import InputSpec, TargetSpec
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import DatasetSpec
from zoo_core.pretrained.model import Pretrained
from zoo_core.system.progress.progress_bar import track


@dataclass(frozen=True)
class ScoredSplit:
    """The examples of a split that are scored, and their targets.

    Attributes:
        dataset: name of the data set.
        data: the data set, with all its examples and with class numbers of its own.
        name: name of the split.
        tasks: task of each head, with the classes on the card of the first member.
        rows: int64 ``(N,)``, the rows of the split that are scored.
        targets: their targets per head, with class numbers as in `tasks`.
        notes: differences between the data and the cards, as sentences.
    """

    dataset: str
    data: ArrayDataset
    name: str
    tasks: tuple[Task, ...]
    rows: NDArray[np.int64]
    targets: tuple[NDArray[Any], ...]
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def split(self) -> Split:
        """The whole split, also with the examples that are not scored."""
        return self.data.splits[self.name]

    @property
    def left_out(self) -> int:
        """Number of examples that are not scored."""
        return len(self.split) - len(self.rows)

    @property
    def inputs(self) -> NDArray[Any]:
        """All inputs of the split, also those that are not scored."""
        return self.split.inputs

    def key(self, index: int) -> str | None:
        """Return the identity of the scored example at an index; None if it has none."""
        examples = self.split.examples
        return examples.keys[int(self.rows[index])] if examples else None

    def iter_outputs(self, member: Pretrained) -> Iterator[tuple[slice, list[NDArray[Any]]]]:
        """Yield a member's outputs for chunks of the scored examples, in the order of `tasks`.

        A long prediction has a bar on standard error, if that is a terminal.
        """
        classes = classes_of([task.target for task in self.tasks])
        own = classes_of(member.targets)
        match = match_models(self.dataset, classes, short_name(member), own)
        is_identity = match.is_identity  # and then the outputs are as the model returns them
        chunks = iter_outputs(
            member.predictor,
            self.inputs,
            rows=self.rows,
            ahead=self.split.ahead,
            # Equal chunks, because those of an ensemble's members are combined; small ones, because
            # the bar advances after each.
            size=CHUNK_MULTIPLE,
        )
        text = f"Predicting with {member.name.partition('@')[0]}"
        for place, outputs in track(chunks, len(self), text, done=lambda chunk: chunk[0].stop):
            yield place, outputs if is_identity else match.reorder(self.tasks, outputs)

    def measure(self, outputs: Sequence[NDArray[Any]], place: slice) -> list[Measured]:
        """Return the measures of outputs for the scored examples in a place."""
        return measure(self.tasks, outputs, tuple(target[place] for target in self.targets))

    def predict(self, member: Pretrained) -> Predictions:
        """Return a member's predictions of the scored examples, with the classes of `tasks`."""
        parts = [outputs for _, outputs in self.iter_outputs(member)]
        heads = zip(*parts, strict=True)
        return predictions_of(self.tasks, [np.concatenate(chunks) for chunks in heads])


def find_scored_dataset(
    catalog: Catalog, members: Sequence[Pretrained], dataset: str | None
) -> Entry[DatasetSpec]:
    """Return the data set to score on.

    Args:
        catalog: installed plugins.
        members: the weights to score, at least one.
        dataset: name of the data set; None for that of the training.

    Raises:
        InvalidValueError: the weights were trained on several data sets, and none was chosen.
        UnknownNameError, DataError: there is no such data set.
    """
    if dataset:
        return catalog.dataset(dataset)
    groups = group_by_data(members)
    if len(groups) > 1:
        raise _several_datasets([members[group[0]] for group in groups])
    # A place is known for a run's folder, not for published weights.
    placed = [each for each in members if each.data_place] or members
    facts = placed[0].card.dataset
    return find_dataset(catalog, facts.name, place=placed[0].data_place, sha256=facts.sha256)


def _several_datasets(members: Sequence[Pretrained]) -> InvalidValueError:
    names = {each.card.dataset.name for each in members}
    if len(names) == 1:  # the same relative path in several working directories
        (name,) = names
        names = {f"{name.partition(':')[0]}:{each.data_place}" for each in members}
    return InvalidValueError(
        f"the weights were trained on several data sets: {join_names(names)}",
        hint="Choose one with --dataset NAME.",
    )


def check_fit(spec: DatasetSpec, members: Sequence[Pretrained], split: str) -> None:
    """Check that a data set has a split, and inputs and heads like those of each model.

    Raises:
        UnknownNameError: there is no such split.
        InvalidValueError: inputs, their vocabulary or tasks differ from a model's, or two models
            have different classes.
    """
    if split not in spec.sizes:
        hint = choose_from(split, spec.sizes)
        raise UnknownNameError(f"dataset {spec.name!r} has no split {split!r}", hint=hint)
    found = _form(spec.input, spec.targets)
    for member in members:
        expected = _form(member.input, member.targets)
        if found != expected:
            raise InvalidValueError(
                f"dataset {spec.name!r} does not fit {short_name(member)}: expected {expected}, "
                f"got {found}",
                hint="Choose a data set of this form: zoo list datasets",
            )
        if spec.input.vocabulary != member.input.vocabulary:
            raise InvalidValueError(
                f"dataset {spec.name!r} does not fit {short_name(member)}: its tokens are those of "
                "another vocabulary",
                hint="Encode its texts with the vocabulary of the training.",
            )
    first = members[0]
    for other in members[1:]:
        classes = (classes_of(first.targets), classes_of(other.targets))
        match_models(short_name(first), classes[0], short_name(other), classes[1])


def _form(spec: InputSpec, targets: Sequence[TargetSpec]) -> str:
    """Return the kind and shape of inputs, and the tasks of the heads, in words."""
    kinds = {"image": "images", "tokens": f"tokens 0 to {spec.size - 1}"}
    kind = kinds.get(spec.kind, spec.kind)
    tasks = join_names(target.task for target in targets)
    heads = "1 target" if len(targets) == 1 else f"{len(targets)} targets"
    return f"{kind} {tuple(spec.shape)} with {heads} ({tasks})"


def make_scored_split(
    spec: DatasetSpec,
    data: ArrayDataset,
    members: Sequence[Pretrained],
    *,
    split: str,
    classes: Mapping[str, str],
) -> ScoredSplit:
    """Return the examples of a split to score, without those that a member was trained on.

    Args:
        spec: spec of the data set, which `check_fit` has checked.
        data: the data set.
        members: the weights to score, at least one.
        split: name of the split.
        classes: class of the data set -> class of the models, for names that differ.

    Raises:
        InvalidValueError: a class of the data set is not a class of the models.
        VerificationError: see `find_unseen`.
    """
    first = members[0]
    own, expected = classes_of(data.targets), classes_of(first.targets)
    match = match_data(spec.name, own, short_name(first), expected, classes)
    unseen = find_unseen(spec, data, split, members)
    return ScoredSplit(
        dataset=spec.name,
        data=data,
        name=split,
        tasks=first.tasks,
        rows=unseen.rows,
        targets=match.convert(first.tasks, data.splits[split].select_targets(unseen.rows)),
        notes=(*unseen.notes, *match.notes),
    )
