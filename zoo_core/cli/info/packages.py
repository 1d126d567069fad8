"""Packages that a thing needs or comes from: their authors, and those that are missing."""

from __future__ import annotations

from email.utils import getaddresses
from importlib.metadata import PackageNotFoundError, metadata, version

from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.plugin import Plugin


def plugin_text(plugin: Plugin) -> str:
    """Return ``zoo-cnn 0.1.0, by The zoo authors``."""
    if plugin.added:
        return plugin.distribution
    author = author_of(plugin.distribution)
    return f"{plugin}, by {author}" if author else str(plugin)


def author_of(distribution: str) -> str:
    """Return the author that an installed package states; empty without one."""
    try:
        stated = metadata(distribution)
    except (PackageNotFoundError, ValueError):
        return ""
    addresses = [stated["Author-email"] or "", stated["Maintainer-email"] or ""]
    names = [name for name, _ in getaddresses(addresses) if name]
    return stated["Author"] or stated["Maintainer"] or ", ".join(names)


def framework_text(framework: str) -> str:
    """Return the version of a framework, or the command that installs it; nothing is imported."""
    try:
        return f"{framework} {version(framework)}, installed"
    except PackageNotFoundError:
        return f"{framework}, not installed: pip install {framework}"


def trainer_framework(catalog: Catalog, name: str) -> str:
    """Return the framework of a trainer; empty if no installed plugin offers the trainer."""
    entry = catalog.entries("trainers").get(name)
    return entry.spec.framework if entry else ""
