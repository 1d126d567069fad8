"""The comparison section of a page: several models on the same images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zoo_core import Comparison
from zoo_core.plugin_api import HeadComparison
from zoo_report.page.axis import Axis, accuracies
from zoo_report.page.chart import Chart
from zoo_report.page.learning_curves import curves_together
from zoo_report.page.report_model import ReportModel
from zoo_report.page.thumbnails import Thumbnail, make_thumbnail, names
from zoo_report.page.tradeoff_chart import parameters_chart, seconds_chart

MAX_DISAGREEMENTS = 48
"""At most so many images are shown that some models read and others do not."""
STRIP = 240
"""Width of the intervals in the table, in the units of its SVG."""
LEVEL = 0.05
"""Below it, an adjusted p value is called a difference."""


@dataclass(frozen=True)
class Reading:
    """What one model reads in a disputed image."""

    number: int
    label: str
    read: tuple[str, ...]
    is_correct: bool


@dataclass(frozen=True)
class ComparisonSection:
    """Several models on the same images.

    Attributes:
        first: the first one's place on the page, from 0.
        subjects: the models.
        comparison: of them; its members are in the same order.
        heads_compared: the one that ranks them first, which is every label right; then the heads'.
        ranked: the models' indices, the best first.
        strip: the axis of the table's intervals.
        verdict: who reads most, and from whom that differs.
        curves: of their trainings.
        tradeoffs: what accuracy costs.
        disagreements: images that some read and others do not, with what each reads.
    """

    first: int
    subjects: Sequence[ReportModel]
    comparison: Comparison
    heads_compared: list[HeadComparison]
    ranked: list[int]
    strip: Axis
    verdict: str
    curves: list[Chart]
    tradeoffs: list[Chart]
    disagreements: list[tuple[Thumbnail, list[Reading]]]

    @property
    def main(self) -> HeadComparison:
        """The comparison by which the models are ranked."""
        return self.heads_compared[0]

    @property
    def worded(self) -> bool:
        """Whether the names of an image's classes are long, and need more room."""
        names = (" ".join(tile.true) for tile, _ in self.disagreements)
        return max(map(len, names), default=0) > 3


def make_comparison_section(
    first: int, subjects: Sequence[ReportModel], comparison: Comparison
) -> ComparisonSection:
    """Gather what a page says of several models; see `ComparisonSection`."""
    *heads, main = comparison.heads_compared
    ranked = sorted(range(len(subjects)), key=lambda i: -main.proportions[i].correct)
    ends = [bound for share in main.proportions for bound in (share.low, share.high)]
    charts = (
        parameters_chart(subjects, main.proportions),
        seconds_chart(subjects, main.proportions),
    )
    return ComparisonSection(
        first=first,
        subjects=subjects,
        comparison=comparison,
        heads_compared=[main, *heads],
        ranked=ranked,
        strip=accuracies(ends, main.proportions[0].total, 4, STRIP - 4, apart=34),
        verdict=_verdict([subject.label for subject in subjects], main, ranked),
        curves=curves_together(subjects),
        tradeoffs=[chart for chart in charts if chart],
        disagreements=[
            _disagreement(subjects, comparison, int(row))
            for row in comparison.disagreements[:MAX_DISAGREEMENTS]
        ],
    )


def _verdict(labels: Sequence[str], main: HeadComparison, ranked: Sequence[int]) -> str:
    best = ranked[0]
    count = main.proportions[best].correct
    equals = [i for i in ranked if main.proportions[i].correct == count]
    if len(equals) > 1:
        equal_models = _join_labels([labels[i] for i in equals])
        return f"{equal_models} read the same number of images, {count:,}."
    others = {
        pair.first + pair.second - best: pair.adjusted
        for pair in main.tests
        if best in (pair.first, pair.second)
    }
    says = f"{labels[best]} reads most: {count:,} of {main.proportions[best].total:,} images."
    alike = [labels[i] for i in ranked[1:] if others[i] >= LEVEL]
    if alike:
        return f"{says} That it is better than {_join_labels(alike, 'or')} is not shown."
    return f"{says} Chance alone hardly explains what is between it and {_others(len(others))}."


def _others(number: int) -> str:
    return "the other" if number == 1 else "any of the others"


def _join_labels(labels: Sequence[str], word: str = "and") -> str:
    return f"{', '.join(labels[:-1])} {word} {labels[-1]}" if len(labels) > 1 else labels[0]


def _disagreement(
    subjects: Sequence[ReportModel], comparison: Comparison, row: int
) -> tuple[Thumbnail, list[Reading]]:
    split, classes = comparison.data.splits[comparison.split], comparison.data.classes
    label = split.labels[row]
    readings = [
        Reading(
            i,
            subject.label,
            names(read.labels[row], classes),
            bool((read.labels[row] == label).all()),
        )
        for i, (subject, read) in enumerate(zip(subjects, comparison.predictions, strict=True))
    ]
    return make_thumbnail(split, row, label, classes), readings
