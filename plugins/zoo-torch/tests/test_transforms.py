"""Transforms of torchvision in a recipe: one per image, reproducible, checked early."""

import dataclasses

import numpy as np
import pytest
import torch

from zoo_core import ArrayDataset, Batch, ModelConfig, Normalization, Recipe, Run, Split
from zoo_core.data.splits import TrainingData
from zoo_core.errors import InvalidValueError, PluginError
from zoo_torch.learner import TorchLearner
from zoo_torch.trainer import TorchTrainer

pytest.importorskip("torchvision", reason="the transforms are those of torchvision")

from zoo_torch.transforms import Transforms

SHAPE = (1, 6, 4)


def images(count=40):
    return torch.from_numpy(np.random.RandomState(0).randint(0, 256, (count, *SHAPE), np.uint8))


def test_transforms_treat_each_image_independently():
    given = images()
    torch.manual_seed(1)
    mirrored = Transforms(["RandomHorizontalFlip"], SHAPE)(given)
    flipped = [bool((new == old.flip(-1)).all()) for new, old in zip(mirrored, given, strict=True)]
    kept = [bool((new == old).all()) for new, old in zip(mirrored, given, strict=True)]
    assert all(f or k for f, k in zip(flipped, kept, strict=True))
    assert 8 < sum(flipped) < 32


def test_transforms_accept_arguments_and_nested_transforms():
    given = images(3)
    specs = [
        {"RandomHorizontalFlip": {"p": 1.0}},
        {"RandomApply": {"transforms": [{"RandomVerticalFlip": {"p": 1.0}}], "p": 1.0}},
    ]
    assert (Transforms(specs, SHAPE)(given) == given.flip((-1, -2))).all()


def test_transforms_init_preserves_random_state():
    torch.manual_seed(1)
    Transforms(["RandomHorizontalFlip"], SHAPE)
    found = torch.rand(3)
    torch.manual_seed(1)
    assert (found == torch.rand(3)).all()


@pytest.mark.parametrize(
    ("spec", "pattern"),
    [
        ("RandomHorizontalFlipp", "no transform .* Did you mean 'RandomHorizontalFlip'"),
        ("Transform", "no transform 'Transform'"),
        (7, r"transforms.* 7\b.*--set"),
        ({"A": {}, "B": {}}, r"\{'A': \{\}, 'B': \{\}\}.*--set"),
        ({"RandomHorizontalFlip": 0.5}, r"\{'RandomHorizontalFlip': 0\.5\}.*--set"),
        ({"RandomHorizontalFlip": {"q": 1}}, "does not accept .*q"),
        ({"RandomHorizontalFlip": {"p": 3}}, "does not accept"),
        (
            {"CenterCrop": {"size": 3}},
            r"CenterCrop.*torch\.uint8 \(1, 6, 4\).*torch\.uint8 \(1, 3, 3\)",
        ),
        ({"MixUp": {"num_classes": 3}}, r"MixUp.* applied .*\(1, 6, 4\)"),
        ({"RandomApply": {"transforms": ["Nothing"]}}, "no transform 'Nothing'"),
        ({"RandomApply": {"transforms": 3}}, "transforms of RandomApply"),
    ],
)
def test_transforms_reject_invalid_specification(spec, pattern):
    with pytest.raises(InvalidValueError, match=pattern):
        Transforms([spec], SHAPE)


def test_transforms_name_package_to_install_without_torchvision(run_python):
    code = """
import sys
sys.modules["torchvision"] = None
from zoo_torch.transforms import Transforms
try:
    Transforms(["RandomHorizontalFlip"], (1, 6, 4))
except Exception as exc:
    print(type(exc).__name__, exc)
"""
    printed = run_python(code)
    assert printed.startswith(PluginError.__name__)
    assert "pip install zoo-torchvision" in printed


@pytest.fixture
def run(tmp_path):
    split = Split(images().numpy(), np.arange(40)[:, np.newaxis] % 3)
    dataset = ArrayDataset({"train": split, "test": split}, (tuple("abc"),), (0.5,), (0.3,))
    return Run(
        model=None,
        config=ModelConfig(input_shape=SHAPE, classes=(3,)),
        recipe=Recipe(
            dataset="d", trainer="torch", lr=0.1, transforms=[{"RandomVerticalFlip": {"p": 1.0}}]
        ),
        data=TrainingData(dataset, np.arange(40), np.arange(40), Normalization((0.0,), (1.0,))),
        folder=tmp_path,
        callbacks=None,
    )


class Seen(torch.nn.Module):
    """A module that stores its input."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(24, 3)

    def forward(self, x):
        self.input = x
        return [self.layer(x.flatten(1))]


def test_learner_step_transforms_images_and_predict_does_not(run):
    model = Seen()
    learner = TorchLearner(model, run, torch.device("cpu"), TorchTrainer(device="cpu").group)
    learner.set_data(run.data.train)
    learner.step(Batch(step=0, rows=np.arange(5), lr=0.1))
    given = images()[:5]
    torch.testing.assert_close(model.input, given.flip(-2).float() / 255)
    TorchTrainer(device="cpu").predict(model, given.numpy(), run.data.normalization)
    torch.testing.assert_close(model.input, given.float() / 255)


def test_learner_step_draws_same_transforms_for_same_seed_and_step(run):
    inputs = []
    specs = ["RandomVerticalFlip", "RandomHorizontalFlip"]
    again = dataclasses.replace(
        run, recipe=Recipe(dataset="d", trainer="torch", transforms=specs, seed=2)
    )
    for _ in range(2):
        model = Seen()
        learner = TorchLearner(model, again, torch.device("cpu"), TorchTrainer(device="cpu").group)
        learner.set_data(run.data.train)
        learner.step(Batch(step=7, rows=np.arange(20), lr=0.1))
        inputs.append(model.input)
    assert (inputs[0] == inputs[1]).all()
    assert (inputs[0] != images()[:20].float() / 255).any()


@pytest.mark.slow
def test_train_rejects_unknown_transform_before_creating_run_folder(cli, tmp_path):
    result = cli("train", "mlp", "--set", 'transforms=["Nope"]', "--out", tmp_path / "run")
    assert result.code == 2, result.err
    assert "no transform 'Nope'" in result.err
    assert not (tmp_path / "run").exists()
