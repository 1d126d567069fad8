"""Hints of errors."""

from pathlib import Path

import pytest

from zoo_core.errors import choose_from, did_you_mean, join_names
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
    assert choose_from("x", MANY) == f"Choose one of: {', '.join(MANY[:5])}, … (4 more)."


def test_join_names_cuts_long_lists():
    names = [f"name-{number}" for number in range(20, 60)]
    assert join_names(names) == f"{', '.join(names[:10])}, … (30 more)"


FAMILIES = ["net", *(f"{family}/resnet{n}" for family in "abcdefg" for n in (18, 34, 50))]
LIBRARIES = ["cnn", "timm/resnet18", "timm/resnet34", "torchvision/resnet18", "torchvision/alexnet"]


def test_did_you_mean_suggests_at_most_five_names_one_per_family():
    five = "'a/resnet18', 'b/resnet18', 'c/resnet18', 'd/resnet18' or 'e/resnet18'"
    for name in ("resnet18", "renset18", "h/resnet18"):
        assert did_you_mean(name, FAMILIES) == f"Did you mean {five}?"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("resnt18", "'timm/resnet18' or 'torchvision/resnet18'?"),
        ("torchvision/resnt18", "'torchvision/resnet18'?"),
        ("torchvison/resnet34", "'timm/resnet34'?"),
        ("tim/resnt34", "'timm/resnet34'?"),
        ("timm/alexnet", "'torchvision/alexnet'?"),
        ("CNN", "'cnn'? They differ only in case."),
        ("zoo-other/cnn", "'cnn'?"),
        ("transformer", ""),
    ],
)
def test_did_you_mean_suggests_nearest_of_each_family(name, expected):
    assert did_you_mean(name, LIBRARIES).removeprefix("Did you mean ") == expected


def test_zoo_plugins_are_those_of_the_repository():
    folder = Path(__file__).parents[1] / "plugins"
    assert {f"zoo-{name}" for name in OWN_PLUGINS.split()} == {
        p.parent.name for p in folder.glob("*/pyproject.toml")
    }
