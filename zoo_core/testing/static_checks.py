"""Static checks of a plugin: metadata, specs, sources."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.discovery import API_GROUP
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.plugin import Plugin, Status
from zoo_core.plugins.selection import canonical
from zoo_core.testing.check import expect

PICKLES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
"""Modules that read objects from files, and run what those files say."""

PICKLE_FILES = {".pkl", ".pickle", ".joblib", ".pt", ".pth", ".ckpt"}


def loads(catalog: Catalog, name: str) -> None:
    """The plugin is loaded, and every name that it offers is its own."""
    plugin = plugin_of(catalog, name)
    expect(plugin.status is Status.OK, f"its status is {plugin.status}: {plugin.reason}")


def has_an_entry_point(catalog: Catalog, name: str) -> None:
    """There is one entry point, it is named like the distribution, and it names a module."""
    if name == "zoo-core":
        return  # which is there without one
    points = [p for p in distribution(name).entry_points if p.group == API_GROUP]
    declared = ", ".join(f"{point.name} = {point.value}" for point in points) or "none"
    expect(len(points) == 1, f"one entry point in {API_GROUP} is due, there are: {declared}")
    expect(
        canonical(points[0].name) == canonical(name),
        f"the entry point {declared} is to be named like the distribution, {name}",
    )
    expect(not points[0].attr, f"the entry point {declared} is to name a module, nothing in it")


def offers_something(catalog: Catalog, name: str) -> None:
    """It offers something, or wants to hear of trainings."""
    plugin = plugin_of(catalog, name)
    expect(
        plugin.offers or running_hooks(catalog, name),
        "it implements no hook: it offers nothing, and hears of nothing",
    )


def has_a_license(catalog: Catalog, name: str) -> None:
    """The distribution says under which license its code is."""
    about = distribution(name).metadata
    stated = about.json.get("license_expression") or about.json.get("license")
    classified = [c for c in about.get_all("Classifier") or [] if c.startswith("License ::")]
    expect(stated or classified, "its pyproject.toml states no license")


def uses_no_pickle(catalog: Catalog, name: str) -> None:
    """Nothing in it reads or ships pickles, which run whatever is written in them."""
    for path in _files(distribution(name), plugin_of(catalog, name)):
        expect(path.suffix not in PICKLE_FILES, f"{path} is a pickle; ship .safetensors")
        if path.suffix == ".py":
            for line, what in _pickling(ast.parse(path.read_bytes())):
                expect(False, f"{path}:{line} uses {what}; weights go through safetensors")


def has_import_strings_that_resolve(entry: Entry[Any]) -> None:
    """Everything that the spec names can be imported."""
    for import_string in import_strings(entry):
        entry.resolve(import_string)


def names_a_license(entry: Entry[Any]) -> None:
    """The spec's license is an SPDX expression."""
    license = entry.spec.license
    try:
        expected = canonicalize_license_expression(license)
    except InvalidLicenseExpression as exc:
        expect(False, f"its license {license!r} is no SPDX expression such as MIT: {exc}")
    expect(license == expected, f"its license is written {expected} in SPDX, not {license}")


def names_what_is_installed(catalog: Catalog, entry: Entry[Any]) -> None:
    """The model's trainer and data set are installed, under one name each."""
    catalog.trainer(entry.spec.trainer)
    catalog.dataset(entry.spec.dataset)


def states_a_sha256(entry: Entry[Any]) -> None:
    """The data set's spec states a checksum, and where it is from."""
    spec = entry.spec
    expect(
        re.fullmatch("([0-9a-f]{64})?", spec.sha256),
        f"its sha256 is 64 hexadecimal digits, or empty where it is not known before the data are "
        f"here; got {spec.sha256!r}",
    )
    expect(spec.source.strip(), "it does not say who made it and where it is from")


_IMPORTED = {
    "builder",
    "config",
    "recipes",
    "loader",
    "pretrained",
    "reader",
    "factory",
    "command",
    "describe",
}
"""Fields of specs that are import strings; ``spaces`` has checks of its own."""


def import_strings(entry: Entry[Any]) -> Iterator[str]:
    """Yield what a spec names to be imported."""
    for field in fields(entry.spec):
        value = getattr(entry.spec, field.name)
        if field.name in _IMPORTED and value:
            yield value
        elif field.name == "exporters":
            yield from value.values()


def plugin_of(catalog: Catalog, name: str) -> Plugin:
    """Return the plugin of a distribution."""
    return next(plugin for plugin in catalog.plugins if plugin.distribution == name)


TUNE_HOOK = "zoo_tune_end"


def running_hooks(catalog: Catalog, name: str) -> dict[str, Any]:
    """Return the hooks of a plugin that are called while a model is trained, or tuned."""
    hooks = ("zoo_train_start", "zoo_epoch_end", "zoo_train_end", TUNE_HOOK)
    return {
        hook: implementation
        for hook in hooks
        for implementation in getattr(catalog.hooks, hook).get_hookimpls()
        if implementation.plugin_name.partition(":")[0] == name
    }


def _files(found: Distribution, plugin: Plugin) -> Iterator[Path]:
    """Yield the files of the plugin's package, whether it was copied here or is used in place."""
    package = plugin.entry_point.rpartition("= ")[2].partition(".")[0]
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations if spec else None) or ():
        yield from (path for path in sorted(Path(folder).rglob("*")) if path.is_file())


def _pickling(tree: ast.AST) -> Iterator[tuple[int, str]]:
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


PLUGIN_CHECKS: dict[str, Callable[[Catalog, str], None]] = {
    "loads": loads,
    "has an entry point": has_an_entry_point,
    "offers something": offers_something,
    "has a license": has_a_license,
    "uses no pickle": uses_no_pickle,
}
