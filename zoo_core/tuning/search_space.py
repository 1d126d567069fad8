"""A search space: ranges for fields of a recipe and of a model's config.

A space is written as a recipe is, with ranges in the place of some values::

    batch_size = { choices = [64, 128] }
    weight_decay = 0.05

    [lr]
    low = 0.001
    high = 0.03
    log = true

    [model]
    dropout = { low = 0.0, high = 0.3 }
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, JsonValue, PlainValidator, model_validator

from zoo_core.errors import InvalidValueError
from zoo_core.recipes.validation import FrozenModel

Values = dict[str, Any]
"""Key -> value, such as ``{"lr": 0.01, "model.hidden": [128]}``."""


def _is_number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("a number")
    return value


Number = Annotated[int | float, PlainValidator(_is_number)]


class Range(FrozenModel):
    """The values that a search may try for a key: some, or all between two numbers."""

    model_config = ConfigDict(allow_inf_nan=False)

    choices: tuple[JsonValue, ...] = ()
    low: Number | None = None
    high: Number | None = None
    """Included."""
    log: bool = False
    """Whether equal ratios are equally far, rather than equal differences."""
    step: Number | None = None
    """Between two values, from `low` on."""
    when: dict[str, JsonValue] = Field(default={})
    """Choices of other keys that this one belongs to; elsewhere it has the field's default."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.choices:
            if (self.low, self.high, self.step) != (None, None, None) or self.log:
                raise ValueError("it has choices, which need no low, high, log or step")
            if len({json.dumps(choice) for choice in self.choices}) < len(self.choices):
                raise ValueError("a choice is there twice")
            return self
        if self.low is None or self.high is None:
            raise ValueError("it needs choices, or low and high")
        if self.low >= self.high:
            raise ValueError(f"low must be below high, got {self.low} and {self.high}")
        if self.log and (self.low <= 0 or self.step is not None):
            raise ValueError("log needs a low above 0 and no step")
        if self.step is not None and not 0 < self.step <= self.high - self.low:
            raise ValueError(f"step must be above 0 and at most high - low, got {self.step}")
        return self

    @property
    def bounds_or_choices(self) -> tuple[JsonValue, ...]:
        """Every choice, or the two ends."""
        return self.choices or (self.low, self.high)

    def has(self, value: Any) -> bool:
        """Say whether a value is one of those."""
        if self.choices:
            return any(equal_values(choice, value) for choice in self.choices)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and bool(self.low <= value <= self.high)


@dataclass(frozen=True)
class Space:
    """A search space.

    Attributes:
        ranges: what is searched, by key; those with a ``when`` come last.
        fixed: values instead of the recipe's.
        recipe: that the search begins from, where the space says so.
        one_at_a_time: whether a grid changes one key at a time from the recipe's values, instead
            of combining all.
    """

    ranges: Mapping[str, Range]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    recipe: str | None = None
    one_at_a_time: bool = False

    def assign(self, choose: Callable[[str, Range], Any]) -> Values:
        """Return a value for each key whose ``when`` holds, each given by `choose`."""
        values: Values = {}
        for key, each in self.ranges.items():
            if all(values[other] == value for other, value in each.when.items()):
                values[key] = choose(key, each)
        return values

    def without(self, given: Mapping[str, Any]) -> Space:
        """Return the space for a user who gives some of its keys one value."""
        ranges = {}
        for key, each in self.ranges.items():
            holds = all(given.get(other, value) == value for other, value in each.when.items())
            if key not in given and holds:
                left = {k: value for k, value in each.when.items() if k not in given}
                ranges[key] = each.model_copy(update={"when": left})
        fixed = {key: value for key, value in self.fixed.items() if key not in given}
        return replace(self, ranges=ranges, fixed=fixed)

    def around(self, base: Mapping[str, Any]) -> Space:
        """Return the space with the recipe's own values among the choices, if a grid needs them."""
        if not self.one_at_a_time:
            return self
        ranges = {
            key: each
            if not each.choices or each.has(base[key])
            else each.model_copy(update={"choices": (base[key], *each.choices)})
            for key, each in self.ranges.items()
        }
        return replace(self, ranges=ranges)

    def grid(self, base: Mapping[str, Any]) -> list[Values]:
        """Return every combination to try, the one nearest to the recipe's values first.

        Args:
            base: the recipe's own value of every key.

        Raises:
            InvalidValueError: a range has no choices.
        """
        for key, each in self.ranges.items():
            if not each.choices:
                example = json.dumps(list(each.bounds_or_choices))
                raise InvalidValueError(
                    f"a grid needs choices, and {key} of the search space has a low and a high",
                    hint=f"For instance: {key} = {{ choices = {example} }}",
                )
        if self.one_at_a_time:
            changed = [
                {**base, key: choice}
                for key, each in self.ranges.items()
                for choice in each.choices
                if not equal_values(choice, base[key])
            ]
            return [dict(base), *changed]
        every = itertools.product(*(each.choices for each in self.ranges.values()))
        combined = (dict(zip(self.ranges, choices, strict=True)) for choices in every)
        assigned = map(self._active, combined)
        return [*{json.dumps(values): values for values in assigned}.values()]

    def pairs(self) -> Iterator[tuple[Values, Values]]:
        """Yield settings that show every value, and every two values, together.

        Yields:
            What is shown, and the whole setting, in which the other keys have their first values.
        """
        first = {key: each.bounds_or_choices[0] for key, each in self.ranges.items()}
        singles: Iterable[Values] = (
            {key: value} for key, each in self.ranges.items() for value in each.bounds_or_choices
        )
        doubles: Iterable[Values] = (
            {key: value, other: another}
            for (key, each), (other, more) in itertools.combinations(self.ranges.items(), 2)
            for value in each.bounds_or_choices
            for another in more.bounds_or_choices
        )
        for shown in itertools.chain(singles, doubles):
            setting = self._active({**first, **shown})
            if shown.keys() <= setting.keys():
                yield shown, setting

    def _active(self, values: Mapping[str, Any]) -> Values:
        """Return those of the values whose ``when`` holds."""
        return self.assign(lambda key, _: values[key])

    def dump(self) -> dict[str, Any]:
        """Return it as plain values, the same for the same space however it was written."""
        ranges = {key: each.model_dump(exclude_defaults=True) for key, each in self.ranges.items()}
        whole = {**ranges, **self.fixed, "one_at_a_time": self.one_at_a_time}
        plain: dict[str, Any] = json.loads(json.dumps(whole))  # tuples become lists
        return plain


def equal_values(choice: Any, value: Any) -> bool:
    """Say whether a choice is a config's value; a single number stands for a single layer."""
    return value in (choice, [choice])
