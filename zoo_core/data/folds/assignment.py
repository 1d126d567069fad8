"""The assignment of training examples to folds, by class and by group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import ArrayDataset, Split
from zoo_core.data.examples import hash_positions
from zoo_core.data.sampling.balanced_order import has_class
from zoo_core.errors import InvalidValueError
from zoo_core.plugins.data_specs import TargetSpec
from zoo_core.system.random_numbers import permutation

_STREAM = 1
"""Number that makes the order of the folds independent of that of the validation rows."""

Classes = tuple[int, ...]
"""The class of each head of an example that has one."""


def classes_of_rows(split: Split) -> list[Classes] | None:
    """Return the classes of each example, which a choice is made of separately; None without."""
    classes = [target for target in split.targets if has_class(target)]
    return list(zip(*(each.tolist() for each in classes), strict=True)) if classes else None


def fold_numbers(dataset: ArrayDataset, folds: int, seed: int) -> NDArray[np.int64]:
    """Return the fold of each training example, from 1, ``(N,)``.

    Examples of one group are in one fold. The folds have equally many groups, or one more, of each
    class: the groups of a class are ordered by a hash of their names, and consecutive parts of
    this order are the folds. An example that is added or removed therefore moves only those at
    the bounds of these parts, at most one per bound, all of its own class. Examples without an
    identity are ordered by the number of their row. The class of a group is its most frequent one;
    classes of fewer groups than folds are put together.

    Args:
        dataset: the data set.
        folds: number of folds, at least 2.
        seed: seed of the order.

    Raises:
        InvalidValueError: there are fewer groups than folds, or fewer examples of a class.
    """
    split = dataset.splits["train"]
    _check_classes(dataset, folds)
    groups = split.examples.groups if split.examples else None
    if groups is None:
        group_of = np.arange(len(split))
        order = permutation(len(split), seed, _STREAM)
    else:
        names = sorted(set(groups))
        number_of = {name: number for number, name in enumerate(names)}
        group_of = np.array([number_of[group] for group in groups])
        order = np.argsort(hash_positions(names, f"fold {seed}"), kind="stable")
    if len(order) < folds:
        what = "training examples" if groups is None or len(order) == len(groups) else "groups"
        raise _too_many(folds, len(order), f"the number of {what}")
    classes = _classes_of_groups(group_of, classes_of_rows(split), len(order))
    numbers = np.empty(len(order), np.int64)
    for label, members in _strata(order, classes, folds).items():
        # Begun at another place in each class, because equal beginnings would give the first folds
        # one more example of every class.
        start = int(permutation(folds, seed, *label)[0])
        numbers[members] = (np.arange(len(members)) * folds + start) // len(members)
    return numbers[group_of] + 1


def _check_classes(dataset: ArrayDataset, folds: int) -> None:
    for target, values in _class_targets(dataset):
        labels, counts = np.unique(values, return_counts=True)
        if (rarest := counts.min()) < folds:
            name = _name(target, labels[counts.argmin()])
            what = f"the number of training examples of class {name!r}"
            raise _too_many(folds, int(rarest), what)


def _class_targets(dataset: ArrayDataset) -> Iterator[tuple[TargetSpec, NDArray[np.int64]]]:
    """Yield each head of one class per example, with its training targets."""
    for target, values in zip(dataset.targets, dataset.splits["train"].targets, strict=True):
        if has_class(values):
            yield target, values


def _name(target: TargetSpec, label: np.int64) -> str:
    return target.classes[label] if target.classes else str(label)


def _too_many(folds: int, most: int, what: str) -> InvalidValueError:
    fewer = (
        f"Choose fewer: --folds {most}." if most > 1 else "Add examples, or train without folds."
    )
    return InvalidValueError(
        f"invalid recipe: folds: expected at most {most}, {what}, got {folds}", hint=fewer
    )


def _classes_of_groups(
    group_of: NDArray[np.int64], classes: Sequence[Classes] | None, count: int
) -> list[Classes]:
    """Return the most frequent classes of each group, the smallest among equally frequent ones."""
    if classes is None:
        return [()] * count
    counts: list[Counter[Classes]] = [Counter() for _ in range(count)]
    for group, label in zip(group_of.tolist(), classes, strict=True):
        counts[group][label] += 1
    return [min(each, key=lambda label: (-each[label], label)) for each in counts]


def _strata(
    order: NDArray[np.int64], classes: Sequence[Classes], folds: int
) -> dict[Classes, list[int]]:
    """Return the groups of each class in order, with those of small classes together."""
    strata: dict[Classes, list[int]] = {}
    for group in order.tolist():
        strata.setdefault(classes[group], []).append(group)
    # So that no fold is empty: a stratum of at least as many groups as folds has some in each.
    small: list[int] = []
    for label in sorted(strata, key=lambda each: (len(strata[each]), each)):
        if len(strata[label]) >= folds and (not small or len(small) >= folds):
            break
        small += strata.pop(label)
    if small:
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        strata[()] = sorted(small, key=rank.__getitem__)
    return strata
