"""Augmented trainings: what a step computes, and that resuming repeats it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from zoo_core import Batch, Normalization
from zoo_core.data.augmentation.color_changes import draw_changes
from zoo_core.data.augmentation.mixing import Mixing
from zoo_core.data.dataset import ArrayDataset, Split
from zoo_core.data.splits import TrainingData
from zoo_core.frameworks.run import Run
from zoo_core.installation.installed import load_catalog
from zoo_core.plugins.data_specs import class_targets
from zoo_core.recipes.model_config import ModelConfig
from zoo_core.recipes.recipe import Recipe
from zoo_core.tasks.classification import Classification
from zoo_core.testing.checks.resume_checks import resumes_to_the_bit
from zoo_core.testing.trainer_subject import trainer_subject
from zoo_torch.augment.colors import change_colors
from zoo_torch.losses import cross_entropy
from zoo_torch.trainer import TorchTrainer

TARGETS = class_targets(3)

SHAPE = (3, 6, 5)

EVERYTHING = {
    "crop": 0.3,
    "brightness": 0.4,
    "contrast": 0.4,
    "saturation": 0.4,
    "hue": 0.1,
    "trivialaugment": True,
    "erase": 0.5,
    "mixup": 0.4,
    "cutmix": 1.0,
}


class Linear(nn.Module):
    """One head on all pixels; it keeps the inputs of the last call."""

    def __init__(self, config):
        super().__init__()
        self.head = nn.Linear(90, 3)

    def forward(self, x):
        self.inputs = x.detach().clone()
        return [self.head(x.flatten(1))]


@pytest.fixture
def run(tmp_path):
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (8, *SHAPE)), rng.integers(0, 3, 8)
    split = Split(images.astype(np.uint8), (labels,))
    dataset = ArrayDataset({"train": split, "test": split}, TARGETS, (0.5,) * 3, (0.3,) * 3)
    rows = np.arange(8)
    return Run(
        model=None,
        config=ModelConfig(input_shape=SHAPE, classes=(3,)),
        recipe=Recipe(dataset="d", trainer="torch", lr=0.1),
        data=TrainingData(dataset, rows, rows, Normalization((0.5,) * 3, (0.3,) * 3)),
        folder=tmp_path,
        callbacks=None,
        tasks=(Classification(TARGETS[0]),),
        losses=(cross_entropy,),
    )


@pytest.fixture
def stepped(run):
    """Return a function that makes one step, and returns its learner and its outputs."""

    def step(**fields):
        trainer = TorchTrainer(device="cpu")
        changed = replace(run, recipe=fields.pop("recipe", run.recipe))
        learner = trainer.start(trainer.build(Linear, run.config, 0), changed)
        learner.set_data(run.data.train)
        rows = fields.pop("rows", np.arange(8))
        return learner, learner.step(Batch(step=0, rows=rows, lr=0.1, **fields))

    return step


def normalized(images):
    return (images.float() / 255 - 0.5) / 0.3


def test_step_changes_colors_before_normalization(run, stepped):
    recipe = run.recipe.model_copy(update={"brightness": 0.5, "hue": 0.2, "randaugment": 8.0})
    changes = draw_changes(recipe, 8, 0)
    learner, _ = stepped(changes=changes)
    expected = change_colors(torch.from_numpy(run.data.train.inputs).float(), changes)
    torch.testing.assert_close(learner.model.inputs, normalized(expected))


def test_step_erases_to_the_mean(run, stepped):
    boxes = np.array([[1, 0, 4, 6], *[[0, 0, 0, 0]] * 7])
    learner, _ = stepped(erased=boxes)
    expected = normalized(torch.from_numpy(run.data.train.inputs))
    expected[0, :, :, 1:4] = 0
    torch.testing.assert_close(learner.model.inputs, expected)


@pytest.mark.parametrize("box", [None, (1, 2, 4, 6)])
def test_step_of_pairs_descends_the_mean_of_both_losses(run, stepped, box):
    """As in a process that has the first five examples, two of whose partners are elsewhere."""
    rows, partners, share = np.array([5, 1, 4, 0, 7, 2, 6]), np.array([6, 0, 5, 1, 4]), 0.25
    learner, outputs = stepped(rows=rows, mixing=Mixing(partners, share, box))
    plain, _ = stepped()
    first, second = rows[:5], rows[partners]
    images = normalized(torch.from_numpy(run.data.train.inputs))
    mixed = share * images[first] + (1 - share) * images[second]
    if box:
        mixed = images[first].clone()
        mixed[:, :, 2:6, 1:4] = images[second][:, :, 2:6, 1:4]
    torch.testing.assert_close(learner.model.inputs, mixed)
    assert outputs[0].shape == (5, 3)

    trainer = TorchTrainer(device="cpu")
    model = trainer.build(Linear, run.config, 0)
    labels = torch.from_numpy(run.data.train.targets[0])
    (made,) = model(mixed)
    losses = [functional.cross_entropy(made, labels[part]) for part in (first, second)]
    (share * losses[0] + (1 - share) * losses[1]).backward()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.sub_(0.1 * parameter.grad)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(learner.model.state_dict()[name], value)
    assert not torch.equal(plain.model.head.weight, learner.model.head.weight)


def test_augmented_training_resumes_to_the_bit():
    subject = trainer_subject(load_catalog(), "torch")
    resumes_to_the_bit(subject, **EVERYTHING)
    changed = replace(subject, changes=(*subject.changes, ("trivialaugment", False)))
    resumes_to_the_bit(changed, randaugment=7.0, randaugment_ops=3)
    resumes_to_the_bit(subject, plain_end=0.5, **EVERYTHING)


def test_plain_step_leaves_out_transforms(run, stepped):
    recipe = run.recipe.model_copy(update={"transforms": ("RandomVerticalFlip",)})
    moved, _ = stepped(recipe=recipe)
    plain, _ = stepped(recipe=recipe, plain=True)
    images = normalized(torch.from_numpy(run.data.train.inputs))
    torch.testing.assert_close(plain.model.inputs, images)
    assert not torch.equal(moved.model.inputs, images)
