"""Checks of a recipe against model, data set, trainer and processes, before anything is loaded."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Sequence

from zoo_core.data.standardize import check_scale
from zoo_core.errors import InvalidValueError, choose_from, join_names
from zoo_core.frameworks.distributed import env_world_size
from zoo_core.metrics.task import Task
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import DatasetSpec, LossSpec, ModelSpec, TrainerSpec
from zoo_core.recipes.fields.augmentation import IMAGE_FIELDS, MOVING_FIELDS, WARP_FIELDS
from zoo_core.recipes.fields.loss import LOSS_FIELDS
from zoo_core.recipes.recipe import TRAINER_FIELDS, Recipe
from zoo_core.text import counted
from zoo_core.training.checks.augmentation_checks import check_augmentation
from zoo_core.training.checks.balance_checks import check_balance


def check_recipe(
    recipe: Recipe,
    model: Entry[ModelSpec],
    dataset: DatasetSpec,
    trainer: TrainerSpec,
    *,
    losses: Sequence[LossSpec],
    tasks: Sequence[Task],
    named: Callable[[str], str] = lambda field: "recipe",
) -> None:
    """Check that model, data set, trainer, losses and tasks implement every value of a recipe.

    Args:
        recipe: the recipe.
        model: its model.
        dataset: its data set.
        trainer: its trainer.
        losses: loss of each head.
        tasks: task of each head.
        named: function from a field to the name of the recipe that has its value, for errors.

    Raises:
        InvalidValueError: one does not, or a value would have no or a harmful effect.
    """
    _check_composable(recipe, dataset)
    _check_folds(recipe)
    _check_kind(recipe, dataset, named)
    _check_pixels(recipe, tasks, named)
    check_augmentation(recipe, dataset, tasks, named)
    _check_missing(recipe, dataset)
    _check_standardize(recipe, dataset, tasks)
    _check_heads(recipe, dataset)
    _check_pretrained(recipe, model)
    _check_fields(recipe, trainer, named)
    _check_losses(recipe, losses, named)
    _check_teacher(recipe, losses)
    check_balance(recipe, dataset, losses=losses, tasks=tasks)
    _check_flip(recipe)
    _check_thaw(recipe)
    _check_processes(recipe, trainer)


def warps_in_core(recipe: Recipe, trainer: TrainerSpec) -> bool:
    """Return whether a recipe has a warp that its trainer does not implement."""
    missing = WARP_FIELDS.difference(trainer.recipe_fields)
    return any(recipe.changed_from_default(field) for field in missing)


def check_framework(catalog: Catalog, model: Entry[ModelSpec], trainer: Entry[TrainerSpec]) -> None:
    """Check that a trainer trains models of a model's framework.

    Raises:
        InvalidValueError: it is the trainer of another framework.
    """
    trainers = catalog.entries("trainers")
    own = trainers.get(model.spec.trainer)  # None if it is not installed
    framework = model.spec.framework or (own.spec.framework if own else "")
    if framework in {"", trainer.spec.framework}:
        return
    fitting = [name for name, each in trainers.items() if each.spec.framework == framework]
    raise InvalidValueError(
        f"trainer {trainer.spec.name!r} does not fit model {model.spec.name!r}: it trains models "
        f"of {trainer.spec.framework}, but the model is one of {framework}",
        # Without any, the model's spec has another name for a framework, such as pytorch.
        hint=f"Choose one of: {join_names(fitting)}."
        if fitting
        else choose_from(framework, {each.spec.framework for each in trainers.values()}),
    )


def _check_composable(recipe: Recipe, dataset: DatasetSpec) -> None:
    if recipe.fresh and not dataset.composable:
        raise InvalidValueError(
            f"invalid recipe: fresh is true, but dataset {dataset.name!r} composes no new examples",
            hint="Leave it out: --set fresh=false",
        )


def _check_folds(recipe: Recipe) -> None:
    if not recipe.folds:
        return
    if recipe.folds == 1:
        raise InvalidValueError(
            "invalid recipe: folds: expected at least 2, got 1: a single fold leaves no example to "
            "train on",
            hint="For instance: --folds 5",
        )
    if not 1 <= recipe.fold <= recipe.folds:
        raise InvalidValueError(
            f"invalid recipe: fold: expected 1 to {recipe.folds}, the number of folds, got "
            f"{recipe.fold}",
            hint=f"Choose one, --set fold=1, or train all of them: --folds {recipe.folds}",
        )
    if recipe.held_out == "last":
        # The examples have an order, perhaps in time, which folds would ignore.
        raise InvalidValueError(
            "invalid recipe: held_out is last, but folds are a random choice of examples",
            hint="Leave it out: --set held_out=random",
        )


def _check_kind(recipe: Recipe, dataset: DatasetSpec, named: Callable[[str], str]) -> None:
    if dataset.input.kind == "image":
        return
    for field in sorted(IMAGE_FIELDS):
        if recipe.changed_from_default(field):
            raise InvalidValueError(
                f"invalid {named(field)}: {field} is {json.dumps(getattr(recipe, field))}, but the "
                f"inputs of dataset {dataset.name!r} are {dataset.input.kind}, not images",
                hint=f"Leave it out: --set {field}={_default(field)}",
            )


def _check_pixels(recipe: Recipe, tasks: Sequence[Task], named: Callable[[str], str]) -> None:
    # Warps move the inputs alone, and views average outputs pixel by pixel. Changes of colors are
    # accepted, `erase`, and `transforms`, because those of colors move nothing.
    names = [task.target.task for task in tasks if task.on_pixels]
    for field in sorted(MOVING_FIELDS):
        if names and recipe.changed_from_default(field):
            raise InvalidValueError(
                f"invalid {named(field)}: {field} is {json.dumps(getattr(recipe, field))}, which "
                f"moves images, but the targets of task {names[0]} do not move with them",
                hint=f"Leave it out: --set {field}={_default(field)}",
            )


def _check_missing(recipe: Recipe, dataset: DatasetSpec) -> None:
    dtype = dataset.input.dtype
    if recipe.changed_from_default("missing") and not dtype.startswith("float"):
        raise InvalidValueError(
            f"invalid recipe: missing is {recipe.missing!r}, but the inputs of dataset "
            f"{dataset.name!r} are {dtype}, none of which can be missing",
            hint="Leave it out: --set missing=refuse",
        )


def _check_standardize(recipe: Recipe, dataset: DatasetSpec, tasks: Sequence[Task]) -> None:
    if not recipe.standardize and not any(task.scalable for task in tasks):
        raise InvalidValueError(
            f"invalid recipe: standardize is false, but no target of dataset {dataset.name!r} is a "
            "number that could be standardized",
            hint="Leave it out: --set standardize=true",
        )
    for task in tasks if recipe.standardize else ():
        check_scale(task)


def _check_heads(recipe: Recipe, dataset: DatasetSpec) -> None:
    heads = len(dataset.targets)
    if recipe.head_weights and (len(recipe.head_weights) != heads or not any(recipe.head_weights)):
        raise InvalidValueError(
            f"invalid recipe: head_weights: expected {counted(heads, 'number')}, one per target "
            f"of dataset {dataset.name!r}, one of them greater than 0, got "
            f"{[*recipe.head_weights]}",
        )


def _default(field: str) -> str:
    default = Recipe.model_fields[field].default
    return shlex.quote(default if isinstance(default, str) else json.dumps(default))


def _check_pretrained(recipe: Recipe, model: Entry[ModelSpec]) -> None:
    if recipe.pretrained and not model.spec.pretrained:
        raise InvalidValueError(
            f"invalid recipe: pretrained is true, but {model.plugin.distribution} has no "
            f"pretrained weights for {model.spec.name!r}",
            hint="Train from random weights with --set pretrained=false, or choose a model from "
            "`zoo list --pretrained`.",
        )


def _check_fields(recipe: Recipe, trainer: TrainerSpec, named: Callable[[str], str]) -> None:
    # An ignored field would leave a card that does not describe the actual training. Warps are the
    # core's, for a trainer that has none.
    for field in sorted(TRAINER_FIELDS.difference(trainer.recipe_fields, WARP_FIELDS)):
        if recipe.changed_from_default(field):
            raise InvalidValueError(
                f"invalid {named(field)}: {field} is {json.dumps(getattr(recipe, field))}, "
                f"but trainer {trainer.name!r} does not implement that field",
                hint=f"Leave it out: --set {field}={_default(field)}. "
                f"Fields that it implements: {join_names(trainer.recipe_fields)}.",
            )


def _check_losses(recipe: Recipe, losses: Sequence[LossSpec], named: Callable[[str], str]) -> None:
    for field in sorted(LOSS_FIELDS):
        if recipe.changed_from_default(field) and not any(
            field in loss.recipe_fields for loss in losses
        ):
            raise InvalidValueError(
                f"invalid {named(field)}: {field} is {json.dumps(getattr(recipe, field))}, but the "
                f"loss {join_names(dict.fromkeys(loss.name for loss in losses))} does not "
                "implement that field",
                hint=f"Leave it out: --set {field}={_default(field)}.",
            )


def _check_teacher(recipe: Recipe, losses: Sequence[LossSpec]) -> None:
    for loss in losses if recipe.teacher else ():
        if not loss.distillation:
            raise InvalidValueError(
                f"invalid recipe: teacher is {json.dumps(recipe.teacher)}, but the loss "
                f"{loss.name} of task {loss.task} has no form for a teacher",
                hint="Leave it out: --set teacher=''",
            )


def _check_flip(recipe: Recipe) -> None:
    # Augmentation is applied in training only, so it has to be random. Not a constraint of the
    # field, because old weights of such a recipe must stay readable.
    if recipe.flip == 1:
        raise InvalidValueError(
            "invalid recipe: flip: expected less than 1, got 1: all images would be mirrored in "
            "training, and none in a prediction",
            hint="Mirror every second image on average: --set flip=0.5",
        )


def _check_thaw(recipe: Recipe) -> None:
    # Not a constraint of the field, because `--epochs` changes the number of epochs.
    if recipe.thaw and not 2 <= recipe.thaw <= recipe.epochs:
        some = f"an epoch from 2 to {recipe.epochs}"
        expected = some if recipe.epochs > 1 else "0 in a training of 1 epoch"
        raise InvalidValueError(
            f"invalid recipe: thaw: expected {expected}, got {recipe.thaw}",
            hint="Leave it out, so that the weights stay frozen: --set thaw=0",
        )


def _check_processes(recipe: Recipe, trainer: TrainerSpec) -> None:
    size = env_world_size()
    if size == 1:
        return
    if not trainer.distributed:
        raise InvalidValueError(
            f"trainer {trainer.name!r}: expected 1 process, got {size}",
            hint="Start it without a launcher.",
        )
    if recipe.batch_size < size:  # some processes would have no example in any step
        raise InvalidValueError(
            f"invalid recipe: batch_size: expected at least {size}, the number of processes, "
            f"got {recipe.batch_size}",
            hint=f"Choose a larger one: --set batch_size={size}",
        )
