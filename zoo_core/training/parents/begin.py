"""Begin a model with the weights that a recipe's `initial` names, as far as they fit."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import Any

from zoo_core.data.normalization import Normalization
from zoo_core.errors import InvalidValueError, join_names
from zoo_core.frameworks.trainer import Trainer, model_builder
from zoo_core.plugins.data_specs import TargetSpec, with_names
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import ModelSpec
from zoo_core.recipes.model_config import ModelConfig
from zoo_core.training.parents.matching import Match, match_tensors
from zoo_core.training.parents.named_weights import NamedWeights
from zoo_core.weights.card import InitialWeights

GIVEN = {"input_shape", "classes", "tasks", "vocabulary_size"}
"""Keys of a config that the data decide."""


def begin_with(
    named: NamedWeights,
    trainer: Trainer,
    model: Any,
    entry: Entry[ModelSpec],
    config: ModelConfig,
    targets: Sequence[TargetSpec],
) -> InitialWeights:
    """Set the weights of a new model to given ones, and return their identity and what fits.

    Tensors of another shape, such as heads for other classes, keep their random values.

    Args:
        named: the given weights.
        trainer: trainer of the model.
        model: the framework's own object.
        entry: entry of the model.
        config: its config.
        targets: targets of the data, with the names of their classes.

    Raises:
        InvalidValueError: fewer than half of the model's tensors fit.
    """
    own = trainer.get_weights(model)
    replaced = _has_other_classes(named.targets, targets)
    heads = _head_tensors(trainer, entry, config) if replaced else frozenset()
    match = match_tensors(named.tensors, own, heads)
    if 2 * len(match.taken) < len(own):
        raise _misfit(named, match, entry, config)
    trainer.set_weights(model, {**own, **match.taken})
    normalization = named.facts.normalization
    return named.facts.model_copy(
        update={
            "normalization": normalization if _is_for(normalization, config) else None,
            "taken": len(match.taken),
            "anew": dict(match.anew),
            "unused": match.unused,
            "renamed": match.renamed,
        }
    )


def _is_for(normalization: Normalization | None, config: ModelConfig) -> bool:
    """Return whether a normalization is one for the number of a model's channels."""
    return normalization is not None and len(normalization.mean) in (0, config.input_shape[0])


def _has_other_classes(given: Sequence[TargetSpec], wanted: Sequence[TargetSpec]) -> bool:
    """Return whether heads that have equally many outputs are for other classes by name."""
    names = [[with_names(target).classes for target in each] for each in (given, wanted)]
    return bool(given) and names[0] != names[1]


def _head_tensors(trainer: Trainer, entry: Entry[ModelSpec], config: ModelConfig) -> frozenset[str]:
    """Return the names of the tensors whose shapes follow from the numbers of outputs."""
    # The core knows no layers of a framework: a second model, with one more output per head, shows
    # which tensors are the heads'.
    larger = config.model_copy(update={"outputs": tuple(count + 1 for count in config.outputs)})
    builder = model_builder(entry)
    shapes, others = (
        {name: each.shape for name, each in trainer.get_weights(model).items()}
        for model in (trainer.build(builder, each, 0) for each in (config, larger))
    )
    return frozenset(name for name, shape in shapes.items() if others.get(name) != shape)


def _misfit(
    named: NamedWeights, match: Match, entry: Entry[ModelSpec], config: ModelConfig
) -> InvalidValueError:
    total = len(match.taken) + len(match.anew)
    count = f"only {len(match.taken)} of {total}" if match.taken else f"none of the {total}"
    first = next(f"{name} ({reason})" for name, reason in match.anew.items())
    given = join_names(named.tensors, most=3)
    return InvalidValueError(
        f"initial {named.facts.source}: {count} tensors of model {entry.spec.name!r} would begin "
        f"with its weights, the first of the others is {first}; it has {given}",
        hint=f"{_same_config(named, config)}Or train from random weights: --set initial=''",
    )


def _same_config(named: NamedWeights, config: ModelConfig) -> str:
    """Return the options with which the model has the config of the given weights, if any."""
    own = config.model_dump(mode="json")
    differing = {key: each for key, each in named.config.items() if key in own and own[key] != each}
    words = [
        f"--set {shlex.quote(f'model.{key}={json.dumps(each)}')}"
        for key, each in differing.items()
        if key not in GIVEN
    ]
    return f"Use the config of these weights: {' '.join(words)}. " if words else ""
