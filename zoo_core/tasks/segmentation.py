"""Semantic segmentation: one of several classes per pixel."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import DataError
from zoo_core.metrics.task import Array, Measure, Measured, Metrics, Task
from zoo_core.tasks.class_counts import inverse_weights
from zoo_core.tasks.classification import combine_logits, softmax
from zoo_core.tasks.faults import first_wrong

IGNORED_PIXEL = 255
"""Target of a pixel that no loss and no metric counts, such as the border of an object."""

BLOCK = 2**20
"""Maximum number of logits that are scored at a time: 8 MiB as float64."""

MAX_CLASSES = 5
"""Maximum number of classes that a prediction shows as text."""


@dataclass(frozen=True)
class MaskPrediction:
    """Predictions for N examples.

    Attributes:
        masks: uint8 ``(N, H, W)``, the most probable class of each pixel.
        confidences: float32 ``(N, H, W)``, its probability.
    """

    masks: NDArray[np.uint8]
    confidences: NDArray[np.float32]


class Segmentation(Task):
    """A class per pixel: targets uint8 or int64 ``(N, H, W)``, outputs logits ``(N, K, H, W)``.

    The measure ``iou`` is an example's mean intersection over union, over the classes that its
    target or prediction has; the metric ``mean_iou`` is the mean over the classes, each over the
    pixels of all examples, as publications report it.
    """

    headline = "mean_iou"
    on_pixels = True
    mixable = False
    measures = (Measure("iou", higher_is_better=True), Measure("loss", higher_is_better=False))

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        return (self.outputs, *self.target.shape)

    def check_targets(self, targets: Array) -> None:
        classes, shape = self.target.size, self.target.shape
        if classes > IGNORED_PIXEL:
            raise DataError(f"expected at most {IGNORED_PIXEL} classes, got {classes}")
        if targets.dtype not in (np.uint8, np.int64) or targets.shape[1:] != shape:
            wanted = ", ".join(map(str, shape))
            raise DataError(
                f"expected masks uint8 or int64 (N, {wanted}), got {targets.dtype} {targets.shape}"
            )
        wrong = (targets != IGNORED_PIXEL) & ((targets < 0) | (targets >= classes))
        if wrong.any():
            raise DataError(
                f"expected classes 0 to {classes - 1}, or {IGNORED_PIXEL} for a pixel without a "
                f"class, got {first_wrong(targets, wrong)}"
            )

    def example_targets(self, count: int) -> Array:
        rows, high, wide = np.indices((count, *self.target.shape))
        # Stripes, whose direction and place differ between the examples.
        stripes: Array = (rows + np.where(rows % 2, high, wide) // 2) % self.target.size
        return stripes

    def predict(self, outputs: Array) -> MaskPrediction:
        masks = outputs.argmax(axis=1).astype(np.uint8)
        return MaskPrediction(masks, softmax(outputs).max(axis=1))

    def measure(self, outputs: Array, targets: Array) -> Measured:
        # A few examples at a time, because all logits as float64 would take several times the
        # memory of the outputs.
        step = max(1, BLOCK // max(1, outputs[:1].size))
        # One block, which may be empty, at least.
        starts = range(0, max(1, len(outputs)), step)
        parts = [_measure(outputs[i : i + step], targets[i : i + step]) for i in starts]
        names = ("iou", "loss")
        columns = {name: np.concatenate([each.columns[name] for each in parts]) for name in names}
        pixels = np.stack([each.counts["pixels"] for each in parts])
        return Measured(columns, {"pixels": pixels.sum(axis=0)})

    def metrics(self, measured: Measured) -> Metrics:
        pixels = measured.counts["pixels"]
        wanted, _, right = pixels.sum(axis=1)
        return {
            "loss": float(measured.columns["loss"].mean()),
            "iou": float(measured.columns["iou"].mean()),
            "mean_iou": float(_mean_ious(pixels)),
            "pixel_accuracy": int(right) / int(wanted) if wanted else 1.0,
        }

    def combine(self, members: Sequence[Array]) -> Array:
        return combine_logits(members)

    def answers(self, prediction: MaskPrediction) -> NDArray[np.int64]:
        return prediction.masks.astype(np.int64)

    def balanced_weights(self, targets: Array) -> NDArray[np.float64]:
        # Mask by mask, because counting copies the pixels as int64.
        counts = sum(np.bincount(mask.ravel(), minlength=IGNORED_PIXEL + 1) for mask in targets)
        return inverse_weights(np.asarray(counts)[: self.target.size])

    def relabel(self, targets: Array, numbers: NDArray[np.int64]) -> Array:
        ignored = targets == IGNORED_PIXEL
        relabeled = numbers[np.where(ignored, 0, targets)].astype(targets.dtype)
        relabeled[ignored] = IGNORED_PIXEL
        return relabeled

    def target_texts(self, targets: Array) -> Iterator[str]:
        """Yield ``sky, road``, the names of the classes that a mask has, or ``none``."""
        for mask in targets:
            classes = [each for each in np.unique(mask).tolist() if each != IGNORED_PIXEL]
            yield ", ".join(self.target.classes[each] for each in classes) or "none"

    def texts(self, prediction: MaskPrediction) -> Iterator[str]:
        """Yield ``road 61.2%, sky 30.1%, car 8.7%``, the shares of the pixels."""
        for shares in self._shares(prediction):
            largest = [f"{name} {share:.1%}" for name, share in [*shares.items()][:MAX_CLASSES]]
            more = len(shares) - len(largest)
            yield ", ".join(largest) + (f" and {more} more" if more else "")

    def records(self, prediction: MaskPrediction) -> Iterator[dict[str, Any]]:
        # Shares and not masks, because text of a number per pixel is large and of little use.
        means = prediction.confidences.mean(axis=(1, 2)).tolist()
        for shares, confidence in zip(self._shares(prediction), means, strict=True):
            yield {"classes": [*shares], "shares": shares, "confidences": confidence}

    def columns(self, suffix: str) -> list[str]:
        return [f"share{suffix}_{name}" for name in self.target.classes]

    def rows(self, prediction: MaskPrediction) -> Iterator[list[str]]:
        for shares in self._shares(prediction):
            yield [f"{shares.get(name, 0):.6f}" for name in self.target.classes]

    def _shares(self, prediction: MaskPrediction) -> Iterator[dict[str, float]]:
        """Yield each class of a mask and its share of the pixels, the largest first."""
        for mask in prediction.masks:
            counts = np.bincount(mask.ravel(), minlength=self.target.size)
            order = (-counts).argsort(kind="stable")
            yield {self.target.classes[i]: int(counts[i]) / mask.size for i in order if counts[i]}


def _measure(outputs: Array, targets: Array) -> Measured:
    examples, classes, *size = outputs.shape
    flat = examples, math.prod(size)
    # Pixels in one axis, in row-major order: each example's are then summed in the same order,
    # whatever the number of examples.
    logits = np.ascontiguousarray(outputs, np.float64).reshape(examples, classes, flat[1])
    counted = (targets != IGNORED_PIXEL).reshape(flat)
    wanted = np.where(counted, targets.reshape(flat), 0).astype(np.int64)
    predicted = logits.argmax(axis=1)
    groups = ((wanted, counted), (predicted, counted), (wanted, counted & (wanted == predicted)))
    # (3, N, K): numbers of pixels of each class in the target, the prediction, and both.
    pixels = np.stack([_count(numbers, where, classes) for numbers, where in groups])
    losses = np.where(counted, _cross_entropies(logits, wanted), 0).sum(axis=1)
    return Measured(
        columns={"iou": _mean_ious(pixels), "loss": losses / np.maximum(counted.sum(axis=1), 1)},
        counts={"pixels": pixels.sum(axis=1)},
    )


def _count(numbers: NDArray[np.int64], where: NDArray[np.bool_], classes: int) -> NDArray[np.int64]:
    """Return how often each class is among the numbers ``(N, pixels)`` of an example."""
    examples = len(numbers)
    keys = (numbers + classes * np.arange(examples)[:, np.newaxis])[where]
    return np.bincount(keys, minlength=examples * classes).reshape(examples, classes)


def _mean_ious(pixels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean intersection over union over the classes that have pixels.

    It is 1 if none has: every pixel is ignored, and there is nothing to predict.

    Args:
        pixels: numbers ``(3, …, K)`` of pixels in the target, the prediction, and both.
    """
    wanted, predicted, both = pixels
    union = wanted + predicted - both
    ious, present = both / np.maximum(union, 1), (union > 0).sum(axis=-1)
    means: NDArray[np.float64] = ious.sum(axis=-1) / np.maximum(present, 1)
    return np.where(present > 0, means, 1.0)


def _cross_entropies(
    logits: NDArray[np.float64], classes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return ``-log softmax(logits)[class]`` of logits ``(N, K, pixels)``, in nats."""
    with np.errstate(invalid="ignore"):  # infinite logits result in nan, which callers report
        shifted = logits - logits.max(axis=1, keepdims=True)  # exp cannot overflow
        own = np.take_along_axis(shifted, classes[:, np.newaxis], axis=1)[:, 0]
        losses: NDArray[np.float64] = np.log(np.exp(shifted, out=shifted).sum(axis=1)) - own
    return losses
