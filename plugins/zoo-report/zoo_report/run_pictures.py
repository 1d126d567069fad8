"""The pictures of a run: learning curves, calibration, and each head's results by its task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from matplotlib.figure import Figure

from zoo_core import Predictions, Run
from zoo_core.plugin_api import METRICS, Card, find_misclassified, write_atomic
from zoo_report.charts import charts_of
from zoo_report.confusion import count_confusions, draw_confusion
from zoo_report.curves import draw_curves
from zoo_report.heads.confidence import confidence_of
from zoo_report.heads.hardest import MOST, Hard, hardest_of
from zoo_report.heads.names import metric_name
from zoo_report.heads.results import Examples, HeadResults, results_of
from zoo_report.history import read_history
from zoo_report.misclassified_picture import draw_misclassified
from zoo_report.style import png
from zoo_report.views.calibration import draw_calibration
from zoo_report.views.examples_picture import draw_examples
from zoo_report.views.table import CLASSES, view_of


def write_pictures(run: Run, result: Card, predictions: Callable[[], Predictions]) -> None:
    """Write ``curves.png``, ``calibration.png`` and the pictures of each head's task into the run.

    Args:
        run: finished training, whose folder contains ``metrics.jsonl``.
        result: card of its weights.
        predictions: function that returns the predictions of the weights for ``run.data.test``.
    """
    recipe = f"{result.recipe_name}{' (changed)' if result.changed else ''}"
    title = f"{result.model}, recipe {recipe}, on {result.dataset.name}, seed {result.recipe.seed}"
    test = run.data.test
    examples = Examples(run.data.dataset.input_spec, test, np.arange(len(test)))
    heads = results_of(
        run.tasks, predictions(), test.targets, examples, calibration=result.calibration
    )
    # The file was written by this training, so that the reason for a missing history is of no use.
    epochs, _ = read_history(run.folder / METRICS)
    figures = {}
    if charts_of(epochs):
        figures["curves"] = draw_curves(epochs, result.epoch, _scores(result), title=title)
    figures |= class_figures([each for each in heads if _is_class(each)], title)
    figures |= head_figures([each for each in heads if not _is_class(each)], title)
    confidence = confidence_of(
        run.tasks,
        [head.outputs for head in heads],
        test.targets,
        examples.noun,
        calibration=result.calibration,
        test=result.calibration.test if result.calibration else None,
    )
    if confidence:
        figures["calibration"] = draw_calibration(confidence, title)
    # All figures exist before the first file is written: an error leaves no part of them.
    for name, figure in figures.items():
        write_atomic(run.folder / f"{name}.png", png(figure))


def _is_class(head: HeadResults) -> bool:
    return head.task.target.task == CLASSES


def class_figures(heads: Sequence[HeadResults], title: str) -> dict[str, Figure]:
    """Return the figures of all heads for classes, by the names of their files."""
    if not heads:
        return {}
    labels = np.stack([each.targets for each in heads], axis=1)
    predicted = np.stack([each.outputs.argmax(axis=1) for each in heads], axis=1)
    classes = [each.task.target.classes for each in heads]
    counts = [
        count_confusions(labels[:, i], predicted[:, i], len(names))
        for i, names in enumerate(classes)
    ]
    numbers = [each.number + 1 for each in heads]
    noun = heads[0].examples.noun
    figures = {
        "confusion": draw_confusion(counts, classes, title=title, numbers=numbers, noun=noun)
    }
    if not heads[0].examples.are_images:
        return figures | _misread_examples(heads, title)
    every = np.arange(len(labels))
    shares = [each.predict(every).probabilities for each in heads]
    misread = find_misclassified(labels, predicted, shares)
    images = heads[0].examples.split.inputs
    figures["misread"] = draw_misclassified(
        misread, images, labels, predicted, classes, title=title
    )
    return figures


def _misread_examples(heads: Sequence[HeadResults], title: str) -> dict[str, Figure]:
    """Return the table of the wrong answers of an only head, if there are any."""
    if len(heads) > 1 or not (wrong := int((heads[0].measured.columns["accuracy"] == 0).sum())):
        return {}
    hard = hardest_of(heads[0], min(wrong, MOST))
    subtitle = (
        f"{wrong:,} of {len(heads[0]):,} test examples misclassified; those with the highest loss"
    )
    return {"misread": draw_examples(heads[0], hard, title=title, subtitle=subtitle)}


def head_figures(heads: Sequence[HeadResults], title: str) -> dict[str, Figure]:
    """Return the figures of heads for other tasks, by the names of their files.

    A name has the number of the head, if several heads have a picture of this name.
    """
    found = [(name, head, figure) for head in heads for name, figure in _figures(head, title)]
    times = Counter(name for name, *_ in found)
    return {
        name if times[name] == 1 else f"{name}-head{head.number + 1}": figure
        for name, head, figure in found
    }


def _figures(head: HeadResults, title: str) -> Iterator[tuple[str, Figure]]:
    for picture in view_of(head.task.target.task).pictures(head):
        yield picture.name, picture.draw(_heading(head, title))
    if hard := hardest_of(head):
        yield "hardest", _draw_hardest(head, hard, title)


def _draw_hardest(head: HeadResults, hard: Sequence[Hard], title: str) -> Figure:
    first = metric_name(head.task.measures[0].name)
    subtitle = f"The {len(hard)} of {len(head):,} test {head.examples.noun} with the worst {first}"
    return draw_examples(head, hard, title=_heading(head, title), subtitle=subtitle)


def _heading(head: HeadResults, title: str) -> str:
    return f"{title} · {head.title}" if head.heads > 1 else title


def _scores(result: Card) -> str:
    test = result.metrics["test"]
    # Scores contain the accuracy per head; a model of several heads is judged by all of them.
    if test.all_correct is None or len(test.headline_names) == 1:
        return str(test)
    return f"{test}, every label correct {test.all_correct / test.total:.2%}"
