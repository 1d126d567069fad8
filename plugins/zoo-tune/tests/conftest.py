"""Fixtures of the tests of searches: a preloaded Optuna, and a trainer with a given side effect."""

import pytest


@pytest.fixture(scope="session")
def preloaded(preloaded):
    return (*preloaded, "zoo_tune.command", "zoo_tune.results", "zoo_tune.workers.worker")


@pytest.fixture
def spying(site, write_plugin):
    """Return a function that installs the trainer `spy`, which runs some code before training."""

    def install(code):
        write_plugin(
            site,
            "zoo-spy",
            "from zoo_core.hookspecs import hookimpl\n"
            "from zoo_core.plugins.specs import TrainerSpec\n"
            "from zoo_toy.model import ToyTrainer\n"
            "class OutOfMemoryError(RuntimeError): ...\n"
            "class Trainer(ToyTrainer):\n"
            "    def start(self, model, run):\n"
            f"        {code}\n"
            "        return super().start(model, run)\n"
            "@hookimpl\n"
            "def zoo_trainers():\n"
            "    return [TrainerSpec(name='spy', summary='s', factory='zoo_spy.plugin:Trainer',\n"
            "                        framework='zoo-toy', recipe_fields=())]\n",
        )
        return {"site": site, "env": {"ZOO_PLUGINS": "zoo-toy,zoo-tune,zoo-spy"}}

    return install
