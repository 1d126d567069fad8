"""Generation of a table of a library's models, by probing each model."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from zoo_torch.families.table import R, Table, format_row, read_table, write_table


def make_table(
    path: Path,
    row: type[R],
    names: Iterable[str],
    probe: Callable[[str], R],
    *,
    library: str,
    version: str,
) -> None:
    """Probe the models that a table does not contain, and print each new row.

    A table of a different version of the library is replaced.

    Args:
        path: file of the table.
        row: type of the rows.
        names: names of the models.
        probe: function that returns the row of a model.
        library: distribution of the library.
        version: version of the library.
    """
    rows: dict[str, R] = {}
    if path.exists():
        existing = read_table(path, row)
        rows = existing.rows if existing.version == version else {}
    for name in names:
        if name in rows:
            continue
        rows[name] = probe(name)
        # After each model, so that a second call completes an interrupted one.
        write_table(path, Table(library, version, rows), row)
        sys.stdout.write(f"{format_row(rows[name])}\n")
