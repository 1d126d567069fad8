"""The parts of a page: figures of classes, axes, charts, images."""

import base64
import io
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image
from sklearn.metrics import precision_recall_fscore_support

from zoo_core.data.dataset import Split
from zoo_core.metrics.predictions import predictions_of
from zoo_report.error_counts import count_confusions
from zoo_report.page.axis import accuracies, logarithmic, whole
from zoo_report.page.chart import path
from zoo_report.page.per_class import figures_by_class
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
def test_figures_by_class_agree_with_scikit_learn(drawn):
    classes, pairs = drawn
    labels, read = np.array(pairs, np.int64).T
    figures = figures_by_class(count_confusions(labels, read, classes))
    expected = precision_recall_fscore_support(
        labels, read, labels=range(classes), zero_division=np.nan
    )
    actual = [
        [getattr(f, name) for f in figures] for name in ("precision", "recall", "f1", "count")
    ]
    np.testing.assert_allclose(actual, expected)
    for i, each in enumerate(figures):
        wrong = read[(labels == i) & (read != i)]
        if each.taken_for is None:
            assert not len(wrong)
        else:
            most = np.bincount(wrong, minlength=classes)
            assert (each.taken, most[each.taken_for]) == (most.max(), most.max())


POSITIVE = st.floats(1e-6, 1e6)


@given(st.lists(st.one_of(st.just(0.0), POSITIVE), min_size=1, max_size=20))
@settings(deadline=None)
def test_logarithmic_axis_holds_every_value_and_labels_zero(values):
    axis = logarithmic(values, 200, 10, lambda tick: f"{tick:g}")
    assert axis.ticks
    places = [axis.at(value) for value in sorted(values)]
    assert all(10 <= place <= 200 for place in places)
    assert places == sorted(places, reverse=True)
    assert all(10 <= axis.at(tick) <= 200 for tick, _ in axis.ticks)
    assert any(label == "0" for _, label in axis.ticks) == (0.0 in values)


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=20))
def test_whole_axis_has_integer_ticks(epochs):
    axis = whole(epochs, 0, 100)
    assert all(tick == int(tick) for tick, _ in axis.ticks)
    assert 1 <= len(axis.ticks) <= 8
    if len(set(epochs)) > 1:
        assert (axis.at(min(epochs)), axis.at(max(epochs))) == (0, 100)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=10))
def test_accuracy_axis_preserves_order_and_separates_ticks(correct):
    shares = sorted(count / 10_000 for count in correct)
    axis = accuracies(shares, 10_000, 0, 100)
    places = [axis.at(share) for share in shares]
    assert places == sorted(places)
    assert all(0 < place < 100 for place in places)
    assert axis.ticks
    ends = [axis.at(tick) for tick, _ in axis.ticks]
    assert all(after - before >= 16 for before, after in pairwise(ends))


def test_accuracy_axis_spaces_error_halvings_evenly():
    axis = accuracies([0.9, 0.999], 10_000, 0, 100)
    first = axis.at(0.95) - axis.at(0.9)
    assert axis.at(0.975) - axis.at(0.95) == pytest.approx(first, abs=0.2)


def test_accuracy_axis_ends_at_100_percent():
    axis = accuracies([0.5, 0.98, 1.0], 50, 0, 100)
    assert axis.ticks[-1] == (1.0, "100%")
    assert axis.at(1.0) > axis.at(0.98)


def test_path_leaves_gap_at_nan():
    x, y = whole([1, 4], 0, 30), whole([0, 10], 100, 0)
    drawn = path(x, y, [(1, 0), (2, math.nan), (3, 5), (4, 10)])
    assert drawn == "M0 100M20 50L30 0"


def split(size, shape=(1, 8, 6)):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (size, *shape)).astype(np.uint8)
    return Split(images, rng.integers(0, 3, (size, 1)))


def pixels(source):
    kind, _, content = source.partition(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


def test_hardest_returns_confident_mistakes_and_uncertain_correct_images():
    data = split(100)
    logits = np.random.default_rng(1).normal(size=(100, 3)).astype(np.float32)
    predictions = predictions_of([logits])
    wrong, barely = hardest(data, predictions, [("a", "b", "<c>")])
    sure = predictions.probabilities[0].max(axis=1)
    right = predictions.labels[:, 0] == data.labels[:, 0]
    assert [tile.sure for tile in wrong] == sorted(sure[~right], reverse=True)[:24]
    assert [tile.sure for tile in barely] == sorted(sure[right])[:12]
    for tile in wrong:
        assert np.array_equal(pixels(tile.source), data.images[tile.row, 0])
        assert tile.true == (("a", "b", "<c>")[data.labels[tile.row, 0]],)
        assert tile.read != tile.true


def test_data_uri_keeps_colors_and_shrinks_large_images():
    colored = split(1, (3, 8, 6)).images[0]
    source, size = data_uri(colored)
    assert size == (6, 8)
    assert np.array_equal(pixels(source), colored.transpose(1, 2, 0))
    assert data_uri(split(1, (1, 400, 200)).images[0])[1] == (48, 96)
    assert pixels(data_uri(split(1, (2, 8, 6)).images[0])[0]).shape == (8, 6)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("percent", 0.9825, "98.25%"),
        ("percent", math.nan, "–"),
        ("chance", 0.99951, "> 99.9%"),
        ("chance", 0.9987, "99.9%"),
        ("count", 1234567, "1,234,567"),
        ("size", 999, "999 B"),
        ("size", 2_968_984, "2.97 MB"),
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
