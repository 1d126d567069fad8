"""The hardest examples of a head as text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zoo_report.heads.inputs import input_text
from zoo_report.heads.results import HeadResults
from zoo_report.views.table import view_of

MOST = 24
"""Maximum number of examples."""


@dataclass(frozen=True)
class Hard:
    """A hard example as text.

    Attributes:
        index: index among the scored examples.
        name: its identity, or its row in the split.
        place: its identity in words.
        input: its input; empty for an image.
        true: its target.
        predicted: the prediction.
        value: its first measure, with the name.
    """

    index: int
    name: str
    place: str
    input: str
    true: str
    predicted: str
    value: str


def hardest_of(head: HeadResults, most: int = MOST) -> list[Hard]:
    """Return the examples with the worst measures; none if the task's pictures show them."""
    if view_of(head.task.target.task).shows_examples:
        return []
    return hard_texts(head, head.hardest(most))


def hard_texts(head: HeadResults, rows: NDArray[np.int64]) -> list[Hard]:
    """Return some examples as text."""
    true = view_of(head.task.target.task).truths(head, rows)
    texts = zip(true, head.task.texts(head.predict(rows)), strict=True)
    examples = head.examples
    return [
        Hard(
            index=index,
            name=examples.key(index) or str(int(examples.rows[index])),
            place=examples.place(index),
            input=input_text(examples.spec, examples.input(index)),
            true=wanted,
            predicted=predicted,
            value=head.value(index),
        )
        for index, (wanted, predicted) in zip(rows.tolist(), texts, strict=True)
    ]
