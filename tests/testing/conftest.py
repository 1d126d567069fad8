"""Fixture of the plugin zoo-odd: the toy plugin under other names, with changes of a test."""

import pytest

from zoo_core.installation.installed import load_catalog
from zoo_core.registry.index import EMPTY_INDEX, index_json

PLUGIN = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import CommandSpec, DatasetSpec, ModelSpec, RegistrySpec, SourceSpec
from zoo_core.plugins.specs import TrainerSpec

MODEL, DATASET, SOURCE, TRAINER, COMMAND, REGISTRY = {}, {}, {}, {}, {}, {}

def given(changes, **values):
    return {"name": "odd", "summary": "Odd.", **values, **changes}

@hookimpl
def zoo_models():
    values = given(MODEL, builder="zoo_odd.model:Model", config="zoo_odd.model:Config",
        recipes="zoo_odd.model:RECIPES", spaces="zoo_odd.model:SPACES",
        trainer="odd", dataset="odd", license="MIT")
    return [ModelSpec(**values)]

@hookimpl
def zoo_datasets():
    values = given(DATASET, loader="zoo_odd.model:load", shape=(1, 6, 5), classes=(3,),
        sizes={"train": 200, "test": 50}, license="CC0-1.0", source="made up",
        sha256="98b846712455764346f00daa73c122b4884a84255824b40bb54f9594716fe539")
    return [DatasetSpec(**values)]

@hookimpl
def zoo_sources():
    return [SourceSpec(**given(SOURCE, describe="zoo_odd.model:describe", address="PATH"))]

@hookimpl
def zoo_trainers():
    values = given(TRAINER, factory="zoo_odd.model:Trainer", framework="numpy", recipe_fields=())
    return [TrainerSpec(**values)]

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
from zoo_core.errors import InvalidValueError
from zoo_toy.config import RECIPES, SPACES, SoftmaxConfig
from zoo_toy.data import load
from zoo_toy.model import Softmax, ToyLearner, ToyTrainer

Config, Model = SoftmaxConfig, Softmax

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
