"""Diagnosis of this installation; every check works even if the others fail."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from zoo_core.errors import did_you_mean, one_line
from zoo_core.installation.installed import load_catalog
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.discovery import API_GROUP
from zoo_core.plugins.rows import catalog_rows
from zoo_core.plugins.selection import SETTINGS, Selection, canonical
from zoo_core.registry.location import Folder
from zoo_core.registry.lookup import known_registries
from zoo_core.system.environment import VARIABLES
from zoo_core.system.paths import config_home, zoo_home
from zoo_core.version import __version__


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        problem: what, and where.
        remedy: what to do.
    """

    problem: str
    remedy: str


@dataclass(frozen=True)
class Examination:
    """What was found out.

    Attributes:
        environment: facts about interpreter, machine, folders and variables, by name.
        packages: version of each distribution that zoo and its plugins ask for; empty where it is
            missing.
        plugins: rows as `zoo list plugins --json` gives them.
        findings: what is not as it should be.
    """

    environment: dict[str, str]
    packages: dict[str, str]
    plugins: list[dict[str, Any]]
    findings: list[Finding]


def examine() -> Examination:
    """Examine this installation; plugins are loaded anew, each apart."""
    catalog = load_catalog()
    installed = list(_distributions(catalog))
    sections: dict[str, Callable[[], Iterable[Finding]]] = {
        "plugins": lambda: _plugins(catalog),
        "requirements": lambda: _unmet(installed),
        "settings": lambda: _settings(catalog),
        "environment variables": _variables,
        "folders": _folders,
        "registries": lambda: _registries(catalog),
    }
    return Examination(
        environment=_environment(),
        packages=_packages(installed),
        plugins=catalog_rows(catalog)["plugins"],
        findings=[found for what, look in sections.items() for found in _run_section(what, look)],
    )


def _run_section(what: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except Exception as exc:
        yield Finding(f"the {what} cannot be examined: {one_line(exc)}", "Reinstall zoo-core.")


def _environment() -> dict[str, str]:
    return {
        "zoo-core": __version__,
        "plugin API": API_GROUP,
        "Python": f"{platform.python_version()}, {sys.executable}",
        "machine": platform.platform(),
        "derived files": zoo_home(),
        "settings": config_home(),
        **{name: value for name, value in sorted(os.environ.items()) if name.startswith("ZOO_")},
    }


def _distributions(catalog: Catalog) -> Iterator[Distribution]:
    for name in dict.fromkeys(plugin.distribution for plugin in catalog.plugins):
        try:
            yield distribution(name)
        except PackageNotFoundError:
            continue  # its metadata is damaged, which its status says


def _requirements(installed: list[Distribution]) -> Iterator[tuple[str, Requirement]]:
    """Yield who asks for what, here and now."""
    for each in installed:
        for text in each.requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                yield each.name, requirement


def _version(name: str) -> str:
    try:
        return distribution(name).version
    except PackageNotFoundError:
        return ""


def _packages(installed: list[Distribution]) -> dict[str, str]:
    names = {canonical(requirement.name) for _, requirement in _requirements(installed)}
    return {name: _version(name) for name in sorted(names)}


def _unmet(installed: list[Distribution]) -> Iterator[Finding]:
    for who, requirement in _requirements(installed):
        version = _version(requirement.name)
        if not version or not requirement.specifier.contains(version, prereleases=True):
            found = f"{version} is installed" if version else "it is not installed"
            wanted = f"{requirement.name}{requirement.specifier}"
            yield Finding(f"{who} needs {wanted}, and {found}", f"pip install '{wanted}'")


def _plugins(catalog: Catalog) -> Iterator[Finding]:
    for plugin in catalog.plugins:
        if plugin.reason and plugin.status != "disabled":
            exc, _, remedy = plugin.reason.rpartition("; ")
            yield Finding(f"{plugin.status} plugin: {exc}", remedy)


def _settings(catalog: Catalog) -> Iterator[Finding]:
    selection = Selection.current()
    if selection.damage:
        yield Finding(selection.damage, f"Mend or remove {SETTINGS.path}.")
        return
    known = {canonical(plugin.distribution) for plugin in catalog.plugins}
    for name in sorted((selection.allowed or frozenset()) | selection.blocked):
        if name not in known:
            hint = did_you_mean(name, known) or "Install it, or leave it out."
            yield Finding(f"ZOO_PLUGINS names {name}, which is not installed", hint)
    gone = [name for name in SETTINGS.read()["installed"] if name not in known]
    if gone:
        yield Finding(f"installed once and missing: {', '.join(gone)}", "zoo plugins restore")


def _variables() -> Iterator[Finding]:
    for name in sorted(os.environ):
        if name.startswith("ZOO_") and name not in VARIABLES:
            hint = did_you_mean(name, VARIABLES) or f"There are: {', '.join(VARIABLES)}."
            yield Finding(f"zoo knows no variable {name}, which is set", hint)


def _folders() -> Iterator[Finding]:
    for folder in dict.fromkeys((zoo_home(), config_home())):
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as exc:
            yield Finding(
                f"{folder} cannot be written: {exc.strerror}",
                "Make it writable, or let ZOO_HOME name another folder.",
            )


def _registries(catalog: Catalog) -> Iterator[Finding]:
    """Read the registries on this machine; the others are not asked."""
    for registry in known_registries(catalog):
        if isinstance(registry.location, Folder):
            try:
                registry.index()
            except Exception as exc:
                remedy = f"Reinstall {registry.source}."
                if registry.source == "added":
                    remedy = f"zoo registry remove {registry.name}"
                yield Finding(f"registry {registry.name} cannot be read: {exc}", remedy)
