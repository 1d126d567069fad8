"""A trainee: a model under test, with a few random images to train it on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.data.dataset import ArrayDataset, Split
from zoo_core.data.normalization import Normalization
from zoo_core.data.splits import TrainingData
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.frameworks.trainer import Learner, Trainer
from zoo_core.frameworks.training_state import FitResult
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.data_specs import class_targets
from zoo_core.system.random_numbers import uniform
from zoo_core.training.checkpointing import CheckpointManager
from zoo_core.training.loop import TrainingLoop
from zoo_core.training.plan import Plan, make_plan

IMAGES, HELD_OUT = 16, 8
"""Number of random images to train on, and to validate on."""
# The model's own data set may need a download, and would make every check slower.


@dataclass(frozen=True)
class Trainee:
    """A model, its trainer, and a run on random images of the data set's shape."""

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
        """Return a trainee that trains on the CPU, for one epoch of two steps by default."""
        # `fresh` is switched off because the random data set composes no images.
        small = {"epochs": 1, "batch_size": IMAGES // 2, "fresh": False}
        plan = make_plan(catalog, name, recipe, [small, overrides])
        data = _random_data(plan.config.input_shape, plan.config.outputs)
        run = plan.make_run(data, Path(), Callbacks())
        return cls(plan, plan.make_trainer("cpu", threads), run)

    def build(self, seed: int) -> Any:
        """Return a new model: the framework's own object."""
        return self.plan.build(self.trainer, seed)

    def start(self, model: Any) -> Learner:
        """Return a learner of a model, with the training images set."""
        learner = self.trainer.start(model, self.run)
        learner.set_data(self.run.data.train)
        return learner

    def fit(self, checkpoints: CheckpointManager | None = None) -> FitResult:
        """Train a new model by the run's recipe, or continue from the newest checkpoint."""
        model = self.plan.build(self.trainer)
        return TrainingLoop(self.trainer, model, self.run, checkpoints).fit()

    def predict(self, model: Any, count: int = IMAGES) -> list[np.ndarray[Any, Any]]:
        """Return the logits of the first images."""
        data = self.run.data
        return list(self.trainer.predict(model, data.train.inputs[:count], data.normalization))


def _random_data(shape: tuple[int, ...], classes: tuple[int, ...]) -> TrainingData:
    count = IMAGES + HELD_OUT
    images = (256 * uniform((count, *shape), 1)).astype(np.uint8)  # (N, C, H, W)
    # Every class in turn, so that no head learns a batch by predicting one class always.
    labels = tuple(np.arange(count) % many for many in classes)
    split = Split(images, labels)
    channels = shape[0]
    dataset = ArrayDataset(
        splits={"train": split, "test": split},
        targets=class_targets(*([*map(str, range(many))] for many in classes)),
        mean=(0.5,) * channels,
        std=(0.3,) * channels,  # of uniform noise: 1/√12
    )
    normalization = Normalization(dataset.mean, dataset.std)
    rows = np.arange(count)
    return TrainingData(dataset, rows[:IMAGES], rows[IMAGES:], normalization)
