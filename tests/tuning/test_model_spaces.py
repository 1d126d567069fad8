"""Search spaces: those of models, files of users, and errors before any training."""

import json

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from zoo_core.errors import DataError, InvalidValueError, UnknownNameError, ZooError
from zoo_core.recipes.recipe import Recipe
from zoo_core.tuning.model_spaces import (
    check_space,
    find_space,
    flatten,
    known_fields,
    overrides,
    plan_values,
    unflatten,
)
from zoo_core.tuning.search_space import Range, Space


@pytest.fixture
def softmax(toy):
    return toy.model("softmax")


@pytest.fixture
def written(softmax, tmp_path):
    """Return a function that writes a user's space file and finds its space."""

    def read(text, **options):
        path = tmp_path / "space.toml"
        path.write_text(text)
        return find_space(softmax, str(path), **options)

    return read


def test_find_space_selects_space_of_model_by_name(softmax):
    space = find_space(softmax, None)
    assert list(space.ranges) == ["lr", "batch_size", "model.scale"]
    assert space.ranges["lr"] == Range(low=0.001, high=2.0, log=True)
    assert find_space(softmax, None, grid=True).recipe == "slow"
    with pytest.raises(UnknownNameError, match=r"Did you mean 'grid'\? .* default, grid"):
        find_space(softmax, "gird")


def test_find_space_gives_float_bounds_for_float_field(softmax):
    assert isinstance(find_space(softmax, None).ranges["model.scale"].low, float)


def test_space_file_narrows_space_of_model(written):
    space = written("lr = { low = 0.1, high = 0.2 }\nbatch_size = 8\n[model]\nscale = 0.05")
    assert space.ranges == {"lr": Range(low=0.1, high=0.2)}
    assert space.fixed == {"batch_size": 8, "model.scale": 0.05}


def test_space_file_replaces_space_with_inherit_false(written):
    space = written("inherit = false\nepochs = { low = 1, high = 3 }")
    assert list(space.ranges) == ["epochs"]
    assert space.fixed == {}
    assert list(written("epochs = { choices = [1] }", grid=True).ranges) == ["epochs"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lrr = { low = 0.1, high = 1 }", "unknown key 'lrr'. Did you mean 'lr'"),
        ("model.hiden = 3", "unknown key 'model.hiden'"),
        ("model.classes = 3", "unknown key 'model.classes'"),
        ("model = 3", r"model: .*table.* 3\b"),
        ("lr = { low = 0.1, hihg = 1 }", "unknown key 'hihg'. Did you mean 'high'"),
        ("lr = { low = 0.1 }", "range of lr .*choices.*low.*high"),
        ("lr = {}", "range of lr .*choices.*low.*high"),
        ("lr = { low = 2.0, high = 1.0 }", r"low .*high.* 2\.0 .*1\.0"),
        ("lr = { low = 0.0, high = 1.0, log = true }", r"log .*low .*\b0\b"),
        ("lr = { low = 0.1, high = 1.0, step = 5.0 }", r"step .*\b0\b.* high - low\b.* 5\.0"),
        ("lr = { low = 'a', high = 1.0 }", "range of lr .*low: .*number.* 'a'"),
        ("lr = { choices = [0.1], low = 0.1 }", "choices.* low, high, log"),
        ("lr = { choices = [0.1, 0.1] }", r"choices.* \[0\.1, 0\.1\]"),
        ("lr = { choices = [1, 1.0] }", r"choices.* \[1, 1\.0\]"),
        ("lr = { choices = [] }", "range of lr .*choices.*low.*high"),
        ("lr = { low = 0.1, high = inf }", "range of lr .*high: .*number.* Infinity"),
        ("seed = { low = 0, high = 9 }", r"\bseed\b.* scores "),
        ("dataset = { choices = ['a', 'b'] }", r"\bdataset\b.* scores "),
        ("choose_by = { choices = ['accuracy', 'loss'] }", r"\bchoose_by\b.* scores "),
        ("split_seed = { choices = [1, 2] }", r"\bsplit_seed\b.* scores "),
        ("inherit = 3", r"inherit: .*true or false.* 3\b"),
        ("recipe = 3", r"recipe: .*string.* 3\b"),
        ("inherit = false\nlr = 0.1", "no range"),
        ("lr.low = 0.1\nlr.high = 1\nlr.when = { batch_size = 7 }", "when of lr .*batch_size = 7"),
        ("lr.low = 0.1\nlr.high = 1\nlr.when = { epochs = 7 }", "when of lr .*epochs = 7"),
    ],
)
def test_find_space_rejects_invalid_space(written, text, message):
    with pytest.raises(InvalidValueError, match=f"(?s){message}"):
        written(text)


def test_find_space_names_unreadable_file(softmax, tmp_path):
    with pytest.raises(DataError, match=r"none\.toml"):
        find_space(softmax, str(tmp_path / "none.toml"))
    (tmp_path / "bad.toml").write_text("lr = [")
    with pytest.raises(DataError, match=r"bad\.toml"):
        find_space(softmax, str(tmp_path / "bad.toml"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lr = { low = -1.0, high = 1.0 }", r"\blr = -1\.0\b.* lr: .*greater than 0\b"),
        ("batch_size = { choices = [8, 4000] }", "batch_size = 4000: .*at most 180"),
        ("batch_size = { low = 8.0, high = 9.5 }", "batch_size = 8.0.*an integer"),
        (
            "model.scale = { low = 0.0, high = -0.5, step = 1 }",
            r"model\.scale .*low .*high.* 0\.0 .*-0\.5",
        ),
        ("model.scale = { choices = ['big'] }", 'model.scale = "big".*a number'),
        ("ema = { low = 0.0, high = 0.9 }", "ema = 0.9.*trainer 'toy' .*not .*field"),
    ],
)
def test_check_space_rejects_value_invalid_for_training(toy, written, text, message):
    with pytest.raises(InvalidValueError, match=f"(?s){message}"):
        check_space(toy, "softmax", written(text), "default")


def test_space_assigns_conditional_key_only_for_its_choice(toy, softmax, written):
    space = written(
        "inherit = false\noptimizer = { choices = ['sgd', 'adamw'] }\n"
        "[momentum]\nlow = 0.5\nhigh = 0.9\nwhen = { optimizer = 'sgd' }"
    )
    first = space.assign(lambda key, each: each.bounds_or_choices[0])
    last = space.assign(lambda key, each: each.bounds_or_choices[-1])
    assert first == {"optimizer": "sgd", "momentum": 0.5}
    assert last == {"optimizer": "adamw"}
    assert overrides(softmax, space, last) == {"optimizer": "adamw", "momentum": 0.0}
    assert {json.dumps(setting) for _, setting in space.pairs()} == {
        '{"optimizer": "sgd", "momentum": 0.5}',
        '{"optimizer": "sgd", "momentum": 0.9}',
        '{"optimizer": "adamw"}',
    }


def test_space_without_drops_keys_set_by_user():
    space = Space(
        {
            "optimizer": Range(choices=("sgd", "adamw")),
            "momentum": Range(low=0.5, high=0.9, when={"optimizer": "sgd"}),
            "lr": Range(low=0.1, high=0.2),
        },
        fixed={"epochs": 3},
    )
    assert list(space.without({"optimizer": "adamw", "epochs": 4}).ranges) == ["lr"]
    assert space.without({"epochs": 4}).fixed == {}
    assert space.without({"optimizer": "sgd"}).ranges["momentum"].when == {}


def test_grid_lists_every_combination_once():
    space = Space(
        {
            "optimizer": Range(choices=("sgd", "adamw")),
            "momentum": Range(choices=(0.5, 0.9), when={"optimizer": "sgd"}),
        }
    )
    assert space.grid({}) == [
        {"optimizer": "sgd", "momentum": 0.5},
        {"optimizer": "sgd", "momentum": 0.9},
        {"optimizer": "adamw"},
    ]
    with pytest.raises(InvalidValueError, match=r"grid .*lr = \{ choices = \[0\.1, 0\.2\] \}"):
        Space({"lr": Range(low=0.1, high=0.2)}).grid({})


def test_grid_one_at_a_time_changes_single_values(toy, softmax):
    space = find_space(softmax, None, grid=True)
    base = plan_values(check_space(toy, "softmax", space, "slow"), space.ranges)
    assert base == {"lr": 0.05, "batch_size": 16}
    assert space.grid(base) == [
        {"lr": 0.05, "batch_size": 16},
        {"lr": 0.5, "batch_size": 16},
        {"lr": 0.05, "batch_size": 8},
        {"lr": 0.05, "batch_size": 32},
    ]
    assert space.around(base).ranges["batch_size"].choices == (16, 8, 32)


def test_range_treats_number_as_single_layer():
    assert Range(choices=(10, [128])).has([10])
    assert not Range(choices=(10, [128])).has([64])
    space = Space({"model.hidden": Range(choices=(10, 128))}, one_at_a_time=True)
    assert space.grid({"model.hidden": [10]}) == [{"model.hidden": 10}, {"model.hidden": 128}]


def test_space_keywords_are_no_recipe_fields():
    assert {"inherit", "one_at_a_time"}.isdisjoint(Recipe.model_fields)
    assert "recipe" not in Recipe.model_fields


values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 300) | st.floats(-2, 2) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
ranges = st.fixed_dictionaries(
    {},
    optional={
        "choices": st.lists(values, max_size=4),
        "low": values,
        "high": values,
        "log": st.booleans(),
        "step": values,
        "when": st.dictionaries(st.sampled_from(["lr", "optimizer"]), values, max_size=1),
    },
)
KEYS = ["lr", "batch_size", "optimizer", "momentum", "nesterov", "epochs", "model.scale", "odd"]


@pytest.mark.slow
@settings(
    deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.dictionaries(st.sampled_from(KEYS), ranges | values, max_size=4))
def test_check_space_accepts_only_spaces_with_trainable_corners(toy, softmax, given_values):
    from zoo_core.training.make_plan import make_plan
    from zoo_core.tuning.model_spaces import _space

    try:
        space = _space(given_values, softmax, "search space")
        check_space(toy, "softmax", space, "default")
    except ZooError as exc:
        assert str(exc)
        return
    for corner in (0, -1):
        setting = space.assign(lambda key, each, at=corner: each.bounds_or_choices[at])
        plan = make_plan(toy, "softmax", "default", [overrides(softmax, space, setting)])
        assert flatten(unflatten(setting), "recipe") == setting
        found = plan_values(plan, setting)
        assert all(found[key] == value for key, value in setting.items())


def test_known_fields_combines_recipe_and_config(softmax):
    fields = known_fields(softmax)
    assert {"lr", "model.scale"} <= fields.keys()
    assert not {"model", "model.input_shape", "model.classes"} & fields.keys()
