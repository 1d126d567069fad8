"""Checks of a model's config, recipes and search spaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from zoo_core.errors import InvalidValueError
from zoo_core.frameworks.trainer import model_builder
from zoo_core.plugins.catalog import Catalog
from zoo_core.recipes.model_config import ModelConfig
from zoo_core.recipes.resolve import recipe_names
from zoo_core.recipes.validation import first_error, validate
from zoo_core.testing.check import ContractError, expect
from zoo_core.testing.trainee import Trainee
from zoo_core.tuning.model_spaces import check_space, find_space, plan_values


def builds_with_its_defaults(catalog: Catalog, name: str) -> None:
    """A config of which nothing is said is whole, and gives a model."""
    entry = catalog.model(name)
    cls = entry.resolve(entry.spec.config)
    expect(
        isinstance(cls, type) and issubclass(cls, ModelConfig),
        f"its config, {entry.spec.config}, is no subclass of zoo_core.ModelConfig",
    )
    try:
        config = cls()
    except ValidationError as exc:
        raise ContractError(f"a field of its config has no default: {first_error(exc)}") from exc
    model_builder(entry)(config)


def has_a_default_recipe(catalog: Catalog, name: str) -> None:
    """One of its recipes is called ``default``."""
    names = recipe_names(catalog.model(name))
    expect("default" in names, f"it has no recipe 'default', only {', '.join(names) or 'none'}")


def resolves(catalog: Catalog, name: str, recipe: str) -> None:
    """Every field and value of the recipe is one, and model, data set and trainer fit."""
    Trainee.make(catalog, name, recipe)


def survives_json(catalog: Catalog, name: str, recipe: str) -> None:
    """The recipe's config becomes itself again on its way through JSON."""
    cls, values, config = _config(catalog, name, recipe)
    again = validate(cls, values, what="config")
    expect(again == config, f"the config {config} becomes {again} on its way through JSON")


def refuses_unknown_keys(catalog: Catalog, name: str, recipe: str) -> None:
    """The config refuses a key that it does not know."""
    cls, values, _ = _config(catalog, name, recipe)
    try:
        validate(cls, {**values, "no_such_key": 1}, what="config")
    except InvalidValueError:
        return
    raise ContractError("the config takes the unknown key 'no_such_key'")


def is_frozen(catalog: Catalog, name: str, recipe: str) -> None:
    """The config cannot be changed once it is made."""
    _, _, config = _config(catalog, name, recipe)
    try:
        config.input_shape = config.input_shape
    except Exception:
        return
    raise ContractError("the config can be changed after it was made: keep frozen=True")


def can_be_searched(catalog: Catalog, name: str, space: str) -> None:
    """Every value of the search space, and every two, make a training that can begin."""
    entry = catalog.model(name)
    found = find_space(entry, space)
    plan = check_space(catalog, name, found, found.recipe or "default")
    if found.one_at_a_time:
        found.grid(plan_values(plan, found.ranges))


def _config(
    catalog: Catalog, name: str, recipe: str
) -> tuple[type[ModelConfig], dict[str, Any], Any]:
    config = Trainee.make(catalog, name, recipe).plan.config
    return type(config), config.model_dump(mode="json"), config


CONFIG_CHECKS: dict[str, Callable[[Catalog, str], None]] = {
    "builds with its defaults": builds_with_its_defaults,
    "has a default recipe": has_a_default_recipe,
}
"""Of a model."""

RECIPE_CHECKS: dict[str, Callable[[Catalog, str, str], None]] = {
    "resolves": resolves,
    "survives JSON": survives_json,
    "refuses unknown keys": refuses_unknown_keys,
    "is frozen": is_frozen,
}
"""Of a model with each of its recipes."""

SPACE_CHECKS: dict[str, Callable[[Catalog, str, str], None]] = {"can be searched": can_be_searched}
"""Of a model with each of its search spaces."""
