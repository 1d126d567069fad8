"""Calibration: temperatures, the calibration error and its interval, limits, JSON."""

import json

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo_core import class_targets
from zoo_core.metrics.calibration import (
    BINS,
    Calibration,
    CalibrationTest,
    calibration_error,
    error_interval,
    fit_temperature,
    lower_limit,
    shorten,
)
from zoo_core.metrics.predictions import UNFAMILIAR, predictions_of
from zoo_core.tasks.classification import Classification, softmax

(TARGET,) = class_targets(["a", "b", "c"])
TASK = Classification(TARGET)

shares = st.floats(0, 1, width=32)


def sample(size, sharpness):
    """Return logits, and labels drawn with their probabilities."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, sharpness, (size, 3)).astype(np.float32)
    cumulated = softmax(logits).cumsum(axis=1)
    labels = (rng.random((size, 1)) > cumulated).sum(axis=1).clip(max=2)
    return logits, labels.astype(np.int64)


@pytest.mark.parametrize("wrong", [0.25, 1.0, 4.0])
def test_temperature_restores_probabilities_of_labels(wrong):
    logits, labels = sample(20_000, 2.0)
    outputs = logits * np.float32(wrong)
    assert fit_temperature(TASK, outputs, labels) == pytest.approx(wrong, rel=0.08)


@pytest.mark.parametrize("examples", [4, 40])
def test_few_examples_that_are_all_correct_do_not_make_a_model_certain(examples):
    logits = np.tile(np.array([5.0, 0.0, 0.0], np.float32), (examples, 1))
    temperature = fit_temperature(TASK, logits, np.zeros(examples, np.int64))
    confidence = softmax(logits / np.float32(temperature))[:, 0]
    assert confidence == pytest.approx((examples + 1) / (examples + 2), abs=0.001)


def test_temperature_never_changes_a_label():
    # Two logits that differ in the last bit alone.
    close = np.array([[1.0, np.nextafter(np.float32(1), np.float32(2)), 0.0]], np.float32)
    for temperature in (0.3, 0.7, 3.0, 19.0):
        calibration = Calibration((temperature,), 0.0, 1)
        predictions = predictions_of([TASK], [close], calibration)
        assert predictions.labels.tolist() == [[1]]
        assert predictions.probabilities[0].dtype == np.float32


def test_calibration_error_of_equal_confidences_is_their_distance_to_accuracy():
    confidences = np.full(10, 0.9, np.float32)
    correct = np.arange(10) < 6
    assert calibration_error(confidences, correct) == pytest.approx(0.3, abs=1e-6)


def test_calibration_error_does_not_let_bins_cancel():
    confidences = np.array([0.9, 0.9, 0.1, 0.1], np.float32)
    correct = np.array([False, False, True, True])
    assert calibration_error(confidences, correct) == pytest.approx(0.9, abs=1e-6)


@given(st.lists(st.tuples(shares, st.booleans()), min_size=1, max_size=50))
def test_calibration_error_is_that_of_its_definition(pairs):
    confidences = np.array([share for share, _ in pairs], np.float32)
    correct = np.array([right for _, right in pairs])
    expected = 0.0
    for number in range(BINS):
        inside = np.minimum((confidences * BINS).astype(int), BINS - 1) == number
        if inside.any():
            gap = correct[inside].mean() - confidences[inside].mean(dtype=np.float64)
            expected += inside.mean() * abs(gap)
    assert calibration_error(confidences, correct) == pytest.approx(expected, abs=1e-9)


def test_interval_contains_error_and_is_narrower_for_more_examples():
    logits, labels = sample(4000, 2.0)
    confidences = softmax(logits).max(axis=1)
    correct = logits.argmax(axis=1) == labels
    widths = []
    for size in (400, 4000):
        low, high = error_interval(confidences[:size], correct[:size])
        assert low < high
        assert error_interval(confidences[:size], correct[:size]) == (low, high)
        widths.append(high - low)
    assert widths[1] < widths[0]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.floats(0, 0.5))
def test_at_most_the_share_is_below_the_limit(values, share):
    array = np.array(values)
    assert (array < lower_limit(array, share)).mean() <= share


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e30, max_value=1e30))
def test_shortened_number_is_near_and_never_above_if_rounded_down(value):
    assert shorten(value) == pytest.approx(value, rel=1e-3)
    assert shorten(value, down=True) <= value
    assert shorten(shorten(value)) == shorten(value)


calibrations = st.builds(
    Calibration,
    temperatures=st.tuples(st.floats(0.01, 100)),
    limit=shares,
    examples=st.integers(1, 10**6),
    test=st.none()
    | st.builds(
        CalibrationTest,
        error=shares,
        error_interval=st.tuples(shares, shares),
        accepted=st.integers(0, 10**6),
        accepted_correct=st.integers(0, 10**6),
    ),
)


@given(calibrations)
def test_json_of_calibration_is_read_as_it_was_written(calibration):
    text = json.dumps(calibration.to_json())
    assert Calibration.from_json(json.loads(text)) == calibration


@pytest.mark.parametrize(
    "change",
    [
        {"temperatures": [0.0]},
        {"temperatures": [float("nan")]},
        {"temperatures": "1"},
        {"limit": None},
        {"test": {"error": 0.1}},
        {"examples": [1]},
    ],
)
def test_wrong_calibration_is_refused(change):
    values = Calibration((1.0,), 0.5, 10).to_json()
    with pytest.raises(ValueError, match=r"calibration|temperatures"):
        Calibration.from_json({**values, **change})


def test_predictions_below_a_limit_are_doubted():
    outputs = np.array([[9.0, 0, 0], [0.3, 0, 0], [9.0, 0, 0]], np.float32)
    calibration = Calibration((1.0,), 0.9, 100)
    predictions = predictions_of([TASK], [outputs], calibration, np.array([1.0, 1.0, 0.5]))
    assert predictions.accepted.tolist() == [True, False, False]
    assert predictions.doubts[1].startswith("unsure: 40%, at least 90%")
    assert predictions.doubts[2] == UNFAMILIAR
    assert predictions.confidence == pytest.approx(softmax(outputs).max(axis=1))


def test_confidence_of_several_heads_is_their_product():
    outputs = [np.array([[1.0, 0, 0]], np.float32), np.array([[0, 2.0, 0]], np.float32)]
    predictions = predictions_of([TASK, TASK], outputs, Calibration((1.0, 2.0), 0.0, 1))
    expected = softmax(outputs[0]).max() * softmax(outputs[1] / 2).max()
    assert predictions.confidence.tolist() == pytest.approx([expected])
