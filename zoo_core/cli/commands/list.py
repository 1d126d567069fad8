"""`zoo list` with options; `zoo_core.__main__` answers a plain one."""

from __future__ import annotations

import re
from typing import Any

import click

from zoo_core.cli import options
from zoo_core.cli.listing import COLUMNS, print_list

_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "g": 10**9}


def _count(_context: click.Context, _parameter: click.Parameter, text: str | None) -> int | None:
    """Return the number that 500000, 500k, 5M or 1.2B stands for."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kmbg]?)", text.strip().lower())
    if not match:
        raise click.BadParameter(f"{text!r} is no number such as 500000, 500k, 5M or 1.2B")
    return round(float(match[1]) * _FACTORS[match[2]])


@click.command("list")
@click.argument("kind", default="models", metavar=f"[{'|'.join(COLUMNS)}]")
@click.argument("pattern", default="*")
@click.option("--task", metavar="TASK", help="Models for this task, such as image-classification.")
@click.option(
    "--max-params",
    metavar="COUNT",
    callback=_count,
    help="Models that learn so many numbers at most, such as 5M.",
)
@click.option(
    "--pretrained", is_flag=True, help="Models with published weights, or with some to begin with."
)
@click.option("--plugin", metavar="NAME", help="What this plugin offers.")
@options.as_json
def list_(  # noqa: PLR0917 (click passes every argument by name)
    kind: str,
    pattern: str,
    task: str | None,
    max_params: int | None,
    pretrained: bool,
    plugin: str | None,
    as_json: bool,
) -> None:
    """List the models, datasets, sources of datasets, trainers, weights or plugins there are.

    PATTERN is a shell pattern for the names, such as 'two-*'; quote it.
    """
    if kind not in COLUMNS and pattern == "*":
        kind, pattern = "models", kind
    if kind != "models" and (task or max_params is not None or pretrained):
        raise click.UsageError(f"--task, --max-params and --pretrained are for models, not {kind}")
    if plugin and kind in ("weights", "plugins"):
        raise click.UsageError(f"--plugin is for what plugins offer, not for {kind}")
    from zoo_core.api import list_models

    names = (
        set(list_models(pattern, task=task, max_params=max_params, pretrained=pretrained))
        if kind == "models"
        else None
    )

    def keep(row: dict[str, Any]) -> bool:
        return (names is None or row["name"] in names) and plugin in (None, row.get("plugin"))

    print_list(kind, pattern, as_json=as_json, keep=keep)
