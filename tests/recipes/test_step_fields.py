"""Recipe fields of a step: their values, and the combinations that have no effect."""

import dataclasses
import json
import shlex

import pytest
from hypothesis import given, strategies as st

from zoo_core.cli.training.lines import start_lines
from zoo_core.errors import InvalidValueError
from zoo_core.frameworks.training_state import TrainingState
from zoo_core.recipes.recipe import Recipe
from zoo_core.recipes.resolve import parse_set
from zoo_core.recipes.validation import validate
from zoo_core.testing.trainee import Trainee
from zoo_core.training.make_plan import make_plan

FIELDS = ("accumulate", "freeze", "thaw", "optimizer", "weight_decay", "decay_biases")


@pytest.fixture
def able(toy):
    """Return the toy catalog, with a trainer that implements fields of a step."""
    entry = toy.trainer("toy")
    values = {"optimizer": ("sgd", "adamw", "lion")}
    spec = dataclasses.replace(entry.spec, recipe_fields=FIELDS, values=values)
    toy._entries_by_kind["trainers"]["toy"] = [dataclasses.replace(entry, spec=spec)]
    return toy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("freeze=2", 2),
        ("freeze=blocks.*", ("blocks.*",)),
        ("freeze=blocks.*,stem.?", ("blocks.*", "stem.?")),
        ('freeze=["blocks.*"]', ("blocks.*",)),
    ],
)
def test_freeze_is_number_of_layers_or_patterns(able, text, expected):
    recipe = make_plan(able, "softmax", "default", [parse_set(text)]).recipe
    assert recipe.freeze == expected
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


@given(st.integers(0) | st.text(min_size=1) | st.lists(st.text(min_size=1), min_size=1))
def test_freeze_survives_its_json(value):
    recipe = Recipe(dataset="d", trainer="t", freeze=value)
    stored = json.loads(recipe.model_dump_json())
    assert validate(Recipe, stored, what="recipe") == recipe
    assert ("freeze" in stored) == (value != 0)


@pytest.mark.parametrize("value", [-1, True, 1.5, "", [], [1], ["a", ""], {"a": 1}, None])
def test_freeze_refuses_other_values(able, value):
    with pytest.raises(InvalidValueError, match="freeze: expected a number of layers, or patterns"):
        make_plan(able, "softmax", "default", [{"freeze": value}])


@pytest.mark.parametrize(
    ("values", "hint"),
    [
        ({"sam": 0.1}, "--set sam=0.0"),
        ({"clip_norm": 1.0}, "--set clip_norm=0.0"),
        ({"batch_size": 50, "accumulate": 4}, "--set accumulate=3"),
        ({"freeze": 1, "thaw": 1}, "--set thaw=0"),
        ({"freeze": 1, "thaw": 4, "epochs": 3}, "--set thaw=0"),
        ({"freeze": 1, "thaw": 2, "epochs": 1}, "--set thaw=0"),
    ],
)
def test_hint_for_field_without_effect_can_be_pasted(able, values, hint):
    with pytest.raises(InvalidValueError) as info:
        make_plan(able, "softmax", "default", [values])
    assert hint in info.value.hint
    assignment = next(each for each in shlex.split(info.value.hint) if "=" in each)
    make_plan(able, "softmax", "default", [values, parse_set(assignment.rstrip("."))])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"thaw": 2}, "thaw requires freeze"),
        ({"decay_biases": False, "weight_decay": 0.0}, "decay_biases requires weight_decay"),
        ({"optimizer": "lion", "momentum": 0.9}, "momentum .* sgd, got optimizer lion"),
        ({"optimizer": "rmsprop"}, "optimizer: expected 'sgd', 'adamw' or 'lion', got 'rmsprop'"),
    ],
)
def test_fields_that_need_another_are_refused_without_it(able, values, message):
    with pytest.raises(InvalidValueError, match=message):
        make_plan(able, "softmax", "default", [values])


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"freeze": 2}, "Frozen: 2 layers from the first."),
        ({"freeze": 1, "thaw": 3}, "Frozen before epoch 3: 1 layer from the first."),
        ({"freeze": ["a.*", "b"]}, "Frozen: weights named a.*, b."),
    ],
)
def test_start_of_training_says_what_is_frozen(toy, values, line):
    trainee = Trainee.make(toy, "softmax")
    recipe = Recipe(dataset="toy", trainer="toy", **values)
    lines = start_lines(dataclasses.replace(trainee.run, recipe=recipe), TrainingState())
    assert [*lines][1:] == [line]


def test_step_has_as_many_batches_as_accumulate(able):
    plan = make_plan(able, "softmax", "default", [{"batch_size": 16, "accumulate": 4}])
    assert plan.recipe.step_size == 64
