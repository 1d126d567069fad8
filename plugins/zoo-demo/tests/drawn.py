"""A plugin for tests: data sets of drawings, and models that follow a rule instead of weights.

A number is written as tally marks: a tall one is a 1, one in the lower half is a 2. The masks are
those of the upper and of the lower half, and the labels those of the quarters with ink.
"""

from types import SimpleNamespace

import numpy as np

import zoo_mnist.plugin
from zoo_core import (
    ArrayDataset,
    Box,
    DatasetSpec,
    Found,
    InputSpec,
    Reading,
    Split,
    TargetSpec,
    hookimpl,
)
from zoo_core.metrics.calibration import Calibration, CalibrationTest
from zoo_core.metrics.predictions import predictions_of
from zoo_core.metrics.scores import score
from zoo_core.plugin_api import find_tasks, load_dataset, measure

INK = 60
"""Minimum lightness of ink on black."""
LOGIT = 14.0
STEPS = 80
COLUMNS = 320 // STEPS
LABELS = ("upper left", "upper right", "lower left", "lower right")
NUMBER = TargetSpec(task="sequence", classes=tuple("0123456789"), shape=(12,))
MASK = TargetSpec(task="segmentation", classes=("paper", "top", "bottom", "both"), shape=(42, 28))
QUARTERS = TargetSpec(task="multi-label", classes=LABELS)
(TWO_DIGITS,) = [each for each in zoo_mnist.plugin.zoo_datasets() if each.name == "two-digit-mnist"]
DATA = {
    "tallies": ((1, 32, 320), NUMBER, "zoo_drawn:read_tallies"),
    "halves": ((1, 42, 28), MASK, TWO_DIGITS.reader),
    "quarters": ((1, 16, 16), QUARTERS, ""),
}


# Data.


def read_tallies(image):
    """Return a Reading of the lines of an image, as inputs of the shape."""
    ink = image[0] > INK
    if not ink.any():
        return Reading((), refusal="no writing found")
    return Reading(tuple(_line(image, slice(*rows)) for rows in _runs(ink.any(axis=1))))


def _line(image, rows):
    ink = image[0, rows] > INK
    boxes = tuple(Box(rows.start, left, rows.stop, right) for left, right in _runs(ink.any(axis=0)))
    cut = boxes[0].left == 0 or boxes[-1].right == ink.shape[1]
    across = np.arange(320) * ink.shape[1] // 320
    down = np.arange(32) * ink.shape[0] // 32
    made = np.where(ink[down[:, None], across], 255, 0).astype(np.uint8)
    return Found(made[np.newaxis], boxes, doubt="cut at the edge" if cut else "")


def _runs(flags):
    """Return the first and the next-to-last index of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(int)))
    return [*zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)]


def load_tallies():
    images, targets = np.zeros((6, 1, 32, 320), np.uint8), np.full((6, 12), -1)
    for row in range(6):
        for i in range(row + 1):
            images[row, 0, 2:30, 20 * i + 8 : 20 * i + 14] = 255
            targets[row, i] = 1
    targets[4, 0] = 2  # which the model gets wrong
    return _dataset(images, targets, NUMBER)


def load_halves():
    images = np.zeros((6, 1, 42, 28), np.uint8)
    for row in range(6):
        images[row, 0, 6:36, 10 : 12 + row] = 255
    masks = np.where(images[:, 0] > INK, 1 + (np.arange(42) >= 21)[:, None], 0).astype(np.uint8)
    masks[3] = 255 * (masks[3] == 1)  # pixels without a class
    masks[4, 30:] = 3
    return _dataset(images, masks, MASK)


def load_quarters():
    images = np.zeros((6, 1, 16, 16), np.uint8)
    images[:, 0, 2, 2] = 255
    return _dataset(images, np.array([[1, 0, 0, 0]] * 5 + [[1, 1, 0, 0]]), QUARTERS)


def _dataset(images, targets, target):
    splits = {name: Split(images, (targets,)) for name in ("train", "test")}
    return ArrayDataset(splits, (target,))


@hookimpl
def zoo_datasets():
    return [
        DatasetSpec(
            name=name,
            summary="Made by a test.",
            loader=f"zoo_drawn:load_{name}",
            input=InputSpec(shape=shape),
            targets=(target,),
            sizes={"train": 6, "test": 6},
            sha256="",
            license="CC0-1.0",
            source="made up",
            reader=reader,
        )
        for name, (shape, target, reader) in DATA.items()
    ]


# Models.


def outputs_of_tallies(images):
    ink = (images[:, 0] > INK).reshape(len(images), 32, STEPS, COLUMNS).any(axis=3)
    tall, low = ink[:, :12].any(axis=1), ink[:, 20:].any(axis=1)
    outputs = np.zeros((len(images), STEPS, 11), np.float32)
    symbols = np.where(low, np.where(tall, 2, 3), 0)  # the blank, a 1, or a 2
    np.put_along_axis(outputs, symbols[..., None], LOGIT, axis=2)
    # Nobody draws tally marks that fill most of a line.
    outputs[ink.any(axis=1).mean(axis=1) > 0.6] *= 0.001
    return outputs


def outputs_of_halves(images):
    ink = images[:, 0] > INK
    lower = np.arange(42)[:, None] >= 21
    masks = [~ink, ink & ~lower, ink & lower, np.zeros_like(ink)]
    return LOGIT * np.stack(masks, axis=1).astype(np.float32)


def outputs_of_quarters(images):
    ink = images[:, 0] > INK
    parts = [ink[:, :8, :8], ink[:, :8, 8:], ink[:, 8:, :8], ink[:, 8:, 8:]]
    return np.stack([np.where(part.any(axis=(1, 2)), 3, -3) for part in parts], axis=1)


RULES = {
    "tallies": outputs_of_tallies,
    "halves": outputs_of_halves,
    "quarters": outputs_of_quarters,
}


class Ruled:
    """A model that follows a rule, as `zoo_core.Pretrained`.

    Args:
        catalog: installed plugins.
        dataset: name of a data set above.
        card: card of another model, whose facts are kept where they do not matter.
    """

    views, sha256 = 1, "0" * 64

    def __init__(self, catalog, dataset, card):
        shape, target, _ = DATA[dataset]
        self.input, self.input_shape, self.targets = InputSpec(shape=shape), shape, (target,)
        self.tasks = find_tasks(catalog, self.targets)
        self.rule = RULES[dataset]
        result = CalibrationTest(0.0021, (0.001, 0.004), accepted=5, accepted_correct=4)
        self.calibration = Calibration((1.0,), 0.9, 6, result)
        self.name, self.examples, self.data_place = dataset, None, ""
        data = load_dataset(catalog.dataset(dataset))
        split = data.splits["test"]
        outputs = [self.rule(split.inputs)]
        facts = {
            "name": dataset,
            "input": self.input,
            "targets": self.targets,
            "sizes": {"train": 6, "test": 6},
            "sha256": data.sha256(),
        }
        known = {name: facts[name] for name in facts if name in type(card.dataset).model_fields}
        self.card = card.model_copy(
            update={
                "model": dataset,
                "dataset": card.dataset.model_copy(update=known),
                "metrics": {"test": score(self.tasks, measure(self.tasks, outputs, split.targets))},
                "calibration": self.calibration,
                "interval": None,
            }
        )
        self.card_data = SimpleNamespace(**facts)

    def predict(self, images):
        return predictions_of(self.tasks, [self.rule(images)], self.calibration)
