"""The table of timm's models, ``models.tsv``: what zoo knows of each without importing timm.

``python -m zoo_timm.table`` makes it anew, for the timm that is installed, or goes on with one that
was begun.
"""

from __future__ import annotations

import sys
from dataclasses import astuple, dataclass, fields
from functools import cache
from pathlib import Path

from zoo_core.plugin_api import write_atomic

PATH = Path(__file__).with_name("models.tsv")


@dataclass(frozen=True)
class Row:
    """What is known of a model. All of it is text, as in the file; empty is nothing.

    Attributes:
        name: in timm.
        family: the module of timm that it is in.
        parameters: that it has for ten classes of 28×28 gray pixels; a number.
        hub: where its weights are on the Hugging Face hub.
        sizes: of images that it takes, see `zoo_timm.sizes`.
        small_sizes: likewise, with a small stem.
        stem: the convolutions that have stride 1 in a small stem; their paths, separated by commas.
        pool: the max-pooling that a small stem lacks; its path.
        problem: why it cannot be built.
    """

    name: str
    family: str
    parameters: str = ""
    hub: str = ""
    sizes: str = ""
    small_sizes: str = ""
    stem: str = ""
    pool: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Table:
    """All rows, by name, and which timm they are of."""

    version: str
    rows: dict[str, Row]


@cache
def table() -> Table:
    """Return the table that comes with zoo-timm."""
    return read(PATH)


def read(path: Path) -> Table:
    """Read a table."""
    about, _, *lines = path.read_text(encoding="utf-8").splitlines()
    rows = (Row(*line.split("\t")) for line in lines)
    return Table(about.removeprefix("# timm "), {row.name: row for row in rows})


def write(path: Path, table: Table) -> None:
    """Write a table."""
    lines = ["\t".join(astuple(row)) for _, row in sorted(table.rows.items())]
    head = [f"# timm {table.version}", "\t".join(field.name for field in fields(Row))]
    write_atomic(path, "\n".join([*head, *lines, ""]).encode())


def main() -> None:
    """Make the table, or the rest of it."""
    import timm
    from timm.models import get_pretrained_cfg, model_entrypoint

    from zoo_timm.probe import probe

    begun = read(PATH) if PATH.exists() else Table("", {})
    rows = dict(begun.rows) if begun.version == timm.__version__ else {}
    for name in timm.list_models():
        if name in rows:
            continue
        about = get_pretrained_cfg(name)
        family = model_entrypoint(name).__module__.rpartition(".")[2]
        rows[name] = probe(Row(name, family, hub=(about and about.hf_hub_id) or ""))
        write(PATH, Table(timm.__version__, rows))
        sys.stdout.write(f"{name}: {rows[name].sizes or rows[name].problem}\n")


if __name__ == "__main__":
    main()
