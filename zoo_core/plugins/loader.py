"""The plugin loader: each plugin is isolated from the others.

Every installed distribution with an entry point in ``zoo.v1`` becomes a `Plugin` with a status and,
unless the status is ok, a reason with the cause and the remedy. No exception of a plugin's module
or hooks prevents the other plugins from being loaded.
"""

import contextlib
import inspect
import sys
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import pluggy

from zoo_core.errors import PluginError, choose_from, join_names, one_line
from zoo_core.plugins.added import AddedPlugin, place_of
from zoo_core.plugins.bare_names import first_offers, mark_shared_names
from zoo_core.plugins.discovery import API_GROUP, InstalledEntryPoint, find_entry_points
from zoo_core.plugins.faults.editable import is_editable
from zoo_core.plugins.faults.frames import line_of, own_frame
from zoo_core.plugins.plugin import Plugin, Status
from zoo_core.plugins.selection import Selection
from zoo_core.plugins.specs import KINDS, Spec
from zoo_core.version import __version__


class _BrokenError(Exception):
    """The reason why a plugin is broken.

    Args:
        cause: the reason in words.
        place: file and line of it; empty for those of the exception that it was raised from.
    """

    def __init__(self, cause: str, place: str = "") -> None:
        super().__init__(cause)
        self.place = place


def load_plugins(
    hookspecs: ModuleType,
    builtin: ModuleType,
    selection: Selection,
    added: Iterable[AddedPlugin] = (),
) -> tuple[tuple[Plugin, ...], pluggy.PluginManager]:
    """Load the core's own plugin, then the installed plugins sorted by distribution.

    Args:
        hookspecs: the module with the specifications of the hooks.
        builtin: the module of the core's own plugin, whose commands no other plugin may override.
        selection: the plugins to load.
        added: plugins without a package, which are loaded last.

    Returns:
        All plugins, usable or not, and the plugin manager with the usable ones.

    Raises:
        PluginError: an added plugin is broken.
    """
    manager = pluggy.PluginManager("zoo")
    manager.add_hookspecs(hookspecs)
    core = EntryPoint("zoo-core", builtin.__name__, API_GROUP)
    # Without the selection, because zoo's own commands repair the selection.
    plugins = [_load(manager, InstalledEntryPoint("zoo-core", __version__, core), core)]
    reserved = {spec.name for kind, spec in plugins[0].offers if kind == "commands"}
    plugins += [_load_selected(manager, each, selection, reserved) for each in find_entry_points()]
    plugins += _latest_offers([_load_added(manager, each, reserved) for each in added])
    return tuple(mark_shared_names(plugins, selection.preferred, first_offers())), manager


def _load_selected(
    manager: pluggy.PluginManager,
    installed: InstalledEntryPoint,
    selection: Selection,
    reserved: Set[str],
) -> Plugin:
    name, point = installed.distribution, installed.point
    # First, because a disabled plugin must not be reported as broken.
    if refusal := selection.refusal(name):
        return _unusable(installed, Status.DISABLED, refusal)
    if point is None:
        return _unusable(installed, Status.BROKEN, f"{installed.error}; reinstall {name}")
    if point.group != API_GROUP:
        cause = f"expected plugin API {API_GROUP} of zoo-core {__version__}, got {point.group}"
        remedy = f"install a version of {name} for {API_GROUP}, or: zoo uninstall {name}"
        return _unusable(installed, Status.INCOMPATIBLE, f"{cause}; {remedy}")
    return _load(manager, installed, point, reserved)


def _load(
    manager: pluggy.PluginManager,
    installed: InstalledEntryPoint,
    point: EntryPoint,
    reserved: Set[str] = frozenset(),
) -> Plugin:
    name = installed.distribution
    registered = f"{name}:{point.name}"  # unique, because a distribution may have several
    try:
        # To stderr, because a plugin that prints would corrupt the output of `--json`.
        with contextlib.redirect_stdout(sys.stderr):
            module = _import(point)
            _register(manager, module, registered)
            offers = tuple(_offers(manager, module, reserved))
    except KeyboardInterrupt:
        raise
    # `BaseException`, because a module may call `sys.exit()` or raise GeneratorExit.
    except BaseException as exc:
        # All or nothing: a broken plugin must not have active hooks.
        if manager.has_plugin(registered):
            manager.unregister(name=registered)
        return _unusable(installed, Status.BROKEN, _explain(exc, point, name))
    return Plugin(
        distribution=name,
        version=installed.version,
        entry_point=_declaration(point),
        status=Status.OK,
        offers=offers,
        files=_source_files(module),
    )


def _explain(exc: BaseException, point: EntryPoint, name: str) -> str:
    """Return the cause of a broken plugin, with file and line, and the remedy."""
    place = exc.place if isinstance(exc, _BrokenError) else ""
    if not place and (frame := own_frame(exc.__cause__ or exc, point.module)):
        place = frame.place
    cause = str(exc) if isinstance(exc, _BrokenError) else one_line(exc)
    fix = f"edit {place}" if place and is_editable(name) else f"fix or upgrade {name}"
    where = f" (at {place})" if place else ""
    return f"{cause}{where}; {fix}, or: zoo uninstall {name}"


def _load_added(manager: pluggy.PluginManager, added: AddedPlugin, reserved: Set[str]) -> Plugin:
    offers, declared = added.offers, "spec"
    if module := added.module:
        declared = module.__name__
        try:
            with contextlib.redirect_stdout(sys.stderr):
                _register(manager, module, added.name)
                offers = tuple(_offers(manager, module, reserved))
        except _BrokenError as exc:
            place = f" ({exc.place})" if exc.place else ""
            if exc.__cause__:
                place = place_of(exc.__cause__, str(module.__file__))
            raise PluginError(f"{added.name} is not a plugin: {exc}{place}") from exc
        if not manager.get_hookcallers(module):
            raise PluginError(
                f"{added.name} is not a plugin: it has no function with @zoo_core.hookimpl",
                hint="Define one, such as zoo_models().",
            )
    return Plugin(
        distribution=added.name,
        version=added.version,
        entry_point=declared,
        status=Status.OK,
        offers=offers,
    )


def _latest_offers(added: Sequence[Plugin]) -> Iterator[Plugin]:
    """Yield added plugins without what a later one of the same name offers anew."""
    for number, plugin in enumerate(added):
        later = {
            (kind, spec.name)
            for other in added[number + 1 :]
            if other.distribution == plugin.distribution
            for kind, spec in other.offers
        }
        offers = [(kind, spec) for kind, spec in plugin.offers if (kind, spec.name) not in later]
        yield replace(plugin, offers=tuple(offers))


@contextlib.contextmanager
def _blame(what: str) -> Iterator[None]:
    """Convert any exception of a plugin's code to a `_BrokenError`."""
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as exc:
        raise _BrokenError(f"{what}: {one_line(exc)}") from exc


def _import(point: EntryPoint) -> ModuleType:
    with _blame(f"importing {point.value} failed"):
        module = point.load()
    if not isinstance(module, ModuleType):
        raise _BrokenError(f"entry point {point.value}: expected a module, got {type(module)}")
    return module


def _register(manager: pluggy.PluginManager, module: ModuleType, name: str) -> None:
    # pluggy would raise a ValueError that names no distribution.
    if manager.is_registered(module):
        other = manager.get_name(module)
        raise _BrokenError(f"{module.__name__} is the module of another plugin, {other}")
    _check_arguments(manager, module)
    with _blame("its hooks do not match the specifications"):
        manager.register(module, name)
    # A misspelled hook would never be called: pluggy ignores it until `check_pending()`.
    for caller in manager.get_hookcallers(module) or []:
        if not caller.has_spec():
            place = line_of(getattr(module, caller.name))
            callers = vars(manager.hook).values()
            known = [c.name for c in callers if isinstance(c, pluggy.HookCaller) and c.has_spec()]
            hint = choose_from(caller.name, known).removesuffix(".")
            raise _BrokenError(f"there is no hook {caller.name!r}. {hint}", place)
    # pluggy ignores a function without its marker, so the plugin would silently offer nothing.
    for hook, function in vars(module).items():
        own = getattr(function, "__module__", None) == module.__name__
        if hasattr(manager.hook, hook) and own and not hasattr(function, "zoo_impl"):
            raise _BrokenError(f"{hook} has no decorator @hookimpl", line_of(function))


def _check_arguments(manager: pluggy.PluginManager, module: ModuleType) -> None:
    """Check that hooks declare arguments of their specifications only."""
    # pluggy's own error has three lines, and names no file.
    for hook, function in vars(module).items():
        spec = getattr(getattr(manager.hook, hook, None), "spec", None)
        if spec is None or not hasattr(function, "zoo_impl"):
            continue
        for argument in inspect.signature(function).parameters:
            if argument not in spec.argnames:
                known = join_names(spec.argnames)
                expected = f"some of {known}" if spec.argnames else known
                problem = f"{hook} has the argument {argument!r}, expected {expected}"
                raise _BrokenError(problem, line_of(function))


def _offers(
    manager: pluggy.PluginManager, module: ModuleType, reserved: Set[str]
) -> Iterable[tuple[str, Spec]]:
    for kind, spec_type in KINDS.items():
        hook, seen = f"zoo_{kind}", set[tuple[str, ...]]()
        # Not `manager.hook.zoo_models()`, which calls all plugins at once: one exception would end
        # the call for all, and the results would not name their plugins.
        for implementation in getattr(manager.hook, hook).get_hookimpls():
            if implementation.plugin is not module:
                continue
            place = line_of(implementation.function)
            for spec in _call(hook, implementation.function, spec_type):
                if not isinstance(spec, spec_type):
                    expected = f"{hook}: expected {spec_type.__name__}s, got {_named(spec)}"
                    raise _BrokenError(f"{expected}{_other_hook(spec)}", place)
                if kind == "commands" and spec.name in reserved:
                    raise _BrokenError(f"command {spec.name!r} is a command of zoo itself", place)
                if spec.key in seen:
                    raise _BrokenError(f"{hook} returned two specs named {spec.name!r}", place)
                seen.add(spec.key)
                yield kind, spec


def _call(hook: str, function: Any, spec_type: type[Spec]) -> Sequence[Any]:
    with _blame(f"{hook} failed"):
        returned = function()
        if isinstance(returned, Iterable):
            return list(returned)  # inside the block, because a hook may be a generator
    one = "one " if isinstance(returned, Spec) else ""
    raise _BrokenError(
        f"{hook}: expected a list of {spec_type.__name__}s, got {one}{_named(returned)}",
        line_of(function),
    )


def _named(value: object) -> str:
    return f"{type(value).__name__} {value.name!r}" if isinstance(value, Spec) else repr(value)


def _other_hook(value: object) -> str:
    """Return the clause with the hook for a spec of another kind."""
    kinds = (kind for kind, spec_type in KINDS.items() if isinstance(value, spec_type))
    return "".join(f": return it from zoo_{kind}" for kind in kinds)


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
    """Return the imported files of the module's package."""
    # They are the sources of the specs, because hooks have been called by now. A change in any of
    # them makes the index stale. `list`, because another thread may import meanwhile.
    package = module.__name__.partition(".")[0]
    files = (
        getattr(other, "__file__", None)
        for name, other in list(sys.modules.items())
        if name == package or name.startswith(f"{package}.")
    )
    return tuple(sorted(file for file in files if file))
