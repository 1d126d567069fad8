"""The task classification: predictions, measures and metrics of a head with one of K classes."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo_core.metrics.scores import concatenate, measure
from zoo_core.plugins.data_specs import class_targets
from zoo_core.tasks.classification import Classification, cross_entropies, softmax

NUMBERS = st.floats(-50, 50, width=32)


def task(classes):
    (target,) = class_targets(classes)
    return Classification(target)


@st.composite
def examples(draw):
    """Return logits ``(N, classes)``, which may tie, and labels."""
    number = draw(st.integers(2, 8))
    row = st.lists(NUMBERS | st.sampled_from([0.0, 1.0]), min_size=number, max_size=number)
    rows = draw(st.lists(st.tuples(row, st.integers(0, number - 1)), min_size=1, max_size=20))
    logits, labels = zip(*rows, strict=True)
    return np.array(logits, np.float32), np.array(labels, np.int64)


@given(examples())
def test_softmax_is_nonnegative_and_sums_to_one(found):
    probabilities = softmax(found[0])
    assert (probabilities >= 0).all()
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_cross_entropies_are_in_nats():
    flat = np.zeros((4, 10), np.float32)
    assert cross_entropies(flat, np.arange(4)) == pytest.approx([np.log(10)] * 4)
    sure = np.array([[1000.0, 0.0]], np.float32)
    assert cross_entropies(sure, np.array([0])).tolist() == [0]
    assert cross_entropies(sure, np.array([1])).tolist() == [1000]


@given(examples(), st.data())
def test_measures_in_pieces_have_equal_bits(found, data):
    logits, labels = found
    cuts = sorted(data.draw(st.lists(st.integers(0, len(labels)), max_size=4)))
    tasks = [task(logits.shape[1])]
    (whole,) = measure(tasks, [logits], [labels])
    places = [slice(*pair) for pair in zip([0, *cuts], [*cuts, len(labels)], strict=True)]
    parts = [measure(tasks, [logits[place]], [labels[place]]) for place in places]
    (joined,) = concatenate(parts)
    assert joined.columns.keys() == whole.columns.keys()
    assert joined.counts.keys() == whole.counts.keys()
    for name, column in whole.columns.items():
        assert joined.columns[name].dtype == column.dtype
        assert joined.columns[name].tobytes() == column.tobytes(), name
    for name, count in whole.counts.items():
        assert np.array_equal(joined.counts[name], count)
    assert tasks[0].metrics(joined) == tasks[0].metrics(whole)
    assert tasks[0].details(joined) == tasks[0].details(whole)


@given(examples())
def test_metrics_match_their_definitions(found):
    logits, labels = found
    own = task(logits.shape[1])
    measured = own.measure(logits, labels)
    predicted = logits.argmax(axis=1)
    right = [a == b for a, b in zip(predicted, labels, strict=True)]
    metrics = own.metrics(measured)
    assert metrics["correct"] == sum(right)
    assert metrics["accuracy"] == sum(right) / len(right)
    losses = [
        math.log(sum(math.exp(float(x) - float(max(row))) for x in row))
        - float(row[label] - float(max(row)))
        for row, label in zip(logits, labels, strict=True)
    ]
    assert metrics["loss"] == pytest.approx(sum(losses) / len(losses), abs=1e-4)


@given(examples())
def test_details_match_their_definitions(found):
    logits, labels = found
    own = task(logits.shape[1])
    details = own.details(own.measure(logits, labels))
    predicted = logits.argmax(axis=1)
    recalls = [(predicted[labels == each] == each).mean() for each in set(labels.tolist())]
    assert details["balanced_accuracy"] == pytest.approx(np.mean(recalls))
    scores = []
    for each in {*labels.tolist(), *predicted.tolist()}:
        both = ((predicted == each) & (labels == each)).sum()
        scores.append(2 * both / ((predicted == each).sum() + (labels == each).sum()))
    assert details["macro_f1"] == pytest.approx(np.mean(scores))
    if logits.shape[1] <= 5:
        assert "top5" not in details  # it would be 1 for any model
    else:
        higher = [(row > row[label]).sum() for row, label in zip(logits, labels, strict=True)]
        assert details["top5"] == np.mean([count < 5 for count in higher])


def test_predictions_follow_from_logits_and_not_from_rounded_probabilities():
    logits = np.array([[0.0, 1e-9]], np.float32)
    predicted = task(2).predict(logits)
    assert predicted.probabilities[0, 0] == predicted.probabilities[0, 1]
    assert predicted.labels.tolist() == [1]


def test_texts_records_and_rows_name_most_probable_classes():
    own = task(["cat", "dog", "cow", "hen"])
    predicted = own.predict(np.log(np.array([[0.1, 0.6, 0.2, 0.1]], np.float32)))
    assert list(own.texts(predicted)) == ["dog (60.0%), cow (20.0%), cat (10.0%)"]
    (record,) = own.records(predicted)
    assert (record["labels"], record["classes"]) == (1, "dog")
    assert [each["class"] for each in record["runners_up"]] == ["cow", "cat"]
    (row,) = own.rows(predicted)
    assert row == ["dog", "0.600000", "cow", "0.200000", "cat", "0.100000"]
    assert own.columns("_2") == [
        f"{kind}_2{place}"
        for place in ("", "_place2", "_place3")
        for kind in ("label", "probability")
    ]
    assert list(own.target_texts(np.array([3, 0]))) == ["hen", "cat"]


def test_head_with_two_classes_has_one_runner_up():
    own = task(["cat", "dog"])
    (row,) = own.rows(own.predict(np.zeros((1, 2), np.float32)))
    assert row == ["cat", "0.500000", "dog", "0.500000"]
    assert own.columns("") == ["label", "probability", "label_place2", "probability_place2"]
