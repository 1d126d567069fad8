"""Answers of a model for a folder of labelled photos, counted by kind.

The folder has a file ``labels.csv`` with the columns ``file``, ``label`` and ``kind``. Pictures of
something else have no label. No picture is copied.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np

from zoo_core.data.images.processor import model_processor
from zoo_core.data.images.reading import Found
from zoo_core.installation.installed import installed_catalog
from zoo_core.metrics.predictions import Predictions
from zoo_core.pretrained.model import Pretrained

OTHER = ("none", "multi")
"""Kinds of pictures that a model of single digits should refuse."""


class Answer(NamedTuple):
    """The answer for a photo.

    Attributes:
        file: name of the file.
        label: expected answer; empty for a picture of something else.
        kind: kind of the photo.
        answer: the guess, also a refused one; several of them are separated by a slash.
        doubt: reason to refuse it; empty for an accepted one.
    """

    file: str
    label: str
    kind: str
    answer: str
    doubt: str

    @property
    def right(self) -> bool:
        return self.answer == self.label


def answers(pretrained: Pretrained, folder: Path) -> Iterator[Answer]:
    """Yield the answer for each photo of a folder."""
    dataset = pretrained.card.dataset.name
    processor = model_processor(installed_catalog(), pretrained.input, dataset, {})
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    readings = [processor.find(folder / row["file"]) for row in rows]
    found = [each for reading in readings for each in reading.found]
    guesses = iter(_guesses(pretrained, found))
    for row, reading in zip(rows, readings, strict=True):
        own = [next(guesses) for _ in reading.found]
        doubts = [reading.refusal, *(doubt for _, doubt in own)]
        yield Answer(
            row["file"],
            row["label"],
            row["kind"],
            "/".join(guess for guess, _ in own),
            next(filter(None, doubts), ""),
        )


def print_answers(results: Sequence[Answer], *, wrong: bool) -> None:
    """Print the number of right and of refused answers of each kind, and the wrong ones.

    Args:
        results: the answers.
        wrong: whether to list the photos with a wrong answer or an undue refusal, and pictures of
            something else that are not refused.
    """
    kinds = sorted({result.kind for result in results})
    digits = [kind for kind in kinds if kind not in OTHER]
    for name, members in [*((kind, [kind]) for kind in kinds), ("all single digits", digits)]:
        own = [result for result in results if result.kind in members]
        right, refused = sum(each.right for each in own), sum(bool(each.doubt) for each in own)
        missed = sum(each.right and bool(each.doubt) for each in own)
        click.echo(
            f"{name:18} {right:4} of {len(own):4} right, {refused:4} refused"
            + (f", {missed} of them right" if missed and members[0] not in OTHER else "")
        )
    if not wrong:
        return
    for result in results:
        if (not result.doubt) if result.kind in OTHER else (result.doubt or not result.right):
            said = f"{result.answer or 'nothing'}{', ' * bool(result.doubt)}{result.doubt}"
            click.echo(f"{result.file}: {result.label or 'no digit'}, got {said}")


def _guesses(pretrained: Pretrained, found: Sequence[Found]) -> list[tuple[str, str]]:
    """Return the guess and the doubt for each input."""
    if not found:
        return []
    predictions = pretrained.predict(np.stack([each.image for each in found]))
    doubts = predictions.doubts or [""] * len(found)
    return [
        (text, each.doubt or doubt)
        for text, each, doubt in zip(_texts(predictions), found, doubts, strict=True)
    ]


def _texts(predictions: Predictions) -> list[str]:
    """Return the text of each prediction: a string, or one class per head."""
    if hasattr(predictions.heads[0], "strings"):
        return list(predictions.heads[0].strings)
    classes = [task.target.classes for task in predictions.tasks]
    return [
        "".join(names[label] for names, label in zip(classes, row, strict=True))
        for row in predictions.labels.tolist()
    ]
