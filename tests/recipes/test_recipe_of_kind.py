"""A recipe for a data set, or for a kind of input, is chosen by the name of the general one."""

from types import SimpleNamespace

import pytest

from zoo_core import InputSpec
from zoo_core.recipes.resolve import recipe_for

RECIPES = {"default": {}, "default@features": {}, "default@wine": {}, "fast": {}}
KINDS = {"mnist": InputSpec(shape=(1, 2, 2)), "wine": InputSpec(kind="features", shape=(2,))}
KINDS["houses"] = KINDS["wine"]


def choose(name, overrides=(), default="mnist"):
    spec = SimpleNamespace(recipes="", dataset=default)
    model = SimpleNamespace(spec=spec, resolve=lambda _: RECIPES)
    asked = []

    def find(dataset):
        asked.append(dataset)
        return SimpleNamespace(spec=SimpleNamespace(input=KINDS[dataset]))

    return recipe_for(model, name, overrides, find), asked


@pytest.mark.parametrize(
    ("dataset", "chosen"),
    [("mnist", "default"), ("houses", "default@features"), ("wine", "default@wine")],
)
def test_the_most_special_recipe_is_chosen(dataset, chosen):
    assert choose("default", [{"dataset": dataset}])[0] == chosen
    assert choose("default", default=dataset)[0] == chosen


@pytest.mark.parametrize("name", ["fast", "default@wine", "none", "my.toml"])
def test_no_data_set_is_described_for_a_recipe_without_special_ones(name):
    assert choose(name, [{"dataset": "houses"}]) == (name, [])
