"""`zoo list`, where its arguments need a parser; see `zoo_core.__main__`."""

import click

from zoo_core.cli import options
from zoo_core.listing import COLUMNS, print_list


@click.command("list")
@click.argument("kind", default="models", metavar=f"[{'|'.join(COLUMNS)}]")
@click.argument("pattern", default="*")
@options.as_json
def list_(kind: str, pattern: str, as_json: bool) -> None:
    """List the models, datasets, trainers or plugins there are.

    PATTERN is a shell pattern for the names, such as 'two-*'; quote it.
    """
    if kind not in COLUMNS and pattern == "*":
        kind, pattern = "models", kind
    print_list(kind, pattern, as_json=as_json)
