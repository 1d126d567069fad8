"""A loaded model of a worker: the weights, their name and version, and facts for clients."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import InputSpec, Predictions, Pretrained
from zoo_core.plugin_api import (
    Catalog,
    ImageProcessor,
    model_processor,
    onnx_input,
    uniform,
)
from zoo_serve.worker.datatypes import datatype_of
from zoo_serve.worker.outputs import Outputs, named_outputs

FRAMEWORK = "onnxruntime"
"""Framework whose outputs for an example do not depend on the others of its batch."""

# The first predictions are many times slower: frameworks initialize their kernels.
WARM_UP = 3
"""Number of predictions before a model is served."""


def _random_inputs(spec: InputSpec) -> NDArray[Any]:
    """Return seven random inputs ``(7, *shape)``."""
    numbers = uniform((7, *spec.shape), 0)
    most = {"image": 255, "tokens": spec.size - 1}.get(spec.kind, 1)
    return (most * numbers).astype(spec.dtype)


@dataclass(frozen=True)
class Served:
    """A loaded model.

    Attributes:
        name: name in URLs.
        version: tag of the weights, or `zoo_serve.targets.LOCAL`.
        catalog: installed plugins.
        pretrained: the model with its weights.
    """

    name: str
    version: str
    catalog: Catalog
    pretrained: Pretrained

    @cached_property
    def runtime(self) -> str:
        """Name of the runtime or trainer that computes the predictions."""
        return self.pretrained.runtime

    @cached_property
    def is_batchable(self) -> bool:
        """True if the outputs for an example do not depend on the others of its batch.

        onnxruntime computes every row of a matrix product alike. BLAS and torch choose their
        kernels by the number of rows, so that the last bits may differ.
        """
        entry = self.catalog.entries("runtimes").get(self.runtime)
        # Tried out, too, because its kernels are those of this processor, and its operators those
        # of any model.
        return entry is not None and entry.spec.framework == FRAMEWORK and self._is_independent()

    def _is_independent(self) -> bool:
        """Return whether some inputs have the same outputs alone and in batches."""
        inputs = _random_inputs(self.pretrained.input)
        together = self.pretrained.predictor.outputs(inputs)
        for size in (1, 3, 4):
            starts = range(0, len(inputs), size)
            parts = [self.pretrained.predictor.outputs(inputs[at : at + size]) for at in starts]
            heads = [np.concatenate(head) for head in zip(*parts, strict=True)]
            if not all(map(np.array_equal, heads, together)):
                return False
        return True

    @cached_property
    def processor(self) -> ImageProcessor:
        """Preparation of image files."""
        pretrained = self.pretrained
        return model_processor(self.catalog, pretrained.input, *pretrained.card_data)

    @cached_property
    def headers(self) -> dict[str, str]:
        """Headers of every response of the model."""
        return {"zoo-weights-sha256": self.pretrained.sha256, "zoo-runtime": self.runtime}

    @cached_property
    def input_name(self) -> str:
        """Name of the input tensor."""
        return onnx_input(self.pretrained.input)

    @cached_property
    def examples(self) -> tuple[NDArray[Any], Predictions]:
        """An input of zeros, and the prediction for it."""
        spec = self.pretrained.input
        inputs: NDArray[Any] = np.zeros((1, *spec.shape), spec.dtype)
        return inputs, [self.pretrained.predict(inputs) for _ in range(WARM_UP)][-1]

    @cached_property
    def outputs(self) -> Outputs:
        """Output tensors for an input of zeros: their names, datatypes and shapes."""
        return named_outputs(self.pretrained, self.examples[1])

    def facts(self) -> dict[str, Any]:
        """Return facts for the front: versions, checksum and tensors."""
        spec = self.pretrained.input
        return {
            "name": self.name,
            "version": self.version,
            "weights": self.pretrained.name,
            "sha256": self.pretrained.sha256,
            "runtime": self.runtime,
            "kind": spec.kind,
            "tasks": [target.task for target in self.pretrained.targets],
            "inputs": [
                {
                    "name": self.input_name,
                    "datatype": datatype_of(np.dtype(spec.dtype)),
                    "shape": [-1, *spec.shape],
                }
            ],
            "outputs": [
                {"name": name, "datatype": datatype_of(each.dtype), "shape": [-1, *each.shape[1:]]}
                for name, each in self.outputs.items()
            ],
        }
