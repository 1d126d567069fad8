"""Learning rate schedules: bounds, ends, and the values of each."""

import math

import pytest
from hypothesis import assume, given, strategies as st

from zoo_core.errors import InvalidValueError
from zoo_core.recipes.fields.schedule import FALLING, SCHEDULES
from zoo_core.recipes.recipe import Recipe
from zoo_core.recipes.resolve import resolve_recipe
from zoo_core.training.course.course import plateau_falls, position, segment
from zoo_core.training.schedule import learning_rate, warmup_steps
from zoo_core.weights.card_course import EndDecision


def recipe_with(**values):
    return Recipe(dataset="d", trainer="t", **values)


def rates(total, **values):
    recipe = recipe_with(**values)
    return [learning_rate(recipe, step, total) for step in range(total)]


@st.composite
def recipes(draw):
    """Return a recipe with any schedule of the core, and values for all fields of it."""
    schedule = draw(st.sampled_from(SCHEDULES))
    epochs, share = draw(st.integers(1, 30)), st.floats(0, 0.99)
    fields = {
        "polynomial": {"lr_power": st.floats(0.1, 5)},
        "step": {
            "lr_factor": st.floats(0.01, 0.99),
            "lr_epochs": st.lists(st.integers(1, max(epochs - 1, 1)), max_size=epochs - 1),
        },
        "plateau": {"lr_factor": st.floats(0.01, 0.99)},
        "restarts": {"cycle": st.integers(1, 40), "cycle_factor": st.floats(1, 3)},
        "cooldown": {"cooldown": st.floats(0.01, 0.5)},
    }.get(schedule, {})
    values = {name: draw(each) for name, each in fields.items()}
    if schedule in FALLING:
        values["final_lr"] = draw(st.floats(0, 1))
    warmup = st.floats(0, 0.5) if schedule == "cooldown" else share
    values |= {"epochs": epochs, "lr": draw(st.floats(1e-6, 1e3))}
    return recipe_with(schedule=schedule, warmup=draw(st.none() | warmup), **values)


@given(recipe=recipes(), steps=st.integers(1, 20), falls=st.integers(0, 9), data=st.data())
def test_learning_rate_is_between_0_and_lr(recipe, steps, falls, data):
    total = recipe.epochs * steps
    step = data.draw(st.floats(0, total))
    rate = learning_rate(recipe, step, total, falls=falls)
    assert 0 <= rate <= recipe.lr


@given(recipe=recipes().filter(lambda each: each.schedule in FALLING), steps=st.integers(1, 20))
def test_falling_schedules_end_at_final_lr(recipe, steps):
    total = recipe.epochs * steps
    assume(warmup_steps(recipe, total) < total)
    if recipe.schedule == "restarts":
        total, end = recipe.cycle * steps, recipe.cycle - 1e-9
        recipe = recipe.model_copy(update={"epochs": recipe.cycle})
        last = learning_rate(recipe, total - 1e-9 * steps, total, epoch=end)
    else:
        last = learning_rate(recipe, total, total)
    assert last == pytest.approx(recipe.final_lr * recipe.lr, abs=1e-6 * recipe.lr)


@st.composite
def decisions(draw, epochs):
    """Return decisions of max_minutes about the end of a training."""
    ends, after = [], 0
    while after < epochs and draw(st.booleans()):
        after = draw(st.integers(after + 1, epochs))
        last = draw(st.integers(after, epochs))
        ends.append(EndDecision(after=after, last=last, because="max_minutes"))
        if last == after:
            break
    return ends


@given(recipe=recipes(), steps=st.integers(1, 20), data=st.data())
def test_progress_of_a_schedule_is_continuous_and_ends_at_its_end(recipe, steps, data):
    ends = data.draw(decisions(recipe.epochs))
    total = recipe.epochs * steps
    before, lines = None, []
    for number, end in enumerate(ends, 1):
        line = segment(recipe, ends[:number], steps, recipe.epochs)
        here = end.after * steps
        assert position(line, here, total) == pytest.approx(position(before, here, total))
        lines.append(line)
        before = line
    if ends and ends[-1].last > ends[-1].after:
        assert position(before, ends[-1].last * steps, total) == pytest.approx(total)
    for line in lines:
        at = [position(line, step, total) for step in range(line[0], total + 1)]
        assert at == sorted(at)
        assert max(at, default=0) <= total


@given(recipe=recipes().filter(lambda each: each.schedule == "cooldown"), steps=st.integers(1, 20))
def test_cooldown_that_patience_begins_leaves_the_learning_rate_continuous(recipe, steps):
    total = recipe.epochs * steps
    begun = math.ceil((recipe.warmup or 0) * recipe.epochs)
    for after in range(begun, recipe.epochs):
        ends = [EndDecision(after=after, last=recipe.epochs, because="patience")]
        line = segment(recipe, ends, steps, recipe.epochs)
        if position(None, after * steps, total) <= total * (1 - recipe.cooldown):
            rate = learning_rate(recipe, position(line, after * steps, total), total)
            assert rate == pytest.approx(recipe.lr)
        end = learning_rate(recipe, position(line, total, total), total)
        assert end == pytest.approx(recipe.final_lr * recipe.lr, abs=1e-6 * recipe.lr)


def test_polynomial_of_power_1_is_a_line():
    assert rates(4, schedule="polynomial", lr=1) == pytest.approx([1, 0.75, 0.5, 0.25])


def test_polynomial_ends_at_final_lr_along_its_power():
    found = rates(4, schedule="polynomial", lr=2, lr_power=2, final_lr=0.5)
    assert found == pytest.approx([1 + each**2 for each in (1, 0.75, 0.5, 0.25)])


def test_step_falls_after_the_listed_epochs():
    found = rates(8, schedule="step", epochs=4, lr=1, lr_epochs=(1, 3), lr_factor=0.5)
    assert found == [1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]


def test_step_falls_after_half_and_three_quarters_of_the_steps_by_default():
    assert (
        rates(8, schedule="step", epochs=4, lr=1, lr_factor=0.5) == [1] * 4 + [0.5] * 2 + [0.25] * 2
    )


def test_restarts_begin_a_cycle_at_the_peak():
    found = rates(14, schedule="restarts", epochs=7, cycle=1, cycle_factor=2, lr=1)
    assert [step for step, rate in enumerate(found) if rate == 1] == [0, 2, 6]
    assert found[1] == pytest.approx(0.5)
    assert rates(6, schedule="restarts", epochs=3, cycle=1, lr=1)[::2] == [1, 1, 1]


def test_cooldown_is_constant_and_then_linear():
    found = rates(10, schedule="cooldown", lr=1, cooldown=0.4)
    assert found == pytest.approx([1] * 7 + [0.75, 0.5, 0.25])


def test_plateau_falls_after_epochs_without_a_better_one():
    ranks = [(1, 0), (2, 0), (2, 0), (1, 9), (3, 0), (3, 0), (3, 0), (3, 0), (3, 0)]
    assert plateau_falls(ranks, 2) == [4, 7, 9]
    assert plateau_falls(ranks, 10) == []
    recipe = recipe_with(schedule="plateau", lr=1, lr_factor=0.5)
    assert learning_rate(recipe, 3, 9, falls=2) == 0.25


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"schedule": "step", "epochs": 5, "lr_epochs": [2, 5]},
            r"lr_epochs: .*the last, 5, got 5",
        ),
        (
            {"schedule": "cosine", "lr_factor": 0.3},
            r"lr_factor requires schedule .*cosine.*=0\.1\)",
        ),
        (
            {"schedule": "plateau", "final_lr": 0.1},
            r"final_lr requires schedule .*--set final_lr=0",
        ),
        ({"schedule": "cooldown", "warmup": 0.6, "cooldown": 0.5}, "at most 1 together, got 0.6"),
        ({"patience": 3, "keep": "last"}, "patience requires keep best, got last"),
        ({"max_minutes": 0}, "max_minutes: .*greater than 0"),
    ],
)
def test_values_without_effect_are_refused(toy, values, words):
    with pytest.raises(InvalidValueError, match=words):
        resolve_recipe(toy.model("softmax"), "default", [values])
