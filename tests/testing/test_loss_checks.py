"""Losses whose gradient is not that of their value, or that are no mean over the examples."""

import pytest

from zoo_core.installation.installed import load_catalog
from zoo_core.testing import plugin_checks, run_checks, select_checks

PLUGIN = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import LossSpec

@hookimpl
def zoo_losses():
    return [LossSpec(name="mine", summary="Squared distance to one-hot classes.", framework="FRAME",
        task="classification", loss="zoo_mine.loss:mine", recipe_fields=FIELDS)]
"""

NUMPY = """
import numpy as np
from zoo_core.errors import InvalidValueError

def mine(outputs, targets, recipe):
    classes = outputs.shape[1]
    smooth = recipe.label_smoothing
    distance = outputs - (1 - smooth) * np.eye(classes)[targets] - smooth / classes
    return (distance**2).sum() / len(outputs), 2 * distance / len(outputs)
"""

TORCH = """
from torch.nn.functional import cross_entropy

def mine(outputs, targets, recipe):
    return cross_entropy(outputs, targets, label_smoothing=recipe.label_smoothing)
"""

GRADIENT, MEAN = "has the gradient of its value", "is a mean over the examples"


@pytest.fixture
def problems(site, write_plugin, monkeypatch):
    """Return a function that returns the problems of a loss by condition."""

    def check(code, framework, fields=()):
        spec = PLUGIN.replace("FRAME", framework).replace("FIELDS", repr(fields))
        write_plugin(site, "zoo-mine", spec)
        (site / "zoo_mine" / "loss.py").write_text(code)
        monkeypatch.setenv("ZOO_PLUGINS", f"zoo-mine,zoo-{framework}")
        checks = select_checks(plugin_checks(load_catalog(), "zoo-mine"), only=["loss*"])
        results = run_checks(checks, skip={}, save=None)
        failed = [each for each in results if each.status != "passed"]
        return {each.check.partition(": ")[2]: each.message for each in failed}

    return check


FRAMEWORKS = {
    "numpy": pytest.param(NUMPY, "numpy", marks=pytest.mark.requires("zoo-numpy")),
    "torch": pytest.param(TORCH, "torch", marks=pytest.mark.torch),
}


@pytest.mark.parametrize(("code", "framework"), FRAMEWORKS.values())
def test_right_loss_passes(problems, code, framework):
    assert problems(code, framework, ("label_smoothing",)) == {}


@pytest.mark.requires("zoo-numpy")
def test_loss_that_refuses_some_heads_passes(problems):
    refusal = "    if classes != 3:\n        raise InvalidValueError('expected 3 classes')\n"
    code = NUMPY.replace("    smooth =", f"{refusal}    smooth =")
    assert problems(code, "numpy") == {}


@pytest.mark.requires("zoo-numpy")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2 * distance", "distance"),
        ("2 * distance / len(outputs)", "2 * distance"),
        ("2 * distance", "2 * distance * (distance > 0)"),
        ("2 * distance / len(outputs)", "-2 * distance / len(outputs)"),
        ("(distance**2).sum() / len(outputs)", "(distance**2).mean()"),
    ],
)
def test_gradient_of_another_value_fails(problems, old, new):
    found = problems(NUMPY.replace(old, new), "numpy")
    assert "targets of shape (): expected a slope of " in found[GRADIENT]
    assert found[MEAN].startswith("needs ")


@pytest.mark.parametrize(("code", "framework"), FRAMEWORKS.values())
def test_sum_over_the_examples_fails(problems, code, framework):
    code = code.replace(" / len(outputs)", "").replace("smoothing)", 'smoothing, reduction="sum")')
    assert [*problems(code, framework)] == [MEAN]


def test_loss_that_no_trainer_can_compute_is_skipped(problems):
    found = problems(NUMPY, "jax")
    assert found == {
        "is for the framework of a trainer": "no trainer of jax is installed",
        **dict.fromkeys((GRADIENT, MEAN), "no installed trainer of jax has loss_gradient"),
    }


WEIGHTED = """
import torch
from torch.nn.functional import cross_entropy

def mine(outputs, targets, recipe):
    losses = cross_entropy(outputs, targets, reduction="none")
    if not recipe.class_weights:
        return losses.mean()
    weights = torch.tensor(recipe.class_weights, dtype=outputs.dtype)[targets]
    return (weights * losses).mean()
"""

RISES = "rises evenly with class weights"


@pytest.mark.torch
@pytest.mark.parametrize(
    ("old", "new", "failed"),
    [
        ("", "", []),
        # As torch's own argument `weight` does.
        ("(weights * losses).mean()", "(weights * losses).sum() / weights.sum()", [MEAN]),
        ("weights * losses", "weights**2 * losses", [RISES]),
        ("if not recipe.class_weights", "if True", [RISES]),
        ("return losses.mean()", "return 2 * losses.mean()", [RISES]),
    ],
)
def test_weights_that_are_not_those_of_examples_fail(problems, old, new, failed):
    found = problems(WEIGHTED.replace(old, new), "torch", ("class_weights",))
    assert [name for name, message in found.items() if not message.startswith("needs ")] == failed
