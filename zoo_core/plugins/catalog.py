"""The catalog: names of everything that the installed plugins offer, and their specs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from zoo_core.errors import (
    AmbiguousNameError,
    InvalidValueError,
    PluginError,
    UnknownNameError,
    ZooError,
    did_you_mean,
    join_names,
    singular,
)
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.plugin import Plugin
from zoo_core.plugins.specs import CommandSpec, DatasetSpec, ModelSpec, SourceSpec, TrainerSpec

if TYPE_CHECKING:
    import pluggy


class Catalog:
    """What the installed plugins offer. Built once and passed on; nothing in it changes.

    Args:
        plugins: with what each offers.
        hooks: gives the hooks that the plugins implement, for which they have to be imported.
    """

    def __init__(self, plugins: tuple[Plugin, ...], hooks: Callable[[], pluggy.HookRelay]) -> None:
        self.plugins = plugins
        self._hooks = hooks
        self._entries_by_kind: dict[str, dict[str, list[Entry[Any]]]] = defaultdict(dict)
        for plugin in plugins:
            for kind, spec in plugin.offers:
                self._entries_by_kind[kind].setdefault(spec.name, []).append(Entry(spec, plugin))

    @cached_property
    def hooks(self) -> pluggy.HookRelay:
        """The hooks that the plugins implement."""
        return self._hooks()

    def entries(self, kind: str) -> dict[str, Entry[Any]]:
        """Return all of one kind by the name that finds them, sorted.

        That is the bare name, or ``distribution/name`` where several plugins share it.
        """
        return {
            entry.spec.name if len(entries) == 1 else entry.qualified_name: entry
            for _, entries in sorted(self._entries_by_kind[kind].items())
            for entry in entries
        }

    def model(self, name: str) -> Entry[ModelSpec]:
        return self._find("models", name)

    def dataset(self, name: str) -> Entry[DatasetSpec]:
        """Return a data set by its name, or one that a source finds: ``SOURCE:ADDRESS``."""
        source, colon, address = name.partition(":")
        if not colon:
            return self._find("datasets", name)
        found = self.source(source)
        if not address:
            raise InvalidValueError(
                f"data set {name!r} lacks its address",
                hint=f"Say {source}:{found.spec.address}",
            )
        return Entry(found.resolve(found.spec.describe)(address), found.plugin)

    def source(self, name: str) -> Entry[SourceSpec]:
        return self._find("sources", name)

    def trainer(self, name: str) -> Entry[TrainerSpec]:
        return self._find("trainers", name)

    def command(self, name: str) -> Entry[CommandSpec]:
        return self._find("commands", name)

    def _find(self, kind: str, name: str) -> Entry[Any]:
        entries = self._entries_by_kind[kind].get(name, [])
        if len(entries) == 1:
            return entries[0]
        if entries:
            choices = join_names(entry.qualified_name for entry in entries)
            raise AmbiguousNameError(
                f"{len(entries)} plugins offer a {singular(kind)} {name!r}",
                hint=f"Say which one: {choices}.",
            )
        for entry in (e for several in self._entries_by_kind[kind].values() for e in several):
            if name == entry.qualified_name:
                return entry
        raise self._unknown(kind, name)

    def _unknown(self, kind: str, name: str) -> ZooError:
        thing = singular(kind)
        known = self.entries(kind)
        for other in ("models", "datasets", "sources", "trainers"):
            if other != kind and name in self._entries_by_kind[other]:
                hint = f"A {thing} is one of: {join_names(known)}."
                if (kind, other) == ("models", "datasets"):
                    hint = f"To train a model on it: zoo train MODEL --dataset {name}"
                if (kind, other) == ("datasets", "sources"):
                    hint = f"Say {name}:{self.source(name).spec.address}"
                return UnknownNameError(f"{name!r} is a {singular(other)}, no {thing}", hint=hint)
        unusable = [plugin for plugin in self.plugins if not plugin.usable]
        if guess := did_you_mean(name, known):
            hint = f"{guess} There are: {join_names(known)}."
            if unusable:
                names = join_names(plugin.distribution for plugin in unusable)
                hint += (
                    f" Or one of these plugins has it, which are not usable: {names} (zoo doctor)."
                )
            return UnknownNameError(f"there is no {thing} {name!r}", hint=hint)
        if unusable:
            errors = "; ".join(plugin.reason for plugin in unusable)
            return PluginError(
                f"no usable plugin offers a {thing} {name!r} ({kind}: {join_names(known)}), and "
                f"these plugins are not usable: {errors}",
                hint="See: zoo doctor",
            )
        # A qualified name says which distribution to install; for others there is a convention.
        distribution = f"zoo-{name.partition('/')[0].removeprefix('zoo-')}"
        if kind == "sources":
            distribution = "zoo-images"  # which has several
        elsewhere = ""
        if kind == "datasets" and (sources := self.entries("sources")):
            places = join_names(f"{each}:{entry.spec.address}" for each, entry in sources.items())
            elsewhere = f"; or say where it is: {places}"
        return UnknownNameError(
            f"no installed plugin offers a {thing} {name!r} "
            f"({kind} there are: {join_names(known)})",
            hint=f"Install one that does, for instance: pip install {distribution}{elsewhere}",
        )
