"""The overview of a data set: its examples by class and split, and warnings about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import Split
from zoo_core.data.example_record import SPLITS, ExampleRecord
from zoo_core.data.overview.duplicates import warn_of_duplicates
from zoo_core.data.overview.faults import warn_of_classes, warn_of_sizes
from zoo_core.data.reading_facts import ReadingFacts
from zoo_core.data.splits import TrainingData, split_rule
from zoo_core.recipes.recipe import Recipe

Counts = NDArray[np.int64]
"""Numbers of examples ``(classes, splits)``, with the splits in the order of `SPLITS`."""


@dataclass(frozen=True)
class NumberTargets:
    """Training targets of a head that are numbers.

    Attributes:
        name: name of the target.
        unit: its unit; empty for none.
        lowest: smallest number.
        highest: largest number.
        mean: mean.
        std: standard deviation.
    """

    name: str
    unit: str
    lowest: float
    highest: float
    mean: float
    std: float

    def __str__(self) -> str:
        numbers = (self.lowest, self.highest, self.mean, self.std)
        low, high, mean, std = (
            f"{each:,.0f}" if abs(each) >= 1000 else f"{each:.4g}" for each in numbers
        )
        unit = f" {self.unit}" if self.unit else ""
        name = self.name or "numbers"
        return f"Target {name}: {low} to {high}{unit}, mean {mean}, standard deviation {std}"


@dataclass(frozen=True)
class Overview:
    """An overview of a data set as a recipe splits it.

    Attributes:
        totals: number of examples in each of `SPLITS`.
        classes: class names of each head for one class per example.
        counts: number of examples of each class, per such head.
        facts: facts about how the files became arrays.
        rules: rules of the splits, as sentences.
        warnings: faults that make scores wrong or a training weak, as sentences.
        numbers: training targets of each head for numbers.
    """

    totals: tuple[int, ...]
    classes: tuple[tuple[str, ...], ...]
    counts: tuple[Counts, ...]
    facts: ReadingFacts
    rules: str
    warnings: tuple[str, ...]
    numbers: tuple[NumberTargets, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the overview as JSON values; lists have one entry per head."""
        facts = asdict(self.facts)
        return {
            "class_names": [list(names) for names in self.classes],
            "counts": [
                {
                    name: dict(zip(SPLITS, row, strict=True))
                    for name, row in zip(names, counts.tolist(), strict=True)
                }
                for names, counts in zip(self.classes, self.counts, strict=True)
            ],
            "numbers": [asdict(each) for each in self.numbers],
            "left_out": dict(facts["left_out"]),
            "damaged": facts["damaged"],
            "original_sizes": facts["sizes"],
            "pixel_ranges": {kind: list(ends) for kind, ends in facts["pixel_ranges"].items()},
            "split_rule": self.rules,
            "notes": list(facts["notes"]),
            "warnings": list(self.warnings),
        }


def describe_dataset(data: TrainingData, recipe: Recipe, record: ExampleRecord | None) -> Overview:
    """Return the overview of a data set.

    Args:
        data: the data set with the recipe's split.
        recipe: the recipe.
        record: record of its images, in which duplicates are searched; None if they have no
            identities.
    """
    dataset = data.dataset
    # Heads of one class per example; other targets have no table.
    heads = [i for i, target in enumerate(data.train.targets) if _is_class(target)]
    classes = tuple(dataset.targets[head].classes for head in heads)
    counts = tuple(
        _counts(data.parts, *head) for head in zip(heads, map(len, classes), strict=True)
    )
    is_image = dataset.input_spec.kind == "image"
    warnings = [
        *(
            warning
            for names, of_head in zip(classes, counts, strict=True)
            for warning in warn_of_classes(names, of_head, "image" if is_image else "example")
        ),
        *(warn_of_duplicates(record, data.parts) if record and is_image else ()),
        *warn_of_sizes(dataset.facts.sizes, data.train.inputs.shape[2:]),
    ]
    rules = f"{dataset.facts.split_rule} {split_rule(dataset, recipe)}".strip()
    totals = tuple(len(rows) for _, rows in data.parts.values())
    return Overview(totals, classes, counts, dataset.facts, rules, tuple(warnings), _numbers(data))


def _is_class(target: NDArray[Any]) -> bool:
    return target.ndim == 1 and target.dtype == np.int64


def _numbers(data: TrainingData) -> tuple[NumberTargets, ...]:
    found = []
    for target, values in zip(data.dataset.targets, data.train.targets, strict=True):
        if values.dtype.kind == "f":
            some = values[data.train_rows].astype(np.float64)
            statistics = (some.min(), some.max(), some.mean(), some.std())
            found.append(NumberTargets(target.name, target.unit, *map(float, statistics)))
    return tuple(found)


def _counts(rows: Mapping[str, tuple[Split, NDArray[np.int64]]], head: int, classes: int) -> Counts:
    columns = [
        np.bincount(split.targets[head][some], minlength=classes) for split, some in rows.values()
    ]
    return np.stack(columns, axis=1)
