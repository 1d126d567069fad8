"""Confidence of predictions: bins, accepted shares, and their charts."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from zoo_core import TargetSpec
from zoo_core.metrics.calibration import (
    Calibration,
    CalibrationTest,
    calibration_error,
    error_interval,
    shorten,
)
from zoo_core.tasks.classification import Classification
from zoo_core.tasks.regression import Regression
from zoo_core.tasks.segmentation import Segmentation
from zoo_report.heads.confidence import BINS, ConfidenceResults, confidence_of
from zoo_report.style import png
from zoo_report.views.calibration import calibration_charts, calibration_text, draw_calibration

TASK = Classification(TargetSpec(task="classification", classes=("a", "b", "c")))


def results(confidence, correct, calibration=None, accepted=None):
    confidence, correct = np.array(confidence, np.float32), np.array(correct, np.bool_)
    accepted = np.ones(len(correct), np.bool_) if accepted is None else np.array(accepted)
    test = CalibrationTest(
        shorten(calibration_error(confidence, correct)),
        error_interval(confidence, correct),
        int(accepted.sum()),
        int((accepted & correct).sum()),
    )
    return ConfidenceResults(confidence, correct, calibration, test, "images")


def model(seed, count=200):
    """Return outputs and targets of a classifier that is right most of the time."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, 3, count)
    outputs = rng.normal(size=(count, 3)).astype(np.float32)
    outputs[np.arange(count), targets] += 2
    return outputs, targets


PAIRS = st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=1, max_size=60)


@given(PAIRS)
@settings(deadline=None)
def test_bins_give_the_calibration_error(pairs):
    confidence, correct = zip(*pairs, strict=True)
    found = results(confidence, correct)
    bins = found.bins()
    assert sum(each.count for each in bins) == len(pairs)
    assert sum(each.correct for each in bins) == sum(correct)
    for each in bins:
        assert each.low - 1e-6 <= each.confidence <= each.high + 1e-6
        assert each.high - each.low == pytest.approx(1 / BINS)
    gaps = [each.count * abs(each.accuracy - each.confidence) for each in bins]
    expected = calibration_error(found.confidence, found.correct)
    assert sum(gaps) / len(pairs) == pytest.approx(expected, abs=1e-6)


@given(PAIRS, st.integers(1, 70))
@settings(deadline=None)
def test_coverage_is_that_of_the_most_confident(pairs, points):
    confidence, correct = zip(*pairs, strict=True)
    found = results(confidence, correct)
    shares, accuracies = found.coverage(points)
    assert 1 <= len(shares) <= points
    if points > 1:
        assert shares[-1] == 1
        assert accuracies[-1] == pytest.approx(np.mean(correct))
    order = np.argsort(-found.confidence, kind="stable")
    for share, accuracy in zip(shares, accuracies, strict=True):
        first = order[: round(share * len(pairs))]
        assert accuracy == pytest.approx(found.correct[first].mean())


def test_confidence_is_that_of_scaled_outputs():
    outputs, targets = model(0)
    calibration = Calibration((2.0,), 0.6, 100)
    found = confidence_of([TASK], [outputs], [targets], "images", calibration=calibration)
    logits = outputs.astype(np.float64) / 2
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.confidence, shares.max(axis=1), rtol=1e-5)
    assert (found.correct == (outputs.argmax(axis=1) == targets)).all()
    assert found.test.accepted == (shares.max(axis=1) >= 0.6).sum()
    assert found.accepted == found.test.accepted / 200
    assert found.test.error == shorten(calibration_error(found.confidence, found.correct))


def test_accepted_share_includes_familiarity():
    outputs, targets = model(0)
    calibration = Calibration((1.0,), 0.01, 100)
    familiarity = np.repeat([0.0, 1.0], 100)
    found = confidence_of(
        [TASK], [outputs], [targets], "images", calibration=calibration, familiarity=familiarity
    )
    assert found.accepted == 0.5


def test_confidence_of_several_heads_is_that_of_all():
    (first, right), (second, left) = model(0), model(1)
    found = confidence_of([TASK, TASK], [first, second], [right, left], "images", calibration=None)
    alone = [
        confidence_of([TASK], [each], [targets], "images", calibration=None)
        for each, targets in ((first, right), (second, left))
    ]
    np.testing.assert_allclose(found.confidence, alone[0].confidence * alone[1].confidence, 1e-5)
    assert (found.correct == alone[0].correct & alone[1].correct).all()


@pytest.mark.parametrize(
    ("task", "outputs", "targets"),
    [
        (Regression(TargetSpec(task="regression")), np.zeros((4, 1)), np.zeros(4)),
        (
            Segmentation(TargetSpec(task="segmentation", classes=("a", "b"), shape=(2, 2))),
            np.zeros((4, 2, 2, 2)),
            np.zeros((4, 2, 2), np.uint8),
        ),
    ],
)
def test_confidence_of_other_tasks_is_none(task, outputs, targets):
    found = confidence_of([task], [outputs], [targets], "images", calibration=None)
    assert found is None


def test_text_states_error_interval_and_accepted_share():
    calibration = Calibration((1.0,), 0.9, 100)
    test = CalibrationTest(0.0021, (0.001, 0.004), accepted=90, accepted_correct=81)
    found = ConfidenceResults(np.ones(100), np.ones(100, bool), calibration, test, "images")
    assert calibration_text(found) == (
        "Expected calibration error 0.21% (95 % interval 0.10% to 0.40%), 100 images; "
        "90.00% accepted, 90.00% of these correct"
    )
    none = ConfidenceResults(
        found.confidence, found.correct, calibration, CalibrationTest(0, (0, 0), 0, 0), "images"
    )
    assert calibration_text(none).endswith("; 0.00% accepted")
    old = ConfidenceResults(found.confidence, found.correct, None, test, "images")
    assert calibration_text(old).endswith("every prediction is accepted")


@pytest.mark.parametrize(
    "found",
    [
        results([1.0], [True]),
        results([0.0], [False]),
        results([0.2, 0.9], [True, False], Calibration((1.0,), 0.9, 1), [False, True]),
        results([0.5] * 7, [True] * 7, Calibration((1.0,), 0.9, 1), [False] * 7),
        results(np.linspace(0, 1, 5000), np.arange(5000) % 3 > 0),
    ],
    ids=["right", "wrong", "two", "none accepted", "many"],
)
def test_charts_fit_their_figures(is_whole, found):
    assert png(draw_calibration(found, "A model"))
    figures = [
        draw_calibration(found, "A model"),
        *(each.figure for each in calibration_charts(found)),
    ]
    assert [len(figure.axes) for figure in figures] == [3, 2, 1]
    assert all(map(is_whole, figures))


def test_chart_draws_accuracy_at_mean_confidence_and_accepted_share():
    found = results(
        [0.51, 0.52, 0.98, 0.99],
        [True, False, True, False],
        Calibration((1.0,), 0.9, 1),
        [False, False, True, True],
    )
    reliability, accepted = calibration_charts(found)
    assert reliability.label == (
        "Reliability diagram. Accuracy by confidence: "
        "47% to 53%: 50.0% of 2, 93% to 100%: 50.0% of 2."
    )
    diagram = reliability.figure.axes[1]
    dots = diagram.lines[0].get_xydata()
    np.testing.assert_allclose(dots, [[0.515, 0.5], [0.985, 0.5]], atol=1e-6)
    curve, point = accepted.figure.axes[0].lines
    np.testing.assert_allclose(curve.get_xydata()[-1], [1, 0.5])
    np.testing.assert_allclose(point.get_xydata(), [[0.5, 0.5]])
