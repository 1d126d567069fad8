"""Begin a model with the weights that a recipe's `initial` names, as far as they fit."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Sequence
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
from zoo_core.weights.card import InitialWeights, Provenance
from zoo_core.weights.file import Tensors

GIVEN = {"input_shape", "classes", "tasks", "vocabulary_size"}
"""Keys of a config that the data decide."""


def begin_with(
    named: NamedWeights,
    trainer: Trainer,
    model: Any,
    *,
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
        InvalidValueError: at most half of the tensors fit, without those of the heads.
    """
    own = trainer.get_weights(model)
    heads = _head_tensors(own, trainer, entry, config)
    match = match_tensors(
        named.tensors,
        own,
        other_classes=heads if _has_other_classes(named.card, targets) else (),
    )
    # Without the heads, one of which may fit by chance; a linear model is nothing else.
    body = own.keys() - heads or own.keys()
    if 2 * len(body & match.taken.keys()) <= len(body):
        raise _misfit(named, match, entry, config, body)
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


def _has_other_classes(card: Provenance | None, targets: Sequence[TargetSpec]) -> bool:
    """Return whether the heads of given weights are known to be for other classes by name."""
    if card is None:
        return False
    both = (card.dataset.targets, targets)
    given, wanted = ([with_names(target).classes for target in each] for each in both)
    return given != wanted


def _head_tensors(
    own: Tensors, trainer: Trainer, entry: Entry[ModelSpec], config: ModelConfig
) -> frozenset[str]:
    """Return the names of a model's own tensors whose shapes follow from its numbers of outputs."""
    # By a second model, with one more output per head, because layers are a framework's own.
    larger = config.model_copy(update={"outputs": tuple(count + 1 for count in config.outputs)})
    try:
        model = trainer.build(model_builder(entry), larger, None)
    except Exception:  # a plugin may raise anything for outputs that its model cannot have
        return frozenset()
    others = {name: each.shape for name, each in trainer.get_weights(model).items()}
    return frozenset(name for name, each in own.items() if others.get(name) != each.shape)


def _misfit(
    named: NamedWeights,
    match: Match,
    entry: Entry[ModelSpec],
    config: ModelConfig,
    body: Collection[str],
) -> InvalidValueError:
    """Return the error for weights of which too few tensors fit `body`, those of no head."""
    others = [name for name in match.anew if name in body]
    fitting = len(body) - len(others)
    return InvalidValueError(
        f"initial {named.facts.source}: expected weights for most of the {len(body)} tensors of "
        f"model {entry.spec.name!r}, heads apart, got weights for {fitting or 'none'}, and not for "
        f"{others[0]} ({match.anew[others[0]]}); its tensors: {join_names(named.tensors, most=3)}",
        hint=_same_config(named, entry, config)
        or "Choose weights of this model, or train from random ones: --set initial=''",
    )


def _same_config(named: NamedWeights, entry: Entry[ModelSpec], config: ModelConfig) -> str:
    """Return the options with which the model has the config of the given weights, if any."""
    card = named.card
    if card is None or (card.plugin, card.model) != (entry.plugin.distribution, entry.spec.name):
        return ""
    own = config.model_dump(mode="json")
    differing = {key: each for key, each in card.config.items() if key in own and own[key] != each}
    words = [
        f"--set {shlex.quote(f'model.{key}={json.dumps(each)}')}"
        for key, each in differing.items()
        if key not in GIVEN
    ]
    return f"Use the config of these weights: {' '.join(words)}" if words else ""
