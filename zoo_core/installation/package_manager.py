"""Plugins installed and removed with pip or uv.

What `zoo install` was given is remembered, so that it can be installed again where the
environment was made anew. pip and uv write to standard error here: standard output is the report's.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement

from zoo_core.errors import DataError, InvalidValueError, UnknownNameError, did_you_mean, join_names
from zoo_core.installation.installed import installed_rows
from zoo_core.plugins.discovery import find_entry_points
from zoo_core.plugins.selection import SETTINGS, canonical
from zoo_core.system.environment import is_set

PackageRow = dict[str, Any]
"""A plugin, as `zoo list plugins --json` gives it."""


@dataclass(frozen=True)
class InstallDiff:
    """What became of the installed plugins.

    Attributes:
        before: those that are no longer here, or are another version now.
        after: those that were not here, or were another version.
    """

    before: list[PackageRow]
    after: list[PackageRow]


def install(
    requirements: Sequence[str], *, upgrade: bool = False, editable: bool = False
) -> InstallDiff:
    """Install distributions and remember those that are plugins.

    Args:
        requirements: names with or without versions, folders, wheels or URLs.
        upgrade: what is there already is replaced by the newest.
        editable: the requirements are folders, which are used in place.

    Raises:
        InvalidValueError: a folder or wheel is not there.
        DataError: it did not work; the package installer has said why.
    """
    words = [_check_requirement(each, editable=editable) for each in requirements]
    before = _here()
    options = (["--upgrade"] if upgrade else []) + (["--no-index"] if is_set("ZOO_OFFLINE") else [])
    given = [word for each in words for word in (["-e", each] if editable else [each])]
    _run("install", [*options, *given], f"{', '.join(requirements)} could not be installed")
    _remember(words, editable=editable)
    return _change(before)


def uninstall(names: Sequence[str]) -> InstallDiff:
    """Remove plugins and forget them.

    Raises:
        InvalidValueError: one of them is zoo itself.
        UnknownNameError: one of them is no installed plugin.
        DataError: it did not work; the package installer has said why.
    """
    known = {canonical(plugin.distribution): plugin for plugin in find_entry_points()}
    remembered = SETTINGS.read()["installed"]
    for name in names:
        if canonical(name) == "zoo-core":
            raise InvalidValueError(
                "zoo-core is zoo itself, and no plugin", hint="To remove it: pip uninstall zoo-core"
            )
        if canonical(name) not in {*known, *remembered}:
            raise UnknownNameError(
                f"there is no plugin {name!r} installed",
                hint=f"{did_you_mean(name, known)} There are: {join_names(known)}.".strip(),
            )
    before = _here()
    if present := [name for name in names if canonical(name) in known]:
        _run("uninstall", present, f"{', '.join(present)} could not be removed")
    gone = set(map(canonical, names))
    with SETTINGS.changing() as values:
        kept = values["installed"].items()
        values["installed"] = {name: words for name, words in kept if name not in gone}
        values["disabled"] = [name for name in values["disabled"] if name not in gone]
    return _change(before)


def missing() -> dict[str, list[str]]:
    """Return what was installed once and is not here: distribution -> words for the installer."""
    known = {canonical(plugin.distribution) for plugin in find_entry_points()}
    remembered = SETTINGS.read()["installed"]
    return {name: words for name, words in remembered.items() if name not in known}


def restore() -> InstallDiff:
    """Install again what is missing.

    Raises:
        DataError: some could not be installed; the others were.
    """
    before, failed = _here(), []
    for name, words in missing().items():
        try:
            _run("install", words, name)
        except DataError:
            failed.append(name)
    if failed:
        raise DataError(
            f"{join_names(failed)} could not be installed again; all others were",
            hint=f"To forget what is not to be had any more: zoo uninstall {' '.join(failed)}",
        )
    return _change(before)


def describe_distribution(name: str) -> dict[str, Any]:
    """Return what the metadata of a distribution say; nothing where there is none."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return {}
    about = found.metadata.json
    return {
        "summary": about.get("summary", ""),
        "license": about.get("license_expression") or about.get("license", ""),
        "home": about.get("project_url") or about.get("home_page", ""),
        "requires": found.requires or [],
        "location": _path_of(found) or str(found.locate_file("")),
        "editable": bool(_origin(found).get("dir_info", {}).get("editable", False)),
    }


def _check_requirement(requirement: str, *, editable: bool) -> str:
    """Return a requirement with a folder's or file's whole path."""
    path = Path(requirement).expanduser()
    looks_like_path = editable or "/" in requirement or "\\" in requirement
    if path.exists() and (looks_like_path or requirement.endswith(".whl")):
        return str(path.resolve())
    if "://" in requirement:
        return requirement
    if looks_like_path or requirement.endswith(".whl"):
        raise InvalidValueError(f"{requirement} is not there", hint="Name a folder or a wheel.")
    try:
        Requirement(requirement)
    except InvalidRequirement as exc:
        hint = f"For a folder: zoo install ./{requirement}" if path.exists() else ""
        raise InvalidValueError(
            f"{requirement!r} names no distribution: {' '.join(str(exc).split())}", hint=hint
        ) from exc
    return requirement


def _run(action: str, words: Sequence[str], failure: str) -> None:
    if importlib.util.find_spec("pip"):
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", action]
        command += ["--yes"] if action == "uninstall" else []
    elif uv := shutil.which("uv"):
        command = [uv, "pip", action, "--python", sys.executable]
    else:
        raise DataError(
            f"{failure}: neither pip nor uv is here", hint=f"{sys.executable} -m ensurepip"
        )
    done = subprocess.run([*command, *words], stdout=sys.stderr, check=False)
    if done.returncode:
        raise DataError(
            f"{failure}: {' '.join(command[:3])} … ended with {done.returncode}",
            hint="What it says stands above.",
        )


def _remember(words: Sequence[str], *, editable: bool) -> None:
    """Write down with which words each plugin can be installed again."""
    learned = {}
    for plugin in find_entry_points():
        try:
            found = distribution(plugin.distribution)
        except PackageNotFoundError:
            continue
        path = _path_of(found)
        for word in words:
            if (path and (word == path or path in word)) or _plugin_names(word) == canonical(
                found.name
            ):
                learned[canonical(found.name)] = ["-e", word] if editable else [word]
    with SETTINGS.changing() as values:
        values["installed"] = {**values["installed"], **learned}


def _origin(found: Distribution) -> Mapping[str, Any]:
    """Return where a distribution came from, if not from an index (PEP 610)."""
    origin = json.loads(found.read_text("direct_url.json") or "{}")
    return origin if isinstance(origin, dict) else {}


def _path_of(found: Distribution) -> str:
    """Return the folder, wheel or URL that a distribution came from; empty for an index."""
    url = str(_origin(found).get("url", ""))
    return unquote(urlsplit(url).path) if url.startswith("file:") else url


def _plugin_names(word: str) -> str:
    """Return the canonical name of the distribution that a requirement names, if it does."""
    try:
        return canonical(Requirement(word).name)
    except InvalidRequirement:
        return ""


def _here() -> list[PackageRow]:
    return list(installed_rows()["plugins"])


def _change(before: list[PackageRow]) -> InstallDiff:
    """Compare with what a new process finds: this one has imported what was there."""
    done = subprocess.run(
        [sys.executable, "-m", "zoo_core", "plugins", "list", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DataError(f"the plugins cannot be listed any more: {done.stderr.strip()}")
    after = json.loads(done.stdout)["plugins"]
    keys = [{(row["name"], row["version"]) for row in rows} for rows in (before, after)]
    return InstallDiff(
        before=[row for row in before if (row["name"], row["version"]) not in keys[1]],
        after=[row for row in after if (row["name"], row["version"]) not in keys[0]],
    )
