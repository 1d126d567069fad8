"""Fixtures: a catalog of two small networks, and of data sets to train them on."""

from pathlib import Path

import pytest

from zoo_core.installation.installed import load_catalog

PLUGIN = '''
"""Networks and data like the toy images, and a loss without a form for a teacher."""

from dataclasses import replace

import numpy as np
from zoo_core import DatasetSpec, InputSpec, LossSpec, ModelSpec, class_targets, hookimpl

RECIPES = {"default": {"epochs": 3, "batch_size": 37, "optimizer": "adamw", "lr": 0.01}}


def build_small(config):
    from torch import nn

    return _Heads(nn.Flatten(), 30, config)


def build_large(config):
    from torch import nn

    trunk = nn.Sequential(
        nn.Conv2d(config.input_shape[0], 8, 3),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Flatten(),
    )
    return _Heads(trunk, 96, config)


def _Heads(trunk, features, config):
    from torch import nn

    class Heads(nn.Module):
        def __init__(self):
            super().__init__()
            self.trunk = trunk
            self.heads = nn.ModuleList(nn.Linear(features, count) for count in config.outputs)

        def forward(self, x):
            features = self.trunk(x)
            return [head(features) for head in self.heads]

    return Heads()


def plain_loss(outputs, targets, recipe):
    from torch.nn import functional

    return functional.cross_entropy(outputs, targets)


def load_four():
    from zoo_toy.data import load

    toy = load()
    splits = {
        name: replace(split, targets=(np.arange(len(split.targets[0])) % 4,))
        for name, split in toy.splits.items()
    }
    return replace(toy, splits=splits, targets=class_targets("abcd"), mean=(0.5,), std=(0.1,))


def load_named():
    from zoo_toy.data import load

    return replace(load(), targets=class_targets("xyz"))


def load_color():
    from zoo_toy.data import load

    toy = load()
    splits = {
        name: replace(split, inputs=split.inputs.repeat(3, axis=1))
        for name, split in toy.splits.items()
    }
    return replace(toy, splits=splits, mean=toy.mean * 3, std=toy.std * 3)


@hookimpl
def zoo_datasets():
    return [
        DatasetSpec(name=name, summary="Made.", loader=f"zoo_tiny.plugin:load_{name}",
            input=InputSpec(shape=(channels, 6, 5)), targets=class_targets(classes),
            sizes={"train": 200, "test": 50}, sha256="", license="CC-BY-SA-4.0", source="made")
        for name, channels, classes in (
            ("four", 1, "abcd"), ("named", 1, 3), ("color", 3, ("high", "middle", "low"))
        )
    ]


@hookimpl
def zoo_losses():
    return [
        LossSpec(name="plain", summary="Made.", loss="zoo_tiny.plugin:plain_loss",
            task="classification", framework="torch")
    ]


@hookimpl
def zoo_models():
    return [
        ModelSpec(name=name, summary="Made.", builder=f"zoo_tiny.plugin:build_{name}",
            config="zoo_core.recipes.model_config:ModelConfig", recipes="zoo_tiny.plugin:RECIPES",
            trainer="torch", dataset="toy", heads=None, license=license)
        for name, license in (("small", "MIT"), ("large", "GPL-3.0-only"))
    ]
'''


@pytest.fixture
def catalog(site, toy_site, write_plugin, monkeypatch, tmp_path):
    """Return a catalog of the toy data and two networks."""
    write_plugin(site, "zoo-tiny", PLUGIN)
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy,zoo-torch,zoo-tiny")
    monkeypatch.syspath_prepend(str(toy_site))
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3] / "tests" / "toy"))
    monkeypatch.chdir(tmp_path)
    return load_catalog()
