"""Start training from third-party pretrained weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import DataError
from zoo_core.frameworks.trainer import Trainer
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import ModelSpec
from zoo_core.weights.card import InitialWeights


@dataclass(frozen=True)
class PretrainedWeights:
    """Pretrained weights that a plugin provides for one of its models.

    Attributes:
        source: origin of the weights, for instance ``timm/resnet18.a1_in1k``.
        tensors: tensors by the names of the model's weights. Weights that are left out, such as a
            head for other classes, keep their random values.
    """

    source: str
    tensors: Mapping[str, NDArray[Any]]


def load_initial_weights(
    trainer: Trainer, model: Any, entry: Entry[ModelSpec], config: Any
) -> InitialWeights:
    """Set a new model's weights to the pretrained ones of its plugin, and return their identity.

    Raises:
        DataError: the weights are unavailable, or do not fit the model.
    """
    spec = entry.spec
    pretrained: PretrainedWeights = entry.resolve(spec.pretrained)(config)
    weights = trainer.get_weights(model)
    for name, tensor in pretrained.tensors.items():
        expected = weights[name].shape if name in weights else None
        if tensor.shape != expected:
            raise DataError(
                f"{pretrained.source} has {name} of shape {tensor.shape}, "
                f"{spec.name!r} has {'no such tensor' if expected is None else expected}"
            )
    if not pretrained.tensors:
        # Else the card would state a source of which the weights have nothing.
        raise DataError(f"{pretrained.source} has no tensor that {spec.name!r} could start from")
    # Cast, because a library may store other dtypes, such as float16.
    same_types = {k: np.asarray(v, weights[k].dtype) for k, v in pretrained.tensors.items()}
    trainer.set_weights(model, weights | same_types)
    return InitialWeights(source=pretrained.source, sha256=_checksum(pretrained.tensors))


def _checksum(tensors: Mapping[str, NDArray[Any]]) -> str:
    # Of the content, not of the file that it came from, because a library may store the same
    # weights in another format or split them into several files.
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(json.dumps([name, tensor.dtype.str, tensor.shape]).encode())
        digest.update(np.ascontiguousarray(tensor).tobytes())
    return digest.hexdigest()
