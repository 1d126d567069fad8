"""The three pictures of a run: learning curves, confusion matrices and mistakes."""

from __future__ import annotations

from collections.abc import Callable

from zoo_core import Predictions, Run
from zoo_core.plugin_api import METRICS, Card, find_misclassified, write_atomic
from zoo_report.confusion import count_confusions, draw_confusion
from zoo_report.curves import draw_curves
from zoo_report.history import read_history
from zoo_report.labels import are_classes, classes_of, labels_of
from zoo_report.misclassified_picture import draw_misclassified
from zoo_report.style import png


def write_pictures(run: Run, result: Card, predictions: Callable[[], Predictions]) -> None:
    """Write ``curves.png``, ``confusion.png`` and ``misread.png`` into the run's folder.

    All of them show classes, so that other tasks have none; ``misread.png`` shows images.

    Args:
        run: finished training, whose folder contains ``metrics.jsonl``.
        result: card of its weights.
        predictions: function that returns the predictions of the weights for ``run.data.test``.
    """
    dataset = run.data.dataset
    if not are_classes(dataset.targets):
        return
    recipe = f"{result.recipe_name}{' (changed)' if result.changed else ''}"
    title = f"{result.model}, recipe {recipe}, on {result.dataset.name}, seed {result.recipe.seed}"
    test, classes, made = run.data.test, classes_of(run.tasks), predictions()
    labels, predicted = labels_of(test.targets), made.labels
    # The file was written by this training, so that the reason for a missing history is of no use.
    epochs, _ = read_history(run.folder / METRICS)
    counts = [
        count_confusions(labels[:, head], predicted[:, head], len(names))
        for head, names in enumerate(classes)
    ]
    figures = {
        "curves.png": draw_curves(epochs, result.epoch, _scores(result), title=title),
        "confusion.png": draw_confusion(counts, classes, title=title),
    }
    if dataset.input_spec.kind == "image":
        misread = find_misclassified(labels, predicted, made.probabilities)
        figures["misread.png"] = draw_misclassified(
            misread, test.inputs, labels, predicted, classes, title=title
        )
    # All figures exist before the first file is written: an error leaves no part of them.
    for name, figure in figures.items():
        write_atomic(run.folder / name, png(figure))


def _scores(result: Card) -> str:
    test = result.metrics["test"]
    # Scores contain the accuracy per head; a model of several heads is judged by all of them.
    if test.all_correct is None or len(test.headline_names) == 1:
        return str(test)
    return f"{test}, every label correct {test.all_correct / test.total:.2%}"
