"""Output of predictions: one line of text, JSON object or CSV row per image."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.images.batches import FileBatch
from zoo_core.metrics.predictions import Predictions, format_probability

RUNNERS_UP = 2
"""Number of classes after the most probable one."""


class Rank(NamedTuple):
    """A class and its probability, from 0 to 1."""

    label: int
    name: str
    probability: float


@dataclass(frozen=True)
class PredictionLine:
    """The prediction for a file: the most probable classes of each head, in descending order."""

    file: str
    heads: tuple[tuple[Rank, ...], ...]

    def as_json(self) -> dict[str, Any]:
        """Return the entry of `zoo predict --json`; lists have one entry per head."""
        return {
            "file": self.file,
            "labels": [ranks[0].label for ranks in self.heads],
            "classes": [ranks[0].name for ranks in self.heads],
            "probabilities": [ranks[0].probability for ranks in self.heads],
            "runners_up": [
                [
                    {"label": rank.label, "class": rank.name, "probability": rank.probability}
                    for rank in ranks[1:]
                ]
                for ranks in self.heads
            ],
        }

    def as_row(self) -> list[str]:
        """Return the row under `csv_header`."""
        row = [self.file]
        for ranks in self.heads:
            for rank in ranks:
                row += [rank.name, f"{rank.probability:.6f}"]
        return row

    def __str__(self) -> str:
        """Return ``FILE: 7 (98.1%), 9 (1.2%), 4 (0.4%)``; semicolons separate the heads."""
        heads = (
            ", ".join(f"{rank.name} ({format_probability(rank.probability)})" for rank in ranks)
            for ranks in self.heads
        )
        return f"{self.file}: {'; '.join(heads)}"


def prediction_lines(
    batch: FileBatch, predictions: Predictions, classes: tuple[tuple[str, ...], ...]
) -> Iterator[PredictionLine]:
    """Yield the prediction for each file of a batch.

    Args:
        batch: the files with their images.
        predictions: predictions for the images.
        classes: the names of each head's classes.
    """
    heads = [
        _ranks(head, names) for head, names in zip(predictions.probabilities, classes, strict=True)
    ]
    for file, *ranks in zip(batch.files, *heads, strict=True):
        yield PredictionLine(str(file), tuple(ranks))


def _ranks(
    probabilities: NDArray[np.float32], names: tuple[str, ...]
) -> Iterator[tuple[Rank, ...]]:
    """Yield the most probable classes of each row of ``(N, classes)``."""
    # Stable, so that equal probabilities have the order of the labels on every machine.
    order = (-probabilities).argsort(axis=1, kind="stable")[:, : 1 + RUNNERS_UP]
    highest = np.take_along_axis(probabilities, order, axis=1)  # (N, 1 + RUNNERS_UP)
    # `tolist` first, because indexing arrays element by element takes several times as long.
    for labels, values in zip(order.tolist(), highest.tolist(), strict=True):
        yield tuple(
            Rank(label, names[label], value) for label, value in zip(labels, values, strict=True)
        )


def csv_header(classes: tuple[tuple[str, ...], ...]) -> list[str]:
    """Return the column names of `PredictionLine.as_row`; several heads are numbered."""
    names = ["file"]
    for head, of_head in enumerate(classes, 1):
        number = f"_{head}" if len(classes) > 1 else ""
        names += [f"label{number}", f"probability{number}"]
        # A head with two classes has one runner-up.
        for place in range(2, 2 + min(RUNNERS_UP, len(of_head) - 1)):
            names += [f"label{number}_place{place}", f"probability{number}_place{place}"]
    return names


def csv_line(row: Iterable[str]) -> str:
    """Return a row as a line of CSV, without a line break."""
    # csv.writer, because file names may contain commas and quotes.
    line = io.StringIO()
    # With both characters of a line break, because it quotes only those of its own.
    csv.writer(line, lineterminator="\r\n").writerow(row)
    return line.getvalue().removesuffix("\r\n")
