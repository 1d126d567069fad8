"""Trackers: programs such as TensorBoard and MLflow, to which plugins report trainings."""

from __future__ import annotations

import os
from typing import Any

from zoo_core.errors import PluginError, UnknownNameError, ZooError, choose_from, one_line
from zoo_core.plugins.catalog import Catalog


def trackers() -> tuple[str, ...]:
    """Return the names of the trackers that the user chose, by ``ZOO_TRACK`` or ``--track``."""
    words = (each.strip() for each in os.environ.get("ZOO_TRACK", "").split(","))
    return tuple(dict.fromkeys(filter(None, words)))


def check_trackers(catalog: Catalog) -> None:
    """Check the chosen trackers, before anything is loaded.

    Raises:
        UnknownNameError: no plugin offers one of them.
        ZooError: one of them cannot be used, for instance because its package is missing.
        PluginError: a plugin fails.
    """
    names = trackers()
    offered: list[str] = []
    if not names:  # without importing a plugin
        return
    for implementation in catalog.hooks.zoo_trackers.get_hookimpls():
        given = {"names": names} if "names" in implementation.argnames else {}
        try:
            returned: Any = implementation.function(**given)
            offered += returned
        except ZooError:
            raise
        except Exception as exc:
            plugin = implementation.plugin_name
            raise PluginError(f"plugin {plugin} failed in zoo_trackers: {one_line(exc)}") from exc
    for name in names:
        if name not in offered:
            hint = choose_from(name, offered) if offered else "Run: pip install zoo-track"
            raise UnknownNameError(f"there is no tracker {name!r}", hint=hint)
