"""The catalog of the installed plugins, loaded or read from the index.

This is the composition root: `zoo_core.plugins` imports neither the hooks nor the core's own
plugin; both are passed to its loader here.
"""

from __future__ import annotations

import os
import sys

from zoo_core.errors import PluginError, UnknownNameError, choose_from
from zoo_core.plugins.index.plugin_index import folded, read_rows, snapshot, write_rows
from zoo_core.system.environment import is_set
from zoo_core.system.terminal import print_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from zoo_core.plugins.added import AddedPlugin
    from zoo_core.plugins.catalog import Catalog
    from zoo_core.plugins.plugin import Plugin
    from zoo_core.plugins.rows import Rows
    from zoo_core.plugins.selection import Selection

_catalog: Catalog | None = None

_added: list[AddedPlugin] = []
"""Plugins without a package that Python code has added to this process."""

EXTRA = "ZOO_EXTRA_PLUGINS"
"""Variable with the files and modules of ``-p``, which child processes inherit."""


def load_catalog(selection: Selection | None = None) -> Catalog:
    """Import the installed plugins that the user selected, or those of `selection`.

    Raises:
        PluginError: a plugin that was added to this process is broken.
    """
    # Deferred, because `zoo list` imports this module and needs none of them: pluggy and
    # dataclasses alone would double its start-up time.
    from zoo_core import hookspecs
    from zoo_core.installation import builtin
    from zoo_core.plugins.catalog import Catalog
    from zoo_core.plugins.loader import load_plugins
    from zoo_core.plugins.selection import Selection

    selection, added = selection or Selection.current(), [*_extra_plugins(), *_added]
    plugins, manager = load_plugins(hookspecs, builtin, selection, added)
    return Catalog(plugins, lambda: manager.hook)


def _extra_plugins() -> list[AddedPlugin]:
    """Import the files and modules of ``-p``."""
    from zoo_core.plugins.added import import_plugin

    words = os.environ.get(EXTRA, "").split(os.pathsep)
    return [import_plugin(word) for word in dict.fromkeys(words) if word]


def add_to_process(plugin: AddedPlugin) -> Plugin:
    """Add a plugin without a package to this process.

    Raises:
        PluginError: it is broken, and was not added.
    """
    from zoo_core.plugins.added import with_plugin

    global _catalog  # noqa: PLW0603 (what this process offers)
    before = [*_added]
    _added[:] = with_plugin(_added, plugin)
    try:
        _catalog = load_catalog()
    except BaseException:
        _added[:] = before
        raise
    return _catalog.plugins[-1]


def installed_catalog(rows: Rows | None = None) -> Catalog:
    """Return the catalog of this process; with a fresh index, no plugin is imported.

    Args:
        rows: what `installed_rows` has just returned; None to call it.
    """
    from zoo_core.plugins.rows import catalog_from_rows

    global _catalog  # noqa: PLW0603 (read once per process)
    if _catalog is None and (_added or os.environ.get(EXTRA)):
        _catalog = load_catalog()
    if _catalog is None:
        _catalog = catalog_from_rows(
            rows or installed_rows(),
            # Hooks are functions, which no index can hold: only they cause plugins to be imported.
            lambda: load_catalog().hooks,
            folded,
        )
    return _catalog


def installed_rows() -> Rows:
    """Return the rows of everything that the installed plugins offer, by kind."""
    if _added or os.environ.get(EXTRA):
        from zoo_core.plugins.rows import catalog_rows

        return catalog_rows(installed_catalog())  # never indexed: the next process has none of it
    if (rows := read_rows()) is not None:
        return rows
    from zoo_core.plugins.bare_names import record_first_offers
    from zoo_core.plugins.rows import catalog_rows
    from zoo_core.plugins.selection import SETTINGS, Selection

    # Before the settings and plugins are read, so that a change meanwhile makes the index stale.
    stamp = snapshot([*sys.path, SETTINGS.path])
    selection = Selection.current()
    if selection.damage:
        print_lines(f"zoo: no plugin counts as disabled: {selection.damage}", err=True)
    catalog = load_catalog(selection)
    record_first_offers(catalog.plugins)
    rows = catalog_rows(catalog)
    # No index with a broken plugin, because its cause may be fixed in a file that has no stamp,
    # and none with damaged settings, because the warning above must be repeated.
    if not selection.damage and not any(row["status"] == "broken" for row in rows["plugins"]):
        write_rows(rows, stamp, (file for plugin in catalog.plugins for file in plugin.files))
    return rows


def plugin_row(name: str) -> dict[str, Any]:
    """Return the row of an installed plugin, loaded or not.

    Args:
        name: name of its distribution, in any spelling that pip accepts.

    Raises:
        UnknownNameError: no plugin of this name is installed.
    """
    from zoo_core.plugins.selection import canonical

    rows = {canonical(row["name"]): row for row in installed_rows()["plugins"]}
    if canonical(name) in rows:
        return rows[canonical(name)]
    hint = choose_from(canonical(name), rows, command="zoo plugins")
    raise UnknownNameError(f"there is no plugin {name!r}", hint=hint)


def warn_of_unusable(plugins: Sequence[dict[str, Any]]) -> None:
    """Write one line to standard error per broken or incompatible plugin.

    Raises:
        PluginError: see `refuse_unusable`.
    """
    refuse_unusable(plugins)
    for plugin in plugins:
        # No warning of a conflict, because both plugins work: the ambiguous name is an error.
        if plugin["status"] in ("broken", "incompatible"):
            print_lines(f"zoo: {plugin['status']} plugin: {plugin['reason']}", err=True)


def refuse_unusable(plugins: Sequence[dict[str, Any]]) -> None:
    """Check that every plugin is usable if ``ZOO_STRICT_PLUGINS`` is set.

    Raises:
        PluginError: a plugin is broken, incompatible or in conflict with another.
    """
    if not is_set("ZOO_STRICT_PLUGINS"):
        return
    reasons = [p["reason"] for p in plugins if p["status"] not in ("ok", "disabled")]
    if reasons:
        raise PluginError(
            f"ZOO_STRICT_PLUGINS is set and {len(reasons)} plugins are not usable: "
            f"{'; '.join(reasons)}",
            hint="Run `zoo doctor` to see the remedies.",
        )
