"""Rows of a catalog: its specs and plugins as plain JSON values, and back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.plugin import Plugin, Status
from zoo_core.plugins.specs import KINDS, Spec

Listing = dict[str, list[dict[str, Any]]]
"""Kind -> rows of all that the installed plugins offer."""


def catalog_rows(catalog: Catalog) -> Listing:
    """Return the listing of a catalog."""
    rows: Listing = {
        kind: [{**spec_row(entry), "name": name} for name, entry in catalog.entries(kind).items()]
        for kind in KINDS
    }
    rows["plugins"] = [
        {
            "name": plugin.distribution,
            "version": plugin.version,
            "entry_point": plugin.entry_point,
            "status": str(plugin.status),
            "reason": plugin.reason,
            "offers": _offers(plugin),
        }
        for plugin in catalog.plugins
    ]
    return rows


def spec_row(entry: Entry[Any]) -> dict[str, Any]:
    """Return a spec's values as JSON would give them back, and who offers it."""
    return {**_plain(vars(entry.spec)), "plugin": entry.plugin.distribution}


def _offers(plugin: Plugin) -> dict[str, list[str]]:
    """Return kind -> names of what a plugin offers."""
    names: dict[str, list[str]] = {}
    for kind, spec in plugin.offers:
        names.setdefault(kind, []).append(spec.name)
    return names


def _plain(value: Any) -> Any:
    if hasattr(value, "items"):
        return {key: _plain(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value


def restore_plugins(rows: Listing) -> Iterator[Plugin]:
    """Yield the plugins of a listing, with their specs."""
    offers: dict[str, list[tuple[str, Spec]]] = defaultdict(list)
    for kind, spec_type in KINDS.items():
        for row in rows[kind]:
            offers[row["plugin"]].append((kind, _restore_spec(spec_type, row)))
    for row in rows["plugins"]:
        yield Plugin(
            distribution=row["name"],
            version=row["version"],
            entry_point=row["entry_point"],
            status=Status(row["status"]),
            reason=row["reason"],
            offers=tuple(offers[row["name"]]),
        )


def _restore_spec(spec_type: type[Spec], row: dict[str, Any]) -> Spec:
    """Return the spec of a row of the index.

    Nothing is checked: it was when the plugin made the spec, and there may be 1,500 of them.
    """
    spec = object.__new__(spec_type)
    values = vars(spec)
    for name, value in row.items():
        values[name] = tuple(value) if isinstance(value, list) else value
    del values["plugin"]
    values["name"] = row["name"].removeprefix(f"{row['plugin']}/")  # it is where several share it
    return spec
