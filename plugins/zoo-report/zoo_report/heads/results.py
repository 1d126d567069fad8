"""Results of one head: outputs, targets and measures of scored examples, and their inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import Comparison, InputSpec, Measured, Predictions, Split, Task
from zoo_core.plugin_api import Calibration, format_probability, measure
from zoo_report.heads.names import metric_name, number


@dataclass(frozen=True)
class Examples:
    """The scored examples of a split.

    Attributes:
        spec: kind and shape of an input.
        split: the whole split.
        rows: int64 ``(N,)``, rows of the split that are scored.
    """

    spec: InputSpec
    split: Split
    rows: NDArray[np.int64]

    @property
    def are_images(self) -> bool:
        return self.spec.kind == "image"

    @property
    def noun(self) -> str:
        """Noun for several of them."""
        return "images" if self.are_images else "examples"

    def input(self, index: int) -> NDArray[Any]:
        """Return the input of a scored example, for instance an image ``(C, H, W)``."""
        found: NDArray[Any] = self.split.inputs[int(self.rows[index])]
        return found

    def key(self, index: int) -> str | None:
        """Return the identity of a scored example; None if it has none."""
        examples = self.split.examples
        return examples.keys[int(self.rows[index])] if examples else None

    def place(self, index: int) -> str:
        """Return the identity of a scored example, or its row."""
        one = "image" if self.are_images else "example"
        return self.key(index) or f"{one} {int(self.rows[index]):,} of the split, counted from 0"


@dataclass(frozen=True)
class HeadResults:
    """Results of one head for N examples.

    Attributes:
        number: number of the head, from 0.
        heads: number of heads of the model.
        task: the head's task.
        outputs: the model's outputs ``(N, …)``.
        targets: targets ``(N, …)``.
        measured: measures of the outputs.
        examples: the N examples.
        temperature: divisor of the outputs, from the calibration of the model.
    """

    number: int
    heads: int
    task: Task
    outputs: NDArray[Any]
    targets: NDArray[Any]
    measured: Measured
    examples: Examples
    temperature: float = 1.0

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def title(self) -> str:
        """Name of the head in headings; empty for an only head without a name."""
        name = self.task.target.name
        if self.heads == 1:
            return name
        return f"Head {self.number + 1}" + (f": {name}" if name else "")

    def predict(self, rows: NDArray[np.int64]) -> Any:
        """Return the predictions of some examples, as the task has them."""
        return self.task.predict(self._scaled(rows))

    def confidence(self, index: int) -> str:
        """Return the confidence of a prediction as text; empty for a task without confidences."""
        if not self.task.correct:
            return ""
        (share,) = self.task.confidences(self._scaled(np.array([index])))
        return f"confidence {format_probability(share)}"

    def _scaled(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return the outputs for some examples, divided by the temperature."""
        outputs = self.outputs[rows]
        return self.task.scale(outputs, self.temperature) if self.task.correct else outputs

    def hardest(self, most: int) -> NDArray[np.int64]:
        """Return the examples with the worst measures, the worst first.

        The first measure decides; the next one decides between equal ones.
        """
        keys = [
            (1 if each.higher_is_better else -1) * self.measured.columns[each.name].astype(float)
            for each in self.task.measures
        ]
        # The last key of `lexsort` is the first to decide; it is stable.
        return np.lexsort(keys[::-1])[:most].astype(np.int64)

    def value(self, index: int) -> str:
        """Return the most informative measure of an example as text: ``IoU 61.20%``."""
        # Not right or wrong, which the answers show, and not the loss, whose scale few know.
        measures = self.task.measures
        graded = [each for each in measures if not each.binary]
        other = [each for each in graded if each.name != "loss"]
        (name, *_) = (each.name for each in other or graded or measures)
        return f"{metric_name(name)} {number(name, float(self.measured.columns[name][index]))}"


def results_of(
    tasks: Sequence[Task],
    predictions: Predictions,
    targets: Sequence[NDArray[Any]],
    examples: Examples,
    *,
    calibration: Calibration | None,
    measured: Sequence[Measured] | None = None,
) -> list[HeadResults]:
    """Return the results of each head; its measures are computed, if they are not known."""
    known = measured or measure(tasks, predictions.outputs, targets)
    heads = zip(tasks, predictions.outputs, targets, known, strict=True)
    temperatures = calibration.temperatures if calibration else [1.0] * len(tasks)
    return [
        HeadResults(i, len(tasks), *head, examples, temperature)
        for i, (head, temperature) in enumerate(zip(heads, temperatures, strict=True))
    ]


def compared_results(comparison: Comparison, member: int) -> list[HeadResults]:
    """Return the results of each head of one of the compared models."""
    return results_of(
        comparison.tasks,
        comparison.predictions[member],
        comparison.targets,
        compared_examples(comparison),
        calibration=comparison.members[member].calibration,
        measured=comparison.measured[member],
    )


def compared_examples(comparison: Comparison) -> Examples:
    """Return the scored examples of a comparison."""
    return Examples(comparison.data.input_spec, comparison.scored.split, comparison.rows)
