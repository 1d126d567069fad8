"""The order of compared models by a measure, and the result of a comparison as a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from zoo_core.plugin_api import HeadComparison, join_names
from zoo_report.heads.names import metric_name, number

LEVEL = 0.05
"""Significance level of the adjusted p values."""


def rank(compared: HeadComparison) -> list[int]:
    """Return the members from the best to the worst; equal ones keep their order."""
    if compared.proportions:
        return sorted(_members(compared), key=lambda i: -compared.proportions[i].correct)
    sign = -1 if compared.measure.higher_is_better else 1
    return sorted(_members(compared), key=lambda i: sign * compared.means[i].mean)


def _members(compared: HeadComparison) -> range:
    return range(len(compared.proportions or compared.means))


def verdict(labels: Sequence[str], compared: HeadComparison, noun: str, *, head: str = "") -> str:
    """Return who is best, and whether the differences to the others are significant.

    Args:
        labels: names of the models.
        compared: their comparison.
        noun: noun for several examples.
        head: title of the head, if the sentence is about one of several.
    """
    ranked = rank(compared)
    where = f"{head}: " if head else ""
    best = ranked[0]
    equal = [labels[i] for i in ranked if _value(compared, i) == _value(compared, best)]
    if len(equal) > 1:
        return where + _equal(equal, compared, best, noun)
    adjusted = {
        pair.first + pair.second - best: pair.adjusted  # the key is the other of the two
        for pair in compared.tests or compared.paired
        if best in (pair.first, pair.second)
    }
    result = where + _best(labels[best], compared, best, noun)
    similar = [labels[i] for i in ranked[1:] if adjusted[i] >= LEVEL]
    if similar:
        return f"{result} The difference to {join_names(similar)} is not significant."
    others = "the other model" if len(adjusted) == 1 else "every other model"
    return f"{result} The difference to {others} is significant."


def _value(compared: HeadComparison, member: int) -> float:
    if compared.proportions:
        return compared.proportions[member].correct
    return compared.means[member].mean


def _equal(labels: Sequence[str], compared: HeadComparison, best: int, noun: str) -> str:
    names = join_names(labels)
    if compared.proportions:
        verb = "classify" if compared.measure.name == "accuracy" else "predict"
        count = compared.proportions[best].correct
        return f"{names} {verb} equally many {noun} correctly: {count:,}."
    name = compared.measure.name
    mean = number(name, compared.means[best].mean)
    return f"{names} have an equal mean {metric_name(name)}: {mean}."


def _best(label: str, compared: HeadComparison, best: int, noun: str) -> str:
    measure = compared.measure
    if compared.proportions:
        share = compared.proportions[best]
        verb = "classifies" if measure.name == "accuracy" else "predicts"
        return f"{label} {verb} the most {noun} correctly: {share.correct:,} of {share.total:,}."
    extreme = "highest" if measure.higher_is_better else "lowest"
    mean = number(measure.name, compared.means[best].mean)
    return f"{label} has the {extreme} mean {metric_name(measure.name)}: {mean}."
