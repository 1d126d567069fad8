"""The catalog of the public functions."""

from __future__ import annotations

from zoo_core.installation.installed import installed_catalog, installed_rows, refuse_unusable
from zoo_core.plugins.catalog import Catalog
from zoo_core.system.environment import is_set


def usable_catalog() -> Catalog:
    """Return the installed catalog; with ``ZOO_STRICT_PLUGINS``, every plugin must be usable."""
    # On every call, because a process may set the variable after its first call.
    if is_set("ZOO_STRICT_PLUGINS"):
        refuse_unusable(installed_rows()["plugins"])
    return installed_catalog()
