"""The parts of a page: scores per class, thumbnails, numbers."""

import base64
import io
import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image
from sklearn.metrics import precision_recall_fscore_support

from zoo_core import class_targets
from zoo_core.data.dataset import ArrayDataset, Split
from zoo_core.evaluation.compare import Comparison
from zoo_core.evaluation.scored_split import ScoredSplit
from zoo_core.metrics.predictions import predictions_of
from zoo_core.tasks.classification import Classification
from zoo_report.confusion import count_confusions
from zoo_report.page.class_scores import scores_by_class
from zoo_report.page.render import FILTERS
from zoo_report.page.thumbnails import data_uri, hardest

LABELS = st.integers(1, 6).flatmap(
    lambda classes: st.tuples(
        st.just(classes),
        st.lists(
            st.tuples(st.integers(0, classes - 1), st.integers(0, classes - 1)),
            min_size=1,
            max_size=60,
        ),
    )
)


@given(LABELS)
@settings(deadline=None)
def test_scores_by_class_agree_with_scikit_learn(drawn):
    classes, pairs = drawn
    labels, predicted = np.array(pairs, np.int64).T
    scores = scores_by_class(count_confusions(labels, predicted, classes))
    expected = precision_recall_fscore_support(
        labels, predicted, labels=range(classes), zero_division=np.nan
    )
    actual = [scores[name] for name in ("precision", "recall", "f1", "count")]
    np.testing.assert_allclose(actual, expected)
    for i in range(classes):
        wrong = predicted[(labels == i) & (predicted != i)]
        most = np.bincount(wrong, minlength=classes)
        assert scores["taken"][i] == most.max() == most[scores["taken_for"][i]]


def split(size, shape=(1, 8, 6)):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (size, *shape)).astype(np.uint8)
    return Split(images, (rng.integers(0, 3, size),))


def pixels(source):
    kind, _, content = source.partition(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


def test_hardest_returns_confident_mistakes_and_uncertain_correct_images():
    whole, targets, rows = split(100), class_targets(("a", "b", "<c>")), np.arange(0, 100, 2)
    data = ArrayDataset({"train": whole, "test": whole}, targets, (0.5,), (0.5,))
    tasks = (Classification(*targets),)
    scored = ScoredSplit("made", data, "test", tasks, rows, whole.select_targets(rows))
    logits = np.random.default_rng(1).normal(size=(50, 3)).astype(np.float32)
    predictions = predictions_of(tasks, [logits])
    model = SimpleNamespace(calibration=None)
    wrong, barely = hardest(Comparison(scored, (model,), (predictions,)), 0)
    sure = predictions.probabilities[0].max(axis=1)
    right = predictions.labels[:, 0] == scored.targets[0]
    assert [tile.confidence for tile in wrong] == sorted(sure[~right], reverse=True)[:24]
    assert [tile.confidence for tile in barely] == sorted(sure[right])[:12]
    for tile in wrong:
        row = int(tile.place.split()[1])  # "image 12 of the split", which is not always scored
        assert row in rows
        assert np.array_equal(pixels(tile.source), whole.inputs[row, 0])
        assert tile.true == targets[0].classes[whole.targets[0][row]]
        assert tile.predicted != tile.true


def test_data_uri_keeps_colors_and_shrinks_large_images():
    colored = split(1, (3, 8, 6)).inputs[0]
    source, size = data_uri(colored)
    assert size == (6, 8)
    assert np.array_equal(pixels(source), colored.transpose(1, 2, 0))
    assert data_uri(split(1, (1, 400, 200)).inputs[0])[1] == (48, 96)
    assert pixels(data_uri(split(1, (2, 8, 6)).inputs[0])[0]).shape == (8, 6)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("percent", 0.9825, "98.25%"),
        ("percent", math.nan, "–"),
        ("probability", 0.99951, "> 99.9%"),
        ("probability", 0.9987, "99.9%"),
        ("thousands", 1234567, "1,234,567"),
        ("duration", 2.93, "2.9 s"),
        ("duration", 425.2, "7 min 5 s"),
        ("duration", 59.97, "1 min 0 s"),
        ("duration", 7320, "2 h 2 min"),
        ("duration", None, "–"),
        ("p_value", 1e-9, "< 0.0001"),
        ("p_value", 0.00123, "0.0012"),
        ("p_value", 1.0, "1.000"),
    ],
)
def test_filters_format_numbers(name, value, text):
    assert FILTERS[name](value) == text
