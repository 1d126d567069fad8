"""Regression: metrics against scikit-learn, units and digits of predictions."""

import numpy as np
import pytest

from tests.tasks.examples import depths, number, vector
from zoo_core.errors import DataError
from zoo_core.plugins.data_specs import TargetSpec
from zoo_core.tasks.regression import Regression, format_value


def make(**fields):
    return Regression(TargetSpec(task="regression", **fields))


def metrics(task, outputs, targets):
    return task.metrics(task.measure(outputs, targets))


@pytest.mark.parametrize("example", [number, vector])
def test_metrics_agree_with_scikit_learn(example):
    theirs = pytest.importorskip("sklearn.metrics")
    task, outputs, targets = example(np.random.default_rng(0), 200)
    found = metrics(task, outputs, targets)
    pair = targets.astype(float).reshape(outputs.shape), outputs.astype(float)
    assert found == pytest.approx(
        {
            "loss": theirs.mean_squared_error(*pair),
            "mae": theirs.mean_absolute_error(*pair),
            "rmse": theirs.mean_squared_error(*pair) ** 0.5,
            "r2": theirs.r2_score(*pair),
        },
        rel=1e-12,
    )


def test_r2_of_array_is_that_of_all_its_entries():
    theirs = pytest.importorskip("sklearn.metrics")
    task, outputs, targets = depths(np.random.default_rng(1), 50)
    pair = targets.astype(float).ravel(), outputs.astype(float).ravel()
    assert metrics(task, outputs, targets)["r2"] == pytest.approx(theirs.r2_score(*pair), rel=1e-12)


def test_r2_is_exact_far_from_zero():
    targets = 1e9 + np.arange(10.0)
    outputs = targets[:, np.newaxis] + np.array([[0.5], [-0.5]] * 5)
    assert metrics(make(), outputs, targets)["r2"] == pytest.approx(1 - 0.25 / 8.25, rel=1e-12)


@pytest.mark.parametrize(("error", "expected"), [(0, 1), (2, 0)])
def test_r2_of_constant_targets_is_0_or_1_as_in_scikit_learn(error, expected):
    theirs = pytest.importorskip("sklearn.metrics")
    targets = np.full(5, 3.0)
    outputs = targets[:, np.newaxis] + error
    assert metrics(make(), outputs, targets)["r2"] == expected
    assert theirs.r2_score(targets, outputs[:, 0]) == expected


def test_loss_is_in_units_of_the_data_and_of_float64():
    outputs, targets = np.array([[1e9 + 0.25], [3.0]]), np.array([1e9, 1.0])
    measured = make().measure(outputs, targets)
    assert measured.columns["loss"].tolist() == [0.0625, 4]
    assert measured.columns["mae"].tolist() == [0.25, 2]
    assert make().predict(outputs).values.dtype == np.float64


def test_values_have_the_shape_of_the_target():
    assert make().predict(np.zeros((3, 1), np.float32)).values.shape == (3,)
    assert make(shape=(2,)).predict(np.zeros((3, 2), np.float32)).values.shape == (3, 2)
    values = make(shape=(2, 3)).predict(np.arange(6, dtype=np.float32)[np.newaxis]).values
    assert values.tolist() == [[[0, 1, 2], [3, 4, 5]]]


def test_predictions_have_units_and_sensible_digits():
    task = make(unit="USD")
    prediction = task.predict(np.array([[0.1], [123456.7]], np.float32))
    assert [*task.texts(prediction)] == ["0.1 USD", "123457 USD"]
    assert [*task.records(prediction)] == [
        {"values": 0.1, "units": "USD"},
        {"values": 123456.7, "units": "USD"},
    ]
    assert task.columns("") == ["value"]
    assert [*task.rows(prediction)] == [["0.1"], ["123456.7"]]


def test_several_values_are_shown_one_by_one_or_as_a_range():
    few, many = make(shape=(2,), unit="m"), make(shape=(3, 4))
    prediction = few.predict(np.array([[0.5, 2]], np.float32))
    assert [*few.texts(prediction)] == ["0.5, 2 m"]
    assert [*few.records(prediction)] == [{"values": [0.5, 2], "units": "m"}]
    assert few.columns("_1") == ["value_1_1", "value_1_2"]
    assert [*few.rows(prediction)] == [["0.5", "2.0"]]
    outputs = np.arange(12, dtype=np.float32)[np.newaxis]
    assert [*many.texts(many.predict(outputs))] == ["3×4 values from 0 to 11"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1.23456, "1.235"),
        (-0.00012345, "-0.0001234"),
        (999.96, "1000"),
        (-54321.5, "-54322"),
        (1.5e20, "1.5e+20"),
        (2e-7, "2e-07"),
    ],
)
def test_format_value(value, text):
    assert format_value(value) == text


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_targets_that_are_not_finite_are_an_error(bad):
    targets = np.zeros((9, 2))
    targets[4, 1] = targets[6, 0] = bad
    with pytest.raises(DataError, match=f"expected finite values, got {bad} in example 4"):
        make(shape=(2,)).check_targets(targets)


@pytest.mark.parametrize(
    ("shape", "targets", "message"),
    [
        ((), np.zeros((3, 1)), r"expected values float32 or float64 \(N,\), got float64 \(3, 1\)"),
        ((2,), np.zeros(3), r"expected values float32 or float64 \(N, 2\), got float64 \(3,\)"),
        ((), np.zeros(3, np.int64), r"expected .* \(N,\), got int64 \(3,\)"),
    ],
)
def test_targets_of_another_kind_are_an_error(shape, targets, message):
    with pytest.raises(DataError, match=message):
        make(shape=shape).check_targets(targets)
