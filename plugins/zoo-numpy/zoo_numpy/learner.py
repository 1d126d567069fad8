"""The learner: a net in training, with its optimizer."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import Batch, Recipe, Run, Split
from zoo_core.plugin_api import Tensors, average_decay, call_loss, check_loss, head_outputs
from zoo_numpy.layers import Array
from zoo_numpy.net import Net
from zoo_numpy.normalize import concatenate_heads, normalize
from zoo_numpy.optim import clip_gradients, make_optimizer, update_average
from zoo_numpy.teacher import NumpyTeacher


class NumpyLearner:
    """A net in training, with its optimizer."""

    def __init__(self, net: Net, run: Run) -> None:
        self._net = net
        self._recipe = run.recipe
        self._losses = [*zip(run.losses, run.loss_recipes, run.head_weights, strict=True)]
        self._normalization = run.data.normalization
        self._teacher = (
            NumpyTeacher(run.teacher, run.recipe, run.head_weights) if run.teacher else None
        )
        self._try_losses(run)
        self._parameters = [parameter for _, parameter in net.parameters()]
        self._optimizer = make_optimizer(self._parameters, run.recipe)
        self._ema_net = copy.deepcopy(net)
        self._averages = [parameter for _, parameter in self._ema_net.parameters()]

    @property
    def model(self) -> Net:
        return self._ema_net if self._recipe.ema else self._net

    def set_data(self, examples: Split) -> None:
        self._examples = examples

    def step(self, batch: Batch) -> Sequence[Array]:
        single = self._recipe.accumulate == 1
        parts = [batch] if single else batch.split(self._recipe.batch_size)
        outputs, gradients = [], []
        # No warnings of overflow, because the training loop checks that the outputs are finite.
        with np.errstate(all="ignore"):
            for number, part in enumerate(parts):
                inputs = self._examples.inputs.take(part.rows, axis=0)
                x = normalize(inputs, self._normalization, part.warps)
                # Dropout depends only on the recipe's seed and the numbers of step and part, so
                # that a resumed training repeats it and no generator is part of the state.
                seed = (self._recipe.seed, batch.step, *([] if single else [number]))
                made = head_outputs(self._net.forward(x, seed), np.ndarray, self._net)
                self._net.backward(self._gradients(made, part, x))
                outputs.append(made)
                if not single:
                    # A gradient is that of a mean over the part: `share` is the part's in the step.
                    gradients.append([part.share * each.gradient for each in self._parameters])
            if not single:
                for parameter, *own in zip(self._parameters, *gradients, strict=True):
                    parameter.gradient[:] = sum(own)
            if self._recipe.clip_norm:
                clip_gradients(self._parameters, self._recipe.clip_norm)
            self._optimizer.step(batch.lr)
            if self._recipe.ema:
                decay = average_decay(self._recipe, batch.step)
                update_average(self._averages, self._parameters, decay)
        return outputs[0] if single else concatenate_heads(outputs)

    def _gradients(self, outputs: Sequence[Array], batch: Batch, x: Array) -> list[Array]:
        """Return the gradients of the weighted mean of the heads' losses, and of the teacher's."""
        targets = self._examples.select_targets(batch.rows)
        heads = zip(outputs, targets, self._losses, strict=True)
        gradients: list[Array] = [
            head_loss(loss, head, target, recipe)[1] * head.dtype.type(weight)
            for head, target, (loss, recipe, weight) in heads
        ]
        if self._teacher:
            gradients = self._teacher.blend(gradients, outputs, x)
        return gradients

    def _try_losses(self, run: Run) -> None:
        """Check the losses of a few examples, because a step comes after the run's folder."""
        data, rows, scale = run.data.train, run.data.train_rows[:2], self._normalization
        targets = scale.scale_targets(data.select_targets(rows))
        with np.errstate(all="ignore"):
            made = self._net.forward(normalize(scale.fill_missing(data.inputs[rows]), scale))
            outputs = head_outputs(made, np.ndarray, self._net)
            for head, each, (loss, recipe, _) in zip(outputs, targets, self._losses, strict=True):
                _, gradient = head_loss(loss, head, each, recipe)
                defined = bool(np.isnan(head).any() or not np.isnan(gradient).any())
                check_loss(float("nan"), defined, "a gradient of numbers", loss)

    def _arrays(self) -> dict[str, Array]:
        """Return all arrays that later steps depend on, by name, without a copy."""
        arrays = {f"model.{name}": p.value for name, p in self._net.parameters()}
        arrays |= {f"optimizer.{name}": array for name, array in self._optimizer.state.items()}
        if self._recipe.ema:
            arrays |= {f"average.{name}": p.value for name, p in self._ema_net.parameters()}
        return arrays

    def get_state(self) -> dict[str, NDArray[Any]]:
        return {name: array.copy() for name, array in self._arrays().items()}

    def set_state(self, state: Tensors) -> None:
        for name, array in self._arrays().items():
            array[...] = state[name]  # in place, because net and optimizer refer to these arrays

    def to_numpy(self, outputs: Sequence[Sequence[Array]]) -> list[NDArray[Any]]:
        return concatenate_heads(outputs)


def head_loss(
    loss: Callable[..., Any], outputs: Array, targets: Array, recipe: Recipe
) -> tuple[float, Array]:
    """Return mean and gradient of a head's loss.

    Raises:
        PluginError: the loss returns another object.
    """
    result = call_loss(loss, outputs, targets, recipe)
    fits = isinstance(result, tuple) and len(result) == 2
    check_loss(result, fits, "(mean, gradient)", loss)
    gradient: Array = result[1]
    shape, kind = getattr(gradient, "shape", None), getattr(gradient, "dtype", outputs.dtype).kind
    expected = f"a gradient of floats of the outputs' shape {outputs.shape}"
    check_loss(gradient, shape == outputs.shape and kind == "f", expected, loss)
    return result[0], gradient
