"""The three pictures of a run, drawn and written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from zoo_core import Predictions, Run
from zoo_core.plugin_api import METRICS, Card, find_misclassified, write_atomic
from zoo_report.confusion import draw_confusion
from zoo_report.curves import draw_curves
from zoo_report.error_counts import count_confusions
from zoo_report.misclassified_picture import draw_misclassified
from zoo_report.style import png


def write_pictures(run: Run, result: Card, predictions: Predictions) -> None:
    """Write ``curves.png``, ``confusion.png`` and ``misread.png`` into the run's folder.

    Args:
        run: the training; its folder holds ``metrics.jsonl``.
        result: its card.
        predictions: what the weights read in ``run.data.test.images``.
    """
    recipe = f"{result.recipe_name}{' (changed)' if result.changed else ''}"
    title = f"{result.model}, recipe {recipe}, on {result.dataset.name}, seed {result.recipe.seed}"
    test, read, classes = run.data.test, predictions.labels, run.data.dataset.classes
    history = read_history(run.folder / METRICS)
    counts = [
        count_confusions(test.labels[:, head], read[:, head], len(names))
        for head, names in enumerate(classes)
    ]
    misread = find_misclassified(test.labels, read, predictions.probabilities)
    figures = {
        "curves.png": draw_curves(history, result.epoch, _scores(result), title=title),
        "confusion.png": draw_confusion(counts, classes, title=title),
        "misread.png": draw_misclassified(
            misread, test.images, test.labels, read, classes, title=title
        ),
    }
    for name, figure in figures.items():
        write_atomic(run.folder / name, png(figure))


def read_history(path: Path) -> list[dict[str, Any]]:
    """Return the lines of ``metrics.jsonl``, one an epoch."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _scores(result: Card) -> str:
    test = result.metrics["test"]
    every = f", every label right {test.all_correct / test.total:.2%}"
    return f"{test}{every if len(test.accuracy) > 1 else ''}"
