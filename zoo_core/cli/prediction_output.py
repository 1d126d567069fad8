"""Output of predictions: a sentence, JSON or a row of CSV per image."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.image_batches import FileBatch
from zoo_core.metrics.predictions import Predictions

RUNNERS_UP = 2


class Rank(NamedTuple):
    """A class, and how probable it is, from 0 to 1."""

    label: int
    name: str
    probability: float


@dataclass(frozen=True)
class PredictionLine:
    """What is read in a file: for each head the most probable classes, the first one first."""

    file: str
    heads: tuple[tuple[Rank, ...], ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as `zoo predict --json` prints it; lists have an entry a head."""
        return {
            "file": self.file,
            "labels": [ranks[0].label for ranks in self.heads],
            "classes": [ranks[0].name for ranks in self.heads],
            "probabilities": [ranks[0].probability for ranks in self.heads],
            "runners_up": [
                [{"label": rank.label, "probability": rank.probability} for rank in ranks[1:]]
                for ranks in self.heads
            ],
        }

    def as_row(self) -> list[str]:
        """Return it as a line of `csv_header`'s table."""
        row = [self.file]
        for ranks in self.heads:
            for rank in ranks:
                row += [rank.name, f"{rank.probability:.6f}"]
        return row

    def __str__(self) -> str:
        """Return ``FILE: 7 (98.1%), 9 (1.2%), 4 (0.4%)``, the heads parted by semicolons."""
        read = (
            ", ".join(f"{rank.name} ({rank.probability:.1%})" for rank in ranks)
            for ranks in self.heads
        )
        return f"{self.file}: {'; '.join(read)}"


def prediction_lines(
    batch: FileBatch, predictions: Predictions, classes: tuple[tuple[str, ...], ...]
) -> Iterator[PredictionLine]:
    """Yield what is read in each file of a batch.

    Args:
        batch: files that could be read.
        predictions: of its images.
        classes: for each head, the names of its classes.
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
    order = (-probabilities).argsort(axis=1, kind="stable")[:, : 1 + RUNNERS_UP]
    shares = np.take_along_axis(probabilities, order, axis=1)
    for labels, given in zip(order.tolist(), shares.tolist(), strict=True):
        yield tuple(
            Rank(label, names[label], share) for label, share in zip(labels, given, strict=True)
        )


def csv_header(classes: tuple[tuple[str, ...], ...]) -> list[str]:
    """Return the names of `Answer.as_row`'s columns; several heads are numbered."""
    names = ["file"]
    for head, of_head in enumerate(classes, 1):
        number = f"_{head}" if len(classes) > 1 else ""
        names += [f"label{number}", f"probability{number}"]
        for place in range(2, 2 + min(RUNNERS_UP, len(of_head) - 1)):
            names += [f"label{number}_place{place}", f"probability{number}_place{place}"]
    return names


def csv_line(row: list[str]) -> str:
    """Return a row as a line of CSV, without its end."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(row)
    return line.getvalue()
