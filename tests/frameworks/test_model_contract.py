"""The contract of models: one sentence for outputs and objects of the wrong type, with the line."""

import numpy as np
import pytest

from zoo_core.errors import InvalidValueError, PluginError
from zoo_core.frameworks.model_contract import check_model, head_outputs
from zoo_core.training.make_plan import make_plan

HEAD = np.zeros((8, 10), np.float32)


class Net:
    def forward(self, x):
        return x


def place(function):
    return f"{__file__}:{function.__code__.co_firstlineno}"


@pytest.mark.parametrize("outputs", [[HEAD], (HEAD,), [HEAD, HEAD]])
def test_head_outputs_accepts_list_or_tuple_of_arrays(outputs):
    assert head_outputs(outputs, np.ndarray, Net()) is outputs


@pytest.mark.parametrize(
    ("outputs", "got"),
    [
        (HEAD, "ndarray of shape (8, 10)"),
        ({"logits": HEAD}, "dict"),
        (None, "None"),
        ([], "list of nothing"),
        ((HEAD, None), "tuple of ndarray, NoneType"),
        ([[HEAD]], "list of list"),
    ],
)
def test_head_outputs_refuses_anything_else(outputs, got):
    with pytest.raises(PluginError) as caught:
        head_outputs(outputs, np.ndarray, Net())
    assert caught.value.problem == (
        f"the forward pass of Net is invalid: expected a list with one ndarray per head, got {got}"
    )
    wanted = "[outputs]" if outputs is HEAD else "a list with one ndarray per head"
    assert caught.value.hint == f"Return {wanted} at {place(Net.forward)}."


def test_head_outputs_names_no_line_of_framework():
    class Container:
        forward = Net.forward

    Container.__module__ = "numpy.containers"
    with pytest.raises(PluginError, match=r"Wrap it in a class .* returns \[outputs\]\."):
        head_outputs(HEAD, np.ndarray, Container())


def test_check_model_refuses_other_object():
    def build(config):
        pass

    check_model(Net(), True, "a net", build)
    with pytest.raises(PluginError) as caught:
        check_model(build(None), False, "a net", build)
    assert "build: expected a net, got None (a return statement is missing)" in str(caught.value)
    assert caught.value.hint == f"Return one at {place(build)}."


TRAINERS = """
from zoo_core import hookimpl
from zoo_core.plugins.specs import ModelSpec, TrainerSpec

@hookimpl
def zoo_trainers():
    return [
        TrainerSpec(name=name, summary="s", factory="zoo_toy.model:ToyTrainer",
            framework=framework, recipe_fields=())
        for name, framework in (("jaxes", "jax"), ("nums", "zoo-toy"))
    ]

@hookimpl
def zoo_models():
    from zoo_toy.plugin import zoo_models
    return [ModelSpec(**{**vars(zoo_models()[0]), "name": "near", "framework": "zoo-toys"})]
"""


@pytest.fixture
def with_jaxes(toy, site, write_plugin):
    from zoo_core.installation.installed import load_catalog
    from zoo_core.plugins.selection import Selection

    write_plugin(site, "zoo-jaxes", TRAINERS)
    return load_catalog(Selection(allowed=frozenset({"zoo-toy", "zoo-jaxes"})))


def test_trainer_of_other_framework_is_refused(with_jaxes):
    catalog = with_jaxes
    assert make_plan(catalog, "softmax", "default", [{"trainer": "nums"}]).recipe.trainer == "nums"
    with pytest.raises(InvalidValueError) as caught:
        make_plan(catalog, "softmax", "default", [{"trainer": "jaxes"}])
    assert str(caught.value) == (
        "trainer 'jaxes' does not fit model 'softmax': it trains models of jax, but the model is "
        "one of zoo-toy. Choose one of: nums, toy."
    )


def test_framework_of_model_that_no_trainer_has_is_refused_with_nearest_one(with_jaxes):
    with pytest.raises(InvalidValueError, match=r"one of zoo-toys\. Did you mean 'zoo-toy'\?"):
        make_plan(with_jaxes, "near", "default", [])
