"""The fault of a plugin: the line of its code in which an exception was raised.

The traceback of an exception names the modules of its frames, and every module belongs to at most
one plugin. So no call of a plugin's code needs a wrapper, and an exception reaches callers from
Python as it was raised.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from zoo_core.errors import join_names, one_line, singular
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.faults.editable import is_editable
from zoo_core.plugins.faults.frames import Frame, frames_of
from zoo_core.plugins.faults.import_strings import import_strings
from zoo_core.plugins.plugin import Plugin
from zoo_core.plugins.specs import Spec

CORE = "zoo-core"
"""The distribution of the core, whose own code is not a plugin's."""

_CORE_PACKAGE = __name__.partition(".")[0]

_MODEL = "with model "
"""Beginning of the note about the model that was trained when an exception was raised."""

MAX_SPECS = 3
"""Maximum number of specs that a message names."""


@dataclass(frozen=True)
class Fault:
    """An exception that the code of a plugin raised.

    Attributes:
        plugin: the plugin.
        exception: the exception.
        frame: the innermost frame in the plugin's own code.
        specs: the specs that the code belongs to, as (kind, spec); empty if that is unknown.
    """

    plugin: Plugin
    exception: BaseException
    frame: Frame
    specs: tuple[tuple[str, Spec], ...]

    @property
    def subject(self) -> str:
        """The specs and their plugin, for instance ``model 'tiny' of zoo-tiny 1.0``."""
        if not self.specs:
            return f"plugin {self.plugin}"
        names = [repr(spec.name) for _, spec in self.specs]
        kind = self.specs[0][0]
        if len(names) > MAX_SPECS:
            return f"a {singular(kind)} of {self.plugin}"
        return f"{singular(kind) if len(names) == 1 else kind} {join_names(names)} of {self.plugin}"

    @property
    def problem(self) -> str:
        """The subject, the place and the exception, in one line."""
        notes = getattr(self.exception, "__notes__", ())
        model = next((f" {note}" for note in notes if note.startswith(_MODEL)), "")
        # Of a trainer, because a model that does not fit it may be to blame.
        model = model if any(kind == "trainers" for kind, _ in self.specs) else ""
        return f"{self.subject} failed{model} at {self.frame}: {one_line(self.exception)}"

    @property
    def hint(self) -> str:
        """The next step of the plugin's author, or else of its user."""
        name = self.plugin.distribution
        if is_editable(name):
            return f"Edit {self.frame.place}, or add --debug for the traceback."
        kind = self.specs[0][0] if self.specs else ""
        other = f"; or choose another of `zoo list {kind}`" if kind and kind != "commands" else ""
        return (
            f"Report it to the authors of {name} with the output of --debug, or upgrade it: "
            f"zoo install -U {name}{other}"
        )


@contextmanager
def noting_model(model: Entry[Any]) -> Iterator[None]:
    """Add a note about the model that is trained to an exception, for `Fault.problem`."""
    try:
        yield
    except Exception as exc:
        exc.add_note(f"{_MODEL}{model.spec.name!r} of {model.plugin}")
        raise


def find_fault(exc: BaseException, plugins: Iterable[Plugin]) -> Fault | None:
    """Return the fault of the plugin whose code is innermost in the traceback of an exception.

    Code of a framework or of the core that a plugin calls counts as the plugin's.

    Returns:
        None if no code of a plugin is in the traceback.
    """
    owners = [_Modules(plugin) for plugin in plugins if plugin.distribution != CORE]
    for each in _chain(exc):
        frames = list(frames_of(each))
        for frame in reversed(frames):
            if owner := _owner(frame.module, owners):
                own = [f for f in frames if _owner(f.module, owners) is owner]
                return Fault(owner.plugin, exc, frame, _specs_of(owner.plugin, own))
    return None


def _chain(exc: BaseException) -> Iterator[BaseException]:
    """Yield an exception, then those that it was raised from."""
    # Because a framework may raise its own exception after catching a plugin's.
    seen: set[int] = set()
    following: BaseException | None = exc
    while following and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or (
            None if following.__suppress_context__ else following.__context__
        )


class _Modules:
    """The modules of a plugin that its entry point and its specs name."""

    def __init__(self, plugin: Plugin) -> None:
        self.plugin = plugin
        self._entry = plugin.module
        named = (
            value.partition(":")[0]
            for _, spec in plugin.offers
            for _, value in import_strings(spec)
        )
        # Not the core's own, such as `zoo_core:ModelConfig`, or its faults would be the plugin's.
        self._named = {each for each in named if each.partition(".")[0] != _CORE_PACKAGE}

    def closeness(self, module: str) -> tuple[int, int]:
        """Return the lengths of the longest paths that a module and these have in common."""
        # The entry point first, because a spec may name code of another plugin. Lengths, because
        # several plugins may share a namespace package.
        named = max((_common(module, each) for each in self._named), default=0)
        return _common(module, self._entry), named


def _owner(module: str, owners: Sequence[_Modules]) -> _Modules | None:
    best = max(owners, key=lambda each: each.closeness(module), default=None)
    return best if best and any(best.closeness(module)) else None


def _common(module: str, other: str) -> int:
    """Return the number of leading parts that two dotted names have in common."""
    count = 0
    for mine, theirs in zip(module.split("."), other.split("."), strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _specs_of(plugin: Plugin, frames: Sequence[Frame]) -> tuple[tuple[str, Spec], ...]:
    """Return the specs of one kind whose import strings name the code of a frame.

    The innermost frame decides. A function that a spec names goes before a module of which a spec
    names another function, such as the one that built a model whose method was called.
    """
    by_name: dict[str, list[tuple[str, Spec]]] = defaultdict(list)
    for offer in plugin.offers:
        names = {value for _, value in import_strings(offer[1])}
        for name in names | {name.partition(":")[0] for name in names}:
            by_name[name].append(offer)
    inner = frames[::-1]
    candidates = [*(name for frame in inner for name in _names(frame)), *(f.module for f in inner)]
    found = next((by_name[name] for name in candidates if name in by_name), [])
    return tuple(each for each in found if each[0] == found[0][0])


def _names(frame: Frame) -> Iterator[str]:
    """Yield the import strings of a frame's function and of the classes around it."""
    parts = frame.function.split(".")
    for end in range(len(parts), 0, -1):
        yield f"{frame.module}:{'.'.join(parts[:end])}"
