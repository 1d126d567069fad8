"""Recipes: every key and value is checked, and the error says what to do."""

import dataclasses
import json
import math

import pytest
from hypothesis import given, strategies as st

from zoo_core.errors import DataError, InvalidValueError, UnknownNameError
from zoo_core.recipes.recipe import Recipe
from zoo_core.recipes.resolve import parse_set, resolve_config, resolve_recipe
from zoo_core.recipes.validation import validate
from zoo_core.training.plan import make_plan
from zoo_core.training.schedule import learning_rate
from zoo_core.training.training import Training


@pytest.fixture
def softmax(toy):
    return toy.model("softmax")


def following(catalog, *fields):
    """Return a catalog whose toy trainer says that it follows some recipe fields."""
    entry = catalog.trainer("toy")
    spec = dataclasses.replace(entry.spec, recipe_fields=fields)
    catalog._entries_by_kind["trainers"]["toy"] = [dataclasses.replace(entry, spec=spec)]
    return catalog


def test_the_users_values_lie_over_the_recipes(softmax):
    recipe = resolve_recipe(softmax, "default", [{"lr": 0.1, "epochs": 7}, {"epochs": 9}])
    assert (recipe.lr, recipe.epochs, recipe.batch_size) == (0.1, 9, 16)
    assert (recipe.dataset, recipe.trainer) == ("toy", "toy")


def test_model_values_are_merged_by_key(softmax):
    recipe = resolve_recipe(softmax, "default", [{"model": {"a": 1, "b": 1}}, {"model": {"b": 2}}])
    assert recipe.model == {"a": 1, "b": 2}


@pytest.fixture
def with_own(toy):
    """Return the toy catalog, with a recipe for one data set."""
    import zoo_toy.config

    own = {**zoo_toy.config.RECIPES["slow"], "dataset": "other", "lr": 0.125}
    zoo_toy.config.RECIPES["default@other"] = own
    entry = toy.dataset("toy")
    spec = dataclasses.replace(entry.spec, name="other")
    toy._entries_by_kind["datasets"]["other"] = [dataclasses.replace(entry, spec=spec)]
    return toy


@pytest.mark.parametrize(
    ("name", "overrides", "found", "lr"),
    [
        ("default", [{"dataset": "other"}], "default@other", 0.125),
        ("default", [{"dataset": "toy"}, {"dataset": "other"}], "default@other", 0.125),
        ("default", [{"dataset": "other"}, {"dataset": "toy"}], "default", 0.5),
        ("default", [], "default", 0.5),
        ("slow", [{"dataset": "other"}], "slow", 0.05),  # which has none of its own for it
        ("default@other", [], "default@other", 0.125),
    ],
)
def test_a_recipe_for_a_data_set_is_taken_where_that_is_asked_for(
    with_own, name, overrides, found, lr
):
    plan = make_plan(with_own, "softmax", name, overrides)
    assert (plan.recipe_name, plan.recipe.lr) == (found, lr)
    assert "lr" not in plan.changed


def test_such_a_recipe_is_on_the_card_and_trains_again_from_it(with_own, tmp_path):
    run = Training.new(
        with_own, "softmax", overrides=[{"dataset": "other"}], out=tmp_path / "run"
    ).run()
    assert (run.card.recipe_name, run.card.changed) == ("default@other", ())
    assert run.card.dataset.name == "other"
    again = Training.repeat(with_own, run.card, out=tmp_path / "again").run()
    assert again.card.weights.sha256 == run.card.weights.sha256


def test_a_field_that_older_cards_lack_is_written_only_where_it_says_something(softmax):
    plain, flipped = (resolve_recipe(softmax, "default", [{"flip": f}]) for f in (0.0, 0.5))
    assert "flip" not in plain.model_dump()
    assert flipped.model_dump()["flip"] == 0.5
    assert plain.json_values()["flip"] == 0.0
    assert Recipe.model_validate(plain.model_dump()) == plain


def test_a_change_of_such_a_field_is_noticed_both_ways(with_own):
    import zoo_toy.config

    catalog = following(with_own, "flip")
    zoo_toy.config.RECIPES["mirrored"] = {**zoo_toy.config.RECIPES["slow"], "flip": 0.5}
    assert make_plan(catalog, "softmax", "slow", [{"flip": 0.5}]).changed == ("flip",)
    assert make_plan(catalog, "softmax", "mirrored", [{"flip": 0.0}]).changed == ("flip",)
    assert make_plan(catalog, "softmax", "mirrored", []).changed == ()


def test_a_recipe_may_be_a_file(softmax, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("lr = 0.25\nepochs = 3\n[model]\nscale = 0.5\n")
    recipe = resolve_recipe(softmax, str(path))
    assert (recipe.lr, recipe.model) == (0.25, {"scale": 0.5})


@pytest.mark.parametrize("content", [b"lr = ", b"\xff", None])
def test_a_recipe_file_that_is_none_is_refused(softmax, tmp_path, content):
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"mine\.toml cannot be read"):
        resolve_recipe(softmax, str(path))


def test_an_unknown_recipe_lists_those_there_are(softmax):
    with pytest.raises(UnknownNameError, match="Did you mean 'default'.*: default, slow"):
        resolve_recipe(softmax, "defualt")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"learning_rate": 1}, "no key 'learning_rate'.*Keys there are: batch_size, dataset"),
        ({"epoch": 1}, "no key 'epoch'. Did you mean 'epochs'"),
        ({"lr": -1}, "lr of the recipe must be greater than 0, got -1"),
        ({"lr": "fast"}, 'lr of the recipe must be a valid number, got "fast"'),
        ({"lr": math.nan}, "lr of the recipe must be a finite number"),
        ({"epochs": 0}, "epochs of the recipe must be greater than or equal to 1, got 0"),
        ({"epochs": 1.5}, "epochs of the recipe must be a valid integer"),
        ({"epochs": True}, "epochs of the recipe must be a valid integer, got true"),
        (
            {"optimizer": "sdg"},
            "optimizer of the recipe must be 'sgd', 'adamw' or 'muon', got \"sdg\"",
        ),
        ({"momentum": 1}, "momentum of the recipe must be less than 1"),
        ({"validation": 0}, "validation of the recipe must be greater than 0"),
        ({"seed": -1}, "seed of the recipe must be greater than or equal to 0"),
        ({"optimizer": "adamw", "momentum": 0.9}, "momentum and nesterov are of sgd"),
        ({"nesterov": True}, "nesterov needs a momentum"),
        ({"model": 3}, "model of the recipe must be an object, got 3"),
        ({"lr": object()}, "not plain JSON"),
    ],
)
def test_a_bad_value_is_refused_and_says_what_is_allowed(softmax, values, said):
    with pytest.raises(InvalidValueError, match=said):
        resolve_recipe(softmax, "default", [values])


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("lr=0.05", {"lr": 0.05}),
        ("model.hidden=64", {"model": {"hidden": 64}}),
        ("model.hidden=[64, 32]", {"model": {"hidden": [64, 32]}}),
        ("model.hidden=64,32", {"model": {"hidden": [64, 32]}}),
        ("optimizer=adamw", {"optimizer": "adamw"}),
        ("nesterov=true", {"nesterov": True}),
        ("warmup=null", {"warmup": None}),
        (" dataset = a=b ", {"dataset": "a=b"}),
    ],
)
def test_set_reads_json_lists_and_words(text, parsed):
    assert parse_set(text) == parsed


@pytest.mark.parametrize("text", ["lr", "", "=3", " =3", "trainer.lr=3"])
def test_set_refuses_what_is_no_assignment(text):
    with pytest.raises(InvalidValueError, match=r"KEY=VALUE|model\.KEY"):
        parse_set(text)


@given(st.text())
def test_set_reads_or_refuses_any_text(text):
    try:
        parsed = parse_set(text)
    except InvalidValueError:
        return
    assert len(parsed) == 1


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_set_gives_any_json_value_back(value):
    assert parse_set(f"lr={json.dumps(value)}") == {"lr": value}


@given(st.dictionaries(st.sampled_from([*Recipe.model_fields, "other"]), st.integers() | st.text()))
def test_a_recipe_is_valid_or_refused_with_a_reason(values):
    try:
        recipe = validate(Recipe, values, what="recipe")
    except InvalidValueError as exc:
        assert "recipe" in str(exc)
    else:
        assert recipe.lr > 0
        assert recipe.epochs >= 1


def test_config_follows_from_the_dataset(toy, softmax):
    recipe = resolve_recipe(softmax, "default", [{"model": {"scale": 0.5}}])
    config = resolve_config(softmax, recipe, toy.dataset("toy").spec)
    assert (config.input_shape, config.classes, config.scale) == ((1, 6, 5), (3,), 0.5)


@pytest.mark.parametrize(
    ("model", "dataset", "said"),
    [
        ({}, "toy-pairs", "'softmax' gives one label an image, dataset 'toy-pairs' has 2 labels"),
        ({"input_shape": [1, 7, 5]}, "toy", r"model.input_shape is \[1, 7, 5\].*has \[1, 6, 5\]"),
        ({"classes": [4]}, "toy", r"model.classes is \[4\], dataset 'toy' has \[3\]"),
        ({"scael": 1}, "toy", "no key 'model.scael'. Did you mean 'model.scale'"),
        ({"scale": -1}, "toy", r"model\.scale of the config .* greater than or equal to 0, got -1"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(toy, softmax, model, dataset, said):
    recipe = resolve_recipe(softmax, "default", [{"model": model}])
    with pytest.raises(InvalidValueError, match=said):
        resolve_config(softmax, recipe, toy.dataset(dataset).spec)


def recipe_with(**values):
    return Recipe(dataset="d", trainer="t", **values)


def test_a_constant_rate_is_constant():
    recipe = recipe_with(lr=0.5)
    assert {learning_rate(recipe, step, 10) for step in range(10)} == {0.5}


@pytest.mark.parametrize("schedule", ["cosine", "one-cycle"])
@given(total=st.integers(1, 200))
def test_a_schedule_stays_below_its_peak_and_ends_low(schedule, total):
    recipe = recipe_with(lr=0.5, schedule=schedule)
    rates = [learning_rate(recipe, step, total) for step in range(total)]
    assert all(0 < rate <= 0.5 for rate in rates)
    assert max(rates) == pytest.approx(0.5)
    if total > 20:
        assert rates[-1] < 0.01
        peak = rates.index(max(rates))
        assert peak == (round(0.3 * total) if schedule == "one-cycle" else 0)


def test_a_warm_up_rises_in_a_straight_line():
    recipe = recipe_with(lr=1.0, warmup=0.5)
    rates = [learning_rate(recipe, step, 8) for step in range(8)]
    assert rates == pytest.approx([0.04, 0.28, 0.52, 0.76, 1, 1, 1, 1])
