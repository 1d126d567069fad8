"""The contract of a task: legal targets, predictions and scoring of a head, in NumPy alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import DataError
from zoo_core.plugins.data_specs import TargetSpec

Array = NDArray[Any]

Metrics = dict[str, float | int]
"""Name of a metric -> its value; an int is a count, which verification compares exactly."""


@dataclass(frozen=True)
class Measure:
    """One number per example, such as 1 for a correct prediction.

    Attributes:
        name: name of the measure.
        higher_is_better: whether a higher number is better.
        binary: whether it is 0 or 1, so that two models are compared by McNemar's test.
    """

    name: str
    higher_is_better: bool
    binary: bool = False


@dataclass(frozen=True)
class Measured:
    """Measures of examples, from which metrics follow.

    Both parts can be computed in any number of pieces, with the same result to the bit: columns
    are concatenated, and counts are integers, which are summed.

    Attributes:
        columns: name -> one number, or one row of numbers, per example, ``(N, …)``; one column per
            measure of the task, and others that its metrics need.
        counts: name -> int64 sums over the examples.
    """

    columns: Mapping[str, Array]
    counts: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


class Task:
    """The task of one head; a subclass per task, stateless but for the head's target.

    Shapes below are those of N examples. Outputs are what a model returns for the head, in the
    units of the targets; N is any number from 1, and a method gives the same result for an example
    whatever the others are.

    Args:
        target: the head's target.
    """

    # Not a `ClassVar`, because they may depend on the target: `__init__` then sets its own.
    measures: tuple[Measure, ...]
    """The first one selects the best epoch; the second one decides between equal ones."""
    headline: ClassVar[str] = ""
    """Metric that lists show, and that an interval over seeds is of; empty for the first measure's
    own name."""

    lower_is_better: ClassVar[frozenset[str]] = frozenset()
    """Metrics, apart from measures, of which the lower value is the better one."""

    correct: ClassVar[str] = ""
    """Column of `measure` that is 1 for a correct prediction, whose probability `confidences`
    returns; empty for a task without confidences."""
    on_pixels: ClassVar[bool] = False
    """True if a target has a value per pixel of an image; a moved image would leave it behind."""
    mixable: ClassVar[bool] = True
    """False if two inputs on top of each other have no loss that is a mean of those of both."""

    def __init__(self, target: TargetSpec) -> None:
        self.target = target

    # A property, because it may depend on the target.
    @property
    def scalable(self) -> bool:
        """True if a trainer may be given targets minus their mean, divided by their deviation.

        The outputs are then on that scale, and restored to the targets' units value by value: they
        are ``(N, values)`` of the target, or of any shape for a single number.
        """
        return False

    @property
    def outputs(self) -> int:
        """Number of outputs: of the last layer's units or channels (`ModelConfig.outputs`)."""
        return self.target.size

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """Shape of the outputs for one example; None for an axis that the model decides."""
        return (self.outputs,)

    def check_targets(self, targets: Array) -> None:
        """Check the targets ``(N, …)`` of a split.

        Raises:
            DataError: they do not fit the task.
        """

    def example_targets(self, count: int) -> Array:
        """Return legal targets of made-up examples, few of them equal, for conformance checks."""
        raise NotImplementedError

    def check_outputs(self, shape: tuple[int, ...], targets: Array) -> None:
        """Check that outputs of a shape, for one example, can express the targets of a split.

        Raises:
            DataError: they cannot.
        """
        expected = self.output_shape
        fits = len(shape) == len(expected) and all(
            want in (None, got) for want, got in zip(expected, shape, strict=True)
        )
        if not fits:
            wanted = ", ".join("any" if each is None else str(each) for each in expected)
            raise DataError(
                f"task {self.target.task}: expected outputs of shape ({wanted}) per example, "
                f"got {shape}",
                hint="The model must take the number of outputs from its config: config.outputs.",
            )

    def predict(self, outputs: Array) -> Any:
        """Return the predictions of outputs: an object with one array, or list, per field."""
        raise NotImplementedError

    def scale(self, outputs: Array, temperature: float) -> Array:
        """Return outputs whose predictions are less confident the higher a temperature is.

        The predictions themselves stay the same.
        """
        # As float64, because two outputs that differ in the last bit of a float32 would be equal.
        return np.divide(outputs, temperature, dtype=np.float64)

    def confidences(self, outputs: Array) -> NDArray[np.float32]:
        """Return the probability of each prediction of outputs to be correct, ``(N,)``.

        It is only called if `correct` is set.
        """
        raise NotImplementedError

    def measure(self, outputs: Array, targets: Array) -> Measured:
        """Return the measures of outputs against targets."""
        raise NotImplementedError

    def metrics(self, measured: Measured) -> Metrics:
        """Return the metrics of a card, from the measures of at least one example."""
        return {each.name: float(measured.columns[each.name].mean()) for each in self.measures}

    def details(self, measured: Measured) -> Metrics:
        """Return further metrics, for an evaluation."""
        return {}

    def is_higher_better(self, metric: str) -> bool:
        """Return whether a higher value of a metric, or of a detail, is better."""
        for each in self.measures:
            if each.name == metric:
                return each.higher_is_better
        return metric not in self.lower_is_better

    def combine(self, members: Sequence[Array]) -> Array:
        """Return the outputs of an ensemble, from those of its members: their mean."""
        mean = np.mean(np.stack(members), axis=0, dtype=np.float64)
        return np.asarray(mean, members[0].dtype)

    def answers(self, prediction: Any) -> NDArray[np.int64] | None:
        """Return predictions as integers ``(N, …)``, or None if they are not discrete.

        `zoo verify` compares them exactly, and metrics of others within a tolerance.
        """
        return None

    def reorder(self, outputs: Array, numbers: NDArray[np.int64]) -> Array:
        """Return outputs in the order of other classes: class i is `numbers[i]` of the model's."""
        return outputs[:, numbers]

    def balanced_weights(self, targets: Array) -> NDArray[np.float64]:
        """Return the weights ``(K,)`` with which all classes of some targets count alike in a loss.

        It is called for losses that implement the recipe field `class_weights`, if its value is
        ``balanced``. The weight of a class without examples is 1.
        """
        raise NotImplementedError

    def relabel(self, targets: Array, numbers: NDArray[np.int64]) -> Array:
        """Return targets as numbers of other classes: class i becomes `numbers[i]`."""
        return numbers[targets]

    def target_texts(self, targets: Array) -> Iterator[str]:
        """Yield each target, or each of `answers`, as text."""
        yield from map(str, targets.tolist())

    def texts(self, prediction: Any) -> Iterator[str]:
        """Yield each prediction as text for a terminal."""
        raise NotImplementedError

    def records(self, prediction: Any) -> Iterator[dict[str, Any]]:
        """Yield each prediction as JSON values; keys are in the plural, for lists over heads."""
        raise NotImplementedError

    def columns(self, suffix: str) -> list[str]:
        """Return the names of the columns of `rows`; `suffix` numbers the head, as in ``_1``."""
        raise NotImplementedError

    def rows(self, prediction: Any) -> Iterator[list[str]]:
        """Yield each prediction as cells of a CSV row."""
        raise NotImplementedError
