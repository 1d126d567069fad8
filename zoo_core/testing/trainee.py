"""A trainee: a model in a short training on a few random examples."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.frameworks.trainer import Learner, Trainer
from zoo_core.frameworks.training_state import FitResult
from zoo_core.plugins.catalog import Catalog
from zoo_core.testing.random_data import EXAMPLES, training_data
from zoo_core.training.checkpointing import CheckpointManager
from zoo_core.training.loop import TrainingLoop
from zoo_core.training.make_plan import make_plan
from zoo_core.training.plan import Plan
from zoo_core.training.results import make_provenance
from zoo_core.weights.file import save_weights

Outputs = tuple[np.ndarray[Any, Any], ...]
"""Outputs of a model, one array per head."""

LARGE = 1_000_000
"""Minimum number of parameters of a model that is trained with all threads."""


@dataclass(frozen=True)
class Trainee:
    """A model, its trainer, and a run on random examples of the data set's shape."""

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
        # Two for `make_plan`, because the model's own data set may have fewer examples, and mixing
        # needs a pair.
        size = {"batch_size": overrides.pop("batch_size", EXAMPLES // 2)}
        # A recipe's `lr_epochs` would come after the last epoch.
        small = {"epochs": 1, "lr_epochs": [], "fresh": False, "batch_size": 2}
        plan = make_plan(catalog, name, recipe, [small, overrides])
        plan = replace(plan, recipe=plan.recipe.model_copy(update=size))
        data = training_data(plan.dataset.spec.input, plan.tasks)
        # Of a small model, because waiting for one another takes several threads longer than the
        # few examples do, and most of all on a busy machine.
        small_model = (plan.model.spec.parameters or 0) < LARGE
        threads = 1 if threads is None and small_model else threads
        trainer = plan.make_trainer("cpu", threads)
        teacher = plan.load_teacher(catalog, trainer)
        run = plan.make_run(data, Path(), Callbacks(), teacher=teacher)
        return cls(plan, trainer, run)

    def build(self, seed: int) -> Any:
        """Return a new model: the framework's own object."""
        return self.plan.build(self.trainer, seed)

    def start(self, model: Any) -> Learner:
        """Return a learner of a model, with the training examples set."""
        learner = self.trainer.start(model, self.run)
        learner.set_data(self.run.data.train)
        return learner

    def fit(self, checkpoints: CheckpointManager | None = None) -> FitResult:
        """Train a new model by the run's recipe, or continue from the newest checkpoint."""
        model = self.plan.build(self.trainer)
        return TrainingLoop(self.trainer, model, self.run, checkpoints).fit()

    def predict(self, model: Any, count: int = EXAMPLES) -> Outputs:
        """Return the outputs for the first examples."""
        data = self.run.data
        return tuple(self.trainer.predict(model, data.train.inputs[:count], data.normalization))

    def trained_weights(self, model: Any) -> set[str]:
        """Return the names of the weights that a training changes.

        They are those that the trainer's ``trainable_weights`` returns, or all without that method.
        """
        method = getattr(self.trainer, "trainable_weights", None)
        return set(self.trainer.get_weights(model) if method is None else method(model))


@dataclass(frozen=True)
class Subject:
    """The subject of checks: a model with one of its recipes, and its trainer.

    Attributes:
        catalog: the installed plugins.
        model: name of the model.
        recipe: name of the recipe.
        changes: recipe values that replace those of the recipe, as (field, value).
    """

    catalog: Catalog
    model: str
    recipe: str = "default"
    changes: tuple[tuple[str, Any], ...] = ()

    def trainee(self, **overrides: Any) -> Trainee:
        """Return a trainee of the subject; see `Trainee.make`."""
        values = dict(self.changes) | overrides
        return Trainee.make(self.catalog, self.model, self.recipe, **values)

    def outputs(self) -> Outputs:
        """Return the outputs of a new model for the random examples."""
        return _outputs(self)

    def fit(self, **overrides: Any) -> FitResult:
        """Return the result of a training; equal trainings are trained once."""
        # Without those that change nothing, because they are those of an equal training.
        own = {key: each for key, each in overrides.items() if (key, each) not in self.changes}
        return _fitted(self, json.dumps(own, sort_keys=True))  # hashable

    def save(self, path: Path, **overrides: Any) -> None:
        """Write the weights of a training to a file, with the metadata that a run's has."""
        trainee, fitted = self.trainee(**overrides), self.fit(**overrides)
        provenance = make_provenance(
            trainee.run,
            trainee.plan,
            fitted,
            fitted.validation,
            calibration=None,
            parameters=trainee.trainer.count_parameters(trainee.build(0)),
            environment=trainee.trainer.environment(),
        )
        save_weights(path, fitted.weights, provenance.model_dump(mode="json"))


# Checks share trainings, because starting one may take seconds: a framework compiles the step. A
# few alone, because a result holds the weights: those of a trainer with every kind of state.
@lru_cache(maxsize=6)
def _fitted(subject: Subject, overrides: str) -> FitResult:
    return subject.trainee(**json.loads(overrides)).fit()


@lru_cache(maxsize=2)
def _outputs(subject: Subject) -> Outputs:
    trainee = subject.trainee()
    return trainee.predict(trainee.build(0))
