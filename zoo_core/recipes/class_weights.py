"""Weights of classes in the losses: the recipe's words and names as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zoo_core.errors import InvalidValueError, choose_from
from zoo_core.metrics.task import Array, Task
from zoo_core.plugins.data_specs import TargetSpec, with_names
from zoo_core.recipes.recipe import Recipe

FIELD = "class_weights"

Weights = tuple[float, ...]
"""A weight per class; none for a loss that does not implement them."""

Fields = tuple[str, ...]
"""Recipe fields that a loss implements (`LossSpec.recipe_fields`)."""

Given = Sequence[float] | Mapping[str, float]
"""Weights as a recipe has them: one per class, or by the names of classes."""


def class_weights(
    recipe: Recipe, fields: Sequence[Fields], tasks: Sequence[Task], targets: Sequence[Array]
) -> tuple[Weights, ...]:
    """Return the weights of each head's classes, of a recipe that has weights.

    Args:
        recipe: the recipe.
        fields: recipe fields that each head's loss implements.
        tasks: task of each head.
        targets: targets of the training examples, one array per head.

    Raises:
        InvalidValueError: see `check_class_weights`.
    """
    given = recipe.class_weights
    if not isinstance(given, str):
        check_class_weights(given, weighted_targets(fields, tasks))
    heads = zip(fields, tasks, targets, strict=True)
    return tuple(
        _head_weights(given, task, each) if FIELD in own else () for own, task, each in heads
    )


def weighted_targets(fields: Sequence[Fields], tasks: Sequence[Task]) -> list[TargetSpec]:
    """Return the targets of the heads whose losses implement weights of classes."""
    pairs = zip(fields, tasks, strict=True)
    return [with_names(task.target) for own, task in pairs if FIELD in own]


def check_class_weights(given: Given, targets: Sequence[TargetSpec]) -> None:
    """Check that weights fit the classes of targets, which have names.

    Numbers are for every head. A name may be that of a class in some heads only.

    Raises:
        InvalidValueError: a name is that of no class, the number of weights is not that of a head's
            classes, or all weights of a head are 0.
    """
    if isinstance(given, Mapping):
        known = dict.fromkeys(name for target in targets for name in target.classes)
        for name in given:
            if name not in known:
                raise InvalidValueError(
                    f"invalid recipe: {FIELD}: expected names of classes, got {name!r}",
                    hint=choose_from(name, known),
                )
    for target in targets:
        of = f"target {target.name!r}" if target.name else "the target"
        weights = _in_order(given, target)
        if len(weights) != target.size:
            raise InvalidValueError(
                f"invalid recipe: {FIELD}: expected {target.size} numbers, one per class of {of}, "
                f"got {len(weights)}",
                hint=f"""Or name some of them: --set '{FIELD}={{"NAME": 2}}'""",
            )
        if not any(weights):
            raise InvalidValueError(
                f"invalid recipe: {FIELD}: expected a number greater than 0 for some class of "
                f"{of}, got 0 for all"
            )


def _head_weights(given: str | Given, task: Task, targets: Array) -> Weights:
    if isinstance(given, str):
        return tuple(task.balanced_weights(targets).tolist())
    return _in_order(given, with_names(task.target))


def _in_order(given: Given, target: TargetSpec) -> Weights:
    """Return weights in the order of a target's classes, which is 1 for those without a name."""
    if isinstance(given, Mapping):
        return tuple(given.get(name, 1.0) for name in target.classes)
    return tuple(given)
