"""Weights of another trainer of the framework, or of an earlier version of the model."""

import numpy as np
import pytest
from safetensors.numpy import load_file

from zoo_core.errors import VerificationError
from zoo_core.filenames import WEIGHTS
from zoo_core.installation.installed import load_catalog
from zoo_core.plugins.selection import Selection
from zoo_core.pretrained.load import load_pretrained
from zoo_core.training.training import Training

TRAINER = """
from zoo_core import TrainerSpec, hookimpl
from zoo_toy.model import ToyTrainer

class OldTrainer(ToyTrainer):
    def get_weights(self, model):
        weights = super().get_weights(model)
        return {name.replace("head", "old"): each for name, each in weights.items()}

    def set_weights(self, model, weights):
        super().set_weights(model, {k.replace("old", "head"): v for k, v in weights.items()})

@hookimpl
def zoo_trainers():
    factories = {"same": "zoo_toy.model:ToyTrainer", "old": "zoo_old.plugin:OldTrainer"}
    for name, factory in factories.items():
        yield TrainerSpec(name=name, summary="s", factory=factory, framework="zoo-toy",
            recipe_fields=())
"""

MODEL = """
from dataclasses import replace
from zoo_core import hookimpl
from zoo_toy import plugin

@hookimpl
def zoo_models():
    (softmax,) = [each for each in plugin.zoo_models() if each.name == "softmax"]
    yield replace(softmax, name="now", renamed={"old0": "head0"})
"""


@pytest.fixture
def train(toy, site, write_plugin, tmp_path):
    """Return a function that trains with an added trainer.

    It returns the stored weights, and those that are loaded without the trainer.
    """
    write_plugin(site, "zoo-old", TRAINER)
    write_plugin(site, "zoo-new", MODEL)

    def call(model, trainer):
        names = {"zoo-toy", "zoo-new", "zoo-old"}
        every = load_catalog(Selection(allowed=frozenset(names)))
        values = {"trainer": trainer}
        run = Training.new(every, model, overrides=[values], out=tmp_path / model).run()
        others = load_catalog(Selection(allowed=frozenset(names - {"zoo-old"})))
        (stored,) = load_file(run.folder / WEIGHTS).values()
        return stored, load_pretrained(others, run.folder).model.weights[0]

    return call


def test_another_trainer_of_the_framework_loads_weights(train):
    np.testing.assert_equal(*train("softmax", "same"))


def test_tensors_with_earlier_names_are_loaded(train):
    np.testing.assert_equal(*train("now", "old"))


def test_tensors_with_unknown_names_are_refused(train):
    with pytest.raises(VerificationError, match="lacks tensor 'head0'"):
        train("softmax", "old")
