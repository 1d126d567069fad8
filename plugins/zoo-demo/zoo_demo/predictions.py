"""Predictions of every model of a mode for one drawing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import Found, Predictions, Reading
from zoo_core.plugin_api import one_line
from zoo_demo.drawing import find, pixels_json
from zoo_demo.head_answers import answer_of, rounded
from zoo_demo.models import Served
from zoo_demo.modes import Mode


def predict_drawing(mode: Mode, body: bytes, *, force: bool = False) -> dict[str, Any]:
    """Return the predictions of a mode's models for an image file, and the models' inputs.

    Args:
        mode: the mode.
        body: content of the file.
        force: whether refused predictions have answers, too.

    Raises:
        DataError: the file is not a readable image.
    """
    started = time.perf_counter()
    reading = find(body, mode.processor)
    prepared = time.perf_counter()
    return {
        "mode": mode.id,
        "inputs": [
            {"image": pixels_json(found.image), "boxes": _boxes(found), "doubt": found.doubt}
            for found in reading.found
        ],
        "preparing_ms": _ms(prepared - started),
        # One model after another, because handing a small model to another thread takes longer
        # than its prediction.
        "answers": [_answer(model, reading, force=force) for model in mode.models],
        "all_ms": _ms(time.perf_counter() - started),
    }


def _answer(model: Served, reading: Reading, *, force: bool) -> dict[str, Any]:
    """Return a model's predictions, one per input; a single refused one without inputs."""
    if not reading.found:
        return {"id": model.id, "predictions": [_entry(reading.refusal)], "ms": 0.0}
    images: NDArray[np.uint8] = np.stack([found.image for found in reading.found])
    try:
        predictions, seconds = model.predict(images)
        entries = [*_entries(model, predictions, reading, force=force)]
    except Exception as exc:  # a plugin may raise anything; the other models still answer
        return {"id": model.id, "error": one_line(exc)}
    return {"id": model.id, "predictions": entries, "ms": _ms(seconds)}


def _entries(
    model: Served, predictions: Predictions, reading: Reading, *, force: bool
) -> Iterator[dict[str, Any]]:
    """Yield the entry of each input, with the answers of the heads if it is accepted."""
    doubts = predictions.doubts or [""] * len(predictions)
    shares = predictions.confidence
    heads = [*zip(model.pretrained.tasks, predictions.heads, strict=True)]
    for row, (found, doubt) in enumerate(zip(reading.found, doubts, strict=True)):
        # The doubt of the image comes first, because it is the cause of the other.
        reason = found.doubt or doubt
        shown = heads if force or not reason else []
        yield {
            **_entry(reason),
            "confidence": None if shares is None else rounded(shares[row]),
            "boxes": _boxes(found),
            "heads": [answer_of(task, prediction, row) for task, prediction in shown],
        }


def _entry(reason: str) -> dict[str, Any]:
    """Return the entry of an input that is refused for a reason, or accepted without one."""
    return {
        "accepted": not reason,
        "reason": reason,
        "confidence": None,
        "boxes": [],
        "heads": [],
    }


def _boxes(found: Found) -> list[dict[str, int]]:
    return [box._asdict() for box in found.boxes]


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 3)
