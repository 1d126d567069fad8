"""The tradeoff chart: accuracy against parameters or seconds."""

from __future__ import annotations

from collections.abc import Sequence

from zoo_core.plugin_api import Proportion
from zoo_report.page.axis import accuracies, logarithmic
from zoo_report.page.chart import BOTTOM, LEFT, RIGHT, TOP, Chart, Point
from zoo_report.page.report_model import ReportModel

LETTER, LINE = 6.2, 13.0
"""About how wide a letter is and how high a line, in the chart's units."""
LONGEST = 26
"""Letters of a label at most; the rest of it is cut."""

Box = tuple[float, float, float, float]


def parameters_chart(subjects: Sequence[ReportModel], shares: Sequence[Proportion]) -> Chart | None:
    """Return accuracy against parameters, both on logarithmic scales; None of a single model."""
    costs = [float(subject.card.parameters) for subject in subjects]
    return _chart("Accuracy and parameters", "parameters", subjects, costs, shares)


def seconds_chart(subjects: Sequence[ReportModel], shares: Sequence[Proportion]) -> Chart | None:
    """Likewise against seconds of training, of those whose card says them."""
    costs = [subject.seconds or 0.0 for subject in subjects]
    return _chart("Accuracy and time of training", "seconds of training", subjects, costs, shares)


def short_number(value: float) -> str:
    """Return a round number such as 10k."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:.4g}"


def _chart(
    title: str,
    label: str,
    subjects: Sequence[ReportModel],
    costs: Sequence[float],
    shares: Sequence[Proportion],
) -> Chart | None:
    known = [i for i, cost in enumerate(costs) if cost > 0]
    if len(known) < 2:
        return None
    x = logarithmic([costs[i] for i in known], LEFT + 8, RIGHT - 8, short_number)
    ends = [bound for i in known for bound in (shares[i].low, shares[i].high)]
    y = accuracies(ends, max(share.total for share in shares), BOTTOM, TOP)
    marks = {i: (x.at(costs[i]), y.at(shares[i].accuracy)) for i in known}
    taken: list[Box] = [(a - 6, b - 6, a + 6, b + 6) for a, b in marks.values()]
    points = []
    for i, (across, up) in marks.items():
        name, share = subjects[i].label, shares[i]
        shown = name if len(name) <= LONGEST else f"…{name[1 - LONGEST :]}"
        text, anchor = _place(across, up, len(shown) * LETTER, taken)
        ends_at = y.at(share.low), y.at(share.high)
        told = f"{name}: {share.accuracy:.2%}, {costs[i]:,.6g} {label}"
        points.append(Point(shown, i, across, up, *ends_at, text, anchor, told))
    return Chart(title, x, y, label, "accuracy", points=tuple(points))


def _place(x: float, y: float, width: float, taken: list[Box]) -> tuple[tuple[float, float], str]:
    """Find room for a label near a point, and take it."""
    places = [
        (anchor, x + side, y + 4 + down)
        for down in (0.0, -LINE, LINE, -2 * LINE, 2 * LINE, -3 * LINE, 3 * LINE)
        for anchor, side in (("start", 9.0), ("end", -9.0))
    ]
    boxes = [
        (a, b - LINE + 2, a + width, b + 2)
        for a, b in ((p[1] - (width if p[0] == "end" else 0), p[2]) for p in places)
    ]
    free = [
        i
        for i, box in enumerate(boxes)
        if box[0] >= LEFT and box[2] <= RIGHT + 10 and box[1] >= 2 and box[3] <= BOTTOM - 2
        if not any(_overlap(box, other) for other in taken)
    ]
    best = free[0] if free else 0
    taken.append(boxes[best])
    anchor, across, down = places[best]
    return (round(across, 1), round(down, 1)), anchor


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
