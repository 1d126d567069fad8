"""Model information: spec, plugin, default config, recipes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import ModelSpec
from zoo_core.recipes.default_config import default_config
from zoo_core.recipes.resolve import recipe_names


@dataclass(frozen=True)
class ModelInfo:
    """Information about a model.

    Attributes:
        spec: spec of the model.
        plugin: name of the distribution that offers it.
        version: version of that distribution.
        config: the default config, JSON values by key.
        recipes: names of its recipes.
    """

    spec: ModelSpec
    plugin: str
    version: str
    config: Mapping[str, Any]
    recipes: list[str]


def model_info(catalog: Catalog, entry: Entry[ModelSpec]) -> ModelInfo:
    """Return the information about a model."""
    # Config and recipes are imported, but not the builder, because that imports the framework.
    config = default_config(catalog, entry)
    return ModelInfo(
        spec=entry.spec,
        plugin=entry.plugin.distribution,
        version=entry.plugin.version,
        config=config.model_dump(mode="json"),
        recipes=recipe_names(entry),
    )
