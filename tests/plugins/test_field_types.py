"""Types of the fields of specs: a wrong one is an error that shows the right one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import pytest

from zoo_core.plugins.field_types import check_field_types
from zoo_core.plugins.specs import TrainerSpec

TRAINER = TrainerSpec(
    name="t", summary="s", factory="a:b", framework="f", recipe_fields=("optimizer",)
)


@dataclass(frozen=True)
class Inner:
    size: int = 1


@dataclass(frozen=True)
class Example:
    number: float = 1.0
    count: int = 1
    on: bool = True
    name: str = ""
    maybe: int | None = None
    sizes: tuple[int, ...] = ()
    pair: tuple[int, str] = (1, "")
    inner: tuple[Inner, ...] = ()
    table: Mapping[str, tuple[int, ...]] = None
    anything: Any = None
    function: Callable[[], int] = int

    def __post_init__(self):
        if self.table is None:
            object.__setattr__(self, "table", {})
        check_field_types(self, "Example")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"number": "1"}, "number: expected a number, got '1'"),
        ({"number": True}, "number: expected a number, got True"),
        ({"count": 1.0}, "count: expected an integer, got 1.0"),
        ({"count": True}, "count: expected an integer, got True"),
        ({"on": 1}, "on: expected True or False, got 1"),
        ({"name": None}, "name: expected a string, got None"),
        ({"name": ["a"]}, "name: expected a string, got ['a']"),
        ({"maybe": "1"}, "maybe: expected an integer or None, got '1'"),
        ({"sizes": 10}, "sizes: expected a tuple of integers, got 10. Did you mean (10,)?"),
        ({"sizes": {10}}, "sizes: expected a tuple of integers, got {10}"),
        ({"sizes": "10"}, "sizes: expected a tuple of integers, got '10'"),
        ({"sizes": (1, "2")}, "sizes: expected a tuple of integers, got (1, '2')"),
        ({"pair": (1,)}, "pair: expected a tuple of an integer and a string, got (1,)"),
        (
            {"inner": Inner()},
            "inner: expected a tuple of Inners, got Inner(size=1). Did you mean (Inner(size=1),)?",
        ),
        ({"table": [1]}, "table: expected a dict of strings to tuples of integers, got [1]"),
        (
            {"table": {"a": 1}},
            "table: expected a dict of strings to tuples of integers, got {'a': 1}",
        ),
    ],
)
def test_wrong_type_is_refused(values, message):
    with pytest.raises(TypeError) as caught:
        Example(**values)
    assert str(caught.value) == f"Example: {message}"


def test_lists_become_tuples_and_mappings_become_read_only():
    example = Example(sizes=[1, 2], pair=[1, "a"], inner=[Inner()], table={"a": [1]}, number=1)
    assert (example.sizes, example.pair, example.inner) == ((1, 2), (1, "a"), (Inner(),))
    assert example.table == {"a": (1,)}
    with pytest.raises(TypeError):
        example.table["b"] = (2,)


def test_other_annotations_are_not_checked():
    example = Example(anything={1}, function=print)
    assert (example.anything, example.function) == ({1}, print)


def test_field_of_any_spec_is_checked():
    for value, message in (
        ("optimizer", r"recipe_fields: .*Did you mean \('optimizer',\)\?"),
        ({"optimizer"}, "recipe_fields: expected a tuple of strings"),
    ):
        with pytest.raises(TypeError, match=f"TrainerSpec 't': {message}"):
            replace(TRAINER, recipe_fields=value)
    assert replace(TRAINER, recipe_fields=["optimizer"]) == TRAINER


def test_object_is_refused_in_every_field_of_every_spec(toy):
    for plugin in toy.plugins:
        for _, spec in plugin.offers:
            for field in fields(spec):
                with pytest.raises(TypeError, match=f": {field.name}: expected .*, got <object"):
                    replace(spec, **{field.name: object()})
