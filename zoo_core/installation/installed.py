"""The catalog of the installed plugins, loaded or read from the index.

The composition root: here the hooks and the core's own plugin meet the loader, which knows neither.
"""

from __future__ import annotations

import sys

from zoo_core.errors import PluginError
from zoo_core.plugins.index import Stamp, read_rows, write_rows
from zoo_core.system.environment import is_set

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from zoo_core.plugins.catalog import Catalog
    from zoo_core.plugins.rows import Listing
    from zoo_core.plugins.selection import Selection

_catalog: Catalog | None = None


def load_catalog(selection: Selection | None = None) -> Catalog:
    """Load the installed plugins that the user selected, or those of a selection."""
    # Imported here because a catalog that is made of the index needs none of them.
    from zoo_core import hookspecs
    from zoo_core.installation import builtin
    from zoo_core.plugins.catalog import Catalog
    from zoo_core.plugins.loader import load_plugins
    from zoo_core.plugins.selection import Selection

    plugins, manager = load_plugins(hookspecs, builtin, selection or Selection.current())
    return Catalog(plugins, lambda: manager.hook)


def installed_catalog() -> Catalog:
    """Return the catalog of this process; where the index is fresh, no plugin is imported."""
    from zoo_core.plugins.catalog import Catalog
    from zoo_core.plugins.rows import restore_plugins

    global _catalog  # noqa: PLW0603 (read once per process)
    if _catalog is None:
        plugins = tuple(restore_plugins(installed_rows()))
        _catalog = Catalog(plugins, lambda: load_catalog().hooks)
    return _catalog


def installed_rows() -> Listing:
    """Return kind -> rows (plain JSON values) of all that the installed plugins offer."""
    if (rows := read_rows()) is not None:
        return rows
    from zoo_core.plugins.rows import catalog_rows
    from zoo_core.plugins.selection import SETTINGS, Selection

    stamp = Stamp([*sys.path, SETTINGS.path])
    selection = Selection.current()
    if selection.damage:
        sys.stderr.write(f"zoo: no plugin counts as disabled: {selection.damage}\n")
    catalog = load_catalog(selection)
    rows = catalog_rows(catalog)
    if not selection.damage and not any(row["status"] == "broken" for row in rows["plugins"]):
        write_rows(rows, stamp, (file for plugin in catalog.plugins for file in plugin.files))
    return rows


def warn_of_unusable(plugins: Sequence[dict[str, Any]]) -> None:
    """Write one line to standard error for each plugin that is broken or incompatible.

    Raises:
        PluginError: ``ZOO_STRICT_PLUGINS`` is set, and there is one, or two that share a name.
    """
    refuse_unusable(plugins)
    for plugin in plugins:
        if plugin["status"] in ("broken", "incompatible"):
            sys.stderr.write(f"zoo: {plugin['status']} plugin: {plugin['reason']}\n")


def refuse_unusable(plugins: Sequence[dict[str, Any]]) -> None:
    """Raise a `PluginError` if ``ZOO_STRICT_PLUGINS`` is set and a plugin cannot be used."""
    if not is_set("ZOO_STRICT_PLUGINS"):
        return
    reasons = [p["reason"] for p in plugins if p["status"] not in ("ok", "disabled")]
    if reasons:
        raise PluginError(
            f"ZOO_STRICT_PLUGINS is set, and {len(reasons)} of the plugins cannot be used as they "
            f"are: {'; '.join(reasons)}",
            hint="See: zoo doctor",
        )
