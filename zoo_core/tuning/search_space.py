"""Search spaces: ranges for fields of a recipe and of a model's config.

A space is written like a recipe, with ranges in place of some values::

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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, JsonValue, PlainValidator, model_validator

from zoo_core.errors import InvalidValueError
from zoo_core.recipes.validation import FrozenModel

Values = dict[str, Any]
"""Key -> value, such as ``{"lr": 0.01, "model.hidden": [128]}``."""


def _validate_number(value: Any) -> Any:
    # Not pydantic's `int | float`, whose errors name the members of the union. And `bool` is a
    # subclass of `int`.
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("a number")
    return value


Number = Annotated[int | float, PlainValidator(_validate_number)]


class Range(FrozenModel):
    """The values that a search may try for a key: choices, or all numbers between two bounds."""

    # TOML has inf and nan. JSON does not, and storages keep choices as JSON.
    model_config = ConfigDict(allow_inf_nan=False)

    choices: tuple[JsonValue, ...] = ()
    low: Number | None = None
    """Lower bound, inclusive."""
    high: Number | None = None
    """Upper bound, inclusive."""
    log: bool = False
    """Sample uniformly on a logarithmic scale."""
    step: Number | None = None
    """Difference between two neighboring values, from `low` on."""
    when: dict[str, JsonValue] = Field(default={})
    """Choices of other keys that this key requires; otherwise it has the field's default."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.choices:
            if (self.low, self.high, self.step) != (None, None, None) or self.log:
                raise ValueError("choices exclude low, high, log and step")
            # By equality, because Optuna cannot distinguish 1 and 1.0 either.
            if any(choice in self.choices[:n] for n, choice in enumerate(self.choices)):
                raise ValueError(f"expected different choices, got {json.dumps(self.choices)}")
            return self
        if self.low is None or self.high is None:
            raise ValueError("expected choices, or low and high")
        if self.low >= self.high:
            raise ValueError(f"expected low less than high, got {self.low} and {self.high}")
        if self.log and (self.low <= 0 or self.step is not None):
            raise ValueError(f"log requires low greater than 0 and no step, got low {self.low}")
        if self.step is not None and not 0 < self.step <= self.high - self.low:
            raise ValueError(f"expected step greater than 0, at most high - low, got {self.step}")
        return self

    @property
    def bounds_or_choices(self) -> tuple[JsonValue, ...]:
        """All choices, or the two bounds."""
        return self.choices or (self.low, self.high)

    def choice_of(self, value: Any) -> Any:
        """Return the choice that equals a config's value, or else the value."""
        # A config turns the 128 of `hidden = 128` into the list [128].
        return next((choice for choice in self.choices if value in (choice, [choice])), value)

    def has(self, value: Any) -> bool:
        """Return whether a value is one of the choices, or between the bounds."""
        if self.choices:
            return self.choice_of(value) in self.choices
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and bool(self.low <= value <= self.high)


@dataclass(frozen=True)
class Space:
    """A search space.

    Attributes:
        ranges: the range of each key that is searched; those with a ``when`` come last.
        fixed: values that override the recipe's.
        recipe: the recipe that the search starts from, if the space has one.
        one_at_a_time: whether a grid changes one key at a time from the recipe's values, instead
            of trying all combinations.
    """

    ranges: Mapping[str, Range]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    recipe: str | None = None
    one_at_a_time: bool = False

    def assign(self, choose: Callable[[str, Range], Any]) -> Values:
        """Return a value for each key whose ``when`` holds.

        Args:
            choose: the function that chooses a key's value from its range.
        """
        values: Values = {}
        # Keys without a `when` come first, so that the values that a `when` needs are there.
        for key, each in self.ranges.items():
            if all(values[other] == value for other, value in each.when.items()):
                values[key] = choose(key, each)
        return values

    def without(self, given: Mapping[str, Any]) -> Space:
        """Return the space without the keys that the user gives a value."""
        ranges = {}
        for key, each in self.ranges.items():
            # A given value decides the conditions on its key: they hold for all trials or for none.
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
            key: each.model_copy(update={"choices": (base[key], *each.choices)})
            if each.choices and not each.has(base[key])
            else each
            for key, each in self.ranges.items()
        }
        return replace(self, ranges=ranges)

    def grid(self, base: Mapping[str, Any]) -> list[Values]:
        """Return every combination to try; with `one_at_a_time`, the recipe's own comes first.

        Args:
            base: the recipe's own value of every key.

        Raises:
            InvalidValueError: a range has no choices.
        """
        for key, each in self.ranges.items():
            if not each.choices:
                example = json.dumps(list(each.bounds_or_choices))
                raise InvalidValueError(
                    f"a grid requires choices: {key} of the search space has low and high",
                    hint=f"For instance: {key} = {{ choices = {example} }}",
                )
        if self.one_at_a_time:
            base = {key: self.ranges[key].choice_of(value) for key, value in base.items()}
            changed = [
                {**base, key: choice}
                for key, each in self.ranges.items()
                for choice in each.choices
                if choice != base[key]
            ]
            return [base, *changed]
        every = itertools.product(*(each.choices for each in self.ranges.values()))
        combined = (self._active(dict(zip(self.ranges, choices, strict=True))) for choices in every)
        # Without a conditional key, several combinations are the same one.
        return [*{json.dumps(values): values for values in combined}.values()]

    def pairs(self) -> Iterator[tuple[Values, Values]]:
        """Yield settings that together contain every value, and every two values of two keys.

        Yields:
            The one or two values, and the whole setting, in which other keys have their first one.
        """
        first = {key: each.bounds_or_choices[0] for key, each in self.ranges.items()}
        # Not all combinations, because their number is exponential in that of the keys. Nearly all
        # conflicts are between two fields.
        for count in (1, 2):
            for keys in itertools.combinations(self.ranges, count):
                for values in itertools.product(*(self.ranges[k].bounds_or_choices for k in keys)):
                    shown = dict(zip(keys, values, strict=True))
                    setting = self._active(first | shown)
                    if shown.keys() <= setting.keys():
                        yield shown, setting

    def _active(self, values: Mapping[str, Any]) -> Values:
        """Return the values of the keys whose ``when`` holds."""
        return self.assign(lambda key, _: values[key])

    def dump(self) -> dict[str, Any]:
        """Return the space as JSON values, equal for equal spaces."""
        # Defaults are left out, because they may be written or not in a user's file.
        ranges = {key: each.model_dump(exclude_defaults=True) for key, each in self.ranges.items()}
        whole = {**ranges, **self.fixed, "one_at_a_time": self.one_at_a_time}
        plain: dict[str, Any] = json.loads(json.dumps(whole))  # tuples become lists
        return plain
