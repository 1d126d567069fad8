"""Table of the drawing functions of each task; a task that is not in it has a histogram."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zoo_report.heads.results import HeadResults
from zoo_report.views.multi_label import label_pictures, label_texts
from zoo_report.views.other import measure_pictures, plain_texts
from zoo_report.views.picture import Picture
from zoo_report.views.regression import value_pictures, value_texts
from zoo_report.views.segmentation import mask_pictures, mask_texts
from zoo_report.views.sequence import string_pictures, string_texts

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class TaskView:
    """The view of a task.

    Attributes:
        pictures: function that returns the pictures of a head's results.
        truths: function that returns the targets of some examples as text.
        shows_examples: whether the pictures show the hardest examples, so that no table of them is
            needed.
    """

    pictures: Callable[[HeadResults], Sequence[Picture]]
    truths: Callable[[HeadResults, Rows], list[str]] = plain_texts
    shows_examples: bool = False


CLASSES = "classification"
"""Task whose heads are shown together, by `zoo_report.confusion` and images that are misread."""

VIEWS = {
    CLASSES: TaskView(lambda head: ()),
    "multi-label": TaskView(label_pictures, label_texts),
    "regression": TaskView(value_pictures, value_texts),
    "segmentation": TaskView(mask_pictures, mask_texts, shows_examples=True),
    "sequence": TaskView(string_pictures, string_texts, shows_examples=True),
}

OTHER = TaskView(measure_pictures)
"""View of a task of another plugin."""


def view_of(task: str) -> TaskView:
    """Return the view of a task by its name."""
    return VIEWS.get(task, OTHER)
