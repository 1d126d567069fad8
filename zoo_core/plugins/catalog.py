"""The catalog: names of everything that the installed plugins offer, and their specs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from zoo_core.errors import (
    AmbiguousNameError,
    InvalidValueError,
    PluginError,
    UnknownNameError,
    ZooError,
    choose_from,
    did_you_mean,
    join_names,
    singular,
)
from zoo_core.plugins.bare_names import OWN_PLUGINS
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.faults.own_data import DATASETS, PLUGINS, hint_for_path
from zoo_core.plugins.plugin import Plugin, Status
from zoo_core.plugins.specs import (
    CommandSpec,
    DatasetSpec,
    LossSpec,
    ModelSpec,
    RuntimeSpec,
    SourceSpec,
    TaskSpec,
    TrainerSpec,
)

if TYPE_CHECKING:
    import pluggy


class Catalog:
    """The specs of the installed plugins by kind and name; immutable.

    Args:
        plugins: the plugins, usable or not, with their specs.
        hooks: returns the hooks of the plugins, which requires importing them.
        entries: what the plugins offer, by kind and name; None to collect it from them.
    """

    def __init__(
        self,
        plugins: tuple[Plugin, ...],
        hooks: Callable[[], pluggy.HookRelay],
        entries: Mapping[str, Mapping[str, list[Entry[Any]]]] | None = None,
    ) -> None:
        self.plugins = plugins
        self._hooks = hooks
        self._entries_by_kind = _entries_of(plugins) if entries is None else entries

    @cached_property
    def hooks(self) -> pluggy.HookRelay:
        """The hooks that the plugins implement."""
        return self._hooks()

    def entries(self, kind: str) -> dict[str, Entry[Any]]:
        """Return all entries of a kind, sorted by name.

        A name that several plugins offer is qualified, ``distribution/name``, for all but its owner
        (`zoo_core.plugins.bare_names`).
        """
        return {
            name if [entry] == self._bare(kind, name) else entry.qualified_name: entry
            for name, entries in sorted(self._entries_by_kind[kind].items())
            for entry in entries
        }

    def same_name(self, kind: str, name: str) -> list[Entry[Any]]:
        """Return the entries that share a name, the owner of the bare name first."""
        owners = self._bare(kind, name)
        entries = self._entries_by_kind[kind].get(name, [])
        return [*owners, *(entry for entry in entries if entry not in owners)]

    def _bare(self, kind: str, name: str) -> list[Entry[Any]]:
        """Return the entry that a bare name means; none or several if it is ambiguous."""
        entries = self._entries_by_kind[kind].get(name, [])
        return [entry for entry in entries if _is_bare(kind, entry)]

    def model(self, name: str) -> Entry[ModelSpec]:
        return self._find("models", name)

    def dataset(self, name: str) -> Entry[DatasetSpec]:
        """Return a data set by name, or by ``SOURCE:ADDRESS`` from a source."""
        # No name of a spec has a colon, so the two cannot be confused.
        if qualified := self._qualified("datasets", name):  # whose plugin may have a colon
            return qualified
        source, colon, address = name.partition(":")
        sources = self._entries_by_kind["sources"]
        # A path may have a colon, too, and then `_find` raises the error with a hint for paths.
        if not colon or (source not in sources and hint_for_path(name, sources)):
            return self._find("datasets", name)
        found = self.source(source)
        if not address:
            raise InvalidValueError(
                f"data set {name!r} has no address",
                hint=f"Append one: {source}:{found.spec.address}",
            )
        described = found.call(found.spec.describe, address, returns=DatasetSpec)
        # By this name, cards and runs find the data again.
        if described.name != (expected := f"{found.spec.name}:{address}"):
            raise found.wrong_return(
                found.spec.describe,
                f"a DatasetSpec with the name {expected!r}",
                f"{described.name!r}",
            )
        return Entry(described, found.plugin)

    def source(self, name: str) -> Entry[SourceSpec]:
        return self._find("sources", name)

    def trainer(self, name: str) -> Entry[TrainerSpec]:
        return self._find("trainers", name)

    def runtime(self, name: str) -> Entry[RuntimeSpec]:
        return self._find("runtimes", name)

    def task(self, name: str) -> Entry[TaskSpec]:
        return self._find("tasks", name)

    def loss(
        self, name: str, task: str, framework: str, *, own: Plugin | None = None
    ) -> Entry[LossSpec]:
        """Return the loss of a name for a task and a framework.

        Args:
            name: name of the loss.
            task: name of the task.
            framework: name of the framework's distribution.
            own: plugin whose loss is the first choice, that of the trainer.

        Raises:
            InvalidValueError: no plugin offers it.
            AmbiguousNameError: several do.
        """
        fitting = [e for e in self.losses() if (e.spec.task, e.spec.framework) == (task, framework)]
        named = [entry for entry in fitting if name in (entry.spec.name, entry.qualified_name)]
        for choice in (
            # Another plugin's loss of the same name must not change how a trainer trains.
            [entry for entry in named if entry.plugin == own],
            [entry for entry in named if _is_bare("losses", entry)],
            named,
        ):
            if len(choice) == 1:
                return choice[0]
        if named:
            choices = join_names(entry.qualified_name for entry in named)
            raise AmbiguousNameError(
                f"{len(named)} plugins offer a loss {name!r} of task {task!r} for {framework}",
                hint=f"Choose one of: {choices}, with --set loss=NAME.",
            )
        of_task = [entry.spec for entry in self.losses() if entry.spec.task == task]
        if fitting:
            elsewhere = {spec.framework for spec in of_task if spec.name == name}
            only = f", only for {join_names(elsewhere)}" if elsewhere else ""
            raise InvalidValueError(
                f"there is no loss {name!r} of task {task!r} for {framework}{only}",
                hint=f"Choose one of: {join_names(e.spec.name for e in fitting)}, with "
                "--set loss=NAME.",
            )
        # No other trainer, because those that could train the model have the same losses.
        others = {spec.framework for spec in of_task}
        near = did_you_mean(framework, others)  # such as torch, whose project is called PyTorch
        user = f", or train a model of another framework: {join_names(others)}" if others else ""
        raise InvalidValueError(
            f"task {task!r} has no loss for {framework}: a plugin must offer a LossSpec with task "
            f"{task!r} and framework {framework!r}",
            hint=f"{near} Offer one with the hook zoo_losses (docs/plugins/loss.md){user}.".strip(),
        )

    def losses(self) -> list[Entry[LossSpec]]:
        """Return all losses; several may have one name, for other tasks or frameworks."""
        return [entry for each in self._entries_by_kind["losses"].values() for entry in each]

    def command(self, name: str) -> Entry[CommandSpec]:
        return self._find("commands", name)

    def _find(self, kind: str, name: str) -> Entry[Any]:
        owners = self._bare(kind, name)
        if len(owners) == 1:
            return owners[0]
        if entries := self._entries_by_kind[kind].get(name, []):
            choices = join_names(entry.qualified_name for entry in entries)
            raise AmbiguousNameError(
                f"{len(entries)} plugins offer a {singular(kind)} {name!r}",
                hint=f"Choose one of: {choices}; or once and for all: "
                f"zoo plugins prefer {name} DISTRIBUTION",
            )
        if qualified := self._qualified(kind, name):
            return qualified
        raise self._unknown(kind, name)

    def _qualified(self, kind: str, name: str) -> Entry[Any] | None:
        """Return the entry with a full name, ambiguous or not."""
        # So that a script with such a name still works after another plugin is installed.
        _, _, own_name = name.partition("/")  # a distribution has no slash
        for entry in self._entries_by_kind[kind].get(own_name, []):
            if name == entry.qualified_name:
                return entry
        return None

    def _unknown(self, kind: str, name: str) -> ZooError:
        """Return the most helpful error: wrong kind, typo, unusable plugin, or not installed."""
        if error := self._other_kind(kind, name):
            return error
        from zoo_core.plugins.added import hint_for_unpackaged  # for errors only

        problem, known = f"there is no {singular(kind)} {name!r}", self.entries(kind)
        hint = hint_for_unpackaged(name)
        if kind == "datasets":
            hint = hint or hint_for_path(name, self._entries_by_kind["sources"])
            own = (plugin for plugin, names in DATASETS.items() if name in names.split())
            if (plugin := next(own, "")) and not self._has(plugin):
                hint = hint or f"Install its plugin: pip install {plugin}"
        if hint:
            return UnknownNameError(problem, hint=hint)
        command = {"models": "zoo list", "commands": "zoo --help"}.get(kind, f"zoo list {kind}")
        hint = choose_from(name, known, command=command)
        unusable = [plugin for plugin in self.plugins if not plugin.usable]
        # Those with a similar name, else the broken ones, because `ZOO_PLUGINS` may disable all but
        # one plugin.
        similar = [p for p in unusable if p.distribution.removeprefix("zoo-") in name]
        unusable = similar or [p for p in unusable if p.status is not Status.DISABLED] or unusable
        few = len(unusable) <= 3
        if did_you_mean(name, known):
            if unusable:
                names = ", ".join(plugin.distribution for plugin in unusable)
                names = names if few else f"one of {len(unusable)}"
                hint += f" Or it may be of a plugin that is not usable: {names} (zoo doctor)."
            return UnknownNameError(problem, hint=hint)
        # Without a similar name, an unusable plugin probably offers it: exit code 4, not 3.
        if unusable:
            reasons = ": " + "; ".join(plugin.reason for plugin in unusable) if few else ""
            plugins = "1 plugin is" if len(unusable) == 1 else f"{len(unusable)} plugins are"
            problem += f", and {plugins} not usable{reasons}"
            return PluginError(problem, hint="Run `zoo doctor` to see all problems.")
        return UnknownNameError(problem, hint=f"{hint} {self._how_to_install(kind, name)}".strip())

    def _other_kind(self, kind: str, name: str) -> UnknownNameError | None:
        """Return the error for a name of another kind, such as a data set given as a model."""
        thing = singular(kind)
        for other in ("models", "datasets", "sources", "trainers", "runtimes", "tasks"):
            if other == kind or name not in self._entries_by_kind[other]:
                continue
            hint = choose_from(name, self.entries(kind), command=f"zoo list {kind}")
            if (kind, other) == ("models", "datasets"):
                hint = f"To train a model on it: zoo train MODEL --dataset {name}"
            if (kind, other) == ("datasets", "sources"):
                hint = f"Append an address: {name}:{self.source(name).spec.address}"
            return UnknownNameError(f"{name!r} is a {singular(other)}, not a {thing}", hint=hint)
        return None

    def _has(self, distribution: str) -> bool:
        return any(each.distribution == distribution for each in self.plugins)

    def _how_to_install(self, kind: str, name: str) -> str:
        # A qualified name contains its distribution; for others, `zoo-NAME` is the convention,
        # except for sources, none of which has the name of its plugin.
        owner = PLUGINS.get(name, "zoo-images") if kind == "sources" else name.partition("/")[0]
        plugin = owner.removeprefix("zoo-")
        # Only zoo's own, because pip would install any package of a guessed name.
        if plugin in OWN_PLUGINS.split() and not self._has(f"zoo-{plugin}"):
            return f"Or install its plugin: pip install zoo-{plugin}"
        if kind == "datasets" and (sources := self.entries("sources")):
            addresses = (f"{each}:{entry.spec.address}" for each, entry in sources.items())
            return f"Or name your own data: {join_names(addresses)}"
        return ""


def _entries_of(plugins: tuple[Plugin, ...]) -> Mapping[str, Mapping[str, list[Entry[Any]]]]:
    # A list per name, because several plugins may offer the same name.
    found: dict[str, dict[str, list[Entry[Any]]]] = defaultdict(dict)
    for plugin in plugins:
        for kind, spec in plugin.offers:
            found[kind].setdefault(spec.name, []).append(Entry(spec, plugin))
    return found


def _is_bare(kind: str, entry: Entry[Any]) -> bool:
    """Return whether an entry has its name without the distribution, as owner of the name."""
    return (kind, entry.spec.identity) not in entry.plugin.qualified
