"""The contract of a trainer's models: their type, and one array of outputs per head.

Trainers call these checks, because a model that breaks the contract would fail in their code, far
from the line to edit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from zoo_core.errors import PluginError
from zoo_core.plugins.faults.calls import result_error, result_text
from zoo_core.plugins.faults.frames import line_of
from zoo_core.text import counted

A = TypeVar("A")


def head_outputs(outputs: Any, array: type[A], model: object) -> Sequence[A]:
    """Return the outputs of a model as a list or tuple with one array per head.

    Args:
        outputs: the object that the model returned.
        array: class of the framework's arrays.
        model: the model.

    Raises:
        PluginError: the outputs are of another type, for instance a single array.
    """
    listed = isinstance(outputs, list | tuple) and bool(outputs)
    if listed and all(isinstance(each, array) for each in outputs):
        return outputs  # type: ignore[no-any-return]
    expected = f"a list with one {array.__name__} per head"
    raise PluginError(
        f"the forward pass of {type(model).__name__} is invalid: expected {expected}, "
        f"got {result_text(outputs)}",
        hint=_hint(type(model), array, "[outputs]" if isinstance(outputs, array) else expected),
    )


def check_arrays(outputs: Any, count: int, method: Callable[..., Any]) -> None:
    """Check that a trainer's or learner's method returned an array ``(N, …)`` per head.

    Args:
        outputs: the object that it returned.
        count: number of examples, N.
        method: the method, bound.

    Raises:
        PluginError: it is another object.
    """
    listed = isinstance(outputs, list | tuple) and bool(outputs)
    if listed and all(isinstance(e, np.ndarray) and e.shape[:1] == (count,) for e in outputs):
        return
    got = ", ".join(map(result_text, outputs)) if listed else result_text(outputs)
    raise result_error(
        f"{type(getattr(method, '__self__', method)).__name__}.{method.__name__}",
        f"a list with one NumPy array per head, of {counted(count, 'example')} each",
        got,
        method,
    )


def check_model(model: object, fits: bool, expected: str, builder: Callable[..., Any]) -> None:
    """Check that a builder returned a model of the trainer's framework.

    Args:
        model: the object that the builder returned.
        fits: whether it is one.
        expected: the class in words.
        builder: the function or class.

    Raises:
        PluginError: it is another object.
    """
    if fits:
        return
    name = f"{builder.__module__}:{getattr(builder, '__qualname__', type(builder).__name__)}"
    got = "None (a return statement is missing)" if model is None else type(model).__name__
    place = line_of(builder)
    raise PluginError(
        f"builder {name}: expected {expected}, got {got}",
        hint=f"Return one at {place}." if place else f"Return one from {name}.",
    )


def _hint(cls: type, array: type, wanted: str) -> str:
    place = line_of(getattr(cls, "forward", cls.__call__))
    framework = array.__module__.partition(".")[0]
    # A class of the framework, such as nn.Sequential, has no line that the author could edit.
    if not place or cls.__module__.partition(".")[0] == framework:
        return f"Wrap it in a class of your own whose forward returns {wanted}."
    return f"Return {wanted} at {place}."
