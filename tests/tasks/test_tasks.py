"""Promises that every built-in task keeps."""

import json
from dataclasses import asdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tests.tasks.examples import EVERY, classes, labels, masks, strings
from zoo_core.errors import DataError
from zoo_core.installation.builtin import zoo_tasks

every_task = pytest.mark.parametrize("make", EVERY, ids=lambda make: make.__name__)


def pieces(cuts, count):
    """Return slices of 1 to `count` examples that together have all."""
    edges = sorted({0, count, *(cut % count for cut in cuts)})
    return [slice(*pair) for pair in pairwise(edges)]


def assert_equal_bytes(ours, theirs):
    assert ours.dtype == theirs.dtype
    assert np.ascontiguousarray(ours).tobytes() == np.ascontiguousarray(theirs).tobytes()


LAYOUTS = {
    "rows": lambda array: array,
    "columns": np.asfortranarray,
    "strided": lambda array: array.repeat(2, axis=0)[::2],
}


@every_task
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 70),
    st.lists(st.integers(0, 100), max_size=12),
    st.sampled_from(sorted(LAYOUTS)),
)
def test_measures_do_not_depend_on_the_pieces(make, seed, count, cuts, layout):
    task, outputs, targets = make(np.random.default_rng(seed), count)
    whole = task.measure(outputs, targets)
    outputs = LAYOUTS[layout](outputs)
    parts = [task.measure(outputs[cut], targets[cut]) for cut in pieces(cuts, count)]
    for name, column in whole.columns.items():
        assert len(column) == count
        assert_equal_bytes(column, np.concatenate([part.columns[name] for part in parts]))
    for name, counts in whole.counts.items():
        assert counts.dtype == np.int64
        assert np.array_equal(counts, sum(part.counts[name] for part in parts))


@every_task
def test_measures_of_one_example_are_those_among_many(make):
    task, outputs, targets = make(np.random.default_rng(1), 5000)
    whole = task.measure(outputs, targets)
    for row in range(0, 5000, 500):
        alone = task.measure(outputs[[row]], targets[[row]])
        for name, column in alone.columns.items():
            assert_equal_bytes(column, whole.columns[name][[row]])


@every_task
@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.lists(st.integers(0, 100), max_size=5))
def test_predictions_do_not_depend_on_the_pieces(make, seed, count, cuts):
    task, outputs, _ = make(np.random.default_rng(seed), count)
    whole = asdict(task.predict(outputs))
    parts = [asdict(task.predict(outputs[cut])) for cut in pieces(cuts, count)]
    for name, values in whole.items():
        if isinstance(values, list):
            assert values == [value for part in parts for value in part[name]]
        else:
            assert_equal_bytes(values, np.concatenate([part[name] for part in parts]))


@every_task
def test_metrics_have_every_measure_and_are_finite(make):
    task, outputs, targets = make(np.random.default_rng(2), 40)
    task.check_targets(targets)
    task.check_outputs(outputs.shape[1:], targets)
    measured = task.measure(outputs, targets)
    metrics = task.metrics(measured) | task.details(measured)
    assert {each.name for each in task.measures} <= metrics.keys()
    assert "loss" in metrics
    assert all(type(value) in (int, float) and np.isfinite(value) for value in metrics.values())
    for each in task.measures:
        values = measured.columns[each.name]
        assert values.shape == (40,)
        assert not each.binary or set(np.unique(values)) <= {0, 1}


@every_task
def test_single_example_has_finite_metrics(make):
    task, outputs, targets = make(np.random.default_rng(3), 1)
    assert np.isfinite([*task.metrics(task.measure(outputs, targets)).values()]).all()


@every_task
def test_no_examples_have_no_measures(make):
    task, outputs, targets = make(np.random.default_rng(3), 1)
    if make.__name__ != "classes":
        task.check_targets(targets[:0])
    assert len(task.measure(outputs[:0], targets[:0])) == 0


@every_task
def test_infinite_outputs_give_no_warning(make):
    task, outputs, targets = make(np.random.default_rng(3), 4)
    outputs[0] = np.inf
    outputs[1] = -np.inf
    assert not np.isfinite(task.measure(outputs, targets).columns["loss"][:2]).any()


@every_task
def test_each_prediction_has_text_record_and_row(make):
    task, outputs, _ = make(np.random.default_rng(4), 6)
    prediction = task.predict(outputs)
    texts, records, rows = (
        [*values(prediction)] for values in (task.texts, task.records, task.rows)
    )
    assert len(texts) == len(records) == len(rows) == 6
    assert all(text and "\n" not in text for text in texts)
    assert json.loads(json.dumps(records, allow_nan=False)) == records
    columns = task.columns("_2")
    assert len(set(columns)) == len(columns)
    assert all("_2" in column for column in columns)
    assert all(len(row) == len(columns) for row in rows)
    assert all(isinstance(cell, str) for row in rows for cell in row)


@every_task
def test_ensemble_of_one_model_twice_predicts_the_same(make):
    task, outputs, targets = make(np.random.default_rng(5), 20)
    together = task.combine([outputs, outputs])
    assert together.shape == outputs.shape
    assert together.dtype == outputs.dtype
    ours, theirs = (task.measure(each, targets).columns["loss"] for each in (together, outputs))
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)
    answers = task.answers(task.predict(together))
    assert answers is None or np.array_equal(answers, task.answers(task.predict(outputs)))


@every_task
def test_ensemble_keeps_certain_outputs_finite(make):
    task, outputs, _ = make(np.random.default_rng(5), 3)
    assert np.isfinite(task.combine([1000 * outputs, 1000 * outputs])).all()


@every_task
def test_outputs_of_another_shape_are_an_error(make):
    task, outputs, targets = make(np.random.default_rng(6), 2)
    for shape in [(*outputs.shape[1:-1], outputs.shape[-1] + 1), outputs.shape[2:]]:
        with pytest.raises(DataError, match=r"expected outputs of shape .* per example, got"):
            task.check_outputs(shape, targets)


@every_task
def test_targets_of_another_dtype_or_shape_are_an_error(make):
    task, _, targets = make(np.random.default_rng(6), 4)
    for wrong in (
        targets.astype(np.float16),
        targets.astype(np.complex64),
        targets[..., np.newaxis],
        targets.repeat(2, axis=-1) if targets.ndim > 1 else targets[:, np.newaxis],
    ):
        with pytest.raises(DataError, match=r"expected .*int64|expected values float32"):
            task.check_targets(wrong)


@pytest.mark.parametrize("make", [classes, labels, masks, strings], ids=lambda x: x.__name__)
def test_order_of_classes_does_not_matter(make):
    task, outputs, targets = make(np.random.default_rng(7), 30)
    numbers = np.arange(task.target.size)[::-1]
    others, relabeled = task.reorder(outputs, numbers), task.relabel(targets, numbers)
    task.check_targets(relabeled)
    assert relabeled.dtype == targets.dtype
    ours, theirs = (
        task.measure(*pair).columns for pair in [(outputs, targets), (others, relabeled)]
    )
    for each in task.measures:
        np.testing.assert_allclose(ours[each.name], theirs[each.name], rtol=1e-6)


def test_specs_refer_to_these_tasks():
    found = {spec.name: spec.task.partition(":")[2] for spec in zoo_tasks()}
    made = [make(np.random.default_rng(0), 1)[0] for make in EVERY]
    assert found == {task.target.task: type(task).__name__ for task in made}
