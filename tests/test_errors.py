"""Hints of errors."""

from pathlib import Path

from zoo_core.errors import choose_from
from zoo_core.plugins.bare_names import OWN_PLUGINS

MANY = [f"name-{number}" for number in range(9)]


def test_choose_from_lists_few_names():
    assert choose_from("nmae", ["name", "b"]) == "Did you mean 'name'? Choose one of: b, name."
    assert choose_from("x", ["b", "a"], command="zoo list") == "Choose one of: a, b."


def test_choose_from_replaces_many_names_by_the_command():
    assert choose_from("x", MANY, command="zoo list") == "Run `zoo list` to see all names."
    near = choose_from("name-10", MANY, command="zoo list")
    assert near.startswith("Did you mean 'name-1'?")
    assert near.endswith("Run `zoo list` to see all names.")


def test_choose_from_replaces_many_names_by_the_nearest():
    assert choose_from("name-10", MANY) == "Did you mean 'name-1'?"
    assert choose_from("x", MANY) == f"Choose one of: {', '.join(MANY)}."


def test_zoo_plugins_are_those_of_the_repository():
    folder = Path(__file__).parents[1] / "plugins"
    assert {f"zoo-{name}" for name in OWN_PLUGINS.split()} == {
        p.parent.name for p in folder.glob("*/pyproject.toml")
    }
