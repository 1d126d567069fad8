"""Predictions of every model of a task for one drawing."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.plugin_api import class_names, one_line
from zoo_demo.drawing import decode, pixels_json
from zoo_demo.models import Served
from zoo_demo.tasks import Task


def predict_drawing(task: Task, body: bytes) -> dict[str, Any]:
    """Return the predictions of a task's models for an image file, and the models' input.

    Raises:
        DataError: the file is not a readable image.
    """
    started = time.perf_counter()
    image = decode(body, task.processor)
    prepared = time.perf_counter()
    return {
        "task": task.id,
        "image": pixels_json(image),
        "preparing_ms": _ms(prepared - started),
        # One model after another, because handing a small model to another thread takes longer
        # than its prediction.
        "answers": [_predict(model, task, image) for model in task.models],
        "all_ms": _ms(time.perf_counter() - started),
    }


def _predict(model: Served, task: Task, image: NDArray[np.uint8]) -> dict[str, Any]:
    try:
        predictions, seconds = model.predict(image)
    except Exception as exc:  # a plugin may raise anything; the other models still answer
        return {"id": model.id, "error": one_line(exc)}
    labels = predictions.labels[0].tolist()
    return {
        "id": model.id,
        "labels": labels,
        "names": class_names(labels, task.classes),
        # The page shows fewer digits, and a response is sent after every stroke.
        "probabilities": [
            [round(float(share), 6) for share in head[0]] for head in predictions.probabilities
        ],
        "ms": _ms(seconds),
    }


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 3)
