"""Missing numbers in arrays: the error names split or file, example and index."""

import numpy as np
import pytest

import zoo_core as zoo
from zoo_core.errors import DataError, InvalidValueError

pytestmark = pytest.mark.requires("zoo-numpy")


def dataset(wrong=None):
    """Return a data set of arrays of two channels, with a missing number in one split."""
    splits = {}
    for seed, (name, size) in enumerate({"train": 60, "test": 20}.items()):
        inputs = np.random.default_rng(seed).normal(size=(size, 2, 5)).astype(np.float32)
        labels = (inputs[:, 0, 0] > 0).astype(np.int64)
        if name == wrong:
            inputs[3, 1, 4] = np.nan
        splits[name] = zoo.Split(inputs, (labels,))
    spec = zoo.InputSpec(kind="array", shape=(2, 5))
    return zoo.ArrayDataset(splits, zoo.class_targets(2), input=spec)


def train(data, out):
    return zoo.train("numpy-net", dataset=data, out=out, epochs=1, batch_size=20, threads=1)


PLACE = r"1 input of split '{}' is missing or infinite, in example 3, .*, index \[1, 4\]: nan"


@pytest.mark.parametrize("split", ["train", "test"])
def test_training_names_the_place(tmp_path, split):
    with pytest.raises(DataError, match=PLACE.format(split)):
        train(dataset(split), tmp_path / "run")


@pytest.mark.filterwarnings("ignore:examples of")
@pytest.mark.parametrize("command", [zoo.evaluate, lambda *a, **k: zoo.compare(*a, *a, **k)])
def test_scoring_names_the_place(tmp_path, command):
    run = train(dataset(), tmp_path / "run")
    with pytest.raises(DataError, match=PLACE.format("test")):
        command(run.folder, dataset=dataset("test"))


@pytest.fixture
def weights(tmp_path):
    return train(dataset(), tmp_path / "run").folder


def test_prediction_names_the_place(weights):
    inputs = dataset("test").splits["test"].inputs
    with pytest.raises(
        InvalidValueError, match=r"got nan in example 3, counted from 0, index \[1, 4\]\."
    ):
        zoo.load(weights).predict(inputs)


def test_prediction_of_files_names_the_file(weights, cli, tmp_path):
    np.save(tmp_path / "fine.npy", dataset().splits["test"].inputs)
    np.save(tmp_path / "wrong.npy", dataset("test").splits["test"].inputs)
    done = cli("predict", weights, "fine.npy", "wrong.npy")
    assert (done.code, done.out) == (2, "")
    assert "wrong.npy: expected numbers, got nan in example 3, counted from 0" in done.err
    np.save(tmp_path / "other.npy", np.zeros((3, 2, 6)))
    done = cli("predict", weights, "other.npy")
    assert "zoo: other.npy: expected array float32 (N, 2, 5), got float64 (3, 2, 6)" in done.err
