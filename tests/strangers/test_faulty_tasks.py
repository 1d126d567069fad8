"""Faults of a stranger's task or losses: each is reported at its place, before the training."""

import numpy as np
import pytest

pytestmark = pytest.mark.requires("zoo-numpy")


@pytest.fixture
def change(strangers):
    """Return a function that replaces text in a file of zoo-ordinal."""

    def replace(file, old, new):
        path = strangers / "zoo_ordinal" / file
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))

    return replace


@pytest.fixture
def refused(zoo, tmp_path):
    """Return a function that trains, and returns the error of a training that never began."""

    def train(model="grader-numpy", *words):
        done = zoo("train", model, "--out", "run", *words)
        assert done.code != 0
        assert "Training" not in done.out + done.err
        assert not (tmp_path / "run").exists()
        return done.err

    return train


def test_outputs_that_cannot_be_restored_to_the_units_of_targets(change, refused):
    change("plugin.py", 'name="grade", size=5', 'name="grade", size=5, shape=(2,)')
    change("task.py", "class Ordinal(Task):\n", "class Ordinal(Task):\n    scalable = True\n")
    assert (
        "task 'ordinal' is scalable, with 2 values per target: expected outputs of shape (2,) per "
        "example, one per value, got (4,)" in refused()
    )


FAULTY_RETURNS = {
    # file, old text, new text, part of the error
    "measure of a column": (
        "task.py",
        '"mae": np.abs(predicted - targets)',
        '"mae": np.abs(predicted - targets)[:, np.newaxis]',
        "Ordinal.measure: expected an array of shape (11,) as the column 'mae', got ndarray of "
        "shape (11, 1)",
    ),
    "measure without a column": (
        "task.py",
        '"mae": np.abs(predicted - targets)',
        '"error": np.abs(predicted - targets)',
        "Ordinal.measure: expected a column 'mae', got ['error', 'loss']",
    ),
    "measure of NaN": (
        "task.py",
        '"mae": np.abs(predicted - targets)',
        '"mae": np.abs(predicted - targets) + np.where(np.arange(len(targets)) == 1, np.nan, 0)',
        "Ordinal.measure: expected numbers in the column 'mae', got NaN in example 1 of 11, from 0",
    ),
    "measure of floats as counts": (
        "task.py",
        "pairs.reshape(grades, grades)}",
        "pairs.reshape(grades, grades) / 1}",
        "Ordinal.measure: expected int64 as the count 'pairs', got float64 ndarray of shape (5, 5)",
    ),
    "measure of a dict": (
        "task.py",
        "return Measured(",
        "return dict(",
        "Ordinal.measure: expected a zoo_core.Measured, got dict",
    ),
    "measure of other arguments": (
        "task.py",
        "def measure(self, outputs: Array, targets: Array)",
        "def measure(self, outputs: Array)",
        "Ordinal.measure: Ordinal.measure() takes 2 positional arguments but 3 were given",
    ),
    "no predict": (
        "task.py",
        "def predict(",
        "def predicted(",
        "Ordinal has no method 'predict'",
    ),
    "predict of an array": (
        "task.py",
        "return GradePrediction((outputs > 0).sum(axis=1), above.astype(np.float32))",
        "return above",
        "Ordinal.predict: expected an object with an array, or list, per field, got ndarray of "
        "shape (11, 4)",
    ),
    "predict of other examples": (
        "task.py",
        "GradePrediction((outputs > 0).sum(axis=1)",
        "GradePrediction((outputs > 0).sum(axis=1)[:1]",
        "Ordinal.predict: expected one entry per example, 11, as the field 'labels', got ndarray "
        "of shape (1,)",
    ),
    "metrics of a list": (
        "task.py",
        '"exact": exact,',
        '"exact": [exact],',
        "Ordinal.metrics: expected an int or float as 'exact', got [",
    ),
    "metrics without the headline": (
        "task.py",
        '"mae": float(measured',
        '"error": float(measured',
        "Ordinal.metrics: expected 'mae', the headline, among them, got ['loss', 'error',",
    ),
    "loss of NumPy without a gradient": (
        "numpy_loss.py",
        "return float(losses.mean()), gradient / outputs.size",
        "return float(losses.mean())",
        "loss zoo_ordinal.numpy_loss:cumulative: expected (mean, gradient), got 0.",
    ),
    "loss of NumPy with another gradient": (
        "numpy_loss.py",
        "gradient / outputs.size",
        "gradient.sum(axis=1)",
        "numpy_loss:cumulative: expected a gradient of floats of the outputs' shape (2, 4), got "
        "ndarray of shape (2,)",
    ),
    "loss of NumPy of NaN": (
        "numpy_loss.py",
        "gradient / outputs.size",
        "gradient * np.nan",
        "numpy_loss:cumulative: expected a gradient of numbers, got nan",
    ),
    "loss of other arguments": (
        "numpy_loss.py",
        "targets: Array, recipe: Recipe)",
        "targets: Array)",
        "numpy_loss:cumulative: cumulative() takes 2 positional arguments but 3 were given",
    ),
    "loss of torch that is a float": (
        "torch_loss.py",
        "return",
        "return 0.5 or",
        "loss zoo_ordinal.torch_loss:cumulative: expected a scalar Tensor, got 0.5",
    ),
    "loss of torch per example": (
        "torch_loss.py",
        "return",
        "return outputs.mean(dim=1) if True else",
        "torch_loss:cumulative: expected a scalar Tensor, got Tensor of shape (2,)",
    ),
    "loss of torch without a gradient": (
        "torch_loss.py",
        "return",
        "return outputs.mean().detach() if True else",
        "torch_loss:cumulative: expected a Tensor with a gradient for the outputs, got Tensor of "
        "shape ()",
    ),
    "loss of torch of NaN": (
        "torch_loss.py",
        "return",
        "return float('nan') *",
        "torch_loss:cumulative: expected a number, got nan",
    ),
}


@pytest.mark.torch
@pytest.mark.parametrize("fault", FAULTY_RETURNS)
def test_result_of_a_task_or_loss_that_breaks_the_contract(change, refused, fault):
    file, old, new, problem = FAULTY_RETURNS[fault]
    change(file, old, new)
    error = refused("grader-torch" if "torch" in file else "grader-numpy")
    assert problem in error
    assert len(error.splitlines()) == 1
    assert "bug" not in error
    assert (f"{file}:" in error) == ("no predict" not in fault)


@pytest.fixture
def predicts(zoo, tmp_path):
    """Return a function that trains, changes the task, predicts, and returns the error."""
    assert zoo("train", "grader-numpy", "--recipe", "short", "--out", "run").code == 0
    np.save(tmp_path / "x.npy", np.zeros((3, 6), np.float32))

    def predict(*words):
        done = zoo("predict", "run", "x.npy", *words)
        assert done.code == 4
        assert "task.py:" in done.err
        return done.err

    return predict


def test_row_with_other_cells_than_columns(change, predicts):
    change("task.py", "yield [name, *(", "yield [*(")
    assert (
        "task 'ordinal', Ordinal.rows: expected 5 cells, one per column (grade, above_poor, "
        "above_fair, above_good, above_fine), got 4" in predicts("--csv")
    )


def test_texts_of_other_examples(change, predicts):
    change("task.py", "yield name + lower * (label > 0)", "yield name\n            break")
    assert "Ordinal.texts: expected one entry per example, 3, got 1" in predicts()
