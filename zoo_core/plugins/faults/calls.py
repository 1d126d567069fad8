"""Calls of a plugin's functions: arguments that one does not accept, and results of another form.

They are reported where the core receives them, because a wrong result would fail in other code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zoo_core.errors import PluginError


def call(what: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Return the result of a plugin's function.

    Args:
        what: name of the function, for the error.
        function: the function.
        arguments: its arguments.

    Raises:
        PluginError: it does not accept them.
    """
    try:
        return function(*arguments)
    except TypeError as exc:
        # An error in the code of the function has a frame of its own, which names the line.
        if exc.__traceback__ and exc.__traceback__.tb_next:
            raise
        raise PluginError(f"{what}: {exc}", hint=_edit(function)) from exc


def result_error(what: str, expected: str, got: str, function: Any) -> PluginError:
    """Return the error for a function whose result breaks the contract."""
    return PluginError(f"{what}: expected {expected}, got {got}", hint=_edit(function))


def result_text(value: Any) -> str:
    """Return the type of a value, with the shape of an array and the types in a list."""
    if value is None or isinstance(value, int | float):
        return f"{value}"
    name = type(value).__name__
    if isinstance(value, list | tuple):
        kinds = ", ".join(dict.fromkeys(type(each).__name__ for each in value)) or "nothing"
        return f"{name} of {kinds}"
    shape = getattr(value, "shape", None)
    return name if shape is None else f"{name} of shape {tuple(shape)}"


def _edit(function: Any) -> str:
    from zoo_core.plugins.faults.frames import line_of  # for errors only

    place = line_of(function)
    return f"Edit {place}." if place else ""
