"""Import strings of specs: all of a spec, and the reason why one names nothing."""

from __future__ import annotations

import ast
import functools
import importlib.util
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from zoo_core.errors import did_you_mean
from zoo_core.plugins.specs import ImportString, Spec


def import_strings(spec: Spec) -> Iterator[tuple[str, str]]:
    """Yield the import strings of a spec, each with the name of its field."""
    cls: Any = type(spec)  # Any, because mypy considers a class object not hashable
    for name in _import_fields(cls):
        value = getattr(spec, name)
        if isinstance(value, Mapping):
            yield from ((name, each) for each in value.values())
        elif value:
            yield name, value


@functools.cache
def _import_fields(cls: type[Any]) -> list[str]:
    """Return the fields of a class of specs with an import string, or a mapping to some."""
    types = (ImportString, Mapping[str, ImportString])
    return [field.name for field in fields(cls) if field.type in types]


def field_of(spec: Spec, import_string: str) -> str:
    """Return the name of the field that has an import string; empty if none has it."""
    return next((name for name, value in import_strings(spec) if value == import_string), "")


def missing_part(import_string: str) -> str:
    """Return the part of an import string that does not exist, in words.

    The module itself is not imported, but the packages above it are.

    Returns:
        An empty string if everything exists, or if the module has to be imported to find out.
    """
    name, _, attribute = import_string.partition(":")
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        module = ".".join(parts[:end])
        try:
            if module not in sys.modules and importlib.util.find_spec(module) is None:
                near = _near(module, _siblings(parts[: end - 1]))
                return f"there is no module {module!r}{near}"
        except Exception:  # the package exists, and its code may raise anything
            return ""
    known = _names_in(name)
    if known is None or attribute in known:
        return ""
    return f"{name} has no {attribute!r}{_near(attribute, known)}"


def _near(name: str, known: Iterable[str]) -> str:
    near = did_you_mean(name, known)
    return f" (did{near.removeprefix('Did')})" if near else ""


def _siblings(package: list[str]) -> Iterable[str]:
    """Return the modules of a package."""
    name = ".".join(package)
    folders = getattr(sys.modules.get(name), "__path__", ())
    return [f"{name}.{each.name}" for each in pkgutil.iter_modules(folders)]


def _names_in(module: str) -> set[str] | None:
    """Return the names that a module defines; None if it has to be imported for them."""
    if loaded := sys.modules.get(module):
        return None if hasattr(loaded, "__getattr__") else set(dir(loaded))
    # From its source, because it may import a framework.
    found = importlib.util.find_spec(module)
    if found is None or not found.origin or not found.origin.endswith(".py"):
        return None
    names = _names_in_file(found.origin, Path(found.origin).stat().st_mtime_ns)
    return None if names & {"*", "__getattr__", "globals", "exec"} else names


@functools.lru_cache(maxsize=64)  # because a thousand models of a family name one module
def _names_in_file(path: str, _mtime: int) -> set[str]:
    try:
        return set(_bound_names(ast.parse(Path(path).read_bytes())))
    except (OSError, SyntaxError, ValueError):
        return {"*"}  # any, because importing it raises a better error


def _bound_names(tree: ast.Module) -> Iterator[str]:
    # In all blocks, functions included: too many names are better than too few, because a name
    # that exists must not be reported.
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name) | ast.Name(id=name):
                yield name
            case ast.alias(name=name, asname=other):
                yield other or name.partition(".")[0]
