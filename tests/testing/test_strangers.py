"""A check of one plugin uses no model, data set or trainer of another."""

import pytest

from zoo_core.installation.installed import load_catalog
from zoo_core.testing import plugin_checks, run_checks

STRANGER = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import ModelSpec

@hookimpl
def zoo_models():
    return [ModelSpec(name="a-text-model", summary="For other data, trained by TRAINER.",
        builder="zoo_stranger.nowhere:build", config="zoo_stranger.nowhere:Config",
        recipes="zoo_stranger.nowhere:RECIPES", trainer="TRAINER", dataset="toy", license="MIT")]
"""

HOOKS = """
from zoo_core.hookspecs import hookimpl

@hookimpl
def zoo_train_end(run, result, predictions):
    assert run.model.name == "dummy"
    (run.folder / "note.txt").write_text(result.model)
"""


@pytest.fixture
def beside_a_stranger(site, write_plugin, monkeypatch):
    """Return a function that installs a plugin beside a stranger's model of the same trainer."""

    def install(name, code, trainer="toy"):
        write_plugin(site, "zoo-stranger", STRANGER.replace("TRAINER", trainer))
        if code:
            write_plugin(site, name, code)
        monkeypatch.setenv("ZOO_PLUGINS", f"{name},zoo-stranger,zoo-mnist")
        return load_catalog()

    return install


def problems(catalog, name, **options):
    results = run_checks(plugin_checks(catalog, name, **options), skip={}, save=None)
    return {each.check: each.message for each in results if each.status == "failed"}


def test_plugin_with_hooks_alone_passes(beside_a_stranger):
    assert problems(beside_a_stranger("zoo-hooks", HOOKS), "zoo-hooks") == {}


def test_plugin_with_failing_hook_fails_with_its_place(beside_a_stranger):
    code = HOOKS.replace('"dummy"', '"none"')
    (message,) = problems(beside_a_stranger("zoo-hooks", code), "zoo-hooks").values()
    assert "zoo_train_end failed: AssertionError" in message
    assert "zoo_hooks/plugin.py:6" in message


@pytest.mark.slow
@pytest.mark.torch
def test_trainer_of_torch_passes_beside_strangers_model(beside_a_stranger):
    assert problems(beside_a_stranger("zoo-torch", "", "torch"), "zoo-torch") == {}


@pytest.mark.requires("zoo-numpy", "zoo-mnist")
def test_trainer_of_numpy_passes_beside_strangers_model(beside_a_stranger):
    assert problems(beside_a_stranger("zoo-numpy", "", "numpy"), "zoo-numpy") == {}


TRAINER = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import TrainerSpec

@hookimpl
def zoo_trainers():
    return [TrainerSpec(name="mine", summary="Another trainer.", framework="numpy",
        recipe_fields=("optimizer", "momentum"), factory="zoo_numpy.trainer:NumpyTrainer")]
"""


@pytest.fixture
def trainer_only(site, write_plugin, monkeypatch):
    write_plugin(site, "zoo-mine", TRAINER)
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-mine,zoo-numpy,zoo-mnist")
    return load_catalog()


@pytest.mark.requires("zoo-numpy")
def test_trainer_without_model_is_checked_with_that_of_its_framework(trainer_only):
    assert problems(trainer_only, "zoo-mine") == {}


@pytest.mark.requires("zoo-numpy", "zoo-mnist")
def test_trainer_without_model_is_checked_with_named_model(trainer_only, monkeypatch):
    assert problems(trainer_only, "zoo-mine", model="numpy-net") == {}


MODEL = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import ModelSpec

@hookimpl
def zoo_models():
    return [ModelSpec(name="used", summary="For a foreign trainer.", trainer="mine",
        builder="zoo_numpy.net:build", config="zoo_numpy.config:NumpyNetConfig",
        recipes="zoo_user.plugin:RECIPES", dataset="mnist", license="MIT")]

RECIPES = {"default": {}}
"""

MINE = """
from zoo_numpy.trainer import NumpyTrainer

class Mine(NumpyTrainer):
    def start(self, model, run):
        return model.compile()
"""


@pytest.mark.requires("zoo-numpy", "zoo-mnist")
def test_failure_of_trainer_names_its_line_and_foreign_model(site, write_plugin, monkeypatch):
    code = TRAINER.replace("zoo_numpy.trainer:NumpyTrainer", "zoo_mine.trainer:Mine")
    write_plugin(site, "zoo-mine", code)
    (site / "zoo_mine" / "trainer.py").write_text(MINE)
    write_plugin(site, "zoo-user", MODEL)
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-mine,zoo-user,zoo-numpy,zoo-mnist")
    catalog = load_catalog()
    place = f"{site / 'zoo_mine' / 'trainer.py'}:6"
    with_own_model = problems(catalog, "zoo-mine")["mine: trains"]
    assert f"({place}), with the model zoo_numpy.check_model:build" in with_own_model
    named = problems(catalog, "zoo-mine", model="numpy-net")["mine: trains"]
    assert f"({place}), with model 'numpy-net' of zoo-numpy " in named
    # The model's plugin is checked: the line is the trainer's.
    problem = problems(catalog, "zoo-user")["used.default: trains"]
    assert f"(trainer 'mine' of zoo-mine 1.0 at {place})" in problem
