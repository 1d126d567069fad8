"""Addresses of tables, the text after ``csv:``: ``houses.csv?target=price&drop=id``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from zoo_core.plugin_api import (
    InvalidValueError,
    choose_from,
    encodable,
    parse_address_options,
    shell_command,
)

TASKS = ("classification", "regression", "multi-label")
"""Tasks that a column can be the target of."""

MAX_CATEGORIES = 100
"""Maximum number of categories of a column, unless the address has another one."""

_DELIMITERS = {"tab": "\t", "space": " "}

_LISTS = ("target", "task", "unit", "drop", "categorical", "missing")
_COLUMNS = ("key", "group", "split")
_OPTIONS = (*_LISTS, *_COLUMNS, "test", "delimiter", "max_categories")

_OPTIONS_START = re.compile(r"\?(?=[a-z_]+=)")

Format = Literal["csv", "parquet"]


@dataclass(frozen=True)
class Address:
    """A parsed address of a table.

    Attributes:
        source: format of the file, which is the name of the source.
        text: the address as the user wrote it.
        place: path of the file, as the user wrote it.
        targets: columns to predict, one head each.
        tasks: task of each target; empty for that of the column's type.
        units: unit of each target; empty for none.
        drop: columns to leave out.
        categorical: columns of numbers that are categories.
        missing: further markers of missing numbers.
        key: column with the identity of a row; empty for a hash of its cells.
        group: column of groups, whose rows are in one split; empty for none.
        split: column with the names of splits; empty for none.
        test: path of a file with the test rows; empty for none.
        delimiter: character between cells; empty to find it.
        max_categories: maximum number of categories of a column.
    """

    source: Format
    text: str
    place: str
    targets: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    key: str = ""
    group: str = ""
    split: str = ""
    test: str = ""
    delimiter: str = ""
    max_categories: int = MAX_CATEGORIES

    @property
    def name(self) -> str:
        return f"{self.source}:{self.text}"

    def with_option(self, option: str) -> str:
        """Return the name with one option more, quoted for a shell.

        An option that the address has already is replaced; a list is made longer.
        """
        key, _, value = option.partition("=")
        given = dict(part.split("=", 1) for part in self._options_text.split("&") if part)
        longer = key in given and key in ("drop", "categorical", "missing")
        given[key] = f"{given[key]},{value}" if longer else value
        return shell_command(f"{self.source}:{self.place}?{_join(given)}")

    def at(self, path: object) -> str:
        """Return the address with another path, and the same options."""
        return f"{path}?{self._options_text}"

    @property
    def _options_text(self) -> str:
        return split_address(self.text)[1]


def split_address(address: str) -> tuple[str, str]:
    """Return the path and the options of an address."""
    # The last "?" before a KEY=, because a path may have one, and a marker of missing numbers.
    if starts := [*_OPTIONS_START.finditer(address)]:
        return address[: starts[-1].start()], address[starts[-1].end() :]
    return address.removesuffix("?"), ""


def _join(options: dict[str, str]) -> str:
    return "&".join(f"{key}={value}" for key, value in options.items())


def parse_address(source: Format, address: str) -> Address:
    """Parse an address, ``FILE?KEY=VALUE&KEY=VALUE``.

    A path that ends in a ``?`` needs another one after it.

    Raises:
        InvalidValueError: the path is empty, or an option is unknown, repeated or malformed.
    """
    name = f"{source}:{address}"
    if encodable(address) != address:
        raise InvalidValueError(
            f"expected the name of a data set in UTF-8, got '{encodable(name)}'",
            hint="Rename the file.",
        )
    place, rest = split_address(address)
    if not place:
        raise InvalidValueError(f"data set {name!r} has no file before the '?'")
    given = parse_address_options(name, rest, _OPTIONS)
    known: dict[str, Any] = {
        _field(key): _parse_list(key, given[key], name) for key in _LISTS if key in given
    }
    known |= {key: given[key] for key in (*_COLUMNS, "test") if key in given}
    parsed = Address(
        source,
        address,
        place,
        **known,
        delimiter=_parse_delimiter(given.get("delimiter", "")),
        max_categories=_parse_number(given.get("max_categories", str(MAX_CATEGORIES))),
    )
    _check(parsed)
    return parsed


def _field(key: str) -> str:
    return f"{key}s" if key in ("target", "task", "unit") else key


def _parse_list(key: str, value: str, name: str) -> tuple[str, ...]:
    items = tuple(item.strip() for item in value.split(","))
    if not all(items) or (len(set(items)) < len(items) and key not in ("task", "unit")):
        fault = "a name twice" if all(items) else "an empty name"
        raise InvalidValueError(f"data set {name!r} has {fault} in {key}={value}")
    return items


def _parse_delimiter(value: str) -> str:
    mark = _DELIMITERS.get(value, value)
    if len(mark) > 1 or not mark.isascii() or mark in ('"', "\n", "\r"):
        raise InvalidValueError(
            f"expected delimiter to be one character, or tab or space, got {value!r}"
        )
    return mark


def _parse_number(value: str) -> int:
    if not value.isdecimal() or not 2 <= int(value[:9]) <= 100_000:
        raise InvalidValueError(f"expected max_categories from 2 to 100000, got {value!r}")
    return int(value)


def _check(address: Address) -> None:
    """Check that options fit one another."""
    if not address.targets:
        raise InvalidValueError(
            f"data set {address.name!r} has no target",
            hint=f"Name the column to predict: {address.with_option('target=COLUMN')}",
        )
    for option, values in (("task", address.tasks), ("unit", address.units)):
        if len(values) not in (0, 1, len(address.targets)):
            raise InvalidValueError(
                f"data set {address.name!r} has {len(values)} values of {option}, expected 1 or "
                f"{len(address.targets)}, one per target"
            )
    for task in address.tasks:
        if task not in TASKS:
            hint = choose_from(task, TASKS)
            raise InvalidValueError(f"a table has no targets for the task {task!r}", hint=hint)
    if address.test and address.split:
        raise InvalidValueError(
            f"data set {address.name!r} has the options test and split, which exclude each other",
            hint="Choose one.",
        )
    roles: dict[str, str] = {}
    single = {"key": address.key, "group": address.group, "split": address.split}
    given = [
        *(("target", name) for name in address.targets),
        *(("drop", name) for name in address.drop),
        *((role, name) for role, name in single.items() if name),
    ]
    for role, name in given:
        other = roles.setdefault(name, role)
        if other != role and {other, role} != {"key", "group"}:
            raise InvalidValueError(
                f"data set {address.name!r} has the column {name!r} in {other} and in {role}",
                hint="Choose one.",
            )
