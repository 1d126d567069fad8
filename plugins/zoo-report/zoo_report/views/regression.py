"""Pictures of regression: predicted against true values, and residuals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from zoo_report.heads.results import HeadResults
from zoo_report.style import (
    COLORS,
    INK,
    MARGIN,
    MUTED,
    PANEL_HEIGHT,
    PANEL_WIDTH,
    PLAIN,
    add_panel,
    make_figure,
)
from zoo_report.views.picture import Picture

MAX_QUANTITIES = 6
"""Maximum number of quantities that are drawn."""
MAX_POINTS = 2000
"""Number of values above which hexagons show how many are at a place."""
HEXAGONS = 46, 15
"""Number of hexagons along the axes, which are about as wide as they are high."""
DENSITY = LinearSegmentedColormap.from_list(
    "density", [(*to_rgb(COLORS[0]), 0.15), (*to_rgb(COLORS[0]), 1.0)]
)
"""Colors of hexagons, more or less opaque, so that they suit a light and a dark page."""


@dataclass(frozen=True)
class Quantity:
    """A number that is predicted, with its true and predicted values ``(M,)``."""

    name: str
    unit: str
    true: NDArray[np.float64]
    predicted: NDArray[np.float64]

    def label(self, word: str) -> str:
        """Return the label of an axis."""
        unit = f" ({self.unit})" if self.unit else ""
        return f"{word} {self.name or 'value'}{unit}"


def quantities_of(head: HeadResults) -> list[Quantity]:
    """Return the quantities of a head: one per value of a vector, one for a whole array."""
    target, count = head.task.target, len(head)
    columns = head.task.outputs if len(target.shape) == 1 else 1
    true, predicted = (
        np.ascontiguousarray(each, np.float64).reshape(count, -1, columns).reshape(-1, columns)
        for each in (head.targets, head.outputs)
    )
    names = (
        [target.name]
        if columns == 1
        else [f"{target.name} {i + 1}".strip() for i in range(columns)]
    )
    return [
        Quantity(name, target.unit, true[:, i], predicted[:, i]) for i, name in enumerate(names)
    ]


def value_pictures(head: HeadResults) -> list[Picture]:
    """Return predicted against true values and residuals, of each quantity."""
    quantities = quantities_of(head)
    caption = (
        f"{len(head):,} test {head.examples.noun}; the line is where both are equal; "
        "a residual is predicted minus true"
    )
    if len(quantities) > MAX_QUANTITIES:
        caption += f"; the first {MAX_QUANTITIES} of {len(quantities)} values"
    shown = quantities[:MAX_QUANTITIES]
    return [
        Picture(
            name="values",
            heading="Predicted against true values",
            caption=caption,
            label=f"Predicted against true values. {' '.join(map(_described, shown))}",
            draw=partial(draw_values, shown, caption),
        )
    ]


def _described(quantity: Quantity) -> str:
    residuals = quantity.predicted - quantity.true
    unit = f" {quantity.unit}" if quantity.unit else ""
    return (
        f"{quantity.name or 'value'}: {len(residuals):,} values, mean residual "
        f"{residuals.mean():.3g}{unit}, largest {np.abs(residuals).max():.3g}{unit}."
    )


def draw_values(quantities: list[Quantity], caption: str, title: str = "") -> Figure:
    """Draw one row of two charts per quantity.

    Args:
        quantities: quantities to draw.
        caption: second line of the heading.
        title: title of the picture; without it, only the charts are drawn.
    """
    margin = MARGIN / 2 if title else 0
    size = 2 * PANEL_WIDTH + 2 * margin, len(quantities) * PANEL_HEIGHT + margin
    figure = make_figure(*size, title, caption)
    for row, quantity in enumerate(reversed(quantities)):
        y = row * PANEL_HEIGHT + margin
        _draw_pairs(add_panel(figure, "Predicted against true", margin, y), quantity)
        _draw_residuals(add_panel(figure, "Residuals", margin + PANEL_WIDTH, y), quantity)
    return figure


def _draw_pairs(axes: Axes, quantity: Quantity) -> None:
    limits = _limits(np.concatenate([quantity.true, quantity.predicted]))
    # Below the points, which it would hide where the model is good.
    axes.plot(limits, limits, color=MUTED, lw=1.2, zorder=1)
    axes.set_xlim(limits)
    axes.set_ylim(limits)
    _draw_points(axes, quantity.true, quantity.predicted)
    _label(axes, quantity, quantity.label("predicted"))


def _draw_residuals(axes: Axes, quantity: Quantity) -> None:
    residuals = quantity.predicted - quantity.true
    axes.axhline(0, color=MUTED, lw=1.2, zorder=1)
    axes.set_xlim(_limits(quantity.true))
    # Zero is in the middle, so that a bias is seen.
    axes.set_ylim(*(sign * 1.12 * (_largest(residuals) or 1.0) for sign in (-1, 1)))
    _draw_points(axes, quantity.true, residuals)
    unit = f" ({quantity.unit})" if quantity.unit else ""
    _label(axes, quantity, f"predicted − true{unit}")


def _label(axes: Axes, quantity: Quantity, label: str) -> None:
    axes.set_xlabel(quantity.label("true"), size=9.5, color=INK, parse_math=False)
    axes.set_ylabel(label, size=9.5, color=INK, parse_math=False)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(PLAIN)


def _draw_points(axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = x[finite], y[finite]
    if len(x) > MAX_POINTS:
        # The whole panel is divided, so that hexagons are regular in every chart.
        extent = (*axes.get_xlim(), *axes.get_ylim())
        axes.hexbin(
            x, y, gridsize=HEXAGONS, extent=extent, bins="log", mincnt=1, cmap=DENSITY, lw=0.2
        )
        return
    # More points are smaller and more transparent.
    share = len(x) / MAX_POINTS
    axes.plot(x, y, "o", ms=6 - 3 * share, mew=0, color=COLORS[0], alpha=0.8 - 0.4 * share)


def _limits(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the limits of an axis, with a margin around all finite values."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    margin = 0.06 * (high - low) or abs(high) or 1.0
    return low - margin, high + margin


def _largest(values: NDArray[np.float64]) -> float:
    finite = values[np.isfinite(values)]
    return float(np.abs(finite).max()) if len(finite) else 0.0


def value_texts(head: HeadResults, rows: NDArray[np.int64]) -> list[str]:
    """Return targets as the task shows its predictions, with their unit."""
    # Outputs of this task are values in the unit of the targets.
    values = head.targets[rows].reshape(len(rows), -1)
    return [*head.task.texts(head.task.predict(values))]
