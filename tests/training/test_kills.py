"""The training loop in a process that is killed or terminated at any function call."""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="trainings are killed in forked children"),
]


@pytest.fixture
def kill_training(run_process):
    """Return a function that kills or terminates trainings, in a process of their own."""

    def run(model, how, count, *, setup="", plugins="zoo-toy"):
        call = f"main({model!r}, {how!r}, {count})"
        code = f"{setup}\nfrom tests.training.kill_training import main\n{call}"
        return run_process("-c", code, site=ROOT, env={"ZOO_PLUGINS": plugins})

    return run


@pytest.mark.parametrize("model", ["softmax", "softmax-pairs"])
@pytest.mark.parametrize(("how", "count"), [("kill", 20), ("terminate", 50)])
def test_training_loop_survives_signals(kill_training, model, how, count):
    done = kill_training(model, how, count)
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    "values",
    [
        {"schedule": "polynomial", "lr_power": 2.0, "keep": "last"},
        {"schedule": "step", "lr_epochs": [2, 3], "keep": "last"},
        {"schedule": "plateau", "lr_patience": 1, "lr": 2.0, "keep": "last"},
        {"schedule": "restarts", "cycle": 2, "keep": "last"},
        {"schedule": "cooldown", "patience": 1, "lr": 2.0},
        {"patience": 2, "lr": 2.0},
    ],
    ids=str,
)
def test_course_of_training_survives_kills(kill_training, values):
    """Ten kills before random function calls; the end is compared with an undisturbed one."""
    change = f"import tests.training.kill_training as k; k.STEPS.update({values!r})"
    done = kill_training("softmax", "kill", 10, setup=change)
    assert done.code == 0, done.err


@pytest.mark.torch
@pytest.mark.requires("zoo-mlp", "zoo-mnist")
@pytest.mark.parametrize("how", ["kill", "terminate"])
def test_training_loop_survives_signals_with_torch(kill_training, how):
    done = kill_training("mlp", how, 10, plugins="zoo-mlp,zoo-mnist,zoo-torch")
    assert done.code == 0, done.err


FIELDS = {
    "accumulate": 2,
    "batch_size": 2,
    "clip_norm": 1.0,
    "sam": 0.1,
    "freeze": 1,
    "thaw": 3,
    "layer_decay": 0.5,
    "optimizer": "rmsprop",
    "momentum": 0.9,
    "lr": 0.001,
    "weight_decay": 0.1,
    "decay_biases": False,
}
"""Fields of a step, all at once; the layer is frozen in the first two of five epochs."""


@pytest.mark.torch
@pytest.mark.requires("zoo-mlp", "zoo-mnist")
def test_training_with_all_fields_of_a_step_survives_kills(kill_training):
    recipe = f"import tests.training.kill_training as k; k.STEPS.update({FIELDS})"
    done = kill_training("mlp", "kill", 10, setup=recipe, plugins="zoo-mlp,zoo-mnist,zoo-torch")
    assert done.code == 0, done.err


AUGMENTATION = {"rotate": 10.0, "erase": 0.5, "mixup": 0.4, "plain_end": 0.4}


@pytest.mark.torch
@pytest.mark.requires("zoo-mlp", "zoo-mnist")
def test_training_that_ends_without_augmentation_survives_kills(kill_training):
    recipe = f"import tests.training.kill_training as k; k.STEPS.update({AUGMENTATION})"
    done = kill_training("mlp", "kill", 10, setup=recipe, plugins="zoo-mlp,zoo-mnist,zoo-torch")
    assert done.code == 0, done.err


def test_kill_training_detects_unrestored_state(kill_training):
    broken = "import zoo_toy.model as m; m.ToyLearner.set_state = lambda self, state: None"
    done = kill_training("softmax", "kill", 20, setup=broken)
    assert done.code == 1
    assert re.search(r"after \d+ kills .*weights", done.err)


def test_kill_training_detects_termination_without_checkpoint(kill_training):
    broken = (
        "import zoo_core.training.checkpoint as c\n"
        "c.Checkpoints.save = lambda self, checkpoint, **_: None"
    )
    done = kill_training("softmax", "terminate", 1, setup=broken)
    assert done.code == 1
    assert "SIGTERM 1 leaves no checkpoint" in done.err
