"""Plugins without a package: files, modules and specs that are loaded for one process alone.

They are never indexed. In place of a distribution they have a name such as ``module:my_model``,
which goes into the card of what was trained with them and which no package index can have.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from zoo_core.errors import InvalidValueError, PluginError, join_names, one_line
from zoo_core.plugins.specs import KINDS, ModelSpec, Spec
from zoo_core.system.gc_pause import gc_paused

ARRAYS = "memory:arrays"
"""Name of the plugin that offers the data sets passed as arrays from Python."""

_MODULE = "module:"


@dataclass(frozen=True)
class AddedPlugin:
    """A plugin of this process alone: a module with hooks, or specs.

    Attributes:
        name: its name in place of a distribution.
        version: checksum of its file, because a file has no version.
        module: module with hooks; None for specs.
        offers: the specs, as (kind, spec), if there is no module.
    """

    name: str
    version: str
    module: ModuleType | None = None
    offers: tuple[tuple[str, Spec], ...] = ()


def module_plugin(module: ModuleType) -> AddedPlugin:
    """Return the plugin of a module with hooks."""
    # So that import strings of its specs resolve, also for a module that was made by hand.
    sys.modules.setdefault(module.__name__, module)
    return AddedPlugin(f"{_MODULE}{module.__name__}", _version(module), module)


def model_plugin(spec: ModelSpec) -> AddedPlugin:
    """Return the plugin that offers one model, named by the module of its builder."""
    name = spec.builder.partition(":")[0]
    module = sys.modules.get(name)
    return AddedPlugin(
        f"{_MODULE}{name}", _version(module) if module else "unknown", None, (("models", spec),)
    )


def with_plugin(known: Sequence[AddedPlugin], new: AddedPlugin) -> list[AddedPlugin]:
    """Return the added plugins with one more, which replaces what it offers anew."""
    # A cell of a notebook may be run again, with a changed spec.
    replaced = {(kind, spec.name) for kind, spec in new.offers}
    kept = [
        each
        for each in known
        if each.name != new.name
        or not (new.module or replaced & {(kind, spec.name) for kind, spec in each.offers})
    ]
    return [*kept, new]


def is_word(word: str) -> bool:
    """Return whether ``-p`` accepts a word as a file or module."""
    return _is_file(word) or all(part.isidentifier() for part in word.split("."))


def _is_file(word: str) -> bool:
    return word.endswith(".py") or Path(word).name != word


def absolute(word: str) -> str:
    """Return a file as an absolute path, for child processes; a module as it is."""
    return str(Path(word).resolve()) if _is_file(word) else word


def import_plugin(word: str) -> AddedPlugin:
    """Import a file, such as ``./my_model.py``, or a module as a plugin.

    Raises:
        InvalidValueError: there is no such file, or Python cannot import a file of its name.
        PluginError: the import failed; the message has file and line.
    """
    name = _module_of_file(Path(word)) if _is_file(word) else word
    if not _is_file(word):
        _search_last(Path.cwd())
    # To stderr, because a plugin that prints would corrupt the output of `--json`.
    with (
        errors_with_place(f"importing {word} failed", word),
        contextlib.redirect_stdout(sys.stderr),
        gc_paused(),
    ):
        module = importlib.import_module(name)
    return module_plugin(module)


def _module_of_file(path: Path) -> str:
    """Return the name by which a file can be imported; its folder is searched last."""
    if not path.is_file():
        raise InvalidValueError(f"-p {path}: there is no such file")
    name, file = path.stem, path.resolve()
    if not name.isidentifier():
        raise InvalidValueError(
            f"-p {path}: expected the name of a Python module, such as my_model.py, got {path.name}"
        )
    _search_last(file.parent)
    importlib.invalidate_caches()
    loaded = sys.modules.get(name)
    found = loaded.__spec__ if loaded else importlib.util.find_spec(name)
    origin = found.origin if found else None
    if not origin or Path(origin).resolve() != file:
        raise InvalidValueError(
            f"-p {path}: the module {name} of {origin or 'this process'} has its name",
            hint="Rename the file.",
        )
    return name


def _search_last(folder: Path) -> None:
    # Last, so that a file next to the plugin hides no installed package.
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


@contextlib.contextmanager
def errors_with_place(problem: str, word: str) -> Iterator[None]:
    """Convert any exception of a plugin's code to a `PluginError` with file and line.

    Args:
        problem: description of what failed.
        word: file of the plugin, if it is one.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise
    # `BaseException`, because a module may call `sys.exit()`.
    except BaseException as exc:
        place = place_of(exc, word)
        raise PluginError(f"{problem}: {one_line(exc)}{place}") from exc


def place_of(exc: BaseException, word: str) -> str:
    """Return file and line of an exception as a clause: those in a plugin's file, if it is there.

    Args:
        exc: the exception.
        word: file of the plugin, if it is one.
    """
    if isinstance(exc, SyntaxError) and exc.filename:
        return f" ({exc.filename}, line {exc.lineno})"
    frames = [f for f in traceback.extract_tb(exc.__traceback__) if not _is_machinery(f.filename)]
    mine = [frame for frame in frames if _is_file(word) and frame.filename == absolute(word)]
    for frame in (mine or frames)[-1:]:
        return f" ({frame.filename}, line {frame.lineno})"
    return ""


def _is_machinery(file: str) -> bool:
    """Return whether a file of a traceback is of Python's import system or of this package."""
    return file.startswith("<frozen") or Path(file).parent in (
        Path(__file__).parent,
        Path(importlib.__file__).parent,
    )


def _version(module: ModuleType) -> str:
    file = getattr(module, "__file__", None)
    try:
        return f"sha256:{hashlib.sha256(Path(file or '').read_bytes()).hexdigest()[:12]}"
    except OSError:  # a notebook or an interactive interpreter has no file
        return "unknown"


def unpackaged(versions: Iterable[str]) -> str:
    """Return the plugins without a package among those of a card, as text; empty for none."""
    names = [name for name in versions if is_added(name)]
    return join_names(names) if names else ""


def is_added(name: str) -> bool:
    """Return whether a plugin or full name is of a plugin without a package."""
    return name.startswith((_MODULE, ARRAYS))


def hint_for_unpackaged(name: str) -> str:
    """Return the hint for the name of something that another process added, or an empty string."""
    if re.fullmatch("arrays-[0-9a-f]{12}", name):
        return "These arrays were passed from Python: pass an equal ArrayDataset as dataset=."
    if not name.startswith(_MODULE):
        return ""
    module = name.removeprefix(_MODULE).partition("/")[0]
    return (
        f"It is of a module without a package: add it with `zoo -p {module}` or "
        f"`zoo -p ./{module.rpartition('.')[2]}.py`, in Python with zoo.add_plugin."
    )


def kind_of(spec: object) -> str:
    """Return the kind of a spec; empty for another object."""
    return next((kind for kind, of_kind in KINDS.items() if type(spec) is of_kind), "")
