"""`zoo check` of models of torch that are right or wrong in a way of torch."""

import pytest

from zoo_core.installation.installed import load_catalog
from zoo_core.testing import plugin_checks, run_checks

PLUGIN = """
from zoo_core import ModelConfig, ModelSpec, hookimpl
from zoo_core.testing.random_data import DATASET

@hookimpl
def zoo_models():
    return [ModelSpec(name="frozen", summary="Frozen.", builder="zoo_frozen.model:build",
        config="zoo_frozen.model:Config", recipes="zoo_frozen.model:RECIPES", trainer="torch",
        dataset=DATASET.name, heads=None, license="MIT")]

@hookimpl
def zoo_datasets():
    return [DATASET]
"""

MODEL = """
import torch
from torch import nn
from zoo_core import ModelConfig
from zoo_torch.check_model import CheckModel

RECIPES = {"default": {"epochs": 1, "optimizer": "adamw", "lr": 0.01, "label_smoothing": 0.1}}

class Config(ModelConfig):
    pass

class Model(CheckModel):
    def __init__(self, config):
        super().__init__(config)
        self.register_buffer("positions", torch.arange(12.0))
        self.trunk[0].requires_grad_(False)
        CHANGE

def build(config):
    return Model(config)
"""


@pytest.fixture
def problems(site, write_plugin, monkeypatch):
    """Return a function that returns the failures of a model, changed by a line of code."""

    def check(change=""):
        write_plugin(site, "zoo-frozen", PLUGIN)
        (site / "zoo_frozen" / "model.py").write_text(MODEL.replace("CHANGE", change))
        monkeypatch.setenv("ZOO_PLUGINS", "zoo-frozen,zoo-torch")
        checks = plugin_checks(load_catalog(), "zoo-frozen")
        # Without the import in a new interpreter, which is another test's business.
        found = run_checks([c for c in checks if "frozen.default" in c.name], skip={}, save=None)
        return {each.check: each.message for each in found if each.status == "failed"}

    return check


def test_model_with_frozen_trunk_and_constant_buffer_passes(problems):
    assert problems() == {}


def test_model_with_unused_layer_fails(problems):
    (message,) = problems("self.unused = nn.Linear(3, 3)").values()
    assert "do not move unused.bias" in message
    assert "requires_grad_(False)" in message


def test_model_with_fixed_number_of_classes_fails(problems):
    found = problems("self.heads = nn.ModuleList([nn.Linear(16, 4)])")
    assert found.keys() == {"frozen.default: fits other outputs"}
    assert "outputs=[7]: expected (11, 7), got (11, 4)" in found[min(found)]
