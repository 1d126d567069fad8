"""The default config of a model: of its own fields, and of what its data set decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo_core.metrics.find_tasks import find_tasks
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.data_specs import are_class_images
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import ModelSpec
from zoo_core.recipes.model_config import ALIASES, ModelConfig
from zoo_core.recipes.resolve import config_values
from zoo_core.recipes.validation import validate


def default_config(
    catalog: Catalog, entry: Entry[ModelSpec], given: Mapping[str, Any] | None = None
) -> ModelConfig:
    """Return the config with which a model is built without a data set.

    Args:
        catalog: the installed plugins.
        entry: the model.
        given: the user's values, which override the defaults.

    Raises:
        InvalidValueError: a value is not allowed, or a field has no default.
    """
    config: type[ModelConfig] = entry.resolve(entry.spec.config)
    own = {ALIASES.get(key, key): value for key, value in (given or {}).items()}
    values = _values_of_dataset(catalog, entry, config) | own
    return validate(config, values, what=f"config of model {entry.spec.name!r}")


def _values_of_dataset(
    catalog: Catalog, entry: Entry[ModelSpec], config: type[ModelConfig]
) -> dict[str, Any]:
    """Return the values that the model's data set decides, for fields without an own default."""
    dataset = catalog.entries("datasets").get(entry.spec.dataset)
    # The defaults of `ModelConfig` are for classes of images.
    if dataset is None or are_class_images(dataset.spec.input, dataset.spec.targets):
        return {}
    values = config_values(dataset.spec.input, find_tasks(catalog, dataset.spec.targets))
    base, fields = ModelConfig.model_fields, config.model_fields
    return {
        name: value for name, value in values.items() if fields[name].default == base[name].default
    }
