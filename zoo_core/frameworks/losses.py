"""The function of a loss, as a trainer calls it, and the check of its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zoo_core.errors import PluginError
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.faults.calls import call, result_error, result_text
from zoo_core.plugins.specs import LossSpec


def loss_function(entry: Entry[LossSpec]) -> Callable[..., Any]:
    """Return the function of a loss; one that raises, if the framework computes the loss itself."""
    spec = entry.spec
    if spec.loss:
        function: Callable[..., Any] = entry.resolve(spec.loss)
        return function

    # Instead of None, which would fail in the trainer's code without a word about the spec.
    def computed_by_trainer(*_: Any) -> None:
        raise PluginError(
            f"loss {spec.name!r} of task {spec.task!r} for {spec.framework} has no function, "
            f"because its framework computes it: the LossSpec of {entry.plugin.distribution} has "
            "no `loss`",
            hint="Train with the trainer of that plugin, or add the function to the spec.",
        )

    return computed_by_trainer


def distillation_function(entry: Entry[LossSpec]) -> Callable[..., Any]:
    """Return the function of a loss for a teacher, which its spec must have."""
    function: Callable[..., Any] = entry.resolve(entry.spec.distillation)
    return function


def call_loss(loss: Callable[..., Any], outputs: Any, targets: Any, recipe: Any) -> Any:
    """Return ``loss(outputs, targets, recipe)``.

    Raises:
        PluginError: the function does not accept these arguments.
    """
    return call(_name(loss), loss, outputs, targets, recipe)


def check_loss(result: Any, fits: bool, expected: str, loss: Callable[..., Any]) -> None:
    """Check that a loss returned what a trainer's framework expects.

    Args:
        result: the object that it returned.
        fits: whether it is what the framework expects.
        expected: that in words.
        loss: the function.

    Raises:
        PluginError: it is another object.
    """
    if not fits:
        raise result_error(_name(loss), expected, result_text(result), loss)


def _name(loss: Callable[..., Any]) -> str:
    return f"loss {loss.__module__}:{getattr(loss, '__qualname__', type(loss).__name__)}"
