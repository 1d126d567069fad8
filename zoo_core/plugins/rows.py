"""Rows of a catalog: its specs and plugins as plain JSON values, and back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

from zoo_core.names.families import split_rows
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.data_specs import InputSpec, TargetSpec, input_of, plain, target_of
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.plugin import Plugin, Status
from zoo_core.plugins.specs import KINDS, DatasetSpec, Spec

if TYPE_CHECKING:
    import pluggy

Rows = Mapping[str, list[dict[str, Any]]]
"""Kind -> rows of everything that the installed plugins offer."""

Part = tuple[list[dict[str, Any]], dict[str, int]]
"""Some rows of a kind, and the families of the others, each with its number of rows."""

Fold = Callable[[Rows, str], Part]
"""Function that returns the rows of a kind without a family, and the families."""


def catalog_rows(catalog: Catalog) -> Rows:
    """Return the rows of a catalog; `catalog_from_rows` is the inverse."""
    rows: dict[str, list[dict[str, Any]]] = {
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
    # Families of many names last, in the order of the index.
    return {kind: _families_last(of_kind) for kind, of_kind in rows.items()}


def _families_last(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    alone, related, _ = split_rows(rows)
    return alone + related


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


def catalog_from_rows(rows: Rows, hooks: Callable[[], pluggy.HookRelay], fold: Fold) -> Catalog:
    """Return the catalog that has the rows; `catalog_rows` is the inverse.

    Args:
        rows: rows of the catalog.
        hooks: see `Catalog`.
        fold: function that returns the rows of a kind without a family, and the families.
    """
    parts = {kind: _first_part(rows, kind, fold) for kind in KINDS}
    qualified: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for kind, (first, _) in parts.items():
        for row in first:
            if (name := _own_name(row)) != row["name"]:
                qualified[row["plugin"]].add((kind, name))
    entries: dict[str, Mapping[str, list[Entry[Any]]]] = defaultdict(dict)
    plugins = tuple(
        Plugin(
            distribution=row["name"],
            version=row["version"],
            entry_point=row["entry_point"],
            status=Status(row["status"]),
            reason=row["reason"],
            offers=_Offers(row["name"], entries),
            qualified=frozenset(qualified[row["name"]]),
        )
        for row in rows["plugins"]
    )
    by_name = {plugin.distribution: plugin for plugin in plugins}
    entries.update((kind, _Entries(rows, kind, part, by_name)) for kind, part in parts.items())
    return Catalog(plugins, hooks, entries)


def _first_part(rows: Rows, kind: str, fold: Fold) -> Part:
    """Return rows of a kind that include all full names, and the families of the others."""
    first, families = fold(rows, kind)
    # A full name, ``distribution/name``, is that of a spec with another name.
    full = not families.keys().isdisjoint(row["name"] for row in rows["plugins"])
    return (rows[kind], {}) if full else (first, families)


class _Entries(Mapping[str, list[Entry[Any]]]):
    """The entries of a kind by name, each made of its row when its name is first used.

    The rows of families are read when a name of one is used, or all names are.
    """

    # Because a process uses ten of 1,500 specs; reading and making all takes 10 ms.
    def __init__(self, rows: Rows, kind: str, part: Part, plugins: Mapping[str, Plugin]) -> None:
        first, self._families = part
        self._all, self._kind, self._plugins = rows, kind, plugins
        self._rows = _by_own_name(first)
        self._made: dict[str, list[Entry[Any]]] = {}

    def __getitem__(self, name: str) -> list[Entry[Any]]:
        if name not in self._made:
            if name.partition("/")[0] in self._families:
                self._read_families()
            self._made[name] = [
                Entry(_spec_from_row(KINDS[self._kind], row), self._plugins[row["plugin"]])
                for row in self._rows[name]
            ]
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        self._read_families()
        return iter(self._rows)

    def __len__(self) -> int:
        self._read_families()
        return len(self._rows)

    def _read_families(self) -> None:
        if self._families:
            self._families = {}
            self._rows = _by_own_name(self._all[self._kind])


def _by_own_name(rows: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(_own_name(row), []).append(row)
    return found


class _Offers(Sequence[tuple[str, Spec]]):
    """The specs of a plugin, found among all entries when they are first used."""

    def __init__(
        self, distribution: str, entries: Mapping[str, Mapping[str, list[Entry[Any]]]]
    ) -> None:
        self._distribution, self._entries = distribution, entries

    @cached_property
    def _specs(self) -> tuple[tuple[str, Spec], ...]:
        return tuple(
            (kind, entry.spec)
            for kind, by_name in self._entries.items()
            for entries in by_name.values()
            for entry in entries
            if entry.plugin.distribution == self._distribution
        )

    @overload
    def __getitem__(self, index: int) -> tuple[str, Spec]: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[tuple[str, Spec]]: ...

    def __getitem__(self, index: int | slice) -> Any:
        return self._specs[index]

    def __len__(self) -> int:
        return len(self._specs)


def _own_name(row: dict[str, Any]) -> str:
    """Return the name of a spec, which its row may qualify (`catalog_rows`)."""
    name: str = row["name"]
    return name.removeprefix(f"{row['plugin']}/")


def _spec_from_row(cls: type[Spec], row: dict[str, Any]) -> Spec:
    # Without `__init__`, because its checks passed when the plugin created the spec.
    spec = object.__new__(cls)
    values = vars(spec)
    for name, value in row.items():
        values[name] = tuple(value) if isinstance(value, list) else value
    if cls is DatasetSpec:
        values["input"] = input_of(row["input"])
        values["targets"] = tuple(map(target_of, row["targets"]))
    del values["plugin"]
    values["name"] = _own_name(row)
    return spec
