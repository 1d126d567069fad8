"""Plans of trainings from a model's name and the user's values, and from a card."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from zoo_core.data.splits import (
    check_batch_size,
    training_size,
)
from zoo_core.metrics.find_tasks import find_tasks
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import DatasetSpec, ModelSpec
from zoo_core.recipes.loss_fields import reset_unused_loss_fields
from zoo_core.recipes.recipe import Recipe
from zoo_core.recipes.resolve import (
    recipe_for,
    recipe_label,
    resolve_config,
    resolve_recipe,
    search_of,
)
from zoo_core.recipes.trainer_fields import with_trainer_fields
from zoo_core.training.checks.recipe_checks import check_framework, check_recipe
from zoo_core.training.plan import Plan
from zoo_core.training.run_folder import RunConfig
from zoo_core.weights.card import Provenance


def make_plan(
    catalog: Catalog, name: str, recipe_name: str, overrides: Iterable[Mapping[str, Any]]
) -> Plan:
    """Return the plan of a new training; neither framework nor data are loaded.

    Args:
        catalog: the installed plugins.
        name: name of the model.
        recipe_name: name of one of its recipes (see `recipe_for`), or path of a ``.toml`` file.
        overrides: values that override the recipe's; later ones win over earlier ones.
    """
    model, overrides = catalog.model(name), list(overrides)
    recipe_name = recipe_for(model, recipe_name, overrides, catalog.dataset)
    # Resolved twice, with the overrides and without, because a value that the user repeats from
    # the recipe is not a change.
    named = resolve_recipe(model, recipe_name)
    label = recipe_label(model, recipe_name)
    if trainer := catalog.entries("trainers").get(named.trainer):  # the user may choose another
        named = with_trainer_fields(named, trainer, name=label)
    recipe = resolve_recipe(model, recipe_name, overrides)
    # Nothing for a recipe file, because all of its values are the user's.
    is_file = recipe_name.endswith(".toml")
    given = () if is_file else {key for values in overrides for key in values}
    changed = (key for key, value in recipe if value != getattr(named, key, None))
    plan = _check_plan(
        catalog,
        model,
        catalog.dataset(recipe.dataset),
        recipe,
        # Without the folder, because the name goes into the weight file, whose bytes must not
        # depend on where the recipe's file is.
        recipe_name=Path(recipe_name).name if is_file else recipe_name,
        changed=tuple(key for key in changed if key != "seed"),
        given=given,
    )
    return replace(plan, search=search_of(recipe_name))


def plan_from_card(
    catalog: Catalog,
    begun: RunConfig | Provenance,
    dataset: Entry[DatasetSpec],
    *,
    seed: int | None = None,
) -> Plan:
    """Return the plan of an earlier training, finished or not.

    Args:
        catalog: the installed plugins.
        begun: its ``config.json`` or card.
        dataset: its data set.
        seed: another seed; None for the same one.
    """
    # By the qualified name, because another plugin may offer a model of the same name meanwhile.
    model = catalog.model(f"{begun.plugin}/{begun.model}")
    recipe = begun.recipe if seed is None else begun.recipe.model_copy(update={"seed": seed})
    plan = _check_plan(
        catalog,
        model,
        dataset,
        recipe,
        recipe_name=begun.recipe_name,
        changed=begun.changed,
    )
    repeats = begun if isinstance(begun, Provenance) else None
    return replace(
        plan,
        search=begun.search,
        repeats=repeats,
        began_with=begun.initial,
        taught_by=begun.teacher,
    )


def _check_plan(
    catalog: Catalog,
    model: Entry[ModelSpec],
    dataset: Entry[DatasetSpec],
    recipe: Recipe,
    *,
    recipe_name: str,
    changed: tuple[str, ...],
    given: Collection[str] = (),
) -> Plan:
    trainer = catalog.trainer(recipe.trainer)
    check_framework(catalog, model, trainer)
    file = recipe_name if recipe_name.endswith(".toml") and "model" not in changed else ""
    recipe = with_trainer_fields(recipe, trainer)
    tasks = find_tasks(catalog, dataset.spec.targets)
    config = resolve_config(model, recipe, dataset.spec, tasks, file=file)
    # The exact number in a user's own data follows from each image's identity, and that of a fold
    # from the classes: see `Plan.split`.
    if not dataset.spec.address and not recipe.folds:
        check_batch_size(training_size(dataset.spec.sizes, recipe), recipe)
    losses = tuple(
        catalog.loss(
            recipe.loss or catalog.task(target.task).spec.loss,
            target.task,
            trainer.spec.framework,
            own=trainer.plugin,
        )
        for target in dataset.spec.targets
    )
    specs = [loss.spec for loss in losses]
    recipe = reset_unused_loss_fields(recipe, specs, given)
    label = f"recipe {recipe_label(model, recipe_name)}"
    check_recipe(
        recipe,
        model,
        dataset.spec,
        trainer.spec,
        losses=specs,
        tasks=tasks,
        named=lambda field: "recipe" if field in changed else label,
    )
    return Plan(
        model=model,
        dataset=dataset,
        trainer=trainer,
        recipe_name=recipe_name,
        changed=changed,
        recipe=recipe,
        config=config,
        tasks=tasks,
        losses=losses,
    )
