"""A net in training."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import Batch, Run, Split
from zoo_core.plugin_api import Tensors, average_decay
from zoo_numpy.layers import Array
from zoo_numpy.losses import softmax_cross_entropy
from zoo_numpy.net import Net
from zoo_numpy.normalize import concatenate_heads, normalize
from zoo_numpy.optim import ParameterEMA, make_optimizer


class NumpyLearner:
    """A net in training."""

    def __init__(self, net: Net, run: Run) -> None:
        self._net = net
        self._recipe = run.recipe
        self._normalization = run.data.normalization
        parameters = [parameter for _, parameter in net.parameters()]
        self._optimizer = make_optimizer(parameters, run.recipe)
        self._averaged = copy.deepcopy(net)
        averages = [parameter for _, parameter in self._averaged.parameters()]
        self._average = ParameterEMA(averages, parameters)

    @property
    def model(self) -> Net:
        return self._averaged if self._recipe.ema else self._net

    def set_data(self, images: Split) -> None:
        self._images = images

    def step(self, batch: Batch) -> list[Array]:
        labels = self._images.labels[batch.rows]
        with np.errstate(all="ignore"):  # what is not finite is found in the logits
            images = self._images.images.take(batch.rows, axis=0)
            x = normalize(images, self._normalization, batch.warps)
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

    def to_numpy(self, outputs: Sequence[list[Array]]) -> list[NDArray[np.float32]]:
        return concatenate_heads(outputs)
