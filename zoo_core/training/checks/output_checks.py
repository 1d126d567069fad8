"""Check of a model's outputs, and of the tasks of its heads, before a training."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo_core.errors import DataError, InvalidValueError
from zoo_core.frameworks.model_contract import check_arrays
from zoo_core.frameworks.run import Run
from zoo_core.frameworks.trainer import Trainer
from zoo_core.metrics.predictions import predictions_of
from zoo_core.metrics.scores import measure, score
from zoo_core.text import counted

FEW = 11
"""Number of examples that are predicted; unlike most numbers of outputs."""


def check_outputs(trainer: Trainer, model: Any, run: Run) -> None:
    """Check that a model's outputs have the shapes that its tasks expect, and that they score them.

    Raises:
        InvalidValueError: the number of heads, or the shape of a head's outputs, is another.
        PluginError: the trainer or a task breaks its contract.
    """
    data, rows = run.data, run.data.train_rows[:FEW]
    few = data.normalization.fill_missing(data.train.inputs[rows])
    outputs = trainer.predict(model, few, data.normalization)
    check_arrays(outputs, len(few), trainer.predict)
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
    outputs = data.normalization.restore_outputs(outputs)
    with np.errstate(all="ignore"):  # outputs that are not finite are an error of the first step
        score(run.tasks, measure(run.tasks, outputs, data.train.select_targets(rows)))
        predictions_of(run.tasks, outputs)
