"""Check of a model's outputs against the tasks of its heads, before a training."""

from __future__ import annotations

from typing import Any

from zoo_core.errors import DataError, InvalidValueError
from zoo_core.frameworks.run import Run
from zoo_core.frameworks.trainer import Trainer
from zoo_core.text import counted


def check_outputs(trainer: Trainer, model: Any, run: Run) -> None:
    """Check that a model's outputs for one example have the shapes that its tasks expect.

    Raises:
        InvalidValueError: the number of heads, or the shape of a head's outputs, is another.
    """
    data = run.data
    one = data.normalization.fill_missing(data.train.inputs[data.train_rows[:1]])
    outputs = trainer.predict(model, one, data.normalization)
    who = f"model {run.model.name!r}"
    if len(outputs) != len(run.tasks):
        raise InvalidValueError(
            f"{who} has outputs for {counted(len(outputs), 'head')}: expected "
            f"{len(run.tasks)}, one per target"
        )
    for head, (task, output) in enumerate(zip(run.tasks, outputs, strict=True)):
        try:
            for split in data.dataset.splits.values():
                task.check_outputs(output.shape[1:], split.targets[head])
        except DataError as exc:
            raise InvalidValueError(
                f"{who}, head {head + 1}: {exc.problem}", hint=exc.hint
            ) from exc
