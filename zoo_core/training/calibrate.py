"""Calibration of a trained model: temperatures and limits from its validation examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from zoo_core.frameworks.prediction import Predictor, all_outputs
from zoo_core.frameworks.run import Run
from zoo_core.metrics.calibration import (
    Calibration,
    acceptance,
    fit_temperature,
    has_confidence,
    lower_limit,
)
from zoo_core.metrics.calibration_check import CalibrationCheck
from zoo_core.metrics.familiarity import Familiarity
from zoo_core.metrics.predictions import predictions_of
from zoo_core.metrics.task import Array, Task

SURE = 0.9
"""Confidence that is never refused, although a model may be surer of all validation examples."""
# Because the least sure of a few examples is a poor estimate of the least sure one of a hundred.


def calibrate(
    predictor: Predictor,
    run: Run,
    measure: Familiarity | None,
    outputs: Callable[[], list[Array]],
) -> Calibration | None:
    """Return the calibration of a trained model; None if none of its tasks has confidences.

    Args:
        predictor: predictor of the trained model.
        run: the training.
        measure: familiarity of inputs; None if it is unknown.
        outputs: function that returns the outputs for the test examples.
    """
    if not has_confidence(run.tasks):
        return None
    split, rows = run.data.held_out, run.data.validation_rows
    fitted = fit_calibration(
        run.tasks,
        all_outputs(predictor, split.inputs, rows=rows, ahead=split.ahead),
        split.select_targets(rows),
        reject=run.recipe.reject,
        familiarity=measure(split.inputs[rows]) if measure else None,
    )
    test = run.data.test
    check = CalibrationCheck(run.tasks, fitted)
    check.add(outputs(), test.targets, measure(test.inputs) if measure else None)
    return replace(fitted, test=check.result())


def fit_calibration(
    tasks: Sequence[Task],
    outputs: Sequence[Array],
    targets: Sequence[Array],
    *,
    reject: float,
    familiarity: NDArray[np.float64] | None,
) -> Calibration:
    """Return the calibration that follows from validation examples.

    Args:
        tasks: task of each head, at least one of them with confidences.
        outputs: outputs for the validation examples, ``(N, …)`` per head.
        targets: their targets, ``(N, …)`` per head.
        reject: share of them that may be refused.
        familiarity: familiarity of their inputs, ``(N,)``; None if it is unknown.
    """
    heads = zip(tasks, outputs, targets, strict=True)
    unlimited = Calibration(
        temperatures=tuple(fit_temperature(*head) if head[0].correct else 1.0 for head in heads),
        limit=0.0,
        examples=len(outputs[0]),
    )
    if not reject:
        return unlimited
    confidence = predictions_of(tasks, outputs, unlimited).confidence
    assert confidence is not None
    limit = lower_limit(acceptance(confidence, familiarity), reject)
    return replace(unlimited, limit=min(limit, SURE))
