"""Regression: one or several numbers per example."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import DataError
from zoo_core.metrics.task import Array, Measure, Measured, Metrics, Task
from zoo_core.tasks.faults import first_wrong

MAX_SHOWN = 8
"""Maximum number of values that a prediction shows as text; of more, it shows the range."""


@dataclass(frozen=True)
class ValuePrediction:
    """Predictions for N examples.

    Attributes:
        values: ``(N, *shape)`` of the target, in its unit; float64 if the model computes in it,
            otherwise float32.
    """

    values: Array


class Regression(Task):
    """Numbers: targets float32 or float64 ``(N, *shape)``, outputs ``(N, K)`` for K of them.

    The values of a vector are quantities of their own, so that R² is the mean over them; those of
    an array of more axes, such as a depth map, are one quantity.
    """

    measures = (Measure("loss", higher_is_better=False), Measure("mae", higher_is_better=False))
    headline = "r2"
    lower_is_better = frozenset({"rmse"})

    @property
    def scalable(self) -> bool:
        return True

    @property
    def outputs(self) -> int:
        return self.target.values

    def check_targets(self, targets: Array) -> None:
        shape = self.target.shape
        if targets.dtype not in (np.float32, np.float64) or targets.shape[1:] != shape:
            wanted = ", ".join(map(str, ("N", *shape)))
            raise DataError(
                f"expected values float32 or float64 ({wanted}{'' if shape else ','}), "
                f"got {targets.dtype} {targets.shape}"
            )
        if (wrong := ~np.isfinite(targets)).any():
            raise DataError(f"expected finite values, got {first_wrong(targets, wrong)}")

    def example_targets(self, count: int) -> Array:
        values = np.arange(count * self.outputs) * 7 % 5 - 2.0
        return values.reshape(count, *self.target.shape).astype(np.float32)

    def predict(self, outputs: Array) -> ValuePrediction:
        return ValuePrediction(outputs.reshape(-1, *self.target.shape))

    def measure(self, outputs: Array, targets: Array) -> Measured:
        # (N, quantities, entries), in row-major order: each row is then summed in the same order,
        # whatever the number of rows.
        shape = (len(outputs), self._quantities, self.outputs // self._quantities)
        wanted = np.ascontiguousarray(targets, np.float64).reshape(shape)
        with np.errstate(over="ignore", invalid="ignore"):  # infinities, which callers report
            distances = np.ascontiguousarray(outputs, np.float64).reshape(shape) - wanted
            means = wanted.mean(axis=2)
            squares = (distances**2).mean(axis=2)
            columns = {
                "loss": squares.mean(axis=1),
                "mae": np.abs(distances).mean(axis=2).mean(axis=1),
                # For R²; the variance is that within an example.
                "squared_errors": squares,
                "means": means,
                "variances": ((wanted - means[..., np.newaxis]) ** 2).mean(axis=2),
            }
        return Measured(columns)

    def metrics(self, measured: Measured) -> Metrics:
        loss = float(measured.columns["loss"].mean())
        return {
            "loss": loss,
            "mae": float(measured.columns["mae"].mean()),
            "rmse": math.sqrt(loss),
            "r2": _r2(measured),
        }

    @property
    def _quantities(self) -> int:
        return self.outputs if len(self.target.shape) < 2 else 1

    def target_texts(self, targets: Array) -> Iterator[str]:
        yield from self.texts(ValuePrediction(targets))

    def texts(self, prediction: ValuePrediction) -> Iterator[str]:
        """Yield ``12.3 km``, ``12.3, 4.56 km`` or ``64×64 values from 0.5 to 12.3 km``."""
        unit = f" {self.target.unit}" if self.target.unit else ""
        for values in prediction.values.reshape(-1, self.outputs):
            if len(values) <= MAX_SHOWN:
                yield ", ".join(map(format_value, values.tolist())) + unit
            else:
                low, high = format_value(float(values.min())), format_value(float(values.max()))
                shape = "×".join(map(str, self.target.shape))
                yield f"{shape} values from {low} to {high}{unit}"

    def records(self, prediction: ValuePrediction) -> Iterator[dict[str, Any]]:
        for values in _shortest(prediction.values):
            yield {"values": values.tolist(), "units": self.target.unit}

    def columns(self, suffix: str) -> list[str]:
        if self.outputs == 1:
            return [f"value{suffix}"]
        return [f"value{suffix}_{number}" for number in range(1, 1 + self.outputs)]

    def rows(self, prediction: ValuePrediction) -> Iterator[list[str]]:
        for values in _shortest(prediction.values).reshape(-1, self.outputs):
            yield [str(value) for value in values.tolist()]


def format_value(value: float) -> str:
    """Return a number with four significant digits, or with all digits before the point."""
    return f"{value:.0f}" if 1e3 <= abs(value) < 1e15 else f"{value:.4g}"


def _r2(measured: Measured) -> float:
    """Return the coefficient of determination R², the mean over the quantities.

    It is 1 for a quantity that does not vary and has no errors, and 0 for one that does not vary
    and has errors.
    """
    columns = measured.columns
    errors = columns["squared_errors"].sum(axis=0)
    deviations = columns["means"] - columns["means"].mean(axis=0)
    total = (columns["variances"] + deviations**2).sum(axis=0)
    varied = total > 0
    unexplained = np.where(varied, errors / np.where(varied, total, 1), errors > 0)
    return float((1 - unexplained).mean())


def _shortest(values: Array) -> NDArray[np.float64]:
    """Return the numbers of fewest digits that stand for the same values."""
    # A float32 0.1 would be printed as 0.10000000149011612.
    return values.astype(str).astype(np.float64)
