"""The reference of Python names: a page per group, on which mkdocstrings shows each name."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import zoo_core
from site_pages.markdown import code, page, plain, table
from zoo_core import plugin_api
from zoo_core.system.lazy_names import lazy_imports

FOLDER, PLUGINS = "reference/python", "reference/plugin_api"

GROUPS = {
    "functions": ("Functions", "Functions of `zoo_core`, the Python side of the commands."),
    "classes": ("Classes", "Classes of `zoo_core`: results of its functions, and base classes."),
    "specs": ("Specs", "Specs: what a plugin returns from its hooks."),
}
"""Group of names of `zoo_core` -> title and first sentence of its page."""

PACKAGES = {
    "cli": "Commands",
    "data": "Data",
    "errors": "Errors",
    "evaluation": "Evaluation",
    "filenames": "File names",
    "frameworks": "Frameworks",
    "installation": "Installed plugins",
    "metrics": "Metrics",
    "plugins": "Catalog and specs",
    "pretrained": "Published weights",
    "publishing": "Publishing",
    "recipes": "Recipes",
    "registry": "Registries",
    "system": "System",
    "tasks": "Tasks",
    "testing": "Tests of plugins",
    "text": "Text",
    "training": "Training",
    "tuning": "Search",
    "weights": "Cards and weight files",
}
"""Package of the core with names of `zoo_core.plugin_api` -> title of their page."""


def pages() -> dict[str, str]:
    """Return the index of the Python names and a page per group."""
    own, plugins = lazy_imports("zoo_core"), lazy_imports("zoo_core.plugin_api")
    groups: dict[str, dict[str, str]] = {group: {} for group in GROUPS}
    for name, module in own.items():
        groups[group_of(name)][name] = module
    found = {f"{FOLDER}/index.md": _index(groups, plugins)}
    for group, (title, sentence) in GROUPS.items():
        found[f"{FOLDER}/{group}.md"] = page(f"# {title}", sentence, _documented(groups[group]))
    for package, names in _by_package(plugins).items():
        sentence = "Names of `zoo_core.plugin_api`, for plugins."
        found[f"{PLUGINS}/{package}.md"] = page(
            f"# {PACKAGES[package]}", sentence, _documented(names)
        )
    return found


def group_of(name: str) -> str:
    """Return the group of a name of `zoo_core`."""
    if name.endswith("Spec") or name in {"Column", "class_targets", "hookimpl"}:
        return "specs"
    return "classes" if inspect.isclass(getattr(zoo_core, name)) else "functions"


def _by_package(names: Mapping[str, str]) -> Mapping[str, dict[str, str]]:
    """Return package of the core -> its names -> the module that defines each."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for name, module in names.items():
        found[module.split(".")[1]][name] = module
    return {package: found[package] for package in sorted(found)}


def _documented(names: Mapping[str, str]) -> Iterator[str]:
    for name, module in names.items():
        yield f"::: {module}.{name}"
        yield ""


def _index(groups: Mapping[str, Mapping[str, str]], plugins: Mapping[str, str]) -> str:
    every = {name: module for names in groups.values() for name, module in names.items()}
    return page(
        "# Python names",
        "`import zoo_core as zoo` offers the names of the first table. Plugins may also import "
        "those of the second one, from `zoo_core.plugin_api`. Everything else may change in any "
        "version. A name is imported when it is first used, so that importing `zoo_core` imports "
        "neither NumPy nor a framework.",
        "## zoo_core",
        _names(zoo_core, every.items()),
        "## zoo_core.plugin_api",
        _names(plugin_api, sorted(plugins.items())),
    )


def _names(module: object, names: Iterable[tuple[str, str]]) -> Iterator[str]:
    rows = (
        (f"[{code(name)}][{home}.{name}]", plain(_sentence(getattr(module, name))))
        for name, home in names
    )
    yield from table(("name", "meaning"), rows)


def _sentence(value: object) -> str:
    """Return the first paragraph of a docstring; constants have none."""
    if not (inspect.isclass(value) or inspect.isroutine(value) or inspect.ismodule(value)):
        return code(repr(value)) if len(repr(value)) < 60 else "constant"
    return " ".join((inspect.getdoc(value) or "").partition("\n\n")[0].split())
