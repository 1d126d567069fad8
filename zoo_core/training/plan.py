"""The plan of a training: all names resolved, all values checked, nothing loaded yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zoo_core.data.dataset import ArrayDataset
from zoo_core.data.splits import (
    TrainingData,
    check_batch_size,
    check_inputs,
    check_targets,
    training_data,
)
from zoo_core.errors import VerificationError
from zoo_core.frameworks.losses import loss_function
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.frameworks.trainer import Trainer, make_trainer, model_builder
from zoo_core.metrics.task import Task
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.data_specs import TargetSpec
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import DatasetSpec, LossSpec, ModelSpec, TrainerSpec
from zoo_core.pretrained.model import Pretrained
from zoo_core.recipes.model_config import ModelConfig
from zoo_core.recipes.recipe import Recipe, SearchSummary
from zoo_core.recipes.resolve import (
    resolve_config,
)
from zoo_core.training.checks.balance_checks import check_sampled_classes
from zoo_core.training.checks.recipe_checks import warps_in_core
from zoo_core.training.parents.begin import begin_with
from zoo_core.training.parents.folds import check_unseen
from zoo_core.training.parents.initial_weights import load_initial_weights
from zoo_core.training.parents.named_weights import read_named
from zoo_core.training.parents.teacher import load_teacher, make_teacher
from zoo_core.version import __version__
from zoo_core.weights.card import InitialWeights, ParentWeights, Provenance
from zoo_core.weights.license import combine_licenses, spdx


@dataclass(frozen=True)
class Plan:
    """The plan of a training: entries, recipe and config that fit together.

    Attributes:
        model: entry of the model.
        dataset: entry of the data set.
        trainer: entry of the trainer.
        recipe_name: name of the recipe that the user chose.
        changed: fields, apart from the seed, in which `recipe` differs from that recipe.
        recipe: the complete recipe to train by.
        config: the model's config.
        tasks: task of each head.
        losses: entry of each head's loss.
        search: summary of the search that found the recipe, if one did.
        repeats: card of the training that the plan repeats; None for any other.
        began_with: initial weights of the training that the plan resumes or repeats, if any.
        taught_by: its teacher, if any.
    """

    model: Entry[ModelSpec]
    dataset: Entry[DatasetSpec]
    trainer: Entry[TrainerSpec]
    recipe_name: str
    changed: tuple[str, ...]
    recipe: Recipe
    config: ModelConfig
    tasks: tuple[Task, ...]
    losses: tuple[Entry[LossSpec], ...]
    search: SearchSummary | None = None
    repeats: Provenance | None = None
    began_with: InitialWeights | None = None
    taught_by: ParentWeights | None = None

    def make_trainer(self, device: str, threads: int | None) -> Trainer:
        """Import the trainer's framework and return the trainer; see `make_trainer`."""
        return make_trainer(self.trainer, device=device, threads=threads)

    def build(self, trainer: Trainer, seed: int | None = None) -> Any:
        """Return a new model: the framework's own object.

        Args:
            trainer: trainer of this plan.
            seed: seed of the random weights; None for the recipe's.
        """
        seed = self.recipe.seed if seed is None else seed
        return trainer.build(model_builder(self.model), self.config, seed)

    def load_initial_weights(
        self, catalog: Catalog, trainer: Trainer, model: Any, targets: Sequence[TargetSpec]
    ) -> InitialWeights | None:
        """Load the recipe's initial weights into a new model and return their source, if any.

        Args:
            catalog: the installed plugins.
            trainer: trainer of this plan.
            model: the framework's own object.
            targets: targets of the loaded data.

        Raises:
            VerificationError: they are not those of the training that is resumed or repeated.
        """
        if self.recipe.pretrained:
            loaded = load_initial_weights(trainer, model, self.model, self.config)
        elif self.recipe.initial:
            named = read_named(catalog, self.recipe.initial, self._config_of, self.began_with)
            if named.card:
                check_unseen("initial", self.recipe.initial, named.card, self.recipe)
            loaded = begin_with(
                named, trainer, model, entry=self.model, config=self.config, targets=targets
            )
        else:
            return None
        if self.began_with and self.began_with.sha256 != loaded.sha256:
            raise VerificationError(
                f"initial weights: expected {self.began_with.source} with sha256 "
                f"{self.began_with.sha256}, those of the training, got {loaded.source} with "
                f"sha256 {loaded.sha256}",
                hint="Restore these weights, or start another training.",
            )
        # The first statements about equal weights, because a library may correct them later.
        return self.began_with or loaded

    def _config_of(self, entry: Entry[ModelSpec]) -> ModelConfig:
        """Return the config of a model for the data; the default one for another model."""
        if entry == self.model:
            return self.config
        plain = self.recipe.model_copy(update={"model": {}})
        return resolve_config(entry, plain, self.dataset.spec, self.tasks)

    def load_teacher(self, catalog: Catalog, trainer: Trainer) -> Pretrained | None:
        """Load the model that the recipe names as its teacher; None without one."""
        if not self.recipe.teacher:
            return None
        name = self.recipe.teacher
        teacher = load_teacher(catalog, name, self.trainer, trainer, self.taught_by)
        check_unseen("teacher", name, teacher.card, self.recipe)
        return teacher

    def licenses(self, *parents: ParentWeights | None) -> tuple[str, str]:
        """Return the licenses of the model's code and of the weights, for the card.

        Args:
            *parents: weights that the training started from or learned from; None for none.
        """
        if self.repeats:
            # Unlike the other fields, these are not computed from the training: a license is the
            # publisher's statement, and repeating must give equal bytes.
            return self.repeats.code_license, self.repeats.license
        code = spdx(self.model.spec.license)
        others = (parent.license for parent in parents if parent)
        return code, combine_licenses(code, self.dataset.spec.license, *others)

    def check_transforms(self) -> None:
        """Construct the recipe's transforms, so that a wrong one raises."""
        # Before the run's folder exists: a mistake must not leave an empty folder behind.
        if self.recipe.transforms:
            make_transforms = self.trainer.resolve(self.trainer.spec.transforms)
            make_transforms(self.recipe.transforms, self.config.input_shape)

    def make_tasks(self, dataset: ArrayDataset) -> tuple[Task, ...]:
        """Return the task of each head, with the names of the loaded data's classes."""
        pairs = zip(self.tasks, dataset.targets, strict=True)
        return tuple(type(task)(target) for task, target in pairs)

    def check_data(self, dataset: ArrayDataset) -> None:
        """Check that the inputs of a loaded data set are of their kind, and its targets legal.

        Raises:
            DataError: they are not.
        """
        check_inputs(dataset)
        check_targets(dataset, self.make_tasks(dataset))

    def split(self, dataset: ArrayDataset) -> TrainingData:
        """Return the loaded data set with the recipe's split.

        Raises:
            DataError: there are too few examples for a validation split, or the data do not fit
                the tasks.
            InvalidValueError: the recipe's batch size exceeds the number of training examples.
        """
        tasks = self.make_tasks(dataset)
        data = training_data(dataset, self.recipe, tasks)
        # The number in a user's own data is known only now.
        check_batch_size(len(data.train_rows), self.recipe)
        check_sampled_classes(self.recipe, data)
        return data

    def make_run(
        self,
        data: TrainingData,
        folder: Path,
        callbacks: Callbacks,
        initial: InitialWeights | None = None,
        teacher: Pretrained | None = None,
    ) -> Run:
        """Return the run of this plan on loaded data.

        Initial weights are trained with their own normalization, if they state one.

        Raises:
            InvalidValueError: the teacher does not fit the data.
        """
        if self.recipe.normalize and initial and initial.normalization:
            own = data.normalization
            normalization = replace(initial.normalization, targets=own.targets, fill=own.fill)
            data = replace(data, normalization=normalization)
        return Run(
            model=self.model.spec,
            config=self.config,
            recipe=self.recipe,
            data=data,
            folder=folder,
            callbacks=callbacks,
            tasks=self.make_tasks(data.dataset),
            warps_inputs=warps_in_core(self.recipe, self.trainer.spec),
            losses=tuple(map(loss_function, self.losses)),
            loss_fields=tuple(loss.spec.recipe_fields for loss in self.losses),
            initial=initial,
            teacher=make_teacher(
                teacher, data.dataset, data.normalization, self.losses, self.taught_by
            )
            if teacher
            else None,
        )

    def versions(self) -> dict[str, str]:
        """Return the versions of the core and of the plugins of model, data set and trainer."""
        plugins = (self.model.plugin, self.dataset.plugin, self.trainer.plugin)
        return {"zoo-core": __version__} | {p.distribution: p.version for p in plugins}
