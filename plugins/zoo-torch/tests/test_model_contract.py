"""Models that break the contract of the trainer: one sentence with the line of the model."""

import numpy as np
import pytest
import torch
from torch import nn

from zoo_core import Normalization
from zoo_core.errors import PluginError
from zoo_torch.trainer import TorchTrainer

IMAGES = np.zeros((3, 1, 4, 4), np.uint8)
NORMALIZATION = Normalization(mean=(0.0,), std=(1.0,))


class Net(nn.Module):
    def __init__(self, form):
        super().__init__()
        self.layer, self.form = nn.Linear(16, 10), form

    def forward(self, x):
        return self.form(self.layer(x.flatten(1)))


def predict(model):
    return TorchTrainer(device="cpu").predict(model, IMAGES, NORMALIZATION)


def test_forward_may_return_list_or_tuple():
    torch.manual_seed(0)
    net = Net(lambda x: [x])
    (expected,) = predict(net)
    assert expected.shape == (3, 10)
    net.form = lambda x: (x,)
    assert (predict(net)[0] == expected).all()


@pytest.mark.parametrize(
    ("form", "got", "returned"),
    [
        (lambda x: x, "Tensor of shape (3, 10)", "[outputs]"),
        (lambda x: {"logits": x}, "dict", "a list with one Tensor per head"),
        (lambda _: None, "None", "a list with one Tensor per head"),
    ],
)
def test_other_outputs_are_refused_with_line_of_forward(form, got, returned):
    with pytest.raises(PluginError) as caught:
        predict(Net(form))
    assert caught.value.problem.endswith(f"expected a list with one Tensor per head, got {got}")
    line = Net.forward.__code__.co_firstlineno
    assert caught.value.hint == f"Return {returned} at {__file__}:{line}."


def test_sequential_is_to_be_wrapped():
    with pytest.raises(PluginError, match=r"of Sequential .* Wrap it .* returns \[outputs\]"):
        predict(nn.Sequential(nn.Flatten(), nn.Linear(16, 10)))


@pytest.mark.parametrize("model", [None, "a net", nn.Linear])
def test_builder_of_other_object_is_refused(model):
    def build(_config):
        return model

    with pytest.raises(PluginError, match=r"build: expected a torch.nn.Module, got .*:\d+\.$"):
        TorchTrainer(device="cpu").build(build, None, 0)


PLUGIN = """
from zoo_core import ModelSpec, hookimpl

@hookimpl
def zoo_models():
    return [ModelSpec(name="flat", summary="s", license="MIT", trainer="torch", dataset="synthetic",
        config="zoo_flat.model:Config", recipes="zoo_flat.model:RECIPES",
        builder="zoo_flat.model:Flat")]
"""

MODEL = """
import math
from torch import nn
from zoo_core import ModelConfig

class Config(ModelConfig):
    pass

RECIPES = {"default": {"epochs": 1, "batch_size": 64, "lr": 0.1}}

class Flat(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.layer = nn.Linear(math.prod(config.input_shape), config.outputs[0])

    def forward(self, x):
        return self.layer(x.flatten(1))
"""


def test_training_names_line_of_forward_that_returns_tensor(cli, write_plugin, tmp_path):
    write_plugin(tmp_path / "site", "zoo-flat", PLUGIN)
    model = tmp_path / "site" / "zoo_flat" / "model.py"
    model.write_text(MODEL)
    done = cli("train", "flat", site=tmp_path / "site")
    assert done.code == 4
    (line,) = done.err.splitlines()
    assert line == (
        "zoo: the forward pass of Flat is invalid: expected a list with one Tensor per head, got "
        f"Tensor of shape (11, 9). Return [outputs] at {model}:16."
    )
