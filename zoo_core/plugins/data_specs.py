"""Specs of the arrays that a model receives and is trained to return: inputs and targets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from zoo_core.plugins.field_types import check_field_types

CLASSES = "classification"
"""Task of the targets in the short form of `are_class_images`."""

SHORT_FORM = "classes"
"""Key of the names of classes in the JSON values of data sets of `are_class_images`."""

INPUT_DTYPES = {"image": "uint8", "features": "float32", "tokens": "int64", "array": "float32"}
"""Kind of input -> its default dtype."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table, which is one or several features of an input.

    Attributes:
        name: name of the column.
        categories: its categories, one feature each, 1 for the example's own and 0 for the others;
            empty for a column of numbers, which is one feature.
    """

    name: str
    categories: tuple[str, ...] = ()

    @property
    def features(self) -> int:
        """Number of features."""
        return len(self.categories) or 1


@dataclass(frozen=True, kw_only=True)
class InputSpec:
    """The array that a model receives, ``(N, *shape)``.

    Its kind decides about normalization, augmentation and the files that `zoo predict` reads:

    - ``image``: uint8, channels, height and width;
    - ``features``: numbers of an example, standardized one by one;
    - ``tokens``: integers from 0 to ``len(vocabulary) - 1`` or ``size - 1``;
    - ``array``: any other numbers, standardized per entry of the first axis.

    Attributes:
        shape: shape of one example.
        kind: ``image``, ``features``, ``tokens`` or ``array``.
        dtype: dtype of the array; empty for that of the kind (`INPUT_DTYPES`).
        columns: columns of a table, for ``features`` that come from one.
        vocabulary: tokens as text, for ``tokens``: the first one pads, the second stands for all
            that are unknown. Tokens of one character each are characters, others are words.
        size: number of different tokens; 0 for that of the vocabulary.
    """

    shape: tuple[int, ...]
    kind: str = "image"
    dtype: str = ""
    columns: tuple[Column, ...] = ()
    vocabulary: tuple[str, ...] = ()
    size: int = 0

    def __post_init__(self) -> None:
        check_field_types(self, "InputSpec")
        if self.kind not in INPUT_DTYPES:
            kinds = ", ".join(INPUT_DTYPES)
            raise ValueError(f"InputSpec: kind: expected one of {kinds}, got {self.kind!r}")
        if self.kind == "image" and len(self.shape) != 3:
            raise ValueError(
                f"InputSpec: shape: expected (channels, height, width), got {self.shape}"
            )
        # `object`, because a frozen dataclass refuses assignments.
        object.__setattr__(self, "dtype", self.dtype or INPUT_DTYPES[self.kind])
        self._check_size()
        object.__setattr__(self, "size", self.size or len(self.vocabulary))

    def _check_size(self) -> None:
        tokens = len(self.vocabulary)
        if tokens and self.size not in (0, tokens):
            raise ValueError(
                f"InputSpec: size: expected {tokens}, the number of tokens in the vocabulary, "
                f"got {self.size}"
            )
        if self.kind == "tokens" and not (tokens or self.size > 0):
            raise ValueError(
                "InputSpec: size: expected the number of different tokens, or a vocabulary, "
                "for inputs of kind tokens"
            )

    @property
    def is_plain(self) -> bool:
        """True for uint8 images that have no other properties than their shape."""
        return self.kind == "image" and self == InputSpec(shape=self.shape)


@dataclass(frozen=True, kw_only=True)
class TargetSpec:
    """The expected values of a head, as a data set has them.

    Attributes:
        task: name of the head's task, for instance ``classification`` (`TaskSpec`).
        name: name of the target, such as the column of a table; empty for a number.
        classes: names of the classes, labels or symbols, in the order of the outputs.
        size: number of classes, where their names come with the data, or are their numbers; 0 for
            that of `classes`.
        unit: unit of the values, for instance ``USD``.
        shape: shape of one example's target; empty for a single number.
        choose: number of labels that each example has, for ``multi-label``; 0 for any number.
    """

    task: str
    name: str = ""
    classes: tuple[str, ...] = ()
    size: int = 0
    unit: str = ""
    shape: tuple[int, ...] = ()
    choose: int = 0

    def __post_init__(self) -> None:
        check_field_types(self, "TargetSpec")
        if self.classes and self.size not in (0, len(self.classes)):
            raise ValueError(
                f"TargetSpec: size: expected {len(self.classes)}, the number of classes, "
                f"got {self.size}"
            )
        object.__setattr__(self, "size", self.size or len(self.classes))
        if self.choose < 0 or (self.choose and self.choose >= self.size):
            raise ValueError(
                "TargetSpec: choose: expected a number of labels less than size, "
                f"{self.size}, or 0 for any number, got {self.choose}"
            )

    @property
    def values(self) -> int:
        """Number of values of an example's target."""
        return math.prod(self.shape)


def with_names(target: TargetSpec) -> TargetSpec:
    """Return a target whose classes have names: their numbers, if it states only how many."""
    return replace(target, classes=target.classes or tuple(map(str, range(target.size))))


def are_class_images(spec: InputSpec, targets: Sequence[TargetSpec]) -> bool:
    """Return whether inputs are images and all heads classes, with names and nothing more.

    Checksums of data sets and the metadata in weight files have a shorter form for these, which
    is older than any other kind of data.
    """
    return spec.is_plain and all(
        target == TargetSpec(task=CLASSES, classes=target.classes, size=target.size)
        for target in targets
    )


def plain(spec: InputSpec | TargetSpec) -> dict[str, Any]:
    """Return the values of a spec that differ from the defaults, as JSON values."""
    columns = [
        {"name": each.name, "categories": [*each.categories]}
        for each in getattr(spec, "columns", ())
    ]
    values = {**vars(spec), **({"columns": columns} if columns else {})}
    required = {"shape", "kind"} if isinstance(spec, InputSpec) else {"task"}
    defaults = {each.name: each.default for each in fields(spec)}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if name in required or value not in (defaults[name], [])
    }


def input_of(values: Mapping[str, Any]) -> InputSpec:
    """Return the spec of the JSON values of an input; the inverse of `plain`.

    Raises:
        ValueError: they are not those of an input.
    """
    try:
        columns = [Column(**_tuples(column)) for column in values.get("columns", ())]
        return InputSpec(**{**_tuples(values), "columns": tuple(columns)})
    except (TypeError, AttributeError) as exc:
        raise ValueError(f"not an input: {exc}") from exc


def target_of(values: Mapping[str, Any]) -> TargetSpec:
    """Return the spec of the JSON values of a target; the inverse of `plain`.

    Raises:
        ValueError: they are not those of a target.
    """
    try:
        return TargetSpec(**_tuples(values))
    except (TypeError, AttributeError) as exc:
        raise ValueError(f"not a target: {exc}") from exc


def targets_of(facts: Mapping[str, Any]) -> tuple[TargetSpec, ...]:
    """Return the targets of the JSON values of a training's data set.

    Raises:
        ValueError: they are not those of targets.
    """
    if SHORT_FORM in facts:
        return class_targets(*facts[SHORT_FORM])
    return tuple(map(target_of, facts["targets"]))


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(each) if isinstance(each, list) else each for name, each in values.items()}


def feature_name(spec: InputSpec, number: int) -> str:
    """Return the name of a feature: its column's, or its number from 0."""
    features = [
        f"{column.name}={category}" if category else column.name
        for column in spec.columns
        for category in (column.categories or ("",))
    ]
    return features[number] if features else f"number {number}"


def class_targets(*heads: Sequence[str] | int) -> tuple[TargetSpec, ...]:
    """Return the targets of a data set whose heads are all for classification.

    Args:
        heads: names of the classes of each head, or their number; the names of a loaded data set
            are then ``0``, ``1`` and so on.
    """
    return tuple(
        TargetSpec(task=CLASSES, size=classes)
        if isinstance(classes, int)
        else TargetSpec(task=CLASSES, classes=tuple(classes))
        for classes in heads
    )
