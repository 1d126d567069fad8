"""The adapter between zoo's training loop and the NumPy net."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_info, threadpool_limits

from zoo_core import Batch, Preprocessing, Run, Split
from zoo_core.cores import default_threads
from zoo_core.errors import InvalidValueError
from zoo_core.schedule import average_decay
from zoo_core.warp import Positions
from zoo_core.weights import Tensors
from zoo_numpy.layers import Array
from zoo_numpy.losses import softmax_cross_entropy
from zoo_numpy.net import Net
from zoo_numpy.optim import Average, make_optimizer
from zoo_numpy.warp import warp

PREDICT_BATCH = 1000
"""Images that are predicted at once: enough to keep both cores busy, little memory."""


class NumpyTrainer:
    """Trains and runs nets of `zoo_numpy.net`."""

    def __init__(self, *, device: str = "auto", threads: int | None = None) -> None:
        if device not in ("auto", "cpu"):
            raise InvalidValueError(
                f"there is no device {device!r} for the trainer numpy", hint="There are: auto, cpu."
            )
        if threads is not None and threads < 1:
            raise InvalidValueError(f"threads must be at least 1, got {threads}")
        if threads := threads or default_threads():
            threadpool_limits(threads, user_api="blas")

    def environment(self) -> dict[str, str | int]:
        facts: dict[str, str | int] = {"framework": f"numpy {np.__version__}", "device": "cpu"}
        for pool in threadpool_info():
            if pool["user_api"] == "blas":
                name, version = pool["internal_api"], pool["version"]
                facts["threads"] = pool["num_threads"]
                facts["blas"] = f"{name} {version}, {pool.get('architecture', 'unknown')}"
        return facts

    def build(self, builder: Callable[[Any], Net], config: Any, seed: int) -> Net:
        net = builder(config)
        net.initialise(seed)
        return net

    def start(self, model: Net, run: Run) -> NumpyLearner:
        return NumpyLearner(model, run)

    def predict(
        self, model: Net, images: NDArray[np.uint8], preprocessing: Preprocessing
    ) -> list[NDArray[np.float32]]:
        with np.errstate(all="ignore"):  # what is not finite is found in the result
            outputs = [
                model.forward(prepare(images[start : start + PREDICT_BATCH], preprocessing))
                for start in range(0, len(images), PREDICT_BATCH)
            ]
        return _gather(outputs)

    def count_parameters(self, model: Net) -> int:
        return sum(parameter.value.size for _, parameter in model.parameters())

    def get_weights(self, model: Net) -> dict[str, NDArray[Any]]:
        return {name: parameter.value.copy() for name, parameter in model.parameters()}

    def set_weights(self, model: Net, weights: Tensors) -> None:
        for name, parameter in model.parameters():
            parameter.value[:] = weights[name]


class NumpyLearner:
    """A net in training."""

    def __init__(self, net: Net, run: Run) -> None:
        self._net = net
        self._recipe = run.recipe
        self._preprocessing = run.data.preprocessing
        parameters = [parameter for _, parameter in net.parameters()]
        self._optimizer = make_optimizer(parameters, run.recipe)
        self._averaged = copy.deepcopy(net)
        averages = [parameter for _, parameter in self._averaged.parameters()]
        self._average = Average(averages, parameters)

    @property
    def model(self) -> Net:
        return self._averaged if self._recipe.ema else self._net

    def feed(self, images: Split) -> None:
        self._images = images

    def step(self, batch: Batch) -> list[Array]:
        labels = self._images.labels[batch.rows]
        with np.errstate(all="ignore"):  # what is not finite is found in the logits
            images = self._images.images.take(batch.rows, axis=0)
            x = prepare(images, self._preprocessing, batch.warps)
            logits = self._net.forward(x, (self._recipe.seed, batch.step))
            self._net.backward(self._gradients(logits, labels))
            self._optimizer.step(batch.lr)
            if self._recipe.ema:
                self._average.update(average_decay(self._recipe, batch.step))
        return logits

    def _arrays(self) -> dict[str, Array]:
        """Return what the steps to come depend on: the arrays themselves, by name."""
        arrays = {f"model.{name}": p.value for name, p in self._net.parameters()}
        arrays |= {f"optimizer.{name}": array for name, array in self._optimizer.state.items()}
        if self._recipe.ema:
            averages = self._averaged.parameters()
            arrays |= {f"average.{name}": parameter.value for name, parameter in averages}
        return arrays

    def get_state(self) -> dict[str, NDArray[Any]]:
        return {name: array.copy() for name, array in self._arrays().items()}

    def set_state(self, state: Tensors) -> None:
        for name, array in self._arrays().items():
            array[...] = state[name]

    def _gradients(self, logits: list[Array], labels: NDArray[np.int64]) -> list[Array]:
        """Return the gradients of the mean of the heads' losses."""
        smoothing = self._recipe.label_smoothing
        return [
            softmax_cross_entropy(head, labels[:, i], smoothing)[1] / len(logits)
            for i, head in enumerate(logits)
        ]

    def gather(self, outputs: Sequence[list[Array]]) -> list[NDArray[np.float32]]:
        return _gather(outputs)


def prepare(
    images: NDArray[np.uint8], preprocessing: Preprocessing, warps: Positions | None = None
) -> NDArray[np.float32]:
    """Return what a net sees of images: uint8 ``(N, C, H, W)`` to normalised float32."""
    floats = images.astype(np.float32)
    if warps is not None:
        floats = warp(floats, warps)
    std = np.array(preprocessing.std).reshape(-1, 1, 1)
    mean = np.array(preprocessing.mean).reshape(-1, 1, 1)
    floats *= (1 / (255 * std)).astype(np.float32)
    floats -= (mean / std).astype(np.float32)
    return floats


def _gather(outputs: Sequence[list[Array]]) -> list[NDArray[np.float32]]:
    return [np.concatenate(heads) for heads in zip(*outputs, strict=True)]
