"""Training on memory-mapped images: the same weights as with the images in memory."""

import dataclasses

import numpy as np
import pytest

from zoo_core.data import disk_store
from zoo_core.data.dataset import ArrayDataset, Split, load_dataset
from zoo_core.data.disk_store import DatasetContent, load_or_create
from zoo_core.data.splits import training_data
from zoo_core.frameworks import prediction
from zoo_core.plugins.data_specs import InputSpec
from zoo_core.pretrained.load import load_pretrained
from zoo_core.recipes.recipe import Recipe
from zoo_core.training.training import Training
from zoo_core.weights.file import load_weights


@pytest.fixture
def mapped(toy, monkeypatch):
    """Return the toy catalog with memory-mapped images, and the rows that were prefetched."""
    import zoo_toy.data

    whole, prefetched = zoo_toy.data.load(), []
    content = DatasetContent(
        {name: [split] for name, split in whole.splits.items()},
        InputSpec(shape=(1, 6, 5)),
        whole.targets,
    )
    monkeypatch.setattr(disk_store, "available_memory", lambda: 0)

    def in_files() -> ArrayDataset:
        dataset = load_or_create("toy", "1", lambda: content)
        images = dataset.splits["train"]
        assert images.ahead is not None

        def ahead(rows):
            prefetched.append(rows)
            images.ahead(rows)

        splits = {**dataset.splits, "train": dataclasses.replace(images, ahead=ahead)}
        return dataclasses.replace(dataset, splits=splits, mean=whole.mean, std=whole.std)

    monkeypatch.setattr(zoo_toy.data, "load", in_files)
    monkeypatch.setattr(prediction, "CHUNK_BYTES", 1)  # so that chunks are as small as can be
    monkeypatch.setattr(prediction, "CHUNK_MULTIPLE", 7)
    return toy, prefetched


def test_streamed_training_matches_training_in_memory(run, mapped, tmp_path):
    catalog, prefetched = mapped
    streamed = Training.new(
        catalog, "softmax", out=tmp_path / "streamed", overrides=[{"seed": 3}]
    ).run()
    assert load_dataset(catalog.dataset("toy")).splits["train"].ahead is not None
    expected, actual = (load_weights(each.folder / "model.safetensors") for each in (run, streamed))
    for name, tensor in expected.tensors.items():
        np.testing.assert_array_equal(actual.tensors[name], tensor)
    for split, scores in run.card.metrics.items():
        assert streamed.card.metrics[split]["correct"] == scores["correct"]
    assert streamed.card.dataset.sha256 == run.card.dataset.sha256
    rows = np.concatenate(prefetched)
    assert set(rows) == set(range(200))  # training and validation rows, all of them
    assert np.bincount(rows, minlength=200).min() >= 5  # in every epoch


def test_streamed_training_prefetches_rows_before_use(mapped, monkeypatch, tmp_path):
    import zoo_toy.model

    catalog, prefetched = mapped
    step = zoo_toy.model.ToyLearner.step

    def watched(learner, batch):
        assert set(batch.rows) <= {int(row) for rows in prefetched for row in rows}
        return step(learner, batch)

    monkeypatch.setattr(zoo_toy.model.ToyLearner, "step", watched)
    Training.new(catalog, "softmax", out=tmp_path / "run", overrides=[{"epochs": 1}]).run()


def test_streamed_training_weights_load_and_predict(mapped, tmp_path):
    catalog, _ = mapped
    run = Training.new(catalog, "softmax", out=tmp_path / "run").run()
    test = load_dataset(catalog.dataset("toy")).splits["test"]
    read = load_pretrained(catalog, run.folder).predict(test.inputs)
    assert (read.labels[:, 0] == test.targets[0]).mean() == run.card.metrics["test"]["accuracy"][0]


@pytest.mark.parametrize("count", [1, 6, 7, 8, 20])
def test_predict_gives_same_logits_in_chunks(mapped, run, count):
    catalog, _ = mapped
    pretrained = load_pretrained(catalog, run.folder)
    images = load_dataset(catalog.dataset("toy")).splits["test"].inputs[:count]
    whole = pretrained.trainer.predict(pretrained.model, images, pretrained.normalization)
    # NumPy may add in another order where an array has other rows.
    np.testing.assert_allclose(pretrained.predict(images).outputs[0], whole[0], rtol=1e-5)
    assert len(whole[0]) == count


def test_training_validates_on_validation_split_of_dataset(toy, monkeypatch, tmp_path):
    import zoo_toy.data

    whole = zoo_toy.data.load()
    images, (labels,) = whole.splits["train"].inputs, whole.splits["train"].targets
    splits = {
        "train": Split(images[:150], (labels[:150],)),
        "validation": Split(images[150:], (labels[150:],)),
        "test": whole.splits["test"],
    }
    apart = dataclasses.replace(whole, splits=splits)
    monkeypatch.setattr(zoo_toy.data, "load", lambda: apart)
    entry = toy.dataset("toy")
    sizes = {name: len(split) for name, split in splits.items()}
    spec = dataclasses.replace(entry.spec, sizes=sizes, sha256=apart.sha256())
    toy._entries_by_kind["datasets"]["toy"] = [dataclasses.replace(entry, spec=spec)]

    run = Training.new(toy, "softmax", out=tmp_path / "run", overrides=[{"batch_size": 150}]).run()
    assert run.card.metrics["train"].total == 150  # none of them is held out
    assert run.card.metrics["validation"].total == 50
    data = training_data(apart, Recipe(dataset="toy", trainer="toy"))
    np.testing.assert_array_equal(data.validation.inputs, images[150:])
    np.testing.assert_array_equal(data.train_rows, np.arange(150))
    predicted = load_pretrained(toy, run.folder).predict(images[150:]).labels[:, 0]
    right = int((predicted == labels[150:]).sum())
    assert run.card.metrics["validation"]["correct"] == (right,)
