"""torchvision's transforms in a recipe: each image by itself, repeatable, refused in time."""

import dataclasses

import numpy as np
import pytest
import torch

from zoo_core import ArrayDataset, Batch, ModelConfig, Normalization, Recipe, Run, Split
from zoo_core.data.splits import TrainingData
from zoo_core.errors import InvalidValueError, PluginError
from zoo_torch.learner import TorchLearner
from zoo_torch.trainer import TorchTrainer

pytest.importorskip("torchvision", reason="zoo-torch's transforms are torchvision's")

from zoo_torch.transforms import Transforms

SHAPE = (1, 6, 4)


def images(count=40):
    return torch.from_numpy(np.random.RandomState(0).randint(0, 256, (count, *SHAPE), np.uint8))


def test_each_image_is_transformed_by_itself():
    given = images()
    torch.manual_seed(1)
    mirrored = Transforms(["RandomHorizontalFlip"], SHAPE)(given)
    flipped = [bool((new == old.flip(-1)).all()) for new, old in zip(mirrored, given, strict=True)]
    kept = [bool((new == old).all()) for new, old in zip(mirrored, given, strict=True)]
    assert all(f or k for f, k in zip(flipped, kept, strict=True))
    assert 8 < sum(flipped) < 32


def test_arguments_order_and_transforms_of_transforms():
    given = images(3)
    asked = [
        {"RandomHorizontalFlip": {"p": 1.0}},
        {"RandomApply": {"transforms": [{"RandomVerticalFlip": {"p": 1.0}}], "p": 1.0}},
    ]
    assert (Transforms(asked, SHAPE)(given) == given.flip((-1, -2))).all()


def test_making_them_takes_no_random_number():
    torch.manual_seed(1)
    Transforms(["RandomHorizontalFlip"], SHAPE)
    found = torch.rand(3)
    torch.manual_seed(1)
    assert (found == torch.rand(3)).all()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("RandomHorizontalFlipp", "no transform .* Did you mean 'RandomHorizontalFlip'"),
        ("Transform", "no transform 'Transform'"),
        (7, r"has 7; each is a name"),
        ({"A": {}, "B": {}}, "each is a name"),
        ({"RandomHorizontalFlip": 0.5}, "each is a name"),
        ({"RandomHorizontalFlip": {"q": 1}}, "does not take .*q"),
        ({"RandomHorizontalFlip": {"p": 3}}, "does not take"),
        (
            {"CenterCrop": {"size": 3}},
            r"makes torch.uint8 \(1, 3, 3\) of a uint8 image \(1, 6, 4\)",
        ),
        ({"MixUp": {"num_classes": 3}}, "cannot be applied to an image"),
        ({"RandomApply": {"transforms": ["Nothing"]}}, "no transform 'Nothing'"),
        ({"RandomApply": {"transforms": 3}}, "transforms of RandomApply"),
    ],
)
def test_what_cannot_be_done_is_refused(asked, said):
    with pytest.raises(InvalidValueError, match=said):
        Transforms([asked], SHAPE)


def test_without_torchvision_the_error_says_what_to_install(run_python):
    code = """
import sys
sys.modules["torchvision"] = None
from zoo_torch.transforms import Transforms
try:
    Transforms(["RandomHorizontalFlip"], (1, 6, 4))
except Exception as fault:
    print(type(fault).__name__, fault)
"""
    said = run_python(code)
    assert said.startswith(PluginError.__name__)
    assert "pip install zoo-torchvision" in said


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
    """Keeps what it was shown."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(24, 3)

    def forward(self, x):
        self.shown = x
        return [self.layer(x.flatten(1))]


def test_a_step_sees_the_transformed_images_and_predict_does_not(run):
    model = Seen()
    learner = TorchLearner(model, run, torch.device("cpu"), TorchTrainer(device="cpu").group)
    learner.set_data(run.data.train)
    learner.step(Batch(step=0, rows=np.arange(5), lr=0.1))
    given = images()[:5]
    torch.testing.assert_close(model.shown, given.flip(-2).float() / 255)
    TorchTrainer(device="cpu").predict(model, given.numpy(), run.data.normalization)
    torch.testing.assert_close(model.shown, given.float() / 255)


def test_a_step_draws_the_same_again(run):
    shown = []
    asked = ["RandomVerticalFlip", "RandomHorizontalFlip"]
    again = dataclasses.replace(
        run, recipe=Recipe(dataset="d", trainer="torch", transforms=asked, seed=2)
    )
    for _ in range(2):
        model = Seen()
        learner = TorchLearner(model, again, torch.device("cpu"), TorchTrainer(device="cpu").group)
        learner.set_data(run.data.train)
        learner.step(Batch(step=7, rows=np.arange(20), lr=0.1))
        shown.append(model.shown)
    assert (shown[0] == shown[1]).all()
    assert (shown[0] != images()[:20].float() / 255).any()


@pytest.mark.slow
def test_a_bad_transform_is_refused_before_there_is_a_folder(cli, tmp_path):
    result = cli("train", "mlp", "--set", 'transforms=["Nope"]', "--out", tmp_path / "run")
    assert result.code == 2, result.err
    assert "no transform 'Nope'" in result.err
    assert not (tmp_path / "run").exists()
