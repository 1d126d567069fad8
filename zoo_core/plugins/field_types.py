"""Types of a dataclass's fields: each value is checked against its annotation."""

import functools
import types
from collections.abc import Mapping
from typing import Any, get_args, get_origin, get_type_hints

_NOUNS = {
    str: ("a string", "strings"),
    int: ("an integer", "integers"),
    float: ("a number", "numbers"),
    bool: ("True or False", "True or False"),
    type(None): ("None", "None"),
}
"""Type -> its name in an error, for one value and for several."""


def check_field_types(instance: Any, label: str) -> None:
    """Check every field of a dataclass, which may be frozen, against its annotation.

    A list is accepted for a tuple and replaced by one, and a mapping is made read-only.

    Raises:
        TypeError: a value has another type.
    """
    cls: Any = type(instance)  # Any, because mypy considers a class object not hashable
    for name, expected in _types(cls).items():
        value = getattr(instance, name)
        try:
            converted = _convert(value, expected)
        except TypeError:
            raise TypeError(
                f"{label}: {name}: expected {_noun(expected)}, got {value!r}"
                f"{_suggestion(value, expected)}"
            ) from None
        if converted is not value:
            # `object`, because a frozen dataclass refuses assignments.
            object.__setattr__(instance, name, converted)


@functools.cache  # because there may be 1,500 specs of one class
def _types(cls: type[Any]) -> dict[str, Any]:
    return get_type_hints(cls)


def _convert(value: Any, expected: Any) -> Any:
    """Return a value as the expected type, or raise a TypeError without a message."""
    origin, arguments = get_origin(expected), get_args(expected)
    if origin is types.UnionType:
        return _convert_to_any(value, arguments)
    if origin is tuple and isinstance(value, list | tuple):
        return _convert_items(value, arguments)
    if origin is Mapping and isinstance(value, Mapping):
        key, item = arguments
        return types.MappingProxyType(
            {_convert(k, key): _convert(v, item) for k, v in value.items()}
        )
    if origin not in (None, tuple, Mapping) or _is_instance(value, expected):
        return value  # other annotations, such as those of functions, are not checked
    raise TypeError


def _is_instance(value: Any, expected: Any) -> bool:
    if expected is Any:
        return True
    if not isinstance(expected, type):  # a tuple or a mapping, which the value is not
        return False
    if isinstance(value, bool):  # a subclass of int
        return expected in (bool, object)
    return isinstance(value, (int, float) if expected is float else expected)


def _convert_to_any(value: Any, choices: tuple[Any, ...]) -> Any:
    for choice in choices:
        try:
            return _convert(value, choice)
        except TypeError:
            continue
    raise TypeError


def _convert_items(values: list[Any] | tuple[Any, ...], types_: tuple[Any, ...]) -> Any:
    if types_[-1] is Ellipsis:
        types_ = types_[:1] * len(values)
    if len(types_) != len(values):
        raise TypeError
    converted = tuple(_convert(value, each) for value, each in zip(values, types_, strict=True))
    return values if values == converted else converted


def _noun(expected: Any, *, several: bool = False) -> str:
    """Return the name of a type in an error."""
    origin, arguments = get_origin(expected), get_args(expected)
    if expected in _NOUNS:
        return _NOUNS[expected][several]
    if origin is types.UnionType:
        return " or ".join(_noun(each, several=several) for each in arguments)
    if origin is tuple:
        return f"{'tuples' if several else 'a tuple'} of {_items_noun(arguments)}"
    if origin is Mapping:
        key, item = (_noun(each, several=True) for each in arguments)
        return f"a dict of {key} to {item}"
    return f"{expected.__name__}s" if several else f"{expected.__name__}"


def _items_noun(types_: tuple[Any, ...]) -> str:
    if types_[-1] is Ellipsis:
        return _noun(types_[0], several=True)
    if len(set(types_)) == 1:
        return f"{len(types_)} {_noun(types_[0], several=True)}"
    return " and ".join(map(_noun, types_))


def _suggestion(value: Any, expected: Any) -> str:
    """Return the tuple that was probably meant by a single value, as a question."""
    if get_origin(expected) is not tuple:
        return ""
    try:
        _convert((value,), expected)
    except TypeError:
        return ""
    return f". Did you mean ({value!r},)?"
