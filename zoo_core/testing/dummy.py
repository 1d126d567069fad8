"""A dummy model and its trainer in NumPy, for checks that need some training of some model.

The trainer has no loss: a step shrinks the weights, whatever the targets are, so that the dummy
can be trained for every task.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from zoo_core import hookspecs
from zoo_core.data.dataset import Split
from zoo_core.data.normalization import Normalization
from zoo_core.frameworks.batch import Batch
from zoo_core.frameworks.run import Run
from zoo_core.installation.builtin import zoo_tasks
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.plugin import Plugin, Status
from zoo_core.plugins.specs import LossSpec, ModelSpec, Spec, TrainerSpec
from zoo_core.recipes.model_config import ModelConfig
from zoo_core.system.random_numbers import uniform
from zoo_core.testing.random_data import DATASET
from zoo_core.version import __version__
from zoo_core.weights.file import Tensors

Array = np.ndarray[Any, Any]

RECIPES: dict[str, dict[str, Any]] = {"default": {"epochs": 2, "batch_size": 8}}
"""Recipes of the dummy, and of the models that trainers bring for their checks."""

MODEL = ModelSpec(
    name="dummy",
    summary="Linear model, for checks.",
    builder="zoo_core.testing.dummy:Dummy",
    config="zoo_core.recipes.model_config:ModelConfig",
    recipes="zoo_core.testing.dummy:RECIPES",
    trainer="dummy",
    dataset=DATASET.name,
    heads=None,
    license="MIT",
)
TRAINER = TrainerSpec(
    name="dummy",
    summary="Trainer of the dummy, for checks.",
    factory="zoo_core.testing.dummy:DummyTrainer",
    framework="dummy",
    recipe_fields=(),
)
LOSS = LossSpec(
    name="cross-entropy",
    summary="No loss, for checks.",
    loss="zoo_core.testing.dummy:no_loss",
    task="classification",
    framework="dummy",
)


def catalog_of(*offers: tuple[str, Spec]) -> Catalog:
    """Return a catalog of these specs and the built-in tasks, without the hooks of any plugin."""
    import pluggy

    manager = pluggy.PluginManager("zoo")
    manager.add_hookspecs(hookspecs)
    plugin = Plugin(
        distribution="zoo-core",
        version=__version__,
        entry_point="zoo-core = zoo_core.testing",
        status=Status.OK,
        offers=(*offers, *(("tasks", task) for task in zoo_tasks())),
    )
    return Catalog((plugin,), lambda: manager.hook)


def dummy_catalog() -> Catalog:
    """Return a catalog of the dummy, its trainer and its data set."""
    offers = {"models": MODEL, "trainers": TRAINER, "losses": LOSS, "datasets": DATASET}
    return catalog_of(*offers.items())


def no_loss(*_: Any) -> None:
    """Do nothing, as the trainer of the dummy minimizes nothing."""


class Dummy:
    """A linear model with one matrix per head."""

    def __init__(self, config: ModelConfig) -> None:
        inputs = math.prod(config.input_shape)
        self.heads = [np.zeros((inputs, outputs), np.float32) for outputs in config.outputs]


class DummyTrainer:
    """The adapter of dummies."""

    def __init__(self, *, device: str, threads: int | None) -> None:
        pass

    def environment(self) -> dict[str, str | int]:
        return {"framework": f"numpy {np.__version__}", "device": "cpu"}

    def build(self, builder: Callable[[Any], Dummy], config: Any, seed: int | None) -> Dummy:
        model = builder(config)
        for number, head in enumerate(model.heads):
            head[:] = 0.01 * (2 * uniform(head.shape, seed or 0, number) - 1)
        return model

    def start(self, model: Dummy, run: Run) -> DummyLearner:
        return DummyLearner(model, run.data.normalization)

    def predict(self, model: Dummy, images: Array, normalization: Normalization) -> list[Array]:
        inputs = images.reshape(len(images), -1).astype(np.float32) / 255
        return [inputs @ head for head in model.heads]

    def count_parameters(self, model: Dummy) -> int:
        return sum(head.size for head in model.heads)

    def get_weights(self, model: Dummy) -> dict[str, Array]:
        return {f"head{number}": head.copy() for number, head in enumerate(model.heads)}

    def set_weights(self, model: Dummy, weights: Tensors) -> None:
        for number, head in enumerate(model.heads):
            head[:] = weights[f"head{number}"]


class DummyLearner:
    """A dummy in training."""

    def __init__(self, model: Dummy, normalization: Normalization) -> None:
        self.model, self._normalization = model, normalization
        self._trainer = DummyTrainer(device="cpu", threads=None)

    def set_data(self, examples: Split) -> None:
        self._examples = examples

    def step(self, batch: Batch) -> list[Array]:
        inputs = self._examples.inputs[batch.rows]
        outputs = self._trainer.predict(self.model, inputs, self._normalization)
        for head in self.model.heads:
            np.multiply(head, np.float32(0.99), out=head)
        return outputs

    def get_state(self) -> dict[str, Array]:
        return self._trainer.get_weights(self.model)

    def set_state(self, state: Tensors) -> None:
        self._trainer.set_weights(self.model, state)

    def to_numpy(self, outputs: Sequence[list[Array]]) -> list[Array]:
        return [np.concatenate(heads) for heads in zip(*outputs, strict=True)]
