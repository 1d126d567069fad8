"""Start training from third-party pretrained weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import DataError, VerificationError
from zoo_core.frameworks.trainer import Trainer
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import ModelSpec
from zoo_core.weights.card import Card, InitialWeights


@dataclass(frozen=True)
class PretrainedWeights:
    """What a model's plugin has to begin with.

    Attributes:
        source: whose weights, trained on what: for instance ``timm/resnet18.a1_in1k``.
        tensors: by the names of the model's weights. What is left out, such as a head for other
            classes, begins at random.
    """

    source: str
    tensors: Mapping[str, NDArray[Any]]


def load_initial_weights(
    trainer: Trainer, model: Any, entry: Entry[ModelSpec], config: Any
) -> InitialWeights:
    """Give a new model the weights that its plugin has for it, and say which they are.

    Raises:
        DataError: they are not at hand, or are not the model's.
    """
    spec = entry.spec
    given: PretrainedWeights = entry.resolve(spec.pretrained)(config)
    weights = trainer.get_weights(model)
    for name, tensor in given.tensors.items():
        expected = weights[name].shape if name in weights else None
        if tensor.shape != expected:
            raise DataError(
                f"{given.source} has {name} of shape {tensor.shape}, "
                f"{spec.name!r} has {'no such tensor' if expected is None else expected}"
            )
    if not given.tensors:
        raise DataError(f"{given.source} has no tensor that {spec.name!r} could begin with")
    same_types = {k: np.asarray(v, weights[k].dtype) for k, v in given.tensors.items()}
    trainer.set_weights(model, weights | same_types)
    return InitialWeights(source=given.source, sha256=_checksum(given.tensors))


def check_initial_weights(initial: InitialWeights | None, card: Card) -> None:
    """Compare the initial weights of a training with those that a card states.

    Raises:
        VerificationError: they are others.
    """
    if initial != card.initial:
        raise VerificationError(f"it began with {card.initial}, here there is {initial}")


def _checksum(tensors: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(json.dumps([name, tensor.dtype.str, tensor.shape]).encode())
        digest.update(np.ascontiguousarray(tensor).tobytes())
    return digest.hexdigest()
