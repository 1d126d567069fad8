"""Schedules of a trainer's own: the core leaves the learning rate to the trainer."""

from zoo_core.recipes.recipe import Recipe
from zoo_core.training.schedule import learning_rate


def test_learning_rate_of_a_trainers_schedule_is_that_of_the_recipe():
    recipe = Recipe(dataset="toy", trainer="own", schedule="wave", lr=0.5)
    assert {learning_rate(recipe, step, 20) for step in range(20)} == {0.5}


def test_warmup_of_a_trainers_schedule_is_that_of_the_recipe():
    recipe = Recipe(dataset="toy", trainer="own", schedule="wave", lr=0.5, warmup=0.5)
    rates = [learning_rate(recipe, step, 20) for step in range(20)]
    assert rates[:10] == sorted(set(rates[:10]))
    assert set(rates[10:]) == {0.5}
