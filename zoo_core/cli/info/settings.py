"""Settings of a training: the values of a recipe and of a model's config, and their differences."""

from __future__ import annotations

from typing import Any

from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import ModelSpec
from zoo_core.recipes.default_config import default_config
from zoo_core.recipes.model_config import ModelConfig
from zoo_core.recipes.recipe import Recipe

Settings = dict[str, Any]
"""Key -> JSON value; those of the model's config begin with `MODEL`."""

MODEL = "model."

_APART = frozenset({"dataset", "trainer", "epochs", "seed", "split_seed", "model"})
"""Fields of a recipe that pages show elsewhere."""

DECIDED = frozenset({*ModelConfig.model_fields, "classes"})
"""Keys of a config that the data decide."""


def settings_of(recipe: Recipe, config: dict[str, Any]) -> Settings:
    """Return the settings of a training; `config` has the JSON values of the model's config."""
    shared = {key: value for key, value in recipe.json_values().items() if key not in _APART}
    own = {MODEL + key: value for key, value in config.items() if key not in DECIDED}
    return shared | own


def recipe_settings(catalog: Catalog, entry: Entry[ModelSpec], recipe: Recipe) -> Settings:
    """Return the settings of a model's recipe.

    Raises:
        InvalidValueError: a value of the model's config is not allowed.
    """
    config = default_config(catalog, entry, recipe.model)
    return settings_of(recipe, config.model_dump(mode="json"))


def model_settings(catalog: Catalog, entry: Entry[ModelSpec]) -> Settings:
    """Return the settings of a model without a recipe: the defaults of all fields."""
    recipe = empty_recipe(entry.spec.dataset, entry.spec.trainer)
    return settings_of(recipe, default_config(catalog, entry).model_dump(mode="json"))


def empty_recipe(dataset: str, trainer: str) -> Recipe:
    """Return a recipe with the defaults of all other fields."""
    return Recipe.model_validate({"dataset": dataset, "trainer": trainer})


def different(settings: Settings, others: Settings) -> Settings:
    """Return the settings that have another value, or none, among others."""
    return {
        key: value for key, value in settings.items() if key not in others or others[key] != value
    }
