"""Learning curves: of one model, and of several over one another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from zoo_core import Scores
from zoo_report.page.axis import Axis, logarithmic, whole
from zoo_report.page.chart import BOTTOM, COLORS, LEFT, RIGHT, TOP, Chart, Line, path
from zoo_report.page.report_model import ReportModel

Measure = Literal["loss", "error"]
TITLES: dict[Measure, str] = {"loss": "Loss (nats)", "error": "Error rate"}
LONGER = 4
"""Times as many epochs as the shortest training: from there on, their axis is logarithmic."""

Points = Sequence[tuple[int, float]]
"""Epochs with their values."""


def learning_curves(subject: ReportModel) -> list[Chart]:
    """Return loss and error rate of a training, a line a head and split; none if not known."""
    return [_alone(subject, each) for each in TITLES] if subject.history.epochs else []


def curves_together(subjects: Sequence[ReportModel]) -> list[Chart]:
    """Return validation loss and error rate of several trainings, the mean of their heads."""
    known = [i for i, subject in enumerate(subjects) if subject.history.epochs]
    return [_together(subjects, known, each) for each in TITLES] if known else []


def _alone(subject: ReportModel, measure: Measure) -> Chart:
    epochs, kept = subject.history.epochs, subject.card.epoch
    heads = range(len(epochs[0].train.loss))
    training = [[(e.epoch, _value(e.train, measure, i)) for e in epochs] for i in heads]
    validation = [[(e.epoch, _value(e.validation, measure, i)) for e in epochs] for i in heads]
    x = _epochs([e.epoch for e in epochs])
    y = _upwards([*training, *validation], measure)
    lines = []
    for color, (name, lots) in enumerate((("training", training), ("validation", validation))):
        for head, points in enumerate(lots):
            label = name if len(heads) == 1 else f"{name}, head {head + 1}"
            ring = _ring(x, y, points, kept) if color else None
            lines.append(Line(label, color, path(x, y, points), dash=head, ring=ring))
    mark = (x.at(kept), f"kept: epoch {kept}")
    return Chart(TITLES[measure], x, y, "epoch", lines=tuple(lines), kept=mark)


def _together(subjects: Sequence[ReportModel], known: Sequence[int], measure: Measure) -> Chart:
    curves: dict[int, Points] = {
        i: [(e.epoch, _mean(e.validation, measure)) for e in subjects[i].history.epochs]
        for i in known
    }
    lengths = [len(points) for points in curves.values()]
    uneven = max(lengths) >= LONGER * min(lengths)
    x = _epochs([epoch for points in curves.values() for epoch, _ in points], uneven=uneven)
    y = _upwards(list(curves.values()), measure)
    lines = [
        Line(
            subjects[i].label,
            i,
            path(x, y, points),
            dash=i // COLORS,
            ring=_ring(x, y, points, subjects[i].card.epoch),
        )
        for i, points in curves.items()
    ]
    title = f"{TITLES[measure]} on the validation split"
    return Chart(title, x, y, f"epoch{' (logarithmic)' if uneven else ''}", lines=tuple(lines))


def _value(scores: Scores, measure: Measure, head: int) -> float:
    return scores.loss[head] if measure == "loss" else 1 - scores.accuracy[head]


def _mean(scores: Scores, measure: Measure) -> float:
    heads = range(len(scores.loss))
    return sum(_value(scores, measure, head) for head in heads) / len(heads)


def _ring(x: Axis, y: Axis, points: Points, kept: int) -> tuple[float, float] | None:
    """Return where the kept epoch is, if it is among them."""
    value = dict(points).get(kept, math.nan)
    return (x.at(kept), y.at(value)) if math.isfinite(value) else None


def _epochs(numbers: Sequence[int], *, uneven: bool = False) -> Axis:
    if uneven:
        return logarithmic(numbers, LEFT, RIGHT, lambda tick: f"{tick:g}")
    return whole(numbers, LEFT + 4, RIGHT - 4)


def _upwards(curves: Sequence[Points], measure: Measure) -> Axis:
    def label(tick: float) -> str:
        return f"{100 * tick:.3g}%" if measure == "error" else f"{tick:.3g}"

    finite = [value for points in curves for _, value in points if math.isfinite(value)]
    return logarithmic(finite or [1.0], BOTTOM, TOP, label)
