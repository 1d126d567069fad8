"""Python objects in place of names: modules, specs and arrays, for this process alone."""

from __future__ import annotations

from os import PathLike, fspath
from types import ModuleType

from zoo_core.data.dataset import ArrayDataset
from zoo_core.data.memory_datasets import describe_arrays
from zoo_core.errors import InvalidValueError, join_names
from zoo_core.installation.installed import add_to_process, installed_catalog
from zoo_core.plugins.added import (
    ARRAYS,
    AddedPlugin,
    import_plugin,
    kind_of,
    model_plugin,
    module_plugin,
)
from zoo_core.plugins.specs import ModelSpec


def add_plugin(plugin: ModuleType | ModelSpec | str | PathLike[str]) -> None:
    """Load a plugin that has no package, for this process alone.

    Args:
        plugin: a module with hooks, the path of such a file, the name of such a module, or the
            spec of a model. Added again, it replaces its earlier version.

    Raises:
        InvalidValueError: the plugin is of another type, or its file does not exist.
        PluginError: its import, a hook or a spec failed.
    """
    add_to_process(_added(plugin))


def _added(plugin: object) -> AddedPlugin:
    if isinstance(plugin, ModuleType):
        return module_plugin(plugin)
    if isinstance(plugin, ModelSpec):
        return model_plugin(plugin)
    if isinstance(plugin, str | PathLike):
        return import_plugin(fspath(plugin))
    raise InvalidValueError(
        f"expected a module, a file, a ModelSpec or a name, got {type(plugin).__name__}"
    )


def name_of_model(model: object) -> str:
    """Return the name of a model; a spec or a module with one model is added to this process.

    Raises:
        InvalidValueError: the module offers no model, or several.
    """
    if isinstance(model, str):
        return model
    # The spec of an installed plugin, from `get_model_info` for instance, is that plugin's.
    for entry in installed_catalog().entries("models").values():
        if entry.spec == model and not entry.plugin.added:
            return entry.qualified_name
    plugin = add_to_process(_added(model))
    if isinstance(model, ModelSpec):
        return f"{plugin.distribution}/{model.name}"
    names = [spec.name for kind, spec in plugin.offers if kind == "models"]
    if len(names) != 1:
        raise InvalidValueError(
            f"{plugin.distribution} offers {len(names)} models: {join_names(names)}",
            hint="Pass the spec of one, or its name after zoo.add_plugin.",
        )
    return f"{plugin.distribution}/{names[0]}"


def name_of_dataset(dataset: object) -> str | None:
    """Return the name of a data set; arrays are added to this process."""
    if dataset is None or isinstance(dataset, str):
        return dataset
    if not isinstance(dataset, ArrayDataset):
        raise InvalidValueError(
            f"dataset: expected a name or an ArrayDataset, got {type(dataset).__name__}"
        )
    spec = describe_arrays(dataset)
    add_to_process(AddedPlugin(ARRAYS, "unknown", None, ((kind_of(spec), spec),)))
    return spec.name
