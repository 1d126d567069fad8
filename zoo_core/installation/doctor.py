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

from zoo_core.errors import ZooError, did_you_mean, one_line
from zoo_core.installation.installed import load_catalog
from zoo_core.plugins.bare_names import FIRST
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.discovery import API_GROUP
from zoo_core.plugins.faults.failed_import import FailedImport
from zoo_core.plugins.faults.import_strings import import_strings
from zoo_core.plugins.rows import catalog_rows
from zoo_core.plugins.selection import SETTINGS, Selection, canonical
from zoo_core.registry.location import Folder
from zoo_core.registry.lookup import known_registries
from zoo_core.system.environment import VARIABLES
from zoo_core.system.paths import config_home, zoo_home
from zoo_core.version import __version__


@dataclass(frozen=True)
class Finding:
    """One problem of the installation.

    Attributes:
        problem: description of the problem and its location.
        remedy: a command or an instruction.
    """

    problem: str
    remedy: str


@dataclass(frozen=True)
class Examination:
    """The report of `zoo doctor`.

    Attributes:
        environment: facts about interpreter, machine, folders and variables, by name.
        packages: version of each distribution that zoo and its plugins require; empty if it is
            not installed.
        plugins: rows as in `zoo list plugins --json`.
        findings: the problems.
    """

    environment: dict[str, str]
    packages: dict[str, str]
    plugins: list[dict[str, Any]]
    findings: list[Finding]


def examine() -> Examination:
    """Examine this installation."""
    # Loaded, not read from the index, because the index may be the problem.
    catalog = load_catalog()
    installed = list(_distributions(catalog))
    sections: dict[str, Callable[[], Iterable[Finding]]] = {
        "plugins": lambda: _plugins(catalog),
        "import strings": lambda: _import_strings(catalog),
        "requirements": lambda: _requirements(installed),
        "settings": lambda: _settings(catalog),
        "environment variables": _variables,
        "folders": _folders,
        "registries": lambda: _registries(catalog),
    }
    return Examination(
        environment=_environment(),
        packages=_packages(installed),
        plugins=catalog_rows(catalog)["plugins"],
        findings=[found for what, check in sections.items() for found in _run_section(what, check)],
    )


def _run_section(what: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    # A crash is a finding, because users run the doctor when something unexpected is wrong.
    try:
        yield from check()
    except Exception as exc:
        yield Finding(f"examining the {what} failed: {one_line(exc)}", "Reinstall zoo-core.")


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
            continue  # damaged metadata, which the plugin's status reports


def _required(installed: list[Distribution]) -> Iterator[tuple[str, Requirement]]:
    """Yield each distribution's name with each of its requirements on this platform."""
    for each in installed:
        for text in each.requires or ():
            requirement = Requirement(text)
            # With an empty `extra`, optional dependencies do not apply.
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                yield each.name, requirement


def _version(name: str) -> str:
    try:
        return distribution(name).version
    except PackageNotFoundError:
        return ""


def _packages(installed: list[Distribution]) -> dict[str, str]:
    names = {canonical(requirement.name) for _, requirement in _required(installed)}
    return {name: _version(name) for name in sorted(names)}


# Not `pip check`, because pip may be missing, and it reports packages that zoo does not use.
def _requirements(installed: list[Distribution]) -> Iterator[Finding]:
    for name, requirement in _required(installed):
        version = _version(requirement.name)
        # With `prereleases`, a 2.0rc1 that the user installed on purpose satisfies `>=1`.
        if not version or not requirement.specifier.contains(version, prereleases=True):
            got = f"{version} is installed" if version else "it is not installed"
            expected = f"{requirement.name}{requirement.specifier}"
            yield Finding(f"{name} requires {expected}, but {got}", f"pip install '{expected}'")


def _plugins(catalog: Catalog) -> Iterator[Finding]:
    for plugin in catalog.plugins:
        if plugin.reason and plugin.status != "disabled":
            # The loader ends every reason with its remedy.
            cause, _, remedy = plugin.reason.rpartition("; ")
            yield Finding(f"{plugin.status} plugin: {cause}", remedy)


def _import_strings(catalog: Catalog) -> Iterator[Finding]:
    """Yield the import strings that name nothing, each once."""
    checked: set[str] = set()
    for plugin in catalog.plugins:
        for _, spec in plugin.offers:
            # Once, because a thousand models of a family may have the same builder.
            strings = {value for _, value in import_strings(spec)} - checked
            checked |= strings
            for value in sorted(strings):
                if error := FailedImport(plugin, spec, value).missing_error():
                    yield Finding(error.problem, error.hint)


def _settings(catalog: Catalog) -> Iterator[Finding]:
    selection = Selection.current()
    if selection.damage:
        yield Finding(selection.damage, f"Fix or remove {SETTINGS.path}.")
        return
    try:
        FIRST.read()
    except ZooError as exc:
        yield Finding(str(exc), f"Remove {FIRST.path}.")
    known = {canonical(plugin.distribution) for plugin in catalog.plugins}
    for name in sorted((selection.allowed or frozenset()) | selection.blocked):
        if name not in known:
            hint = did_you_mean(name, known) or "Install it or remove it from the variable."
            yield Finding(f"ZOO_PLUGINS contains {name}, which is not installed", hint)


def _variables() -> Iterator[Finding]:
    for name in sorted(os.environ):
        if name.startswith("ZOO_") and name not in VARIABLES:
            hint = did_you_mean(name, VARIABLES) or f"Choose one of: {', '.join(VARIABLES)}."
            yield Finding(f"{name} is set but is not a variable of zoo", hint)


def _folders() -> Iterator[Finding]:
    for folder in dict.fromkeys((zoo_home(), config_home())):
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
            # Written, because permission bits are wrong on network file systems and in containers.
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as exc:
            yield Finding(
                f"cannot write to {folder}: {exc.strerror}",
                "Make it writable, or set ZOO_HOME to another folder.",
            )


def _registries(catalog: Catalog) -> Iterator[Finding]:
    for registry in known_registries(catalog):
        # Local ones only, so that the doctor works offline and does not wait for a server.
        if isinstance(registry.location, Folder):
            try:
                registry.index()
            except Exception as exc:
                remedy = f"Reinstall {registry.source}."
                if registry.source == "added":
                    remedy = f"zoo registry remove {registry.name}"
                yield Finding(f"registry {registry.name} cannot be read: {exc}", remedy)
