"""A table of a library's models, ``models.tsv``: known without importing the library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, get_type_hints

from zoo_core.plugin_api import InvalidValueError, write_atomic


@dataclass(frozen=True)
class Row:
    """A row of a table. Each library's subclass adds columns, of type `str` or `int`.

    Attributes:
        name: of the model in the library.
    """

    name: str


R = TypeVar("R", bound=Row)
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Table(Generic[R]):
    """The models of one version of a library.

    Attributes:
        library: distribution that has the models.
        version: of the library.
        rows: by the model's name.
    """

    library: str
    version: str
    rows: dict[str, R]


def read_table(path: Path, row: type[R]) -> Table[R]:
    """Read a table whose rows are of a type."""
    header, _, *lines = path.read_text(encoding="utf-8").splitlines()
    _, library, version = header.split(" ")
    types = list(get_type_hints(row).values())
    cells = (zip(types, line.split("\t"), strict=True) for line in lines)
    rows = (row(*(convert(cell) for convert, cell in line)) for line in cells)
    return Table(library, version, {row.name: row for row in rows})


def write_table(path: Path, table: Table[R], row: type[R]) -> None:
    """Write a table whose rows are of a type, sorted by name."""
    columns = "\t".join(field.name for field in fields(row))
    lines = [format_row(row) for _, row in sorted(table.rows.items())]
    header = f"# {table.library} {table.version}"
    write_atomic(path, "\n".join([header, columns, *lines, ""]).encode())


def format_row(row: Row) -> str:
    """Return the line of a row."""
    return "\t".join(map(str, astuple(row)))


def attribute_per_model(
    function: Callable[Concatenate[str, P], T], table: Callable[[], Table[Any]]
) -> Callable[[str], Callable[P, T]]:
    """Return a ``__getattr__`` for a module: a model's name becomes `function` for that model.

    Args:
        function: its first argument is a model's name.
        table: returns the table of the models.
    """

    def attribute(name: str) -> Callable[P, T]:
        if name not in table().rows:
            raise AttributeError(f"there is no {name!r} in the table of {table().library}'s models")
        return partial(function, name)

    return attribute


def not_installed_error(table: Table[Any], name: str, installed: str) -> InvalidValueError:
    """Return an error about a model of the table that the installed library does not have.

    Args:
        table: has the model.
        name: of the model.
        installed: version of the library.
    """
    return InvalidValueError(
        f"{table.library} {installed} has no model {name!r}, "
        f"{table.library} {table.version} has it",
        hint=f"pip install {table.library}=={table.version}",
    )
