"""Fixture of the plugin zoo-odd: the toy plugin under other names, with changes of a test."""

import pytest

from zoo_core.installation.installed import load_catalog
from zoo_core.registry.index import EMPTY_INDEX, index_json

PLUGIN = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.data_specs import InputSpec, class_targets
from zoo_core.plugins.specs import CommandSpec, DatasetSpec, LossSpec, ModelSpec, RegistrySpec
from zoo_core.plugins.specs import SourceSpec, TaskSpec, TrainerSpec

MODEL, DATASET, SOURCE, TRAINER, COMMAND, REGISTRY = {}, {}, {}, {}, {}, {}
TASK, LOSS, CROSS_ENTROPY = {}, {}, {}

def given(changes, **values):
    return {"name": "odd", "summary": "Odd."} | values | changes

@hookimpl
def zoo_models():
    values = given(MODEL, builder="zoo_odd.model:Model", config="zoo_odd.model:Config",
        recipes="zoo_odd.model:RECIPES", spaces="zoo_odd.model:SPACES",
        trainer="odd", dataset="odd", license="MIT")
    return [ModelSpec(**values)]

@hookimpl
def zoo_datasets():
    values = given(DATASET, loader="zoo_odd.model:load",
        input=InputSpec(shape=(1, 6, 5)), targets=class_targets(3),
        sizes={"train": 200, "test": 50}, license="CC0-1.0", source="made up",
        sha256="98b846712455764346f00daa73c122b4884a84255824b40bb54f9594716fe539")
    return [DatasetSpec(**values)]

@hookimpl
def zoo_sources():
    return [SourceSpec(**given(SOURCE, describe="zoo_odd.model:describe", address="PATH"))]

@hookimpl
def zoo_trainers():
    values = given(TRAINER, factory="zoo_odd.model:Trainer", framework="zoo-odd", recipe_fields=())
    return [TrainerSpec(**values)]

@hookimpl
def zoo_tasks():
    return [TaskSpec(**given(TASK, task="zoo_odd.model:Task", loss="odd"))]

@hookimpl
def zoo_losses():
    common = {"loss": "zoo_odd.model:loss", "framework": "zoo-odd"}
    values = given(CROSS_ENTROPY, name="cross-entropy", task="classification", **common)
    return [LossSpec(**values), LossSpec(**given(LOSS, task="odd", **common))]

@hookimpl
def zoo_commands():
    return [CommandSpec(**given(COMMAND, command="zoo_odd.model:command"))]

@hookimpl
def zoo_registries():
    return [RegistrySpec(**given(REGISTRY, url=__file__.replace("plugin.py", "registry")))]

@hookimpl
def zoo_epoch_end(run, epoch):
    pass
"""

MODEL = """
import dataclasses
import click
import numpy as np
from zoo_core.errors import DataError, InvalidValueError
from zoo_core.metrics.task import Measure, Measured
from zoo_core.tasks.classification import Classification
from zoo_toy.config import RECIPES, SPACES, SoftmaxConfig
from zoo_toy.data import load
from zoo_toy.losses import cross_entropy as loss
from zoo_toy.model import Softmax, ToyLearner, ToyTrainer

Config, Model, Task = SoftmaxConfig, Softmax, Classification

class Learner(ToyLearner):
    pass

class Trainer(ToyTrainer):
    def start(self, model, run):
        return Learner(model, run)

@click.command()
def command():
    '''Do something odd.'''

def describe(address):
    raise InvalidValueError(f"nothing is at {address}")
"""


@pytest.fixture
def odd(toy, site, write_plugin, monkeypatch):
    """Return a function that installs zoo-odd and returns the catalog with it."""

    def install(plugin="", model=""):
        write_plugin(site, "zoo-odd", PLUGIN + plugin)
        folder = site / "zoo_odd"
        (folder / "model.py").write_text(MODEL + model)
        (folder / "registry").mkdir()
        (folder / "registry" / "index.json").write_bytes(index_json(EMPTY_INDEX))
        monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy,zoo-odd")
        monkeypatch.chdir(site.parent)
        return load_catalog()

    return install
