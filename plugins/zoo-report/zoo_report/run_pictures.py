"""The three pictures of a run: learning curves, confusion matrices and mistakes."""

from __future__ import annotations

from zoo_core import Predictions, Run
from zoo_core.plugin_api import METRICS, Card, find_misclassified, write_atomic
from zoo_report.confusion import count_confusions, draw_confusion
from zoo_report.curves import draw_curves
from zoo_report.history import read_history
from zoo_report.misclassified_picture import draw_misclassified
from zoo_report.style import png


def write_pictures(run: Run, result: Card, predictions: Predictions) -> None:
    """Write ``curves.png``, ``confusion.png`` and ``misread.png`` into the run's folder.

    Args:
        run: finished training, whose folder contains ``metrics.jsonl``.
        result: card of its weights.
        predictions: predictions of the weights for ``run.data.test.images``.
    """
    recipe = f"{result.recipe_name}{' (changed)' if result.changed else ''}"
    title = f"{result.model}, recipe {recipe}, on {result.dataset.name}, seed {result.recipe.seed}"
    test, predicted, classes = run.data.test, predictions.labels, run.data.dataset.classes
    # The file was written by this training, so that the reason for a missing history is of no use.
    epochs, _ = read_history(run.folder / METRICS)
    counts = [
        count_confusions(test.labels[:, head], predicted[:, head], len(names))
        for head, names in enumerate(classes)
    ]
    misread = find_misclassified(test.labels, predicted, predictions.probabilities)
    figures = {
        "curves.png": draw_curves(epochs, result.epoch, _scores(result), title=title),
        "confusion.png": draw_confusion(counts, classes, title=title),
        "misread.png": draw_misclassified(
            misread, test.images, test.labels, predicted, classes, title=title
        ),
    }
    # All figures exist before the first file is written: an error leaves no part of them.
    for name, figure in figures.items():
        write_atomic(run.folder / name, png(figure))


def _scores(result: Card) -> str:
    test = result.metrics["test"]
    # Scores contain the accuracy per head; a model of several heads is judged by all of them.
    every = f", every label correct {test.all_correct / test.total:.2%}"
    return f"{test}{every if len(test.accuracy) > 1 else ''}"
