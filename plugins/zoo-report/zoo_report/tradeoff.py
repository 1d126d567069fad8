"""Chart of a measure of several models against parameters or seconds of training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox

from zoo_core import Measure
from zoo_core.plugin_api import Mean, Proportion, is_share
from zoo_report.fonts import families, fonts_of_browser, inert
from zoo_report.scale import log_ticks
from zoo_report.style import (
    COLORS,
    INK,
    MUTED,
    PANEL_HEIGHT,
    PANEL_WIDTH,
    PERCENT,
    PLAIN,
    add_panel,
    make_figure,
)

LONGEST = 26
"""Maximum number of letters of a label."""
LINE = 13.0
"""Height of a label in points."""
ROWS = sorted(range(-9, 10), key=abs)
"""Lines by which a label may be moved, the nearest first."""


@dataclass(frozen=True)
class Point:
    """One model of the chart: its label, index of its color, cost, and accuracy or mean."""

    label: str
    color: int
    cost: float
    share: Proportion | Mean

    def height(self, value: float) -> float:
        """Return the place of a value on the y axis."""
        if isinstance(self.share, Mean):
            return value
        # A logarithmic axis has no place for 0 mistakes; half a mistake is below the best other
        # model.
        return max(1 - value, 0.5 / self.share.total)

    @property
    def middle(self) -> float:
        """Place of the model on the y axis."""
        share = self.share
        return self.height(share.mean if isinstance(share, Mean) else share.accuracy)


def draw_tradeoff(
    title: str, cost: str, points: Sequence[Point], measure: Measure | None = None
) -> Figure | None:
    """Draw values with their intervals; None unless two models have different costs above 0.

    Args:
        title: title of the chart.
        cost: label of the axis of costs.
        points: models; those whose cost is 0, which means unknown, are omitted.
        measure: measure whose means the points have; None for accuracies.
    """
    points = [point for point in points if point.cost > 0]
    costs = [point.cost for point in points]
    if len(set(costs)) < 2:
        return None
    figure = make_figure(PANEL_WIDTH, PANEL_HEIGHT)
    axes = add_panel(figure, title)
    axes.set_xscale("log")
    axes.set_xlim(min(costs) / 1.2, max(costs) * 1.2)
    ticks = log_ticks(min(costs) / 1.15, max(costs) * 1.15)
    axes.set_xticks(ticks, map(short_number, ticks))
    axes.set_xlabel(cost, size=9.5, color=INK)
    if measure is None:
        _scale_accuracy(axes, points)
    else:
        _scale_means(axes, points, measure)
    axes.minorticks_off()
    # Labels are last, because a label must not cover any point, not only those before it.
    taken, intervals = map(list, zip(*(_draw_point(axes, point) for point in points), strict=True))
    # From top to bottom, because labels that are moved down then stay in the order of the points.
    heights = {point: axes.transData.transform((1, point.middle))[1] for point in points}
    for point in sorted(points, key=lambda point: -heights[point]):
        taken.append(_label(axes, point, taken, intervals))
    return figure


def short_number(value: float) -> str:
    """Return a round number such as 10k."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:.4g}"


def _scale_accuracy(axes: Axes, points: Sequence[Point]) -> None:
    """Scale the y axis to error rates, logarithmic, the smallest at the top.

    From 99 % to 99.5 % is then as far as from 90 % to 95 %: half the mistakes.
    """
    errors = [p.height(share) for p in points for share in (p.share.low, p.share.high)]
    margin = 1.1 * (max(errors) / min(errors)) ** 0.05
    low, high = min(errors) / margin, max(errors) * margin
    perfect = [p.height(1.0) for p in points if p.height(1.0) == p.middle]
    # Next to "100%" at half a mistake there is no room for a label below 1.5 mistakes.
    ticks = [t for t in log_ticks(low, high) if not perfect or t > 3 * perfect[0]]
    axes.set_yscale("log")
    axes.set_ylim(high, low)
    labels = [f"{100 * (1 - tick):.6g}%" for tick in ticks]
    axes.set_yticks([*perfect[:1], *ticks], ["100%", *labels] if perfect else labels)


def _scale_means(axes: Axes, points: Sequence[Point], measure: Measure) -> None:
    """Scale the y axis to means, the best at the top as with accuracies."""
    ends = [end for p in points for end in (p.share.low, p.share.high)]
    low, high = min(ends), max(ends)
    if low > 0 and high > 4 * low:
        margin = 1.1 * (high / low) ** 0.05
        axes.set_yscale("log")
        limits = low / margin, high * margin
        axes.set_yticks(log_ticks(*limits))
    else:
        margin = 0.15 * (high - low) or 0.1 * abs(high) or 1.0
        limits = low - margin, high + margin
        axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.set_ylim(limits if measure.higher_is_better else limits[::-1])
    axes.yaxis.set_major_formatter(PERCENT if is_share(measure.name) else PLAIN)


def _draw_point(axes: Axes, point: Point) -> tuple[Bbox, Bbox]:
    """Draw a point with its interval, and return the areas of both in the figure."""
    color, share = COLORS[point.color % len(COLORS)], point.share
    ends = [(point.cost, point.height(bound)) for bound in (share.low, share.high)]
    at = point.cost, point.middle
    axes.plot(*zip(*ends, strict=True), color=color, lw=2, alpha=0.55)
    axes.plot(*at, "o", ms=7, color=color)
    line = Bbox(axes.transData.transform(ends))
    x, y = axes.transData.transform(at)
    return Bbox.from_extents(x - 6, y - 6, x + 6, y + 6), line.padded(2)


def _label(axes: Axes, point: Point, taken: Sequence[Bbox], intervals: Sequence[Bbox]) -> Bbox:
    """Write the label of a point where it covers the least, and return its area."""
    name = inert(point.label)
    label = axes.annotate(
        # The end of a path or of a tag distinguishes models better than its beginning.
        name if len(name) <= LONGEST else f"…{name[1 - LONGEST :]}",
        (point.cost, point.middle),
        xytext=(0, 0),
        textcoords="offset points",
        va="center",
        size=9,
        color=INK,
        parse_math=False,
        arrowprops={"arrowstyle": "-", "color": MUTED, "lw": 0.6},
    )
    renderer = FigureCanvasAgg(label.get_figure(root=True)).get_renderer()  # type: ignore[no-untyped-call]
    panel = axes.get_window_extent().padded(8, 0)

    def move(place: tuple[int, str]) -> Bbox:
        row, side = place
        label.set(position=(8 if side == "left" else -8, row * LINE), ha=side)
        if label.arrow_patch:  # only a label that is not next to its point needs a line to it
            label.arrow_patch.set_visible(abs(row) > 1)
        label.update_positions(renderer)
        return Text.get_window_extent(label)  # the label's own method includes the line

    def cost(place: tuple[int, str]) -> float:
        area = move(place)
        inside = panel.contains(area.x0, area.y0) and panel.contains(area.x1, area.y1)
        covered = area.count_overlaps(taken) + (not inside)
        # A label across an interval remains readable: better than one far from its point.
        return 20 * covered + 2 * area.count_overlaps(intervals) + abs(place[0])

    label.set_fontfamily(families(label.get_text(), label.get_fontproperties()))
    with fonts_of_browser():
        return move(min(((row, side) for row in ROWS for side in ("left", "right")), key=cost))
