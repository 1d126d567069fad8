"""Batches of one image and batch normalization: merged, or refused before the first step."""

import contextlib
import dataclasses
import re

import numpy as np
import pytest
import torch
from torch import nn

from zoo_core import ArrayDataset, ModelConfig, Normalization, Recipe, Run, Split, class_targets
from zoo_core.data.splits import TrainingData
from zoo_core.errors import InvalidValueError
from zoo_core.frameworks.run import Callbacks
from zoo_core.tasks.classification import Classification
from zoo_core.training.loop import TrainingLoop
from zoo_torch.batch_check import check_single_example
from zoo_torch.losses import cross_entropy
from zoo_torch.trainer import TorchTrainer

SHAPE = (1, 6, 5)
TARGETS = class_targets("abc")


class OneHead(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return [self.layers(x)]


def flat(config=None):
    return OneHead(nn.Flatten(), nn.Linear(30, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))


def pooled(config=None):
    """Return a network with batch normalization of maps of one pixel."""
    layers = nn.Conv2d(1, 4, 3), nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(4), nn.Flatten()
    return OneHead(*layers, nn.Linear(4, 3))


def spatial(config=None):
    return OneHead(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(48, 3))


def plain(config=None):
    return OneHead(nn.Flatten(), nn.Linear(30, 3))


def make_run(count, **recipe):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (64, *SHAPE)).astype(np.uint8)
    split = Split(images, (rng.integers(0, 3, 64),))
    dataset = ArrayDataset({"train": split, "test": split}, TARGETS, (0.5,), (0.3,))
    return Run(
        model=None,
        config=ModelConfig(input_shape=SHAPE, classes=(3,)),
        recipe=Recipe(dataset="d", trainer="torch", epochs=2, lr=0.01, **recipe),
        data=TrainingData(
            dataset, np.arange(count), np.arange(60, 64), Normalization((0.5,), (0.3,))
        ),
        folder=None,
        callbacks=Callbacks(),
        tasks=(Classification(*TARGETS),),
        losses=(cross_entropy,),
    )


def fit(builder, run):
    trainer = TorchTrainer(device="cpu")
    return TrainingLoop(trainer, trainer.build(builder, run.config, 0), run).fit()


@pytest.mark.parametrize("builder", [flat, pooled])
@pytest.mark.parametrize(("count", "batch_size"), [(33, 32), (33, 16), (3, 2), (2, 2)])
def test_training_uses_every_image_where_one_would_be_left_alone(builder, count, batch_size):
    fitted = fit(builder, make_run(count, batch_size=batch_size))
    assert fitted.train.total == count
    assert all(np.isfinite(array).all() for array in fitted.weights.values())


@pytest.mark.parametrize("builder", [spatial, plain])
def test_training_in_batches_of_one_works_without_statistics_of_the_batch(builder):
    assert fit(builder, make_run(4, batch_size=1)).train.total == 4


@pytest.mark.parametrize("builder", [flat, pooled])
def test_training_in_batches_of_one_is_refused_with_batch_normalization(builder):
    with pytest.raises(InvalidValueError) as info:
        fit(builder, make_run(4, batch_size=1))
    assert re.search(r"batch_size: expected at least 2.*batch, got 1", info.value.problem)
    assert info.value.hint == "Choose a larger one: --set batch_size=2"


def test_refusal_for_one_training_image_suggests_more_images():
    with pytest.raises(InvalidValueError, match="Add examples to the data set: 1 for training"):
        fit(flat, make_run(1, batch_size=1))


def check(model, batch_size, processes):
    check_single_example(
        model,
        lambda images: images.float(),
        torch.zeros(1, *SHAPE, dtype=torch.uint8),
        batch_size=batch_size,
        processes=processes,
        available=100,
    )


@pytest.mark.parametrize("batch_size", [4, 7])
def test_several_processes_need_two_images_each(batch_size):
    check(flat(), 8, 4)
    check(plain(), batch_size, 4)
    with pytest.raises(InvalidValueError, match="at least 8 for 4 processes.*--set batch_size=8"):
        check(flat(), batch_size, 4)


def test_check_changes_neither_statistics_nor_weights():
    for model in (spatial(), flat()):
        before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        with contextlib.suppress(InvalidValueError):
            check(model, 1, 1)
        after = model.state_dict()
        assert all(torch.equal(after[name], tensor) for name, tensor in before.items())


def test_check_does_not_convert_other_errors():
    class Broken(nn.Module):
        def forward(self, x):
            raise ValueError("something else")

    with pytest.raises(ValueError, match="something else"):
        check(Broken(), 1, 1)


def test_learner_of_one_process_with_larger_batches_makes_no_trial_pass():
    class Counting(nn.Module):
        passes = 0

        def forward(self, x):
            self.passes += 1

    model = Counting()
    check(model, 2, 1)
    assert not model.passes


def test_training_on_constant_images_stays_finite_with_batch_normalization():
    run = make_run(8, batch_size=4)
    split = run.data.train
    gray = Split(np.full_like(split.inputs, 9), split.targets)
    dataset = dataclasses.replace(run.data.dataset, splits={"train": gray, "test": gray})
    run = dataclasses.replace(run, data=dataclasses.replace(run.data, dataset=dataset))
    fitted = fit(flat, run)
    assert all(np.isfinite(array).all() for array in fitted.weights.values())


def test_predict_returns_logits_for_no_images():
    """A process has none if there are fewer images than processes."""
    images = np.zeros((0, *SHAPE), np.uint8)
    (head,) = TorchTrainer(device="cpu").predict(flat(), images, Normalization((0.5,), (0.3,)))
    assert (head.shape, head.dtype) == ((0, 3), np.float32)
