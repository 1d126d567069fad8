"""Match of classes by name, between a data set and models, because their numbers may differ."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import InvalidValueError, choose_from, join_names
from zoo_core.metrics.task import Task
from zoo_core.plugins.data_specs import TargetSpec
from zoo_core.text import shell_command

Classes = Sequence[Sequence[str]]
"""Names of the classes, per head."""

MAX_SUGGESTED = 10
"""Maximum number of pairs of names in a hint."""


def classes_of(targets: Sequence[TargetSpec]) -> Classes:
    """Return the names of the classes per head; none for a head without classes."""
    return [target.classes for target in targets]


@dataclass(frozen=True)
class ClassMatch:
    """The match of a data set's classes with those of a model.

    Attributes:
        numbers: per head, the model's number of each class of the data set; empty for a head
            without classes.
        notes: differences that a reader of the scores should know, as sentences.
    """

    numbers: tuple[NDArray[np.int64], ...]
    notes: tuple[str, ...]

    def convert(
        self, tasks: Sequence[Task], targets: Sequence[NDArray[Any]]
    ) -> tuple[NDArray[Any], ...]:
        """Return targets of the data set, per head, as those of the model."""
        heads = zip(tasks, targets, self.numbers, strict=True)
        return tuple(
            task.relabel(target, numbers) if len(numbers) else target
            for task, target, numbers in heads
        )

    def reorder(self, tasks: Sequence[Task], outputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """Return outputs, per head, in the order of the data set's classes."""
        heads = zip(tasks, outputs, self.numbers, strict=True)
        return [
            task.reorder(output, numbers) if len(numbers) else output
            for task, output, numbers in heads
        ]

    @property
    def is_identity(self) -> bool:
        """True if all classes have the same numbers in both."""
        return all((numbers == np.arange(len(numbers))).all() for numbers in self.numbers)


def match_data(
    dataset: str, classes: Classes, model: str, expected: Classes, chosen: Mapping[str, str]
) -> ClassMatch:
    """Match the classes of a data set with those of a model, by name.

    Args:
        dataset: name of the data set.
        classes: its classes; a model may have more.
        model: name of the model.
        expected: the model's classes, with as many heads.
        chosen: class of the data set -> class of the model, for names that differ.

    Raises:
        InvalidValueError: a class of the data set is not a class of the model.
    """
    renamed = {_composed(name): other for name, other in chosen.items()}
    _check_chosen(dataset, classes, renamed)
    numbers, notes = [], []
    for head, (names, known) in enumerate(zip(classes, expected, strict=True)):
        where = f" (head {head + 1})" if len(expected) > 1 else ""
        wanted = [renamed.get(_composed(name), name) for name in names]
        found = find_positions(wanted, known)
        rest = [name for i, name in enumerate(known) if i not in found]
        if other := [name for name, position in zip(names, found, strict=True) if position is None]:
            raise _mismatch(f"data set {dataset}", other, model, rest, where)
        numbers.append(np.array(found, np.int64))
        notes += _notes(dataset, where, names, [known[i] for i in found if i is not None], rest)
    return ClassMatch(tuple(numbers), tuple(notes))


def match_models(first: str, classes: Classes, second: str, others: Classes) -> ClassMatch:
    """Match the classes of a model with those of another one, which must have the same names.

    Returns:
        The second model's number of each class of the first one.

    Raises:
        InvalidValueError: a class of one of them is not a class of the other.
    """
    numbers = []
    for names, known in zip(classes, others, strict=True):
        found = find_positions(names, known)
        rest = [name for i, name in enumerate(known) if i not in found]
        missing = [name for name, position in zip(names, found, strict=True) if position is None]
        if missing or rest:
            raise InvalidValueError(
                f"models with different classes cannot be compared: only {first} has "
                f"{join_names(missing)}, only {second} has {join_names(rest)}",
                hint="Score them one at a time with `zoo evaluate`.",
            )
        numbers.append(np.array(found, np.int64))
    return ClassMatch(tuple(numbers), ())


def find_positions(names: Sequence[str], known: Sequence[str]) -> list[int | None]:
    """Return the position of each name in `known`, None if it is not there.

    A name that differs in its Unicode normalization only is the same name.
    """
    if tuple(names) == tuple(known):  # first, because a name may be repeated, as ImageNet's "crane"
        return list(range(len(known)))
    exact, composed = _unique(known), _unique([_composed(name) for name in known])
    return [exact.get(name, composed.get(_composed(name))) for name in names]


def _unique(names: Sequence[str]) -> dict[str, int]:
    counts = Counter(names)
    return {name: i for i, name in enumerate(names) if counts[name] == 1}


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _check_chosen(dataset: str, classes: Classes, renamed: Mapping[str, str]) -> None:
    known = {_composed(name) for names in classes for name in names}
    for name in renamed:
        if name not in known:
            raise InvalidValueError(
                f"classes: data set {dataset} has no class {name!r}", hint=choose_from(name, known)
            )


def _notes(
    dataset: str, where: str, names: Sequence[str], matched: Sequence[str], rest: Sequence[str]
) -> list[str]:
    pairs = [(name, other) for name, other in zip(names, matched, strict=True) if name != other]
    notes = []
    if pairs:
        words = join_names(f"{name} as {other}" for name, other in pairs)
        only = all(_composed(name) == _composed(other) for name, other in pairs)
        reason = ", which differ in Unicode normalization only" if only else ""
        notes.append(f"classes of {dataset}{where} are scored under other names{reason}: {words}")
    if rest:
        notes.append(
            f"{dataset} lacks {len(rest):,} of the model's classes{where}, and predicting one of "
            f"them is a mistake: {join_names(rest)}"
        )
    return notes


def _mismatch(
    data: str, names: Sequence[str], model: str, rest: Sequence[str], where: str
) -> InvalidValueError:
    # Pairs in order are a guess, so the hint leaves the decision to the user.
    others = rest if len(rest) == len(names) else ["CLASS"] * len(names)
    pairs = list(zip(names, others, strict=True))[:MAX_SUGGESTED]
    options = " ".join(shell_command("--classes", f"{name}={other}") for name, other in pairs)
    return InvalidValueError(
        f"classes of {data} do not match those of {model}{where}: only the data set has "
        f"{join_names(names)}; only the model has {join_names(rest)}",
        hint=f"If they correspond, say how: {options}",
    )
