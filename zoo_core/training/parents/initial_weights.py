"""Start training from third-party pretrained weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.normalization import Normalization
from zoo_core.errors import DataError
from zoo_core.frameworks.trainer import Trainer
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import ModelSpec
from zoo_core.text import counted
from zoo_core.weights.card import InitialWeights
from zoo_core.weights.license import spdx


@dataclass(frozen=True)
class PretrainedWeights:
    """Pretrained weights that a plugin provides for one of its models.

    Attributes:
        source: origin of the weights, for instance ``timm/resnet18.a1_in1k``.
        tensors: tensors by the names of the model's weights. Weights that are left out, such as a
            head for other classes, keep their random values.
        license: SPDX expression of the weights' license; empty if it is not stated.
        mean: mean per channel of the model's input, from 0 to 1, by which the weights' training
            normalized; None if unknown. A training with the recipe's ``normalize`` uses it instead
            of the data set's, because the weights fit inputs of this scale only.
        std: standard deviation per channel, like `mean`.
    """

    source: str
    tensors: Mapping[str, NDArray[Any]]
    license: str = ""
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None


def load_initial_weights(
    trainer: Trainer, model: Any, entry: Entry[ModelSpec], config: Any
) -> InitialWeights:
    """Set a new model's weights to the pretrained ones of its plugin, and return their identity.

    Raises:
        DataError: the weights are unavailable, or they or their normalization do not fit the model.
    """
    spec, pretrained = entry.spec, pretrained_of(entry, config)
    weights = trainer.get_weights(model)
    for name, tensor in pretrained.tensors.items():
        expected = weights[name].shape if name in weights else None
        if tensor.shape != expected:
            raise DataError(
                f"{pretrained.source} has {name} of shape {tensor.shape}, "
                f"{spec.name!r} has {'no such tensor' if expected is None else expected}"
            )
    facts = pretrained_facts(pretrained, config.input_shape[0])
    # Cast, because a library may store other dtypes, such as float16.
    same_types = {k: np.asarray(v, weights[k].dtype) for k, v in pretrained.tensors.items()}
    trainer.set_weights(model, weights | same_types)
    return facts


def pretrained_of(entry: Entry[ModelSpec], config: Any) -> PretrainedWeights:
    """Return the pretrained weights that a plugin has for its model, with some tensor.

    Raises:
        DataError: they are unavailable, or none fits the config.
    """
    pretrained = entry.call(entry.spec.pretrained, config, returns=PretrainedWeights)
    if not pretrained.tensors:
        # Else the card would state a source of which the weights have nothing.
        raise DataError(
            f"{pretrained.source} has no tensor that {entry.spec.name!r} could start from"
        )
    return pretrained


def pretrained_facts(pretrained: PretrainedWeights, channels: int) -> InitialWeights:
    """Return the identity of pretrained weights, for the card.

    Raises:
        DataError: their normalization is not one for the number of channels.
    """
    return InitialWeights(
        source=pretrained.source,
        sha256=_checksum(pretrained.tensors),
        license=spdx(pretrained.license),
        normalization=_normalization(pretrained, channels),
    )


def _normalization(pretrained: PretrainedWeights, channels: int) -> Normalization | None:
    """Return the normalization of pretrained weights, if they state one."""
    if pretrained.mean is None and pretrained.std is None:
        return None
    return Normalization(
        _per_channel(pretrained, "mean", channels),
        _per_channel(pretrained, "std", channels, above=0),
    )


def _per_channel(
    pretrained: PretrainedWeights, name: str, channels: int, *, above: float = -inf
) -> tuple[float, ...]:
    numbers = getattr(pretrained, name)
    valid = [each for each in numbers or () if isfinite(each) and each > above]
    if not len(valid) == len(numbers or ()) == channels:
        positive = " above 0" if above == 0 else ""
        expected = f"{counted(channels, 'finite number')}{positive}, one per channel"
        raise DataError(f"{pretrained.source}: {name}: expected {expected}, got {numbers}")
    # Plain floats, because a library may have NumPy's, which JSON refuses.
    return tuple(map(float, valid))


def _checksum(tensors: Mapping[str, NDArray[Any]]) -> str:
    # Of the content, not of the file that it came from, because a library may store the same
    # weights in another format or split them into several files.
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(json.dumps([name, tensor.dtype.str, tensor.shape]).encode())
        digest.update(np.ascontiguousarray(tensor).tobytes())
    return digest.hexdigest()
