"""Rows of a catalog: its specs and plugins as plain JSON values, and back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.data_specs import InputSpec, TargetSpec, input_of, plain, target_of
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.plugin import Plugin, Status
from zoo_core.plugins.specs import KINDS, DatasetSpec, Spec

Rows = dict[str, list[dict[str, Any]]]
"""Kind -> rows of everything that the installed plugins offer."""


def catalog_rows(catalog: Catalog) -> Rows:
    """Return the rows of a catalog; `plugins_from_rows` is the inverse."""
    rows: Rows = {
        # `name` is the key of the catalog, which is qualified where another plugin owns the name.
        kind: [{**spec_row(entry), "name": name} for name, entry in catalog.entries(kind).items()]
        for kind in KINDS
    }
    # Several losses of one plugin may have one name, for other tasks or frameworks.
    rows["losses"] = [spec_row(entry) for entry in catalog.losses()]
    rows["plugins"] = [
        {
            "name": plugin.distribution,
            "version": plugin.version,
            "entry_point": plugin.entry_point,
            "status": str(plugin.status),
            "reason": plugin.reason,
            "offers": _offered_names(plugin),
        }
        for plugin in catalog.plugins
    ]
    return rows


def spec_row(entry: Entry[Any]) -> dict[str, Any]:
    """Return the values of a spec as JSON values, with the distribution that offers it."""
    return {**_plain(vars(entry.spec)), "plugin": entry.plugin.distribution}


def _offered_names(plugin: Plugin) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for kind, spec in plugin.offers:
        names.setdefault(kind, []).append(spec.name)
    return names


def _plain(value: Any) -> Any:
    """Convert mappings and specs to dicts and tuples to lists."""
    # As JSON would return them: rows must be equal whether or not they come from the index.
    if isinstance(value, InputSpec | TargetSpec):
        return plain(value)
    if hasattr(value, "items"):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def plugins_from_rows(rows: Rows) -> Iterator[Plugin]:
    """Yield the plugins of a catalog's rows, with their specs."""
    offers: dict[str, list[tuple[str, Spec]]] = defaultdict(list)
    qualified: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for kind, spec_type in KINDS.items():
        for row in rows[kind]:
            spec = _spec_from_row(spec_type, row)
            offers[row["plugin"]].append((kind, spec))
            if spec.name != row["name"]:
                qualified[row["plugin"]].add((kind, spec.name))
    for row in rows["plugins"]:
        yield Plugin(
            distribution=row["name"],
            version=row["version"],
            entry_point=row["entry_point"],
            status=Status(row["status"]),
            reason=row["reason"],
            offers=tuple(offers[row["name"]]),
            qualified=frozenset(qualified[row["name"]]),
        )


def _spec_from_row(spec_type: type[Spec], row: dict[str, Any]) -> Spec:
    # Without `__init__`, because its checks passed when the plugin created the spec, and there may
    # be 1,500 specs in every process.
    spec = object.__new__(spec_type)
    values = vars(spec)
    for name, value in row.items():
        values[name] = tuple(value) if isinstance(value, list) else value
    if spec_type is DatasetSpec:
        values["input"] = input_of(row["input"])
        values["targets"] = tuple(map(target_of, row["targets"]))
    del values["plugin"]
    values["name"] = row["name"].removeprefix(f"{row['plugin']}/")  # qualified in `catalog_rows`
    return spec
