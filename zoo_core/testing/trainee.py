"""A model to be checked, with a few random images to train it on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.data.dataset import ArrayDataset, Split
from zoo_core.data.normalization import Normalization
from zoo_core.data.splits import TrainingData
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.frameworks.trainer import Trainer, make_trainer
from zoo_core.frameworks.training_state import FitResult
from zoo_core.plugins.catalog import Catalog
from zoo_core.system.random_numbers import uniform
from zoo_core.training.checkpointing import CheckpointManager
from zoo_core.training.loop import fit
from zoo_core.training.plan import Plan, make_plan

IMAGES, HELD_OUT = 16, 8


@dataclass(frozen=True)
class Trainee:
    """A model, its trainer, and a run on random images of the shape that the data set has."""

    plan: Plan
    trainer: Trainer
    run: Run

    @classmethod
    def make(
        cls,
        catalog: Catalog,
        name: str,
        recipe: str = "default",
        *,
        threads: int | None = None,
        **overrides: Any,
    ) -> Trainee:
        """Return a subject that trains for one epoch of two steps, on the CPU."""
        small = {"epochs": 1, "batch_size": IMAGES // 2, "fresh": False}
        plan = make_plan(catalog, name, recipe, [small, overrides])
        data = _random_data(plan.config.input_shape, plan.config.classes)
        run = Run(
            model=plan.model.spec,
            config=plan.config,
            recipe=plan.recipe,
            data=data,
            folder=Path(),
            callbacks=Callbacks(),
        )
        return cls(plan, make_trainer(plan.trainer, device="cpu", threads=threads), run)

    def build(self, seed: int) -> Any:
        """Return a new model: the framework's own object."""
        spec = self.plan.model.spec
        return self.trainer.build(self.plan.model.resolve(spec.builder), self.plan.config, seed)

    def fit(self, checkpoints: CheckpointManager | None = None) -> FitResult:
        """Train a new model by the run's recipe, or go on with what a keeper has."""
        return fit(self.trainer, self.build(self.run.recipe.seed), self.run, checkpoints)

    def predict(self, model: Any, count: int = IMAGES) -> list[np.ndarray[Any, Any]]:
        """Return logits of the first images."""
        data = self.run.data
        return list(self.trainer.predict(model, data.train.images[:count], data.normalization))


def _random_data(shape: tuple[int, ...], classes: tuple[int, ...]) -> TrainingData:
    count = IMAGES + HELD_OUT
    images = (256 * uniform((count, *shape), 1)).astype(np.uint8)
    labels = np.stack([np.arange(count) % many for many in classes], axis=1)
    split = Split(images, labels)
    channels = shape[0]
    dataset = ArrayDataset(
        splits={"train": split, "test": split},
        classes=tuple(tuple(map(str, range(many))) for many in classes),
        mean=(0.5,) * channels,
        std=(0.3,) * channels,
    )
    normalization = Normalization(dataset.mean, dataset.std)
    rows = np.arange(count)
    return TrainingData(dataset, rows[:IMAGES], rows[IMAGES:], normalization)
