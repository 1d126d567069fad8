"""Recipes: every key and value is checked, and errors state the allowed values."""

import dataclasses
import json
import math
import shlex
from inspect import signature

import pytest
from hypothesis import given, strategies as st

from zoo_core.errors import DataError, InvalidValueError, UnknownNameError
from zoo_core.plugins.data_specs import class_targets
from zoo_core.recipes.model_config import ModelConfig
from zoo_core.recipes.recipe import Recipe
from zoo_core.recipes.resolve import parse_set, resolve_config, resolve_recipe
from zoo_core.recipes.validation import validate
from zoo_core.tasks.classification import Classification
from zoo_core.training.make_plan import make_plan
from zoo_core.training.schedule import learning_rate
from zoo_core.training.training import Training


@pytest.fixture
def softmax(toy):
    return toy.model("softmax")


def following(catalog, *fields):
    """Return a catalog whose toy trainer implements some recipe fields."""
    entry = catalog.trainer("toy")
    spec = dataclasses.replace(entry.spec, recipe_fields=fields)
    catalog._entries_by_kind["trainers"]["toy"] = [dataclasses.replace(entry, spec=spec)]
    return catalog


def test_resolve_recipe_applies_overrides(softmax):
    recipe = resolve_recipe(softmax, "default", [{"lr": 0.1, "epochs": 7}, {"epochs": 9}])
    assert (recipe.lr, recipe.epochs, recipe.batch_size) == (0.1, 9, 16)
    assert (recipe.dataset, recipe.trainer) == ("toy", "toy")


def test_resolve_recipe_merges_model_values_by_key(softmax):
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
def test_make_plan_selects_recipe_of_requested_dataset(with_own, name, overrides, found, lr):
    plan = make_plan(with_own, "softmax", name, overrides)
    assert (plan.recipe_name, plan.recipe.lr) == (found, lr)
    assert "lr" not in plan.changed


def test_card_names_dataset_recipe_and_repeats_its_training(with_own, tmp_path):
    run = Training.new(
        with_own, "softmax", overrides=[{"dataset": "other"}], out=tmp_path / "run"
    ).run()
    assert (run.card.recipe_name, run.card.changed) == ("default@other", ())
    assert run.card.dataset.name == "other"
    again = Training.repeat(with_own, run.card, out=tmp_path / "again").run()
    assert again.card.weights.sha256 == run.card.weights.sha256


def test_recipe_dump_omits_newer_field_at_its_default(softmax):
    plain, flipped = (resolve_recipe(softmax, "default", [{"flip": f}]) for f in (0.0, 0.5))
    assert "flip" not in plain.model_dump()
    assert flipped.model_dump()["flip"] == 0.5
    assert plain.json_values()["flip"] == 0.0
    assert Recipe.model_validate(plain.model_dump()) == plain


def test_make_plan_reports_change_of_newer_field_both_ways(with_own):
    import zoo_toy.config

    catalog = following(with_own, "flip")
    zoo_toy.config.RECIPES["mirrored"] = {**zoo_toy.config.RECIPES["slow"], "flip": 0.5}
    assert make_plan(catalog, "softmax", "slow", [{"flip": 0.5}]).changed == ("flip",)
    assert make_plan(catalog, "softmax", "mirrored", [{"flip": 0.0}]).changed == ("flip",)
    assert make_plan(catalog, "softmax", "mirrored", []).changed == ()


def test_make_plan_refuses_to_mirror_every_image(with_own):
    catalog = following(with_own, "flip")
    assert make_plan(catalog, "softmax", "slow", [{"flip": 0.99}]).recipe.flip == 0.99
    with pytest.raises(InvalidValueError, match=r"flip: expected less than 1, .* --set flip=0.5"):
        make_plan(catalog, "softmax", "slow", [{"flip": 1.0}])


@pytest.mark.parametrize(
    ("values", "hint"),
    [
        ({"ema": 0.5}, "--set ema=0.0"),
        ({"label_smoothing": 0.1}, "--set label_smoothing=0.0"),
        ({"optimizer": "adamw"}, "--set optimizer=sgd"),
        ({"transforms": ["RandomHorizontalFlip"]}, "--set transforms='[]'"),
        ({"pretrained": True}, "--set pretrained=false"),
        ({"fresh": True}, "--set fresh=false"),
        ({"batch_size": 10_000}, "--set batch_size=180"),
    ],
)
def test_make_plan_hint_for_unsuitable_field_can_be_pasted(with_own, values, hint):
    with pytest.raises(InvalidValueError) as info:
        make_plan(with_own, "softmax", "slow", [values])
    assert hint in info.value.hint
    _, assignment = shlex.split(hint)
    make_plan(with_own, "softmax", "slow", [values, parse_set(assignment)])


def test_resolve_recipe_reads_toml_file(softmax, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("lr = 0.25\nepochs = 3\n[model]\nscale = 0.5\n")
    recipe = resolve_recipe(softmax, str(path))
    assert (recipe.lr, recipe.model) == (0.25, {"scale": 0.5})


@pytest.mark.parametrize("content", [b"lr = ", b"\xff", None])
def test_resolve_recipe_rejects_unreadable_file(softmax, tmp_path, content):
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"mine\.toml") as caught:
        resolve_recipe(softmax, str(path))
    assert "Errno" not in str(caught.value)


@pytest.mark.parametrize("content", ["lr = 'x'", "lrr = 1", "[model]\nscale = 'x'"])
def test_make_plan_names_the_file_with_an_error(toy, tmp_path, content):
    path = tmp_path / "mine.toml"
    path.write_text(content)
    with pytest.raises(InvalidValueError, match=r"mine\.toml: "):
        make_plan(toy, "softmax", str(path), [])


def test_resolve_recipe_lists_recipes_for_unknown_name(softmax):
    with pytest.raises(UnknownNameError, match="Did you mean 'default'.*: default, slow"):
        resolve_recipe(softmax, "defualt")


def test_wrong_recipe_of_plugin_is_named(toy, softmax, monkeypatch):
    monkeypatch.setitem(softmax.resolve(softmax.spec.recipes), "fast", {"lrr": 0.1})
    message = "invalid recipe 'fast' of zoo_toy.config:RECIPES: unknown key 'lrr'"
    with pytest.raises(InvalidValueError, match=message):
        make_plan(toy, "softmax", "fast", [])


@pytest.mark.parametrize(
    ("values", "pattern"),
    [
        ({"learning_rate": 1}, "'learning_rate'.*: accumulate, batch_size, "),
        ({"epoch": 1}, "unknown key 'epoch'. Did you mean 'epochs'"),
        ({"lr": -1}, r"^invalid recipe: lr: expected a number greater than 0, got -1$"),
        ({"lr": 1e39}, "lr: expected a number of at most "),
        ({"lr": "fast"}, "lr: expected a number, got 'fast'"),
        ({"lr": math.nan}, "lr: .*finite"),
        ({"epochs": 0}, "epochs: expected an integer of at least 1, got 0"),
        ({"epochs": 1.5}, r"epochs: expected an integer, got 1\.5"),
        ({"epochs": True}, "epochs: expected an integer, got true"),
        ({"nesterov": 1}, "nesterov: expected true or false, got 1"),
        ({"optimizer": "sdg"}, "optimizer: .*'sgd', 'adamw' or 'muon'.* 'sdg'. Did you mean 'sgd'"),
        ({"momentum": 1}, "momentum: .*less than 1,"),
        ({"validation": 0}, "validation: .*greater than 0,"),
        ({"seed": -1}, "seed: expected an integer of at least 0,"),
        ({"optimizer": "adamw", "momentum": 0.9}, "momentum.*nesterov.*sgd.*adamw"),
        ({"nesterov": True}, "nesterov.*momentum"),
        ({"model": 3}, "model: expected an object, got 3"),
        ({"lr": object()}, "not plain JSON"),
    ],
)
def test_make_plan_rejects_bad_value_and_states_allowed(toy, values, pattern):
    with pytest.raises(InvalidValueError, match=pattern):
        make_plan(toy, "softmax", "default", [values])


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
def test_parse_set_reads_json_lists_and_words(text, parsed):
    assert parse_set(text) == parsed


@pytest.mark.parametrize("text", ["lr", "", "=3", " =3", "trainer.lr=3"])
def test_parse_set_rejects_non_assignment(text):
    with pytest.raises(InvalidValueError, match=r"KEY=VALUE|model\.KEY"):
        parse_set(text)


@given(st.text())
def test_parse_set_accepts_or_rejects_any_text(text):
    try:
        parsed = parse_set(text)
    except InvalidValueError:
        return
    assert len(parsed) == 1


@pytest.mark.slow
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_parse_set_round_trips_any_json_value(value):
    assert parse_set(f"lr={json.dumps(value)}") == {"lr": value}


@given(st.dictionaries(st.sampled_from([*Recipe.model_fields, "other"]), st.integers() | st.text()))
def test_validate_returns_valid_recipe_or_raises(values):
    try:
        recipe = validate(Recipe, values, what="recipe")
    except InvalidValueError as exc:
        assert "recipe" in str(exc)
    else:
        assert recipe.lr > 0
        assert recipe.epochs >= 1


TASKS = [Classification(target) for target in class_targets(3)]


def test_resolve_config_takes_shape_and_classes_from_dataset(toy, softmax):
    recipe = resolve_recipe(softmax, "default", [{"model": {"scale": 0.5}}])
    config = resolve_config(softmax, recipe, toy.dataset("toy").spec, TASKS)
    assert (config.input_shape, config.outputs, config.scale) == ((1, 6, 5), (3,), 0.5)


@pytest.mark.parametrize(
    ("model", "dataset", "pattern"),
    [
        ({}, "toy-pairs", "'softmax'.*'toy-pairs'.* 1, got 2"),
        ({"input_shape": [1, 7, 5]}, "toy", r"model.input_shape .*\[1, 6, 5\], got \[1, 7, 5\]"),
        ({"classes": [4]}, "toy", r"model.outputs .*'toy'.*expected \[3\], got \[4\]"),
        ({"outputs": [4]}, "toy", r"model.outputs .*'toy'.*expected \[3\], got \[4\]"),
        ({"scael": 1}, "toy", "unknown key 'model.scael'. Did you mean 'model.scale'"),
        ({"scale": -1}, "toy", "'softmax': scale: expected a number of at least 0, got -1"),
    ],
)
def test_resolve_config_rejects_invalid_model_values(toy, softmax, model, dataset, pattern):
    recipe = resolve_recipe(softmax, "default", [{"model": model}])
    with pytest.raises(InvalidValueError, match=pattern):
        resolve_config(softmax, recipe, toy.dataset(dataset).spec, TASKS)


def recipe_with(**values):
    return Recipe(dataset="d", trainer="t", **values)


def test_learning_rate_is_constant_by_default():
    recipe = recipe_with(lr=0.5)
    assert {learning_rate(recipe, step, 10) for step in range(10)} == {0.5}


@pytest.mark.parametrize("schedule", ["cosine", "one-cycle"])
@given(total=st.integers(1, 200))
def test_learning_rate_schedule_peaks_at_lr_and_ends_low(schedule, total):
    recipe = recipe_with(lr=0.5, schedule=schedule)
    rates = [learning_rate(recipe, step, total) for step in range(total)]
    assert all(0 < rate <= 0.5 for rate in rates)
    assert max(rates) == pytest.approx(0.5)
    if total > 20:
        assert rates[-1] < 0.01
        peak = rates.index(max(rates))
        assert peak == (round(0.3 * total) if schedule == "one-cycle" else 0)


def test_learning_rate_warms_up_linearly():
    recipe = recipe_with(lr=1.0, warmup=0.5)
    rates = [learning_rate(recipe, step, 8) for step in range(8)]
    assert rates == pytest.approx([0.04, 0.28, 0.52, 0.76, 1, 1, 1, 1])


def test_signature_of_config_has_names_of_attributes():
    # `help(zoo.ModelConfig)` shows it; the JSON has the name of the first models' key.
    assert [*signature(ModelConfig).parameters] == [*ModelConfig.model_fields]
    assert ModelConfig(outputs=(3,)) == ModelConfig(classes=(3,))
    assert ModelConfig(outputs=(3,)).model_dump(mode="json")["classes"] == [3]
