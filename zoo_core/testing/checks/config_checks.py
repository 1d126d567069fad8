"""Checks of a model's config, recipes and search spaces."""

from __future__ import annotations

from typing import Any

from zoo_core.errors import InvalidValueError, join_names
from zoo_core.frameworks.trainer import model_builder
from zoo_core.plugins.catalog import Catalog
from zoo_core.recipes.default_config import default_config
from zoo_core.recipes.model_config import ModelConfig
from zoo_core.recipes.nested_models import lax_models
from zoo_core.recipes.resolve import recipe_names
from zoo_core.recipes.validation import validate
from zoo_core.testing.check import ContractError, expect
from zoo_core.testing.trainee import Subject
from zoo_core.tuning.model_spaces import check_space, find_space, plan_values


def builds_with_its_defaults(catalog: Catalog, name: str) -> None:
    """Check that the config's defaults are complete and build a model."""
    entry = catalog.model(name)
    cls = entry.resolve(entry.spec.config)
    expect(
        isinstance(cls, type) and issubclass(cls, ModelConfig),
        f"config {entry.spec.config}: expected a subclass of zoo_core.ModelConfig, got {cls!r}",
    )
    # `zoo info` shows the defaults, and `create_model` builds with them.
    missing = [key for key, field in cls.model_fields.items() if field.is_required()]
    expect(not missing, f"fields of the config without a default: {join_names(missing)}")
    config = default_config(catalog, entry)
    model_builder(entry)(config)


def refuses_nested_unknown_keys(catalog: Catalog, name: str) -> None:
    """Check that every model that is nested in the config refuses unknown keys."""
    entry = catalog.model(name)
    config = entry.resolve(entry.spec.config)
    # Now, because a class that is defined after the config was unknown when that was checked.
    config.model_rebuild()
    lax = lax_models(config)
    expect(
        not lax,
        f"config {entry.spec.config}: {join_names(lax)} would ignore unknown keys; derive it from "
        "zoo_core.plugin_api.FrozenModel, or set extra='forbid' in its model_config",
    )


def has_a_default_recipe(catalog: Catalog, name: str) -> None:
    """Check that one of the model's recipes is named ``default``."""
    names = recipe_names(catalog.model(name))
    expect("default" in names, f"recipes: expected 'default' among them, got {join_names(names)}")


def resolves(subject: Subject) -> None:
    """Check that the recipe is valid, and that model, data set and trainer fit together."""
    subject.trainee()


def survives_json(subject: Subject) -> None:
    """Check that the recipe's config is equal after a round trip through JSON."""
    cls, values, config = _config(subject)
    # Cards and run folders store configs as JSON. A validator that changes a value each time it
    # runs would build another model from them.
    again = validate(cls, values, what="config")
    expect(
        again == config, f"config after a round trip through JSON: expected {config}, got {again}"
    )


def refuses_unknown_keys(subject: Subject) -> None:
    """Check that the config refuses an unknown key."""
    cls, values, _ = _config(subject)
    try:
        validate(cls, {**values, "no_such_key": 1}, what="config")
    except InvalidValueError:
        return
    # Else a misspelled --set would train with the default, unnoticed.
    raise ContractError("the config accepts the unknown key 'no_such_key'; keep extra='forbid'")


def is_frozen(subject: Subject) -> None:
    """Check that the config is immutable."""
    _, values, config = _config(subject)
    field = next(iter(values))
    try:
        setattr(config, field, getattr(config, field))
    except Exception:  # pydantic's or any other class's
        return
    raise ContractError("the config can be modified; keep frozen=True")


def can_be_searched(catalog: Catalog, name: str, space: str) -> None:
    """Check that every value of the search space, and every pair, gives a valid training."""
    entry = catalog.model(name)
    found = find_space(entry, space)
    plan = check_space(catalog, name, found, found.recipe or "default")
    if found.one_at_a_time:
        # It raises if a range has no choices to try.
        found.grid(plan_values(plan, found.ranges))


def _config(subject: Subject) -> tuple[type[ModelConfig], dict[str, Any], Any]:
    config = subject.trainee().plan.config
    return type(config), config.model_dump(mode="json"), config


RECIPE_CHECKS = (resolves, survives_json, refuses_unknown_keys, is_frozen)
"""Checks of a model with each of its recipes."""
