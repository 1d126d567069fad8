"""Static checks of a plugin: metadata, specs, sources."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from zoo_core.errors import ZooError
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.discovery import API_GROUP
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.faults.failed_import import declaration
from zoo_core.plugins.plugin import Plugin, Status
from zoo_core.plugins.selection import canonical
from zoo_core.plugins.specs import DatasetSpec, ImportString, ModelSpec
from zoo_core.testing.check import ContractError, expect

PICKLES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
"""Modules that load objects from files, which may execute code."""

PICKLE_FILES = {".pkl", ".pickle", ".joblib", ".pt", ".pth", ".ckpt"}
"""Suffixes of files that frameworks write with pickle."""


def loads(catalog: Catalog, name: str) -> None:
    """Check that the plugin loads, and that no other plugin offers the same names."""
    plugin = plugin_of(catalog, name)
    expect(
        plugin.status is Status.OK,
        f"status: expected {Status.OK}, got {plugin.status}: {plugin.reason}",
    )


def has_an_entry_point(catalog: Catalog, name: str) -> None:
    """Check that one entry point has the distribution's name and refers to a module."""
    if name == "zoo-core":
        return  # the core's own plugin needs none
    points = [p for p in distribution(name).entry_points if p.group == API_GROUP]
    declared = ", ".join(f"{point.name} = {point.value}" for point in points) or "none"
    expect(len(points) == 1, f"entry points in {API_GROUP}: expected one, got {declared}")
    # Because users select plugins by their distribution, and errors name that.
    expect(
        canonical(points[0].name) == canonical(name),
        f"name of the entry point: expected {name}, as the distribution, got {declared}",
    )
    expect(not points[0].attr, f"target of the entry point: expected a module, got {declared}")


def offers_something(catalog: Catalog, name: str) -> None:
    """Check that the plugin implements a hook."""
    # An entry point that refers to the package, not to its module with the hooks, loads as well.
    plugin = plugin_of(catalog, name)
    expect(
        plugin.offers or running_hooks(catalog, name),
        "its module implements no hook, so it offers nothing",
    )


def has_a_license(catalog: Catalog, name: str) -> None:
    """Check that the distribution's metadata have a license."""
    # In any of the three forms that build backends have written over the years.
    about = distribution(name).metadata
    stated = about.json.get("license_expression") or about.json.get("license")
    classified = [c for c in about.get_all("Classifier") or [] if c.startswith("License ::")]
    expect(stated or classified, "its pyproject.toml has no license")


def uses_no_pickle(catalog: Catalog, name: str) -> None:
    """Check that the plugin neither reads nor contains pickles."""
    # By its source instead of its behavior, because unpickling executes code, and a check of one
    # training may not reach the line.
    for path in _files(plugin_of(catalog, name)):
        expect(path.suffix not in PICKLE_FILES, f"{path} is a pickle; ship .safetensors")
        if path.suffix == ".py":
            for line, what in _pickling(path):
                expect(False, f"{path}:{line} uses {what}; use safetensors for weights")


def has_import_strings_that_resolve(entry: Entry[Any]) -> None:
    """Check that all import strings of the spec can be imported."""
    for import_string in import_strings(entry):
        entry.resolve(import_string)


def has_an_spdx_license(entry: Entry[Any]) -> None:
    """Check that the spec's license is an SPDX expression."""
    license = entry.spec.license
    try:
        expected = canonicalize_license_expression(license)
    except InvalidLicenseExpression as exc:
        expect(False, f"license: expected an SPDX expression, such as MIT, got {license!r}: {exc}")
    expect(license == expected, f"license: expected {expected}, as SPDX writes it, got {license}")


def has_trainer_and_data_set_installed(catalog: Catalog, entry: Entry[Any]) -> None:
    """Check that the names of the model's trainer and data set are installed and unambiguous."""
    catalog.trainer(entry.spec.trainer)
    catalog.dataset(entry.spec.dataset)


def has_its_tasks_installed(catalog: Catalog, entry: Entry[DatasetSpec]) -> None:
    """Check that the names of the tasks of its targets are installed and unambiguous."""
    _find_tasks(catalog, entry, "targets", [target.task for target in entry.spec.targets])


def supports_installed_tasks(catalog: Catalog, entry: Entry[ModelSpec]) -> None:
    """Check that the names of the model's tasks are installed and unambiguous."""
    _find_tasks(catalog, entry, "tasks", entry.spec.tasks)


def _find_tasks(catalog: Catalog, entry: Entry[Any], field: str, names: Iterable[str]) -> None:
    for name in names:
        try:
            catalog.task(name)
        except ZooError as exc:
            place = declaration(entry.plugin, name)
            problem = f"{field} of its spec ({place}): {exc.problem}"
            raise ContractError(problem, hint=exc.hint) from exc


def states_a_sha256_and_a_source(entry: Entry[Any]) -> None:
    """Check that the data set's spec has a checksum, which may be empty, and a source."""
    spec = entry.spec
    expect(
        re.fullmatch("([0-9a-f]{64})?", spec.sha256),
        "sha256: expected 64 hexadecimal digits, or nothing for data that only the user has, got "
        f"{spec.sha256!r}",
    )
    expect(spec.source.strip(), "source: expected its authors and origin, got nothing")


def import_strings(entry: Entry[Any]) -> Iterator[str]:
    """Yield the import strings of a spec."""
    for field in fields(entry.spec):
        value = getattr(entry.spec, field.name)
        if field.type is ImportString and value:
            yield value
        elif field.name == "exporters":
            yield from value.values()


def plugin_of(catalog: Catalog, name: str) -> Plugin:
    """Return the plugin of a distribution."""
    return next(plugin for plugin in catalog.plugins if plugin.distribution == name)


TRAINING_HOOKS = (
    "zoo_train_start",
    "zoo_step_end",
    "zoo_steps_scored",
    "zoo_epoch_end",
    "zoo_train_end",
)
TUNE_HOOK = "zoo_tune_end"
TRACKERS_HOOK = "zoo_trackers"


def running_hooks(catalog: Catalog, name: str) -> dict[str, Any]:
    """Return a plugin's hooks that are called before, during or after a training or search."""
    return {
        hook: implementation
        for hook in (*TRAINING_HOOKS, TUNE_HOOK, TRACKERS_HOOK)
        for implementation in getattr(catalog.hooks, hook).get_hookimpls()
        # The loader registers a plugin as "distribution:entry point", one of `zoo -p` by its name.
        if name in (implementation.plugin_name, implementation.plugin_name.partition(":")[0])
    }


def _files(plugin: Plugin) -> Iterator[Path]:
    """Yield the files of the plugin's package."""
    # Through the import system, because the metadata of an editable install list no files.
    spec = importlib.util.find_spec(plugin.module.partition(".")[0])
    if spec and spec.origin and not spec.submodule_search_locations:
        yield Path(spec.origin)  # a file of `zoo -p`
    for folder in (spec.submodule_search_locations if spec else None) or ():
        yield from (path for path in sorted(Path(folder).rglob("*")) if path.is_file())


def _pickling(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and name of everything in a source file that unpickles."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):  # a template, for instance, which cannot be imported
        return
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                modules = [alias.name.partition(".")[0] for alias in names]
            case ast.ImportFrom(module=str(module)):
                modules = [module.partition(".")[0]]
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="torch"), attr="load" | "save" as f)
            ):
                yield node.lineno, f"torch.{f}"
                continue
            case ast.keyword(arg="allow_pickle", value=ast.Constant(value=True)):
                yield node.lineno, "allow_pickle=True"
                continue
            case _:
                continue
        yield from ((node.lineno, module) for module in modules if module in PICKLES)


PLUGIN_CHECKS = (offers_something, uses_no_pickle)
"""Checks of any plugin."""

PACKAGE_CHECKS = (has_an_entry_point, has_a_license)
"""Checks of a plugin's distribution, which a file or module of `zoo -p` does not have."""
