"""Verdicts of predictions: accepted, or refused with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zoo_core.cli.prediction.batch import InputBatch
from zoo_core.data.images.reading import Box
from zoo_core.metrics.predictions import Predictions


@dataclass(frozen=True)
class Verdict:
    """A verdict on the prediction for an example.

    Attributes:
        reason: reason to refuse it; empty if it is accepted.
        confidence: probability that it is correct, from 0 to 1; None if the task has none.
        boxes: places in the image file of what was found.
    """

    reason: str
    confidence: float | None = None
    boxes: tuple[Box, ...] = ()


def verdicts(batch: InputBatch, predictions: Predictions) -> Iterator[Verdict]:
    """Yield the verdict on each prediction of a batch."""
    nothing = [""] * len(predictions)
    of_model = predictions.doubts or nothing
    # The doubt of the image comes first, because it is the cause of the other.
    of_image = batch.images.doubts if batch.images else nothing
    boxes = batch.images.boxes if batch.images else [()] * len(predictions)
    shares: list[float | None] = [None] * len(predictions)
    if predictions.confidence is not None:
        shares = [*predictions.confidence.tolist()]
    for first, second, share, places in zip(of_image, of_model, shares, boxes, strict=True):
        yield Verdict(first or second, share, tuple(places))
