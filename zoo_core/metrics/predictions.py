"""Predictions of a model, one per head, from its outputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.metrics.calibration import (
    Calibration,
    acceptance,
    has_confidence,
    joint_confidence,
)
from zoo_core.metrics.task import Array, Task
from zoo_core.metrics.task_contract import predict_head

UNFAMILIAR = "unlike the examples of the training"
"""Doubt about a prediction whose input is the reason for it."""


@dataclass(frozen=True)
class Predictions:
    """Predictions for N examples.

    A field of the heads' predictions is a field of this object, too: with one array ``(N,)`` per
    head, such as the labels of classes, it is an array ``(N, heads)``; otherwise it is a list of
    one entry per head, such as the probabilities ``(N, classes)``. Heads of different tasks may
    have no field in common: use ``.heads[0].labels``.

    Attributes:
        heads: predictions of each head, with the fields of its task.
        outputs: outputs of the model per head, ``(N, …)``, before the calibration.
        tasks: task of each head.
        confidence: float32 ``(N,)``, the probability that all heads are correct; None for tasks
            without confidences.
        doubts: reason to refuse each prediction, such as ``unsure``; empty for an accepted one.
    """

    heads: tuple[Any, ...]
    outputs: list[Array]
    tasks: tuple[Task, ...] = field(default=(), repr=False, compare=False)
    confidence: NDArray[np.float32] | None = None
    doubts: tuple[str, ...] = ()

    @property
    def accepted(self) -> NDArray[np.bool_]:
        """The accepted predictions, bool ``(N,)``; without a calibration, all of them."""
        if not self.doubts:
            return np.ones(len(self), np.bool_)
        return np.array([not doubt for doubt in self.doubts], np.bool_)

    def __len__(self) -> int:
        return len(self.outputs[0])

    def __getattr__(self, name: str) -> Any:
        # Private names are those of Python's own protocols, such as copying.
        if name.startswith("_"):
            raise AttributeError(name)
        having = [i for i, head in enumerate(self.heads) if hasattr(head, name)]
        if len(having) < len(self.heads):
            raise AttributeError(self._missing(name, having))
        fields = [getattr(head, name) for head in self.heads]
        if all(isinstance(field, np.ndarray) and field.ndim == 1 for field in fields):
            return np.stack(fields, axis=1)
        return fields

    def _missing(self, name: str, having: Sequence[int]) -> str:
        """Return the error for a field that some heads, or all, do not have."""
        if having:
            places = " or ".join(f".heads[{i}].{name}" for i in having)
            return f"not every head has {name!r}, because their tasks differ: use {places}"
        fields = sorted({field for head in self.heads for field in getattr(head, "__dict__", ())})
        return f"predictions have no {name!r}: expected one of {', '.join(fields)}"

    def _repr_html_(self) -> str:
        from zoo_core.table import MAX_ROWS, Table, html_table

        # Again for the first ones, because the texts of all may take long.
        first = [outputs[:MAX_ROWS] for outputs in self.outputs]
        heads = zip(self.tasks, first, strict=True)
        texts = [task.texts(predict_head(task, outputs)) for task, outputs in heads]
        names = [task.target.name or f"head {head}" for head, task in enumerate(self.tasks, 1)]
        columns = names if len(names) > 1 else ["prediction"]
        rows = [[str(number), *each] for number, each in enumerate(zip(*texts, strict=True))]
        return html_table(Table(["example", *columns], rows), len(self))


def predictions_of(
    tasks: Sequence[Task],
    outputs: Sequence[Array],
    calibration: Calibration | None = None,
    familiarity: Array | None = None,
) -> Predictions:
    """Return the predictions of outputs ``(N, …)``, one array per head.

    Args:
        tasks: task of each head.
        outputs: outputs of the model per head.
        calibration: temperatures and limits; None for outputs as they are, all accepted.
        familiarity: familiarity of each input, ``(N,)``; None if it is unknown.
    """
    scaled = outputs if calibration is None else scale_outputs(tasks, outputs, calibration)
    heads = tuple(predict_head(*head) for head in zip(tasks, scaled, strict=True))
    confidence = joint_confidence(tasks, scaled) if has_confidence(tasks) else None
    doubts: tuple[str, ...] = ()
    if calibration and confidence is not None:
        doubts = _doubts(calibration.limit, confidence, familiarity)
    return Predictions(heads, list(outputs), tuple(tasks), confidence, doubts)


def scale_outputs(
    tasks: Sequence[Task], outputs: Sequence[Array], calibration: Calibration
) -> list[Array]:
    """Return outputs divided by the temperatures of a calibration."""
    heads = zip(tasks, outputs, calibration.temperatures, strict=True)
    return [task.scale(head, by) if task.correct else head for task, head, by in heads]


def _doubts(
    limit: float, confidence: NDArray[np.float32], familiarity: Array | None
) -> tuple[str, ...]:
    """Return the doubt about each prediction, empty for an accepted one."""
    sure = acceptance(confidence, familiarity)
    doubts = [""] * len(sure)
    for row in np.flatnonzero(sure < limit).tolist():
        if familiarity is not None and familiarity[row] < confidence[row]:
            doubts[row] = UNFAMILIAR
        else:
            # Rounded apart, so that both are never the same number.
            found, least = math.floor(100 * sure[row]), math.ceil(100 * limit)
            doubts[row] = f"unsure: {found}%, at least {least}% are required"
    return tuple(doubts)


def ensemble_outputs(tasks: Sequence[Task], members: Sequence[Sequence[Array]]) -> list[Array]:
    """Return the outputs of an ensemble.

    Args:
        tasks: task of each head.
        members: outputs of each model for the same examples, per head.
    """
    if len(members) == 1:
        return list(members[0])
    heads = zip(tasks, zip(*members, strict=True), strict=True)
    return [task.combine(head) for task, head in heads]
