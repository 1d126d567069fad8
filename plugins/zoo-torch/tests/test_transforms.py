"""Transforms of torchvision in a recipe: one per image, reproducible, checked early."""

import contextlib
import dataclasses
import json
import random
import re
import shlex

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings, strategies as st
from PIL import Image

from zoo_core import (
    ArrayDataset,
    Batch,
    ModelConfig,
    Normalization,
    Recipe,
    Run,
    Split,
    class_targets,
)
from zoo_core.data.splits import TrainingData
from zoo_core.errors import InvalidValueError, PluginError
from zoo_core.tasks.classification import Classification
from zoo_torch.learner import TorchLearner
from zoo_torch.losses import cross_entropy
from zoo_torch.trainer import TorchTrainer

pytest.importorskip("torchvision", reason="the transforms are those of torchvision")

from zoo_torch.transforms.pipeline import Transforms

SHAPE = (1, 6, 4)
COLOR = (3, 24, 24)
TARGETS = class_targets("abc")


def images(count=40):
    return torch.from_numpy(np.random.RandomState(0).randint(0, 256, (count, *SHAPE), np.uint8))


def test_transforms_treat_each_image_independently():
    before = images()
    torch.manual_seed(1)
    mirrored = Transforms(["RandomHorizontalFlip"], SHAPE)(before)
    flipped = [bool((new == old.flip(-1)).all()) for new, old in zip(mirrored, before, strict=True)]
    kept = [bool((new == old).all()) for new, old in zip(mirrored, before, strict=True)]
    assert all(f or k for f, k in zip(flipped, kept, strict=True))
    assert 8 < sum(flipped) < 32


def test_transforms_accept_arguments_and_nested_transforms():
    before = images(3)
    specs = [
        {"RandomHorizontalFlip": {"p": 0.9}},
        {"RandomApply": {"transforms": [{"RandomVerticalFlip": {"p": 1.0}}], "p": 0.9}},
    ]
    torch.manual_seed(1)
    flipped = Transforms(specs, SHAPE)(before)
    assert (flipped == before.flip((-1, -2))).all(), "by chance, for this seed, every one"


@pytest.mark.parametrize("spec", ["RandomHorizontalFlip", {"RandomInvert": {"p": 1}}])
def test_transforms_init_preserves_random_states(spec):
    def draw():
        return torch.rand(3).tolist(), random.random(), np.random.rand()

    torch.manual_seed(1)
    random.seed(1)
    np.random.seed(1)
    expected = draw()
    torch.manual_seed(1)
    random.seed(1)
    np.random.seed(1)
    with contextlib.suppress(InvalidValueError):
        Transforms([spec], SHAPE)
    assert draw() == expected


GRAY = {"Grayscale": {"num_output_channels": 3}}
MIRROR = {"RandomHorizontalFlip": {"p": 1}}
FLIP = "RandomHorizontalFlip"


def nested(name, *inner, **arguments):
    return {name: {"transforms": list(inner), **arguments}}


@pytest.mark.parametrize(
    ("spec", "fixed"),
    [
        (GRAY, "Grayscale"),
        (MIRROR, "RandomHorizontalFlip"),
        ({"RandomGrayscale": {"p": 1}}, "RandomGrayscale"),
        ({"RandomRotation": {"degrees": [90, 90]}}, "RandomRotation"),
        ({"ColorJitter": {"saturation": [0, 0]}}, "ColorJitter"),
        ({"GaussianBlur": {"kernel_size": 3, "sigma": [1, 1]}}, "GaussianBlur"),
        # Of images with low contrast, high values or many values alone.
        ({"RandomAutocontrast": {"p": 1}}, "RandomAutocontrast"),
        ({"RandomSolarize": {"threshold": 255, "p": 1}}, "RandomSolarize"),
        ({"RandomPosterize": {"bits": 7, "p": 1}}, "RandomPosterize"),
        ({"RandomEqualize": {"p": 1}}, "RandomEqualize"),
        (nested("Compose", GRAY, FLIP), "Grayscale"),
        (nested("Compose", FLIP, nested("Compose", FLIP, GRAY)), "Grayscale"),
        (nested("Compose", {"Pad": {"padding": 2}}, GRAY, {"RandomCrop": {"size": 24}}), "Gray"),
        (nested("Compose", {"Resize": {"size": 4}}, {"Resize": {"size": 24}}), "Compose"),
        (nested("RandomOrder", FLIP, GRAY), "Grayscale"),
        (nested("RandomApply", GRAY, p=1), "Grayscale"),
        (nested("RandomApply", FLIP, GRAY, p=1), "Grayscale"),
        (nested("RandomApply", nested("RandomApply", GRAY, p=1), p=1), "Grayscale"),
        (nested("RandomChoice", GRAY, GRAY), "RandomChoice"),
        (nested("RandomChoice", GRAY, FLIP, p=[1, 0]), "Grayscale"),
    ],
)
def test_transforms_refuse_fixed_transform_and_name_it(spec, fixed):
    with pytest.raises(InvalidValueError) as info:
        Transforms([FLIP, spec], COLOR)
    assert re.match(rf'invalid recipe: transforms: ."?{fixed}', info.value.problem)
    assert "changes every image in the same way" in info.value.problem


@pytest.mark.parametrize(
    "spec",
    [
        FLIP,
        {"RandomHorizontalFlip": {"p": 0.001}},
        {"RandomGrayscale": {"p": 0.05}},
        {"RandomGrayscale": {"p": 0.95}},
        {"RandomErasing": {"p": 0.05}},
        {"RandomRotation": {"degrees": 10}},
        {"GaussianBlur": {"kernel_size": 3}},
        {"RandomCrop": {"size": 24, "padding": 2}},
        nested("Compose", {"Pad": {"padding": 2}}, {"RandomCrop": {"size": 24}}),
        nested("RandomApply", GRAY, p=0.5),
        nested("RandomApply", GRAY, p=0.05),
        nested("RandomApply", FLIP, GRAY, p=0.5),
        nested("RandomApply", nested("Compose", FLIP, GRAY), p=0.5),
        nested("RandomChoice", GRAY, FLIP),
        nested("RandomOrder", FLIP, "RandomVerticalFlip"),
        "AutoAugment",
        "ElasticTransform",
        "Identity",
        {"RandomInvert": {"p": 0}},
    ],
)
def test_transforms_accept_random_and_ineffective_transform(spec):
    Transforms([spec], COLOR)


@given(p=st.floats(0, 1), name=st.sampled_from(["RandomHorizontalFlip", "RandomInvert"]))
@example(p=0.05, name="RandomInvert")
@settings(max_examples=50, deadline=None)
def test_transforms_accept_any_probability_but_one(p, name):
    if 0.9 < p < 1:
        return  # which is random, too, but not distinguished from 1 with certainty
    refused = contextlib.nullcontext()
    if p == 1:
        refused = pytest.raises(InvalidValueError, match="same way")
    for spec in ({name: {"p": p}}, nested("RandomApply", {name: {"p": 1}}, p=p)):
        with refused:
            Transforms([spec], SHAPE)


def test_hint_for_fixed_transform_can_be_pasted_and_is_accepted():
    with pytest.raises(InvalidValueError) as info:
        Transforms([nested("Compose", FLIP, GRAY)], COLOR)
    _, _, pasted = info.value.hint.rpartition("--set ")
    [word] = shlex.split(pasted)
    suggested = json.loads(word.removeprefix("transforms="))
    assert suggested == [nested("RandomApply", GRAY, p=0.5)]
    Transforms(suggested, COLOR)


def test_transforms_report_rare_failure_in_training_without_traceback():
    """A crop is chosen once in 10,000 draws, too rarely for any check before the training."""
    rare = nested("RandomChoice", FLIP, {"CenterCrop": {"size": 3}}, p=[0.9999, 0.0001])
    transforms = Transforms([rare], SHAPE)
    with pytest.raises(InvalidValueError, match=r"RandomChoice.* got torch\.uint8 \(1, 3, 3\)"):
        transforms(images(1).expand(200_000, -1, -1, -1))


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
        ({"Normalize": {"mean": [0.5], "std": [0.5]}}, "Normalize.*zoo normalizes images itself"),
        ({"Grayscale": {"num_output_channels": 3}}, "Grayscale.* data set .*channels=1"),
        (
            {"RandomApply": {"transforms": [{"CenterCrop": {"size": 3}}], "p": 0.1}},
            r"RandomApply.* got torch\.uint8 \(1, 3, 3\)",
        ),
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
from zoo_torch.transforms.pipeline import Transforms
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
    split = Split(images().numpy(), (np.arange(40) % 3,))
    dataset = ArrayDataset({"train": split, "test": split}, TARGETS, (0.5,), (0.3,))
    return Run(
        model=None,
        config=ModelConfig(input_shape=SHAPE, classes=(3,)),
        recipe=Recipe(
            dataset="d", trainer="torch", lr=0.1, transforms=[{"RandomVerticalFlip": {"p": 0.99}}]
        ),
        data=TrainingData(dataset, np.arange(40), np.arange(40), Normalization((0.0,), (1.0,))),
        folder=tmp_path,
        callbacks=None,
        tasks=(Classification(*TARGETS),),
        losses=(cross_entropy,),
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
    expected = images()[:5]
    torch.testing.assert_close(model.input, expected.flip(-2).float() / 255)
    TorchTrainer(device="cpu").predict(model, expected.numpy(), run.data.normalization)
    torch.testing.assert_close(model.input, expected.float() / 255)


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
@pytest.mark.parametrize(
    ("transform", "message"),
    [
        ("Nope", "no transform 'Nope'"),
        # In colors of equal brightness, a model trained on gray images was right for 48 % of the
        # test images, and one trained on the images themselves for 100 %.
        (GRAY, "changes every image in the same way"),
    ],
)
def test_train_rejects_unsuitable_transform_before_creating_run_folder(
    cli, tmp_path, transform, message
):
    for color, rgb in (("red", (200, 60, 60)), ("green", (60, 130, 60))):
        for split, count in (("train", 6), ("test", 2)):
            folder = tmp_path / "colors" / split / color
            folder.mkdir(parents=True)
            for number in range(count):
                shade = tuple(part + 3 * number for part in rgb)
                Image.new("RGB", (8, 8), shade).save(folder / f"{number}.png")
    result = cli(
        *("train", "mlp", "--dataset", f"folder:{tmp_path / 'colors'}", "--out", tmp_path / "run"),
        *("--set", f"transforms={json.dumps([transform])}", "--set", "batch_size=4"),
    )
    assert result.code == 2, result.err
    assert message in result.err.splitlines()[-1]
    assert not (tmp_path / "run").exists()
