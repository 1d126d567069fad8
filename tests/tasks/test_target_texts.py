"""Targets as text, which `zoo compare` and reports show."""

import numpy as np
import pytest

from tests.tasks import examples
from zoo_core.tasks.segmentation import IGNORED_PIXEL

SHOWN = [
    (examples.classes, np.array([1, 0]), ["b", "a"]),
    (examples.labels, np.eye(9, dtype=np.uint8)[[1, 1]] * [[1], [0]], ["b", "none"]),
    (examples.number, np.array([1.5, 1234.5]), ["1.5 km", "1234 km"]),
    (examples.strings, np.array([[0, 1, -1, -1, -1], [-1] * 5]), ['"ab"', '""']),
    (
        examples.masks,
        np.stack([np.eye(5, 6), np.full((5, 6), IGNORED_PIXEL)]).astype(np.uint8),
        ["a, b", "none"],
    ),
]


@pytest.mark.parametrize(("task", "targets", "texts"), SHOWN)
def test_targets_are_shown_in_words(task, targets, texts):
    found, _, _ = task(np.random.default_rng(0), 2)
    assert [*found.target_texts(targets)] == texts
