"""Faults of a stranger's task or losses: each is reported at its place, before the training."""

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
