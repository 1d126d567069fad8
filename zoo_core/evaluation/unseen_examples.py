"""Unseen examples: the rows of a split that no member of an evaluation was trained on.

If the data are those of the cards, no row has to be left out. Otherwise the examples are compared
with the records of the trainings, by the checksum of their inputs, such as pixels: a renamed or
moved image is still the same one. One that was saved again with other pixels is a new example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import ArrayDataset
from zoo_core.data.example_record import ExampleRecord, describe_changes, make_record
from zoo_core.data.examples import content_digests
from zoo_core.data.images.pixel_ranges import ANY
from zoo_core.data.splits import VALIDATION, training_data
from zoo_core.errors import DataError, VerificationError, ZooError
from zoo_core.evaluation.members import DIGITS, is_trained_on, short_name, short_names
from zoo_core.plugins.specs import DatasetSpec
from zoo_core.pretrained.model import Pretrained

TRAIN = "train"

CHUNK = 1024
"""Maximum number of examples whose checksums are computed at once."""


@dataclass(frozen=True)
class UnseenExamples:
    """The rows of a split to score.

    Attributes:
        rows: int64, rows of the split.
        notes: differences between the data and the cards, and the examples left out, as sentences.
    """

    rows: NDArray[np.int64]
    notes: tuple[str, ...]


def find_unseen(
    spec: DatasetSpec, data: ArrayDataset, split: str, members: Sequence[Pretrained]
) -> UnseenExamples:
    """Return the rows of a split to score: all of ``train``, else those that no member has seen.

    Args:
        spec: spec of the data set.
        data: the data set.
        split: name of the split.
        members: the weights to score.

    Raises:
        VerificationError: the data set of a training has changed, and its examples are unknown; or
            every example was used in training.
    """
    every = np.arange(len(data.splits[split]))
    others = [each for each in members if each.card.dataset.sha256 != data.sha256()]
    if not others:
        return UnseenExamples(every, _note_copies(split, members))
    changed = [each for each in others if is_trained_on(each, spec)]
    records = {id(each): _comparable_record(data, each) for each in others}
    unknown = [each for each in others if records[id(each)] is None]
    for member in changed:
        if records[id(member)] is None and split != TRAIN:
            raise _unknown_examples(spec, data, member)
    notes = _note_changes(spec, data, changed)
    if unknown and split != TRAIN:
        notes.append(_note_unknown(spec, unknown))
    known = [record for record in records.values() if record is not None]
    if not known:
        return UnseenExamples(every, tuple(notes))
    used = _are_used(data, split, known)
    if used.any() or changed:
        notes.append(_note_used(spec, split, used))
    if split == TRAIN:
        return UnseenExamples(every, tuple(notes))
    if used.all():
        raise VerificationError(
            f"every one of the {len(used):,} {split} examples of {spec.name} was used in training: "
            "none is left to score",
            hint="Choose another data set: --dataset NAME",
        )
    return UnseenExamples(np.flatnonzero(~used), tuple(notes))


def _are_used(
    data: ArrayDataset, split: str, records: Iterable[ExampleRecord]
) -> NDArray[np.bool_]:
    # On validation examples, the epoch was chosen but no weight computed: a user who asks for their
    # score gets it.
    both = split in (TRAIN, VALIDATION)
    used = frozenset[str]().union(*(each.trained if both else each.seen for each in records))
    inputs = data.splits[split].inputs
    digests = (
        digest
        for start in range(0, len(inputs), CHUNK)
        for digest in content_digests(inputs[start : start + CHUNK])
    )
    return np.fromiter((digest in used for digest in digests), np.bool_, len(inputs))


def _comparable_record(data: ArrayDataset, member: Pretrained) -> ExampleRecord | None:
    # Pixels of another range differ from those of the record, although the example is the same.
    return None if _other_range(data, member) else member.examples


def _other_range(data: ArrayDataset, member: Pretrained) -> str:
    """Return the range of deep pixels in training and in the data, if they differ; or empty."""
    for kind, now in data.facts.pixel_ranges.items():
        for other, then in member.card.dataset.pixel_ranges.items():
            if now != then and (kind == other or ANY in (kind, other)):
                return (
                    f"expected pixels from {then[0]:g} to {then[1]:g}, got {now[0]:g} to {now[1]:g}"
                )
    return ""


def _unknown_examples(
    spec: DatasetSpec, data: ArrayDataset, member: Pretrained
) -> VerificationError:
    hint = "Choose a data set of other examples, --dataset NAME, or train again."
    if ranges := _other_range(data, member):
        reason = f"{ranges}, so that no example can be compared with those of the training"
        hint = (
            "Add the option range=LOW..HIGH to the name of the data set, with the expected range."
        )
    else:
        reason = f"{_checksums(data, member)}, and the list of the training examples is missing"
        if member.card.dataset.examples:
            hint = "Put examples.csv, from the folder of the run, next to the weights."
    return VerificationError(
        f"the data set {spec.name} is not the one that {short_name(member)} was trained on: "
        f"{reason}",
        hint=hint,
    )


def _checksums(data: ArrayDataset, member: Pretrained) -> str:
    expected, got = member.card.dataset.sha256[:DIGITS], data.sha256()[:DIGITS]
    return f"expected sha256 {expected}…, got {got}…"


def _note_changes(
    spec: DatasetSpec, data: ArrayDataset, changed: Sequence[Pretrained]
) -> list[str]:
    by_changes: dict[str, list[Pretrained]] = {}
    describe = _cached_changes(data)
    for member in changed:
        by_changes.setdefault(describe(member), []).append(member)
    return [
        f"the data set {spec.name} is not the one on the card of {short_names(members)}: {changes}"
        for changes, members in by_changes.items()
    ]


def _cached_changes(data: ArrayDataset) -> Callable[[Pretrained], str]:
    """Return a function that describes what changed since a member was trained."""
    # Cached, because all examples are hashed, and trainings with different seeds have one answer.
    known: dict[tuple[object, ...], str] = {}

    def describe(member: Pretrained) -> str:
        facts, recipe = member.card.dataset, member.card.recipe
        folds = (recipe.folds, recipe.fold)
        key = (facts.sha256, recipe.validation, recipe.held_out, recipe.split_seed, folds)
        if key not in known:
            known[key] = _changes(data, member)
        return known[key]

    return describe


def _changes(data: ArrayDataset, member: Pretrained) -> str:
    now = None
    if member.examples is not None:
        with suppress(DataError):  # too few examples for a validation split
            now = make_record(training_data(data, member.card.recipe))
    words = describe_changes(member.examples, now) if member.examples and now else ""
    if not words and data.targets != member.card.dataset.targets:
        words = "its classes have other names or another order"
    return words or _checksums(data, member)


def _note_unknown(spec: DatasetSpec, unknown: Sequence[Pretrained]) -> str:
    return (
        f"examples of {spec.name} may have been used to train {short_names(unknown)}: there is no "
        "list of its training examples to compare them with"
    )


def _note_used(spec: DatasetSpec, split: str, used: NDArray[np.bool_]) -> str:
    count, total = int(used.sum()), len(used)
    examples = f"of the {total:,} {split} examples of {spec.name}"
    if not count:
        return f"none {examples} was used in training"
    verb = "was" if count == 1 else "were"
    if split == TRAIN:
        return (
            f"{count:,} {examples} {verb} used in training; all are scored, as the split is train"
        )
    left_out = "is left out" if count == 1 else "are left out"
    return f"{count:,} {examples} {verb} used in training and {left_out}; {total - count:,} remain"


def _note_copies(split: str, members: Sequence[Pretrained]) -> tuple[str, ...]:
    """Return a note about test examples that are also training examples; only records show them."""
    if split != "test":
        return ()
    most, total = 0, 0
    for member in members:
        with suppress(ZooError):  # only for this note: the score needs no list
            # That of a training with folds has a fold in place of the test split.
            if not member.card.recipe.folds and (record := member.examples):
                test = [each.pixels for each in record.examples if each.split == "test"]
                most, total = max(most, sum(map(record.trained.__contains__, test))), len(test)
    verb = "is a copy" if most == 1 else "are copies"
    return (f"{most:,} of the {total:,} test examples {verb} of training examples",) if most else ()
