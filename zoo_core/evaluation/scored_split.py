"""The scored part of a split: its rows, their labels, and notes for the reader of the scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import ArrayDataset
from zoo_core.data.find_dataset import find_dataset
from zoo_core.errors import InvalidValueError, UnknownNameError, choose_from, join_names
from zoo_core.evaluation.class_matching import match_data, match_models
from zoo_core.evaluation.members import group_by_data, short_name
from zoo_core.evaluation.unseen_images import find_unseen
from zoo_core.metrics.predictions import Predictions, predictions_of
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import DatasetSpec
from zoo_core.pretrained.model import Pretrained


@dataclass(frozen=True)
class ScoredSplit:
    """The images of a split that are scored, and their labels.

    Attributes:
        dataset: name of the data set.
        data: the data set, with all its images and with class numbers of its own.
        name: name of the split.
        classes: names of the classes per head, as on the card of the first member.
        rows: int64 ``(N,)``, the rows of the split that are scored.
        labels: int64 ``(N, heads)``, their true classes, as numbers in `classes`.
        notes: differences between the data and the cards, as sentences.
    """

    dataset: str
    data: ArrayDataset
    name: str
    classes: tuple[tuple[str, ...], ...]
    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    notes: tuple[str, ...] = field(default=())

    @property
    def images(self) -> NDArray[np.uint8]:
        """All images of the split, also those that are not scored."""
        return self.data.splits[self.name].images

    @property
    def left_out(self) -> int:
        """Number of images that are not scored."""
        return len(self.images) - len(self.rows)

    def key(self, index: int) -> str | None:
        """Return the identity of the scored image at an index; None if it has none."""
        examples = self.data.splits[self.name].examples
        return examples.keys[int(self.rows[index])] if examples else None

    def predict(self, member: Pretrained) -> Predictions:
        """Return a member's predictions of the scored images, with class numbers of `classes`."""
        # All images, because a copy of the scored ones may not fit into memory.
        predictions = member.predict(self.images)
        own = member.card.dataset.classes
        if not self.left_out and own == self.classes:
            return predictions
        match = match_models(self.dataset, self.classes, short_name(member), own)
        heads = zip(predictions.logits, match.numbers, strict=True)
        return predictions_of([head[self.rows][:, order] for head, order in heads])


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
    """Check that a data set has a split, and images and heads like those of each model.

    Raises:
        UnknownNameError: there is no such split.
        InvalidValueError: shape or number of heads differ from a model's, or two models have
            different classes.
    """
    if split not in spec.sizes:
        hint = choose_from(split, spec.sizes)
        raise UnknownNameError(f"dataset {spec.name!r} has no split {split!r}", hint=hint)
    for member in members:
        expected = (tuple(member.input_shape), len(member.card.dataset.classes))
        if (tuple(spec.shape), len(spec.classes)) != expected:
            raise InvalidValueError(
                f"dataset {spec.name!r} does not fit {short_name(member)}: expected images "
                f"{expected[0]} with {_labels(expected[1])}, got {spec.shape} with "
                f"{_labels(len(spec.classes))}",
                hint="Choose a data set of this shape: zoo list datasets",
            )
    first = members[0]
    for other in members[1:]:
        classes = (first.card.dataset.classes, other.card.dataset.classes)
        match_models(short_name(first), classes[0], short_name(other), classes[1])


def _labels(heads: int) -> str:
    return "1 label" if heads == 1 else f"{heads} labels"


def make_scored_split(
    spec: DatasetSpec,
    data: ArrayDataset,
    members: Sequence[Pretrained],
    *,
    split: str,
    classes: Mapping[str, str],
) -> ScoredSplit:
    """Return the images of a split to score, without those that a member was trained on.

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
    expected = first.card.dataset.classes
    match = match_data(spec.name, data.classes, short_name(first), expected, classes)
    unseen = find_unseen(spec, data, split, members)
    return ScoredSplit(
        dataset=spec.name,
        data=data,
        name=split,
        classes=expected,
        rows=unseen.rows,
        labels=match.convert(data.splits[split].labels[unseen.rows]),
        notes=(*unseen.notes, *match.notes),
    )
