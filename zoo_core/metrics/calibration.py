"""Calibration of a model: temperatures, and the limit below which a prediction is refused.

Temperature scaling divides the outputs of a head by one number, fitted on validation examples, so
that of the predictions with a confidence of 90 % about 90 % are correct (Guo et al. 2017).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.metrics.task import Array, Task
from zoo_core.metrics.task_contract import measure_head

BINS = 15
"""Number of bins of the calibration error, of equal width, as publications use them."""

LOG_TEMPERATURES = (-3.0, 3.0)
"""Minimum and maximum logarithm of a temperature."""

STEPS = 18
"""Steps of the search for a temperature; each reduces the interval by the golden ratio."""

RESAMPLES = 1000
"""Number of bootstrap samples of an interval."""

DIGITS = 4
"""Significant digits of stored numbers: more would be noise, and differ between machines."""


@dataclass(frozen=True)
class CalibrationTest:
    """The result of a calibration on test examples.

    Attributes:
        error: expected calibration error, as a share.
        error_interval: bootstrap interval of 95 % of the error.
        accepted: number of accepted examples.
        accepted_correct: number of these with all heads correct.
    """

    error: float
    error_interval: tuple[float, float]
    accepted: int
    accepted_correct: int


@dataclass(frozen=True)
class Calibration:
    """Temperatures of a model, and the limit of accepted predictions.

    Attributes:
        temperatures: divisor of each head's outputs; 1 for a head without confidences.
        limit: minimum confidence of an accepted prediction, times the familiarity of its input.
        examples: number of validation examples that they were fitted on.
        test: result on the test examples.
    """

    temperatures: tuple[float, ...]
    limit: float
    examples: int
    test: CalibrationTest | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the calibration as JSON values; `from_json` is the inverse."""
        return asdict(self, dict_factory=_json_object)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Calibration:
        """Return the calibration of JSON values.

        Raises:
            ValueError: they are not a calibration.
        """
        try:
            test = values["test"]
            if isinstance(values["temperatures"], str):  # whose characters would be numbers
                raise TypeError("expected a list of temperatures, got a string")
            calibration = cls(
                temperatures=tuple(map(float, values["temperatures"])),
                limit=float(values["limit"]),
                examples=int(values["examples"]),
                test=None if test is None else _parse_test(test),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            raise ValueError(f"not a calibration: {exc!r}") from exc
        if not all(each > 0 and math.isfinite(each) for each in calibration.temperatures):
            raise ValueError(f"expected temperatures above 0, got {calibration.temperatures}")
        return calibration


def _json_object(items: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in items}


def _parse_test(values: Mapping[str, Any]) -> CalibrationTest:
    low, high = map(float, values["error_interval"])
    accepted, correct = int(values["accepted"]), int(values["accepted_correct"])
    return CalibrationTest(float(values["error"]), (low, high), accepted, correct)


def has_confidence(tasks: Sequence[Task]) -> bool:
    """Return whether a prediction has a confidence: that of its heads whose task has one."""
    return any(task.correct for task in tasks)


def joint_confidence(tasks: Sequence[Task], outputs: Sequence[Array]) -> NDArray[np.float32]:
    """Return the probability of each example that all heads are correct, float32 ``(N,)``.

    It is the product over the heads, as if their mistakes were independent.
    """
    heads = zip(tasks, outputs, strict=True)
    shares = [task.confidences(head) for task, head in heads if task.correct]
    joint: NDArray[np.float32] = np.prod(shares, axis=0, dtype=np.float32)
    return joint


def acceptance(confidence: NDArray[np.float32], familiarity: Array | None) -> NDArray[np.float64]:
    """Return the number ``(N,)`` that a limit is for: the confidence times the familiarity.

    It is the probability that an input is like the training's and that its prediction is correct.
    """
    wide = confidence.astype(np.float64)
    return wide if familiarity is None else wide * familiarity


def all_correct(
    tasks: Sequence[Task], outputs: Sequence[Array], targets: Sequence[Array]
) -> NDArray[np.bool_]:
    """Return whether each example is correct in all heads whose task has confidences."""
    heads = zip(tasks, outputs, targets, strict=True)
    columns = [measure_head(*head).columns[head[0].correct] for head in heads if head[0].correct]
    correct: NDArray[np.bool_] = np.all(np.stack(columns) > 0, axis=0)
    return correct


def fit_temperature(task: Task, outputs: Array, targets: Array) -> float:
    """Return the temperature with the smallest log loss of a head's confidences.

    The loss is that of the confidence as the probability that the prediction is correct, which any
    task has, and not that of all classes. Its targets are those of Platt (1999), a little less
    than 1 and more than 0, because a few examples that are all correct do not show that a model
    never makes a mistake.
    """
    correct = measure_head(task, outputs, targets).columns[task.correct] > 0
    right = int(correct.sum())
    expected = np.where(correct, (right + 1) / (right + 2), 1 / (len(correct) - right + 2))

    def loss(log_temperature: float) -> float:
        scaled = task.scale(outputs, math.exp(log_temperature))
        shares = task.confidences(scaled).astype(np.float64)
        # Not 0 and 1, because one mistake at a confidence of 1 would be infinitely bad.
        shares = shares.clip(1e-7, 1 - 1e-7)
        return float(-(expected * np.log(shares) + (1 - expected) * np.log1p(-shares)).mean())

    return shorten(math.exp(_minimum(loss, *LOG_TEMPERATURES)))


def _minimum(function: Callable[[float], float], low: float, high: float) -> float:
    """Return the place of the minimum of a function with a single one: golden-section search."""
    ratio = (math.sqrt(5) - 1) / 2
    inner = [high - ratio * (high - low), low + ratio * (high - low)]
    values = [function(each) for each in inner]
    for _ in range(STEPS):
        if values[0] <= values[1]:
            high = inner[1]
            inner = [high - ratio * (high - low), inner[0]]
            values = [function(inner[0]), values[0]]
        else:
            low = inner[0]
            inner = [inner[1], low + ratio * (high - low)]
            values = [values[1], function(inner[1])]
    return (low + high) / 2


def summarize(
    confidence: NDArray[np.float32], accepted: NDArray[np.bool_], correct: NDArray[np.bool_]
) -> CalibrationTest:
    """Return the result of a calibration on N test examples.

    Args:
        confidence: confidence of each prediction, ``(N,)``.
        accepted: whether it is accepted.
        correct: whether it is correct.
    """
    low, high = error_interval(confidence, correct)
    return CalibrationTest(
        error=shorten(calibration_error(confidence, correct)),
        error_interval=(shorten(low), shorten(high)),
        accepted=int(accepted.sum()),
        accepted_correct=int((correct & accepted).sum()),
    )


def calibration_error(confidences: Array, correct: Array) -> float:
    """Return the expected calibration error, from 0 to 1.

    It is the mean difference, over bins of the confidence and weighted by their examples, between
    the share of correct predictions and the mean confidence.
    """
    return _error(_bins(confidences), _gaps(confidences, correct))


def error_interval(confidences: Array, correct: Array) -> tuple[float, float]:
    """Return the bootstrap interval of 95 % of the calibration error."""
    bins, gaps = _bins(confidences), _gaps(confidences, correct)
    # The raw output of the bit generator, because NumPy guarantees it in every version.
    generator = np.random.PCG64(0)
    errors = []
    for _ in range(RESAMPLES):
        rows = (generator.random_raw(len(gaps)) % len(gaps)).astype(np.int64)
        errors.append(_error(bins[rows], gaps[rows]))
    low, high = np.quantile(errors, (0.025, 0.975))
    return float(low), float(high)


def _bins(confidences: Array) -> NDArray[np.int64]:
    return np.minimum((confidences * BINS).astype(np.int64), BINS - 1)


def _gaps(confidences: Array, correct: Array) -> NDArray[np.float64]:
    gaps: NDArray[np.float64] = correct.astype(np.float64) - confidences
    return gaps


def _error(bins: NDArray[np.int64], gaps: NDArray[np.float64]) -> float:
    # The sizes of the bins cancel: each one's mean gap is weighted by its share of the examples.
    return float(np.abs(np.bincount(bins, weights=gaps, minlength=BINS)).sum() / len(bins))


def lower_limit(values: Array, share: float) -> float:
    """Return the limit below which at most a share of the values are."""
    return shorten(float(np.quantile(values, share, method="lower")), down=True)


def shorten(value: float, *, down: bool = False) -> float:
    """Return a number with `DIGITS` significant digits, the nearest one or the next lower one."""
    from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context  # predicting does not need it

    rounding = ROUND_FLOOR if down else ROUND_HALF_EVEN
    return float(Context(prec=DIGITS, rounding=rounding).create_decimal(value))
