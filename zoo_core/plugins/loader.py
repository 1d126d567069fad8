"""The plugin loader: each plugin is isolated from the others.

Every installed distribution with an entry point in ``zoo.v1`` ends as a `Plugin` with a status
and, unless all is well, a reason that names the fault and the remedy. Nothing that one plugin
does in its module or hooks keeps another from being loaded.
"""

import contextlib
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import pluggy

from zoo_core.errors import one_line, singular
from zoo_core.plugins.discovery import API_GROUP, InstalledEntryPoint, find_entry_points
from zoo_core.plugins.plugin import Plugin, Status
from zoo_core.plugins.selection import Selection
from zoo_core.plugins.specs import KINDS, Spec
from zoo_core.version import __version__

EVERY_PLUGIN = Selection()


class _BrokenError(Exception):
    """Why a plugin is not loaded."""


def load_plugins(
    hookspecs: ModuleType, builtin: ModuleType, selection: Selection = EVERY_PLUGIN
) -> tuple[tuple[Plugin, ...], pluggy.PluginManager]:
    """Load the core's own plugin and every installed one, in the order of their distributions.

    Args:
        hookspecs: the module of the hooks that a plugin may implement.
        builtin: the module of the core's own plugin, whose commands no other may replace.
        selection: which may be loaded.

    Returns:
        The plugins, usable or not, and the manager that holds the usable ones.
    """
    manager = pluggy.PluginManager("zoo")
    manager.add_hookspecs(hookspecs)
    core = EntryPoint("zoo-core", builtin.__name__, API_GROUP)
    plugins = [_load(manager, InstalledEntryPoint("zoo-core", __version__, core), core)]
    reserved = {spec.name for kind, spec in plugins[0].offers if kind == "commands"}
    plugins += [_load_selected(manager, each, selection, reserved) for each in find_entry_points()]
    return tuple(_mark_conflicts(plugins)), manager


def _load_selected(
    manager: pluggy.PluginManager,
    installed: InstalledEntryPoint,
    selection: Selection,
    reserved: Set[str],
) -> Plugin:
    name, point = installed.distribution, installed.point
    if refusal := selection.refusal(name):
        return _unusable(installed, Status.DISABLED, refusal)
    if point is None:
        return _unusable(installed, Status.BROKEN, f"{installed.exc}; reinstall {name}")
    if point.group != API_GROUP:
        exc = f"made for plugin API {point.group}, zoo-core {__version__} has "
        remedy = f"install a version of {name} made for it, or: zoo uninstall {name}"
        return _unusable(installed, Status.INCOMPATIBLE, f"{exc}{API_GROUP}; {remedy}")
    return _load(manager, installed, point, reserved)


def _load(
    manager: pluggy.PluginManager,
    installed: InstalledEntryPoint,
    point: EntryPoint,
    reserved: Set[str] = frozenset(),
) -> Plugin:
    name = installed.distribution
    registered = f"{name}:{point.name}"
    try:
        # What a plugin prints must not end up in what a command reports.
        with contextlib.redirect_stdout(sys.stderr):
            module = _import(point)
            _register(manager, module, registered)
            offers = tuple(_offers(manager, module, reserved))
    except KeyboardInterrupt:
        raise
    except BaseException as exc:  # whatever a plugin raises, it is no reason to stop
        if manager.has_plugin(registered):
            manager.unregister(name=registered)
        what = str(exc) if isinstance(exc, _BrokenError) else one_line(exc)
        remedy = f"fix or upgrade {name}, or: zoo uninstall {name}"
        return _unusable(installed, Status.BROKEN, f"{what}; {remedy}")
    return Plugin(
        distribution=name,
        version=installed.version,
        entry_point=_declaration(point),
        status=Status.OK,
        offers=offers,
        files=_source_files(module),
    )


def _import(point: EntryPoint) -> ModuleType:
    try:
        module = point.load()
    except KeyboardInterrupt:
        raise
    except BaseException as exc:
        raise _BrokenError(f"importing {point.value} failed: {one_line(exc)}") from exc
    if not isinstance(module, ModuleType):
        raise _BrokenError(f"{point.value} is not a module; an entry point names a module")
    return module


def _register(manager: pluggy.PluginManager, module: ModuleType, name: str) -> None:
    if manager.is_registered(module):
        other = manager.get_name(module)
        raise _BrokenError(f"{module.__name__} is the module of another plugin, {other}")
    try:
        manager.register(module, name)
    except pluggy.PluginValidationError as exc:
        raise _BrokenError(f"its hooks do not fit: {one_line(exc)}") from exc
    for caller in manager.get_hookcallers(module) or []:
        if not caller.has_spec():
            known = ", ".join(f"zoo_{kind}" for kind in sorted(KINDS))
            raise _BrokenError(f"there is no hook {caller.name!r} (there are {known}, …)")


def _offers(
    manager: pluggy.PluginManager, module: ModuleType, reserved: Set[str]
) -> Iterable[tuple[str, Spec]]:
    for kind, spec_type in KINDS.items():
        hook, seen = f"zoo_{kind}", set()
        for implementation in getattr(manager.hook, hook).get_hookimpls():
            if implementation.plugin is not module:
                continue
            for spec in _call(hook, implementation.function):
                if not isinstance(spec, spec_type):
                    raise _BrokenError(f"{hook} must give {spec_type.__name__}s, gave {spec!r}")
                if kind == "commands" and spec.name in reserved:
                    raise _BrokenError(f"zoo has a command {spec.name!r} of its own")
                if spec.name in seen:
                    raise _BrokenError(f"{hook} gives two things of the name {spec.name!r}")
                seen.add(spec.name)
                yield kind, spec


def _call(hook: str, function: Any) -> Sequence[Any]:
    try:
        return list(function())
    except KeyboardInterrupt:
        raise
    except BaseException as exc:
        raise _BrokenError(f"{hook} failed: {one_line(exc)}") from exc


def _mark_conflicts(plugins: list[Plugin]) -> Iterable[Plugin]:
    owners: dict[tuple[str, str], list[str]] = defaultdict(list)
    for plugin in plugins:
        for kind, spec in plugin.offers:
            owners[kind, spec.name].append(plugin.distribution)
    for plugin in plugins:
        name = plugin.distribution
        shared = [
            f"{singular(kind)} {spec.name!r} is also offered by {other}"
            for kind, spec in plugin.offers
            for other in owners[kind, spec.name]
            if other != name
        ]
        if not shared:
            yield plugin
            continue
        exc, remedy = "; ".join(shared), f"say which with {name}/NAME, or: zoo uninstall {name}"
        reason = f"{name} {plugin.version} ({plugin.entry_point}): {exc}; {remedy}"
        yield replace(plugin, status=Status.CONFLICT, reason=reason)


def _unusable(installed: InstalledEntryPoint, status: Status, reason: str) -> Plugin:
    declared = _declaration(installed.point) if installed.point else "no entry point"
    return Plugin(
        distribution=installed.distribution,
        version=installed.version,
        entry_point=declared,
        status=status,
        reason=f"{installed.distribution} {installed.version} ({declared}): {reason}",
    )


def _declaration(point: EntryPoint) -> str:
    return f"{point.name} = {point.value}"


def _source_files(module: ModuleType) -> tuple[str, ...]:
    """Return the files of the module's package that are imported so far: its specs' sources."""
    package = module.__name__.partition(".")[0]
    files = (
        getattr(other, "__file__", None)
        for name, other in list(sys.modules.items())
        if name == package or name.startswith(f"{package}.")
    )
    return tuple(sorted(file for file in files if file))
