"""Answers of heads as JSON values for the page, by task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from zoo_core import Task
from zoo_demo.drawing import pixels_json

Answer = dict[str, Any]

DIGITS = 6
"""Decimal places of a probability: the page shows fewer, and sends a drawing per stroke."""


def answer_of(task: Task, prediction: Any, row: int) -> Answer:
    """Return the prediction of a head for one example.

    Args:
        task: the head's task.
        prediction: the head's predictions of N examples.
        row: row of the example.
    """
    convert = _BY_TASK.get(task.target.task)
    if convert is not None:
        return convert(task, prediction, row)
    return {"text": [*task.texts(prediction)][row]}


def rounded(share: float) -> float:
    """Return a probability with as many decimal places as the page needs."""
    return round(float(share), DIGITS)


def _class(task: Task, prediction: Any, row: int) -> Answer:
    label = int(prediction.labels[row])
    return {
        "label": label,
        "name": task.target.classes[label],
        "probabilities": [*map(rounded, prediction.probabilities[row])],
    }


def _labels(task: Task, prediction: Any, row: int) -> Answer:
    chosen = prediction.present[row].tolist()
    labels = [label for label, present in enumerate(chosen) if present]
    return {
        "labels": labels,
        "names": [task.target.classes[label] for label in labels],
        "probabilities": [*map(rounded, prediction.probabilities[row])],
    }


def _string(task: Task, prediction: Any, row: int) -> Answer:
    codes = [code for code in prediction.codes[row].tolist() if code >= 0]
    # Not every task that returns strings has them.
    shares = getattr(prediction, "symbol_confidences", None)
    return {
        "string": prediction.strings[row],
        "symbols": [task.target.classes[code] for code in codes],
        "confidences": [] if shares is None else [*map(rounded, shares[row, : len(codes)])],
    }


def _mask(task: Task, prediction: Any, row: int) -> Answer:
    mask = prediction.masks[row]
    shares = [float((mask == number).mean()) for number in range(task.target.size)]
    return {
        "mask": pixels_json(mask[np.newaxis]),
        "shares": [*map(rounded, shares)],
        "confidence": rounded(prediction.confidences[row].mean()),
    }


_BY_TASK: Mapping[str, Callable[[Task, Any, int], Answer]] = {
    "classification": _class,
    "multi-label": _labels,
    "sequence": _string,
    "segmentation": _mask,
}
