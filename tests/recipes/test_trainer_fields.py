"""Recipe fields and values of a trainer's own."""

import dataclasses

import pytest
from pydantic import BaseModel, ConfigDict, Field

from zoo_core.errors import InvalidValueError, PluginError
from zoo_core.plugins.entry import Entry
from zoo_core.recipes.recipe import Recipe
from zoo_core.recipes.trainer_fields import trainer_fields, with_trainer_fields


class Own(BaseModel):
    model_config = ConfigDict(extra="forbid")

    clip: float = Field(1.0, gt=0, description="maximum norm of a gradient")
    rounds: int = 1


@pytest.fixture
def trainer(toy):
    entry = toy.trainer("toy")
    spec = dataclasses.replace(
        entry.spec,
        fields=f"{__name__}:Own",
        values={"optimizer": ("sgd", "lion"), "schedule": ("wave",)},
    )
    return Entry(spec, entry.plugin)


def recipe(**values):
    return Recipe(dataset="toy", trainer="toy", **values)


def test_own_fields_are_completed_and_part_of_the_recipe(trainer):
    found = with_trainer_fields(recipe(clip=0.5), trainer)
    assert (found.clip, found.rounds) == (0.5, 1)
    assert found.json_values()["rounds"] == 1
    assert Recipe.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"clipp": 1.0}, "unknown key 'clipp'. Did you mean 'clip'"),
        ({"momentu": 1.0}, "Did you mean 'momentum'. Trainer 'toy' adds clip, rounds"),
        (
            {"qqqqqq": 1.0},
            "Choose one of: accumulate, batch_size, .* Trainer 'toy' adds clip, rounds",
        ),
        ({"clip": -1.0}, "clip: expected a number greater than 0, got -1.0"),
        ({"clip": "high"}, "clip: expected a number, got 'high'"),
        ({"optimizer": "adamw"}, "optimizer: expected 'sgd' or 'lion', got 'adamw'"),
        ({"schedule": "wavy"}, "schedule: expected .*'plateau' or 'wave', got 'wavy'.*'wave'"),
        ({"precision": "half"}, "precision: expected 'float32' or 'bfloat16', got 'half'"),
    ],
)
def test_wrong_fields_and_values_are_refused(trainer, values, message):
    with pytest.raises(InvalidValueError, match=message):
        with_trainer_fields(recipe(**values), trainer)


def test_own_values_are_accepted(trainer):
    for values in ({"optimizer": "lion"}, {"schedule": "wave"}, {"schedule": "cosine"}):
        with_trainer_fields(recipe(**values), trainer)


def test_trainer_without_fields_has_none(toy):
    with pytest.raises(InvalidValueError, match="unknown key 'clip'"):
        with_trainer_fields(recipe(clip=1.0), toy.trainer("toy"))


def test_fields_that_are_no_pydantic_model_are_a_fault_of_the_plugin(trainer):
    spec = dataclasses.replace(trainer.spec, fields=f"{__name__}:recipe")
    with pytest.raises(PluginError, match="toy.*: fields: expected a pydantic model at .*:recipe"):
        trainer_fields(Entry(spec, trainer.plugin))
