"""A table of a library's models, ``models.tsv``, for listing them without importing the library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar, get_type_hints

from zoo_core.plugin_api import InvalidValueError, write_atomic


@dataclass(frozen=True)
class Row:
    """A row of a table; a subclass per library adds columns of type `str` or `int`.

    Attributes:
        name: name of the model in the library.
    """

    name: str


R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class Table(Generic[R]):
    """The models of one version of a library.

    Attributes:
        library: distribution of the library.
        version: version of the library.
        rows: rows by the model's name.
    """

    library: str
    version: str
    rows: dict[str, R]


def read_table(path: Path, row: type[R]) -> Table[R]:
    """Read a table whose rows have a type."""
    header, _, *lines = path.read_text(encoding="utf-8").splitlines()
    _, library, version = header.split(" ")
    types = list(get_type_hints(row).values())  # str and int, which also convert cells
    cells = (zip(types, line.split("\t"), strict=True) for line in lines)
    rows = (row(*(convert(cell) for convert, cell in line)) for line in cells)
    return Table(library, version, {row.name: row for row in rows})


def write_table(path: Path, table: Table[R], row: type[R]) -> None:
    """Write a table whose rows have a type, sorted by name."""
    columns = "\t".join(field.name for field in fields(row))
    lines = [format_row(row) for _, row in sorted(table.rows.items())]
    header = f"# {table.library} {table.version}"
    write_atomic(path, "\n".join([header, columns, *lines, ""]).encode())


def format_row(row: Row) -> str:
    """Return a row as a line of the file, without its end."""
    return "\t".join(map(str, astuple(row)))


def attribute_per_model(
    function: Callable[..., Any], table: Callable[[], Table[Any]]
) -> Callable[[str], Callable[..., Any]]:
    """Return a ``__getattr__`` for a module: each model's name is `function` for that model.

    Args:
        function: function of a model's name and other arguments.
        table: function that returns the table of the models.
    """

    # Specs contain import strings, module:attribute, and a thousand models share one function.
    def attribute(name: str) -> Callable[..., Any]:
        if name not in table().rows:
            raise AttributeError(f"the table of models of {table().library} has no {name!r}")
        return partial(function, name)

    return attribute


def not_installed_error(table: Table[Any], name: str, installed: str) -> InvalidValueError:
    """Return an error for a model of the table that the installed library does not have.

    Args:
        table: table with the model.
        name: name of the model.
        installed: version of the installed library.
    """
    return InvalidValueError(
        f"{table.library} {installed} has no model {name!r}; "
        f"expected {table.library} {table.version}",
        hint=f"pip install {table.library}=={table.version}",
    )
