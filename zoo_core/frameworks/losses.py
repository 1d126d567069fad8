"""The function of a loss, as a trainer calls it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zoo_core.errors import PluginError
from zoo_core.plugins.entry import Entry
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
