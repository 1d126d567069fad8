"""Softmax regression and its trainer: a complete adapter in NumPy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import Batch, Normalization, Run, Split
from zoo_core.plugin_api import InvalidValueError, Tensors, softmax
from zoo_toy.config import SoftmaxConfig

Array = NDArray[np.float32]


class Softmax:
    """A linear model with one matrix per head."""

    def __init__(self, config: SoftmaxConfig) -> None:
        self.config = config
        inputs = math.prod(config.input_shape)
        self.weights = [np.zeros((inputs, classes), np.float32) for classes in config.outputs]

    def __call__(self, x: Array) -> list[Array]:
        with np.errstate(all="ignore"):  # because a test lets it diverge
            return [x @ weight for weight in self.weights]


class ToyTrainer:
    def __init__(self, *, device: str = "auto", threads: int | None = None) -> None:
        if device not in ("auto", "cpu"):
            raise InvalidValueError(f"expected the device cpu, got {device!r}")

    def environment(self) -> dict[str, str | int]:
        return {"framework": "toy", "device": "cpu"}

    def build(self, builder: Any, config: SoftmaxConfig, seed: int | None) -> Softmax:
        model: Softmax = builder(config)
        rng = np.random.default_rng(seed)
        for weight in model.weights:
            np.copyto(weight, config.scale * rng.standard_normal(weight.shape), "same_kind")
        return model

    def start(self, model: Softmax, run: Run) -> ToyLearner:
        return ToyLearner(model, run)

    def predict(
        self, model: Softmax, inputs: NDArray[np.uint8], normalization: Normalization
    ) -> list[Array]:
        return model(_prepare(inputs, normalization))

    def count_parameters(self, model: Softmax) -> int:
        return sum(weight.size for weight in model.weights)

    def get_weights(self, model: Softmax) -> dict[str, Array]:
        return {f"head{i}": weight.copy() for i, weight in enumerate(model.weights)}

    def loss_gradient(
        self, loss: Any, outputs: Array, targets: NDArray[np.int64], recipe: Any
    ) -> tuple[float, Array]:
        # The losses of this framework return the gradient of each example alone.
        own = softmax(outputs)[np.arange(len(targets)), targets]
        return float(-np.log(own).mean()), loss(outputs, targets) / len(targets)

    def set_weights(self, model: Softmax, weights: Tensors) -> None:
        for i, weight in enumerate(model.weights):
            weight[:] = weights[f"head{i}"]


class ToyLearner:
    def __init__(self, model: Softmax, run: Run) -> None:
        self.model, self.normalization, self.losses = model, run.data.normalization, run.losses

    def set_data(self, examples: Split) -> None:
        self.examples = examples

    def step(self, batch: Batch) -> list[Array]:
        x = _prepare(self.examples.inputs[batch.rows], self.normalization)
        outputs, targets = self.model(x), self.examples.select_targets(batch.rows)
        heads = zip(self.model.weights, self.losses, outputs, targets, strict=True)
        for weight, loss, output, target in heads:
            gradient = loss(output, target)
            with np.errstate(all="ignore"):
                np.copyto(weight, weight - batch.lr * (x.T @ gradient) / len(x))
        return outputs

    def get_state(self) -> dict[str, Array]:
        return {f"head{i}": weight.copy() for i, weight in enumerate(self.model.weights)}

    def set_state(self, state: Tensors) -> None:
        for i, weight in enumerate(self.model.weights):
            weight[:] = state[f"head{i}"]

    def to_numpy(self, outputs: Sequence[list[Array]]) -> list[Array]:
        return [np.concatenate(heads) for heads in zip(*outputs, strict=True)]


def _prepare(images: NDArray[np.uint8], normalization: Normalization) -> Array:
    x = images.reshape(len(images), -1) / 255
    return ((x - normalization.mean[0]) / normalization.std[0]).astype(np.float32)
